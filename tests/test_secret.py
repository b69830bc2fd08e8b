"""A secret shows itself to nobody by accident, comes from two places, and is scrubbed out of whatever is written."""

from __future__ import annotations

import base64
import copy
import json
import logging
import os
import pickle
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.errors import UsageError
from audit.models import Document
from spiders.apis import keyring, secret_names
from spiders.secret import MASK, SHORTEST, Keyring, Scrubber, Secret, checked, logs_scrubbed, variable

VALUE = "k3y/with+signs=&more"
posix = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")


class Holder(Document):
    model_config = Document.model_config | {"arbitrary_types_allowed": True}

    key: Secret


SHOWN: dict[str, Callable[[Secret], Any]] = {
    "repr": repr,
    "str": str,
    "format": lambda s: f"{s} {s!r} {s:>40} {s!s:.3}",
    "percent": lambda s: "%s %r" % (s, s),  # noqa: UP031
    "in a list": lambda s: str([s, {"key": s}, (s,)]),
    "json default": lambda s: json.dumps({"key": s}, default=str),
    "pydantic": lambda s: Holder(key=s).model_dump_json() + repr(Holder(key=s)) + str(Holder(key=s).model_dump()),
    "keyring": lambda s: repr(Keyring({"serpapi": {"key": s}})),
    "copies": lambda s: str((copy.copy(s), copy.deepcopy([s]))),
    "dir and state": lambda s: str(dir(s)) + str(getattr(s, "__dict__", "")),
}


@pytest.mark.parametrize("way", SHOWN)
def test_no_way_of_showing_shows_it(way: str) -> None:
    shown = SHOWN[way](Secret(VALUE))
    assert VALUE not in shown
    assert MASK in shown or way in ("keyring", "dir and state")


def test_reveal_is_the_one_way_to_it() -> None:
    assert Secret(VALUE).reveal() == VALUE
    assert not hasattr(Secret(VALUE), "__dict__")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_is_not_pickled(protocol: int) -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret(VALUE), protocol)
    with pytest.raises(TypeError):
        json.dumps(Secret(VALUE))
    with pytest.raises(TypeError):
        hash(Secret(VALUE))


def test_equal_only_to_its_like() -> None:
    assert Secret(VALUE) == Secret(VALUE)
    assert Secret(VALUE) != Secret(VALUE + "x")
    assert Secret(VALUE) != VALUE
    assert Secret("клей") != Secret(VALUE)


# ---------------------------------------------------------------- reading


def secrets_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "secrets.toml"
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return path


def test_environment_wins_over_the_file(tmp_path: Path) -> None:
    secrets_file(tmp_path, '[serpapi]\nkey = "from-the-file"\n[naver_api]\nid = "naver-id"\nkey = "naver-key"\n')
    found = keyring(tmp_path, {"REPAUDIT_SERPAPI_KEY": "from-environment"})
    assert found.of("serpapi") == {"key": Secret("from-environment")}
    assert found.of("naver_api") == {"id": Secret("naver-id"), "key": Secret("naver-key")}
    assert found.of("brave_api") == {}
    assert len(found.all()) == 3


def test_named_file_takes_the_place_of_the_one_beside_the_brief(tmp_path: Path) -> None:
    secrets_file(tmp_path, '[serpapi]\nkey = "beside-the-brief"\n')
    (tmp_path / "else").mkdir()
    named = secrets_file(tmp_path / "else", '[serpapi]\nkey = "named-one"\n')
    assert keyring(tmp_path, {"REPAUDIT_SECRETS": str(named)}).of("serpapi") == {"key": Secret("named-one")}
    assert keyring(tmp_path / "none", {}).all() == []
    with pytest.raises(UsageError, match="not there"):
        keyring(tmp_path, {"REPAUDIT_SECRETS": str(tmp_path / "gone.toml")})


@posix
@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o660, 0o602])
def test_file_that_others_can_open_is_refused_in_one_sentence(tmp_path: Path, mode: int) -> None:
    secrets_file(tmp_path, f'[serpapi]\nkey = "{VALUE}"\n', mode)
    with pytest.raises(UsageError) as refused:
        keyring(tmp_path, {})
    assert str(refused.value) == "secrets.toml: the secrets file can be read by others. chmod 600 secrets.toml"


@posix
def test_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secrets.toml").mkdir(mode=0o700)
    with pytest.raises(UsageError):
        keyring(tmp_path, {})


WRONG = {
    "unknown provider": f'[serp_api]\nkey = "{VALUE}"\n',
    "unknown name": f'[serpapi]\nkye = "{VALUE}"\n',
    "no table": f'serpapi = "{VALUE}"\n',
    "value as a name": f'[serpapi]\n"{VALUE}" = "key"\n',
    "value as a table": f'["{VALUE}"]\nkey = "key"\n',
    "no TOML": f"[serpapi]\nkey = {VALUE}\n",
    "no quotes at the end": f'[serpapi]\nkey = "{VALUE}\n',
    "twice": f'[serpapi]\nkey = "{VALUE}"\nkey = "{VALUE}"\n',
    "blank in it": f'[serpapi]\nkey = "{VALUE} {VALUE}"\n',
    "a list": f'[serpapi]\nkey = ["{VALUE}"]\n',
    "other script": f'[serpapi]\nkey = "{VALUE}ключ"\n',
    "too long": f'[serpapi]\nkey = "{VALUE * 400}"\n',
    "retired": f'[google_cse]\nkey = "{VALUE}"\n',
}


@pytest.mark.parametrize("case", WRONG)
def test_no_error_says_the_value(tmp_path: Path, case: str) -> None:
    secrets_file(tmp_path, WRONG[case])
    with pytest.raises(UsageError) as refused:
        keyring(tmp_path, {})
    said = f"{refused.value} {refused.value!r} {refused.value.args}"
    assert VALUE not in said
    assert "\n" not in str(refused.value)
    assert "secrets.toml" in said


def test_errors_say_the_mend(tmp_path: Path) -> None:
    secrets_file(tmp_path, WRONG["unknown provider"])
    with pytest.raises(UsageError, match=r"'serp_api' is no provider known here. Did you mean 'serpapi'\?"):
        keyring(tmp_path, {})
    secrets_file(tmp_path, WRONG["no TOML"])
    with pytest.raises(UsageError, match=r"secrets\.toml, line 2: is not valid TOML"):
        keyring(tmp_path, {})


@pytest.mark.parametrize("value", ["", "short", "two words", "line\nbreak", "nul\0byte", "ключ-ключ", 7, None, ["x"]])
def test_what_no_provider_hands_out_is_no_secret(value: object) -> None:
    with pytest.raises(UsageError) as refused:
        checked(value, "REPAUDIT_X_KEY")
    assert not isinstance(value, str) or not value or value not in str(refused.value)


def test_variables_are_named_after_provider_and_secret() -> None:
    named = {variable(provider, name) for provider, names in secret_names().items() for name in names}
    assert {
        "REPAUDIT_BRAVE_API_KEY",
        "REPAUDIT_SERPAPI_KEY",
        "REPAUDIT_NAVER_API_ID",
        "REPAUDIT_NAVER_API_KEY",
        "REPAUDIT_DATAFORSEO_USER",
        "REPAUDIT_YANDEX_API_ID",
    } <= named


# ---------------------------------------------------------------- scrubbing

PLAIN = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=SHORTEST, max_size=40)
SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "percent": lambda v: quote(v, safe=""),
    "percent in lower case": lambda v: re.sub("%..", lambda m: m.group().lower(), quote(v, safe="")),
    "form": quote_plus,
    "twice percent": lambda v: quote(quote(v, safe=""), safe=""),
    "json": lambda v: json.dumps(v)[1:-1],
    "base64": lambda v: base64.b64encode(v.encode()).decode(),
    "basic, as user": lambda v: base64.b64encode(f"{v}:x".encode()).decode(),
    "basic, as key": lambda v: base64.b64encode(f"someone:{v}".encode()).decode(),
    "urlsafe": lambda v: base64.urlsafe_b64encode(f"ab{v}".encode()).decode(),
}


@settings(max_examples=60, deadline=None)
@given(PLAIN, st.sampled_from(sorted(SPELLINGS)))
def test_every_spelling_is_found(value: str, way: str) -> None:
    spelled = SPELLINGS[way](value)
    scrubber = Scrubber([Secret(value)])
    for cleaned in (scrubber.text(f"<{spelled}>"), scrubber.body(f"<{spelled}>".encode()).decode()):
        assert spelled not in cleaned
        assert value not in cleaned
        assert cleaned[0] + cleaned[-1] == "<>"


def test_masked_base64_is_still_base64() -> None:
    coded = base64.b64encode(f'{{"echo": "{VALUE}", "title": "Lumivelo"}}'.encode())
    told = base64.b64decode(Scrubber([Secret(VALUE)]).body(coded), validate=True)
    assert VALUE.encode() not in told
    assert b'"title": "Lumivelo"' in told


def test_what_holds_no_secret_is_not_touched() -> None:
    body = b"<html>\xff Lumivelo reviews</html>"
    assert Scrubber([Secret(VALUE)]).body(body) is body or Scrubber([Secret(VALUE)]).body(body) == body
    assert Scrubber().body(body) is body
    assert Scrubber().text("https://a.example/?q=1") == "https://a.example/?q=1"


def test_a_line_for_a_log_has_no_query_and_no_user_name() -> None:
    line = Scrubber().line("GET <http://me:pass@127.0.0.1:7/a?api_key=x&q=1> and https://b.example/?q=2 'x?y'")
    assert line == "GET <http://***@127.0.0.1:7/a?***> and https://b.example/?*** 'x?y'"


def test_logs_are_clean_while_it_lasts(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("spiders.test")
    before = logging.getLogRecordFactory()
    with caplog.at_level(logging.DEBUG), logs_scrubbed(Scrubber([Secret(VALUE)])), logs_scrubbed(Scrubber()):
        log.debug("asked %s", f"https://api.example/search?api_key={quote(VALUE)}&q=1")
        log.error("key %(key)s", {"key": VALUE})
        log.warning("too %s few %s", VALUE)  # noqa: PLE1206
        try:
            raise ValueError(VALUE)
        except ValueError:
            log.exception("failed")
    assert logging.getLogRecordFactory() is before
    assert VALUE not in caplog.text
    assert quote(VALUE) not in caplog.text
    assert "https://api.example/search?***" in caplog.text
    assert "ValueError: ***" in caplog.text
    assert all(record.exc_info is None and not record.args for record in caplog.records)
    with caplog.at_level(logging.DEBUG):
        log.debug("control %s", VALUE)
    assert VALUE in caplog.text, "without it the same log would leak"


def test_only_three_places_reveal() -> None:
    """Where a value is shown to the wire, worded into a request, or learnt by the scrubber: nowhere else."""
    root = Path(sys.modules["spiders"].__path__[0])
    found = {path.name for path in root.rglob("*.py") if ".reveal()" in path.read_text("utf-8")}
    assert found == {"secret.py", "ask.py", "yandex_api.py"}
