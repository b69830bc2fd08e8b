"""The five languages say the same things: every sentence, the same facts in it, the plurals each grammar asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from babel import Locale  # noqa: TID251

from audit import models
from audit.advice import ACTION_IDS
from audit.checks import checks
from audit.classify import label_snapshot
from audit.errors import UsageError
from audit.models import Audit, Verdict
from reports import message
from reports.rows import Reader
from reports.words import Words, languages, sentences
from tests.audits import audit_of
from tests.golden.make import AUDIT

ROOM = Path(__file__).resolve().parent.parent / "reports"
SPIDERS = ROOM.parent / "spiders"
KINDS = {"plural", "percent", "signed", "rating", "date", "language", "territory"}
CLOSED_SETS = {
    "verdict": models.Verdict,
    "owner": models.Owner,
    "owner_letter": models.Owner,
    "page_type": models.PageType,
    "cause": models.Cause,
    "by": models.LabelOrigin,
    "feature": models.Feature,
    "device": models.Device,
    "keyword_kind": models.KeywordKind,
    "finding_severity": models.Severity,
    "light": models.Light,
}
EXTRA_CHECKS = {"bench_own", "review_rating_few"}
"""Names a check gives its findings besides its own."""
BY_SUBJECT = {"gap": ("gap_engine", "gap_keyword")}
"""Checks whose sentence depends on what they are about."""
CELL = 8
"""Letters a cell of the matrix has room for."""


@pytest.mark.parametrize("language", languages())
def test_every_sentence_in_every_language(language: str) -> None:
    english, own = sentences("en"), sentences(language)
    assert sorted(english.keys() - own.keys()) == [], "missing: write these"
    assert sorted(own.keys() - english.keys()) == [], "unknown: these are never asked for"
    assert not [key for key, text in own.items() if not text.strip()]


def test_the_languages_of_the_project() -> None:
    assert languages() == ("en", "ko", "ru", "uk", "zh")


@pytest.mark.parametrize("language", languages())
def test_the_same_facts_in_every_language(language: str) -> None:
    for key, text in sentences("en").items():
        wanted = message.names(message.parse(text))
        assert message.names(message.parse(sentences(language)[key])) == wanted, key


@pytest.mark.parametrize("language", languages())
def test_plurals_are_whole(language: str) -> None:
    """A grammar's own categories, each once: `few` in Ukrainian, none but `other` in Chinese."""
    wanted = {"other", *Locale.parse(language).plural_form.rules}
    for key, text in sentences(language).items():
        for slot in message.plurals(message.parse(text)):
            given = {name for name, _ in slot.choices if not name.startswith("=")}
            assert given == wanted, f"{key}: {sorted(given)} but {language} has {sorted(wanted)}"


@pytest.mark.parametrize("language", languages())
def test_kinds_are_known(language: str) -> None:
    tables = {key.partition(".")[0] for key in sentences(language)}
    for key, text in sentences(language).items():
        for slot in slots(message.parse(text)):
            assert not slot.kind or slot.kind in KINDS | tables, f"{key}: {slot.kind}"


def slots(parts: message.Message) -> Iterator[message.Slot]:
    for part in parts:
        if isinstance(part, message.Slot):
            yield part
            for _, choice in part.choices:
                yield from slots(choice)


@pytest.mark.parametrize("table", CLOSED_SETS)
def test_every_member_of_a_closed_set_has_a_word(table: str) -> None:
    assert [m.value for m in CLOSED_SETS[table] if f"{table}.{m.value}" not in sentences("en")] == []


def test_every_check_and_action_has_its_sentence() -> None:
    wanted = {*checks(), *EXTRA_CHECKS}
    keys = [f"check.{own}" for name in wanted for own in BY_SUBJECT.get(name, (name,))]
    keys += [f"action.{name}.{part}" for name in ACTION_IDS for part in ("title", "text")]
    keys += [f"sentence.{v.value}" for v in Verdict if v is not Verdict.NOT_ENOUGH]
    keys += [f"severity.{grade}" for grade in range(5)]
    assert [key for key in keys if key not in sentences("en")] == []


def test_templates_and_code_ask_for_nothing_unknown() -> None:
    sources = [p.read_text("utf-8") for p in ROOM.rglob("*") if p.suffix in (".html", ".py")]
    asked = {key for text in sources for key in re.findall(r'say\(\s*"([a-z_.0-9]+)"', text)}
    assert len(asked) > 80
    assert sorted(key for key in asked if key not in sentences("en") and not key.endswith((".", "_"))) == []


def test_every_outcome_the_spiders_write_has_a_sentence() -> None:
    """Kinds written as literals; a kind without a sentence would still read, as its bare name."""
    text = "\n".join(p.read_text("utf-8") for p in SPIDERS.rglob("*.py"))
    written = re.findall(r'Status\.(FAILED|UNRECOGNISED|NO_RESULTS|BLOCKED), kind="(\w+)"', text)
    assert len(written) > 10
    keys = {f"outcome.{status.lower()}_{kind.lower()}" for status, kind in written}
    assert sorted(key for key in keys if key not in sentences("en")) == []


@pytest.mark.parametrize("language", languages())
def test_words_of_the_matrix_fit_their_cell(language: str) -> None:
    words = {key: text for key, text in sentences(language).items() if key.startswith("short.")}
    assert {key: text for key, text in words.items() if len(text) > CELL} == {}
    letters = [text for key, text in sentences(language).items() if key.startswith("owner_letter.")]
    assert all(len(letter) == 1 for letter in letters)
    assert len(set(letters)) == len(letters), "owners are told apart by their letter"


@pytest.mark.parametrize("language", [code for code in languages() if code != "en"])
def test_no_sentence_is_left_in_english(language: str) -> None:
    """Equal texts are names and signs only."""
    latin = re.compile(r"[A-Za-z]{4,}")
    same = {k for k, text in sentences(language).items() if text == sentences("en")[k] and latin.search(bare(text))}
    assert {key for key in same if not key.startswith(("engine.", "http."))} == set()


def bare(text: str) -> str:
    return re.sub(r"\{[^{}]*\}", "", text)


# ---------------------------------------------------------------- grammar


@pytest.mark.parametrize(
    ("language", "number", "words"),
    [
        ("en", 1, "1 keyword"),
        ("en", 5, "5 keywords"),
        ("ru", 1, "1 запрос"),
        ("ru", 3, "3 запроса"),
        ("ru", 11, "11 запросов"),
        ("ru", 21, "21 запрос"),
        ("uk", 2, "2 запити"),
        ("uk", 12, "12 запитів"),
        ("uk", 22, "22 запити"),
        ("ko", 1, "키워드 1개"),
        ("zh", 15, "15 个关键词"),
    ],
)
def test_plurals(language: str, number: int, words: str) -> None:
    assert Words(language).say("verdict_page.keywords", n=number) == words


def test_nested_slots_and_exact_numbers() -> None:
    parts = message.parse("{n, plural, =0 {none} one {# of {all}} other {#, {who, owner}}} end")
    assert message.names(parts) == {"n", "all", "who"}
    (slot,) = message.plurals(parts)
    assert [name for name, _ in slot.choices] == ["=0", "one", "other"]


@pytest.mark.parametrize(
    "text", ["{", "a } b", "{n, plural, one {x}}", "{n, plural, none {x} other {y}}", "{1}", "{a,}"]
)
def test_broken_sentences_are_refused(text: str) -> None:
    with pytest.raises(message.MessageError):
        message.parse(text)


def test_apostrophes_are_letters() -> None:
    assert message.parse("пам'ять {n}")[0] == "пам'ять "


# ---------------------------------------------------------------- numbers, dates, names


@pytest.mark.parametrize(
    ("language", "percent", "number", "signed"),
    [("en", "42%", "1,284.5", "+42"), ("ru", "42\xa0%", "1\xa0284,5", "+42"), ("zh", "42%", "1,284.5", "+42")],
)
def test_numbers(language: str, percent: str, number: str, signed: str) -> None:
    words = Words(language)
    assert (words.percent(0.42), words.number(1284.5, 1), words.signed(42.3)) == (percent, number, signed)


def test_what_is_not_known_is_no_zero() -> None:
    words = Words("en")
    assert (words.number(None), words.percent(None), words.signed(None), words.range(None, 1.0)) == ("—", "—", "—", "")
    assert (words.percent(0.0), words.percent(0.002), words.signed(0.2), words.signed(-7.4)) == ("0%", "<1%", "0", "−7")
    assert words.range(-5.4, 12.0) == "(−5…12)"


def test_dates_say_their_zone() -> None:
    when = datetime(2026, 11, 20, 9, 5, tzinfo=UTC)
    assert Words("en").time(when) == "Nov 20, 2026, 09:05 UTC"
    assert Words("ko").date(when) == "2026년 11월 20일"
    assert Words("uk").date(date(2026, 11, 20)) == "20 листопада 2026\u202fр."
    assert Words("en").iso_date("last week") == "last week"


def test_names_of_languages_and_countries() -> None:
    assert (Words("ru").language_name("ko"), Words("zh").territory("GB")) == ("корейский", "英国")
    assert Words("en").language_name("xx-unknown") == "xx-unknown"


def test_an_unknown_language_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="en, ko, ru, uk, zh"):
        Words("xx")


def test_an_id_without_a_sentence_still_reads() -> None:
    assert Words("en").say("check.brand_new", n=3, site="a.example") == "Brand new: n 3, site a.example"
    assert Words("en").say("action.call_them.title", n=3) == "Call them"


# ---------------------------------------------------------------- the terminal


def test_summary_says_score_range_shares_first_negative_and_coverage() -> None:
    audit = audit_of({("google", "acme"): "o+-0", ("bing", "acme"): None})
    lines = "\n".join(Words("en").summary(audit))
    score = audit.score
    assert score.low is not None
    assert score.high is not None
    assert "Acme: Not enough evidence" in lines
    assert f"({round(score.low)}…{round(score.high)})".replace("-", "−") in lines
    assert "positive 24% · neutral 60% · negative 16%" in lines
    assert "First negative at: 3" in lines
    assert "1 of 2 queries answered" in lines


def test_silence_is_no_absence_of_negatives() -> None:
    silent, read = (audit_of({("google", "acme"): signs}) for signs in (None, "++"))
    assert "First negative at: —" in Words("en").summary(silent)
    assert "First negative at: none" in Words("en").summary(read)


# ---------------------------------------------------------------- words of the reading room


def test_reasons_of_labels_read_in_every_language() -> None:
    """`because` holds codes; each kind the labelling writes today has a sentence."""
    audit = Audit.model_validate_json(AUDIT.read_text("utf-8"))
    labels, _ = label_snapshot(audit.snapshot)
    kinds = {fact.partition(":")[0] for label in labels.values() for fact in label.because} | {"language", "title"}
    assert len(kinds) > 6
    told = [key.split(".")[1] for key in sentences("en") if key.startswith("because.")]
    assert sorted(kind for kind in kinds if not any(f"{key}_".startswith(f"{kind}_") for key in told)) == []


def test_the_readers_english_notes_are_said_again_in_the_language_of_the_report() -> None:
    audit = Audit.model_validate_json(AUDIT.read_text("utf-8"))
    notes = ("the page does not say which query it answers", "the engine shows results for 'lumivela'", "a new note")
    serp = audit.snapshot.serps[0].model_copy(update={"warnings": notes})
    english, russian = (Reader(audit, Words(code)).warnings(serp) for code in ("en", "ru"))
    assert english == (
        "The page does not say which query it answers.",
        "The engine shows results for another spelling: “lumivela”.",
        "a new note",
    )
    assert russian[1] == "Поисковик показывает результаты для другого написания: «lumivela»."
    assert russian[2] == "Ещё 1 замечание разбора есть во вложенных данных."


def test_every_note_of_the_reading_room_is_known() -> None:
    """Notes written as literals, with something in their holes."""
    text = "\n".join(p.read_text("utf-8") for p in SPIDERS.rglob("*.py"))
    literals = re.findall(r'(?:warnings|ORDER|NOT_THE_PAGE|NO_ORDER)\s*\+?=\s*[\[(]?f?"([^"]{12,})"', text)
    notes = [re.sub(r"\{[^{}]*!r\}", "'x'", note) for note in literals]
    audit = Audit.model_validate_json(AUDIT.read_text("utf-8"))
    reader = Reader(audit, Words("zh"))
    serps = [audit.snapshot.serps[0].model_copy(update={"warnings": (note,)}) for note in notes]
    assert len(notes) >= 5
    assert [n for n, s in zip(notes, serps, strict=True) if "另有" in "".join(reader.warnings(s))] == []
