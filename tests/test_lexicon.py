"""The shelf of languages: the files hold what they promise, and phrases are found as they are written."""

from __future__ import annotations

import tomllib
from collections import Counter
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.lexicon import (
    BRAND,
    CONTEXT,
    NEGATIVE,
    POSITIVE,
    STRENGTHS,
    THIN,
    TURNING,
    Finder,
    Phrase,
    languages,
    lexicon,
    longest,
    spelled_out,
    squash,
)

SHELF = ("en", "ko", "ru", "uk", "zh")
FEWEST_CUES, FEWEST_A_CATEGORY = 1000, 15


def found(phrase: str, text: str, *, spaced: bool = True) -> list[str]:
    finder = Finder([Phrase(phrase, "complaint", -1.0)], spaced, {})
    ready = text.casefold() if spaced else squash(text.casefold())
    return [cue.found.replace(THIN, "") for cue in finder.all(ready)]


def table(language: str) -> dict[str, dict[str, list[str]]]:
    text = files("audit").joinpath(f"languages/{language}.toml").read_text("utf-8")
    return {name: value for name, value in tomllib.loads(text).items() if isinstance(value, dict)}


def test_the_shelf() -> None:
    assert languages() == SHELF
    with pytest.raises(KeyError):
        lexicon("xx")


@pytest.mark.parametrize("language", SHELF)
def test_a_language_knows_every_category_in_both_signs(language: str) -> None:
    sections = table(language)
    assert set(sections) == {*NEGATIVE, *POSITIVE, "marks"}
    counts = {name: sum(map(len, sections[name].values())) for name in (*NEGATIVE, *POSITIVE)}
    assert sum(counts.values()) >= FEWEST_CUES
    assert [name for name, count in counts.items() if count < FEWEST_A_CATEGORY] == []
    assert all(set(sections[name]) <= set(STRENGTHS) for name in counts)
    marks = {"negator", "contrast", "hedge", "cleared", "solved", "rival", "feared", "nothing"}
    assert marks | {"neutral", "victim", "accuser", "namesake", "question", "official", "outdated"} <= set(
        sections["marks"]
    )
    assert set(sections["marks"]) <= {*TURNING, *CONTEXT}


@pytest.mark.parametrize("language", SHELF)
def test_no_phrase_is_both_praise_and_blame_or_stands_twice(language: str) -> None:
    sections = table(language)
    all_of_them = [text for name in (*NEGATIVE, *POSITIVE) for texts in sections[name].values() for text in texts]
    assert [text for text, times in Counter(all_of_them).items() if times > 1] == []


@pytest.mark.parametrize("language", SHELF)
def test_every_phrase_can_be_met(language: str) -> None:
    """A phrase that its own words do not bring back is a typing error (a stray capital, a letter `same` folds)."""
    lex = lexicon(language)
    lost = []
    for section in table(language).values():
        for text in (text for texts in section.values() for text in texts):
            for variant in spelled_out(text):
                plain = variant.replace("{b}", "\ue000").replace("..", " ").replace("*", "").replace("^", "")
                said = lex.prepare(plain.replace(" _ ", " word ").removeprefix("_ "))
                if not any(cue.phrase.text == text for cue in lex.phrases.all(said)):
                    lost.append(variant)
    assert lost == []


@pytest.mark.parametrize(
    ("phrase", "text", "met"),
    [
        ("scam", "A scam, they say", ["scam"]),
        ("scam", "scams and scampi", []),
        ("scam", "the scam's victims", ["scam"]),
        ("scam*", "scammers everywhere", ["scammers"]),
        ("fine of", "a fine, of course", ["fine, of"]),
        ("rip-off", "what a rip-off!", ["rip-off"]),
        ("refus* to pay", "they refused to pay", ["refused to pay"]),
        ("ordered .. refund", "ordered by the court to refund", []),
        ("ordered .. refund", "ordered to please refund", ["ordered to please refund"]),
        ("(file|lodge)d a claim", "we lodged a claim", ["lodged a claim"]),
        ("more than _ years old", "more than 12 years old", ["more than 12 years old"]),
        ("{b} sues", f"{BRAND} sues rival", [f"{BRAND} sues"]),
        ("5/5", "a solid 5/5 from me", ["5/5"]),
        ("👎", "never again 👎👎", ["👎", "👎"]),
        ("c++", "we use c++ here", ["c++"]),
        ("(2012)", "a scandal (2012)", ["(2012)"]),
        ("(2012)", "founded in 2012", []),
    ],
)
def test_phrases_of_a_spaced_language(phrase: str, text: str, met: list[str]) -> None:
    assert sorted(found(phrase, text)) == sorted(met)


@pytest.mark.parametrize(
    ("phrase", "text", "met"),
    [
        ("骗子", "都是骗子", ["骗子"]),
        ("不推荐", "不 推荐", ["不推荐"]),
        ("^사기", "완전 사기다", ["사기"]),
        ("^사기", "도자기를 조사기간에", []),
        ("환불안", "환불 안 해줘요", ["환불안"]),
        ("被..罚款", "被监管部门罚款", ["被监管部门罚款"]),
        ("被..罚款", "被夸了。后来罚款", []),
        ("冒充{b}", f"冒充{BRAND}客服", [f"冒充{BRAND}"]),
    ],
)
def test_phrases_of_an_unspaced_language(phrase: str, text: str, met: list[str]) -> None:
    assert found(phrase, text, spaced=False) == met


def test_the_longer_phrase_wins_and_set_phrases_swallow() -> None:
    lex = lexicon("en")
    text = lex.prepare("no doubt, bed bug treatment and a fine dining room; not a scam")
    met = {cue.found for cue in longest([c for c in lex.phrases.all(text) if not c.aside], len(text))}
    assert "not a scam" in met
    assert not met & {"scam", "fine", "bug", "no"}


@pytest.mark.parametrize("language", SHELF)
@given(text=st.text(max_size=200))
def test_any_text_is_read_within_its_bounds(language: str, text: str) -> None:
    lex = lexicon(language)
    ready = lex.prepare(text)
    for cue in lex.phrases.all(ready):
        assert 0 <= cue.start < cue.end <= len(ready)
        assert ready[cue.start : cue.end].startswith(cue.found[:1])
