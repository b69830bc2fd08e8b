"""Sentence pairs that differ only by negation, actor or scope: each side has its own sign, and none may be wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audit.evaluation import side
from audit.lexicon import languages
from audit.rows import classify_row
from tests.gold import rows_of

FOLDER = Path(__file__).parent / "fixtures" / "pairs"
NAMES = {"en": "Lumivelo", "ru": "Лумивело", "uk": "Лумівело", "ko": "루미벨로", "zh": "流光单车"}
FEWEST = 100


def sign(text: str, language: str) -> int | None:
    answer = classify_row({"id": 0, "lang": language, "brand": NAMES[language], "title": text})
    label = answer["label"]
    assert label is None or isinstance(label, int)
    return side(label)


@pytest.mark.parametrize("language", languages())
def test_no_sign_is_wrong(language: str) -> None:
    pairs = rows_of(FOLDER / f"{language}.jsonl")
    assert len(pairs) >= FEWEST
    wrong = []
    for pair in pairs:
        for half in ("first", "second"):
            text = pair[half].replace("{b}", NAMES[language])
            read = sign(text, language)
            if read != pair[f"{half}_sign"]:
                wrong.append((text, read))
    assert wrong == []


@pytest.mark.parametrize("language", languages())
def test_the_halves_of_a_pair_differ_in_sign_and_all_three_kinds_are_there(language: str) -> None:
    pairs: list[dict[str, Any]] = rows_of(FOLDER / f"{language}.jsonl")
    assert {pair["kind"] for pair in pairs} == {"negation", "actor", "scope"}
    assert all(pair["first_sign"] != pair["second_sign"] for pair in pairs)
