"""All brands on one page: what it says of each, that it is as harmless as a report, and that it needs little memory."""

from __future__ import annotations

import json
import re
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit.alerts import Alert
from audit.cli import main
from audit.models import Audit, Brand, Comparison, Moved, Verdict
from audit.store import Store
from audit.tables_alerts import AlertRule
from reports.portfolio import Entry, entry
from reports.render import portfolio
from reports.words import languages
from tests.audits import NOW, audit_of
from tests.html_check import violations

HOSTILE = "<script>alert(1)</script>\"' onload=x {{7*7}} \u202e"


def named(signs: str, brand: str, **more: object) -> Audit:
    audit = audit_of({("google", "acme"): signs})
    snapshot = audit.snapshot.model_copy(update={"brand": Brand(name=brand)})
    return audit.model_copy(update={"snapshot": snapshot, **more})


def page(*entries: Entry, language: str = "en") -> str:
    return "".join(portfolio(entries, tool="test", made_at=NOW, language=language))


def faults(made: str) -> list[str]:
    """What a report may not hold either; a portfolio carries no data, and links to reports beside it."""
    allowed = re.compile(r"0 scripts|a link that is no web address: '[\w./%-]+'")
    return [fault for fault in violations(made) if not allowed.fullmatch(fault)]


def told(verdict: Moved, effect: float | None) -> tuple[Comparison, ...]:
    return (Comparison(verdict=verdict, effect=effect), Comparison(verdict=verdict, keyword="acme", effect=effect))


@pytest.mark.parametrize("language", languages())
def test_a_hostile_name_stays_text_in_every_language(language: str) -> None:
    made = page(entry(named("+-0", HOSTILE), ["new_negative"], "a.html"), language=language)
    assert faults(made) == []
    assert "<script" not in made
    assert "{{7*7}}" in made, "data is no template"
    assert "portfolio." not in re.sub(r"<style>.*?</style>", "", made, flags=re.DOTALL)
    assert f'<html lang="{language}">' in made


def test_the_worst_comes_first_and_a_wobble_has_no_points() -> None:
    bad = named("-----", "Bad", comparisons=told(Moved.CHANGED, -31.0))
    fair = named("+++-0", "Fair", comparisons=told(Moved.NO_CHANGE_SHOWN, 12.0))
    good = named("+++++", "Good")
    made = page(entry(good), entry(fair), entry(bad, ["rating_moved", "new_negative", "rating_moved"]))
    assert made.index(">Bad<") < made.index(">Fair<") < made.index(">Good<")
    assert "−31" in made
    assert "rating moved: 2; new negative: 1" in made
    assert ">12<" not in made
    assert "+12" not in made
    assert "first capture" in made, "Good has nothing before it"


@pytest.mark.parametrize(
    "link", ["https://x.example/", "//x.example", "javascript:alert(1)", "/etc/passwd", "a\\b", "C:/x.html", "a\nb", ""]
)
def test_only_a_file_beside_it_is_linked(link: str) -> None:
    assert entry(named("+-0", "Acme"), (), link).link == ""
    assert "<a " not in page(entry(named("+-0", "Acme"), (), link))


def test_a_brand_without_enough_evidence_has_no_score() -> None:
    audit = audit_of({("google", "acme"): None, ("bing", "acme"): "++"})
    found = entry(audit)
    assert found.verdicts == (Verdict.NOT_ENOUGH,)
    assert faults(page(found)) == []


def test_thousands_of_brands_take_little_memory() -> None:
    """What is kept of a brand does not hold on to its audit."""
    audit = named("+-0" * 3, "Acme")
    tracemalloc.start()
    entries = [entry(named("+-0" * 3, f"Brand {n}"), ["new_negative"]) for n in range(200)]
    kept, _ = tracemalloc.get_traced_memory()
    pieces = sum(len(piece) for piece in portfolio(entries * 10, tool="test", made_at=NOW))
    tracemalloc.stop()
    assert kept / len(entries) < len(audit.model_dump_json()) / 2
    assert pieces > 2000 * 200


# ---------------------------------------------------------------- the command


def called(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["repaudit", "portfolio", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out + said.err


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    now = datetime.now(UTC)
    with Store.open("repaudit.sqlite") as store:
        for brand, signs in (("Acme & Söhne", "--+"), ("Bolt", "+++")):
            audit = named(signs, brand)
            store.save_snapshot(audit.snapshot)
            store.save_audit(audit)
        store.save_snapshot(named("000", "Unscored").snapshot)
        for days, key in ((1, "a"), (9, "b")):
            alert = Alert(
                rule=AlertRule.NEW_NEGATIVE, key=key, brand="Bolt", text="x", subject="x", taken_at=NOW
            ).model_dump_json()
            store.series.first_alert("Bolt", key, "seen", now - timedelta(days=days), alert)
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "Acme-Söhne.ru.html").write_text("x", "utf-8")
    return tmp_path


def test_the_page_is_made_from_a_store(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = called(monkeypatch, capsys, "--reports", "reports", "--json")
    assert (code, json.loads(out)["brands"], json.loads(out)["linked"]) == (0, 2, 1)
    made = (folder / "portfolio.html").read_text("utf-8")
    assert faults(made) == []
    assert 'href="reports/Acme-S%C3%B6hne.ru.html">Acme &amp; Söhne</a>' in made
    assert "new negative: 1" in made, "the one of nine days ago is not of the last week"
    assert "Unscored" not in made
    code, _ = called(monkeypatch, capsys, "repaudit.sqlite", "--lang", "uk", "--out", "p.html")
    assert code == 0
    assert 'lang="uk"' in (folder / "p.html").read_text("utf-8")


def test_what_is_not_there_is_said_in_one_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = called(monkeypatch, capsys, "nowhere.sqlite")
    assert (code, len(out.splitlines())) == (2, 1)
    Store.open("empty.sqlite").close()
    assert called(monkeypatch, capsys, "empty.sqlite")[0] == 4
    assert called(monkeypatch, capsys, "--lang", "xx")[0] == 2
    assert not (folder / "portfolio.html.part").exists()
