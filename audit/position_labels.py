"""What a column of labels says: words of five languages, colours, signs, and three scales of numbers.

A lone minus is how trackers mark an empty cell: it is a negative only in a column that has a plus as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from audit.errors import UsageError

SCALES: Mapping[str, Mapping[float, float]] = {
    "1-5": {1: -1.0, 2: -0.5, 3: 0.0, 4: 0.5, 5: 1.0},
    "-2-2": {-2: -1.0, -1: -0.5, 0: 0.0, 1: 0.5, 2: 1.0},
    "-1-1": {-1: -1.0, -0.5: -0.5, 0: 0.0, 0.5: 0.5, 1: 1.0},
}
"""Scale -> its steps as sentiments. A column of only -1, 0 and 1 is the last: minus, nothing, plus."""
_WORDS: Mapping[float, str] = {
    1.0: "positive|pos|good|favourable|favorable|green|+|++|позитив|позитивный|позитивная|положительный|положительная|"
    "хороший|зеленый|зелёный|зеленая|зелёная|позитивний|зелений|긍정|긍정적|초록|녹색|正面|好评|积极|绿|绿色|🟢|✅",
    0.5: "rather positive|mostly positive|скорее положительный|light green",
    0.0: "neutral|neu|mixed|grey|gray|yellow|white|=|+/-|±|нейтральный|нейтральная|нейтрал|нейтрально|серый|серая|"
    "желтый|жёлтый|нейтральний|сірий|중립|중립적|회색|노랑|中性|中立|灰|灰色|黄|黄色|⚪|🟡",
    -0.5: "rather negative|mostly negative|orange|скорее отрицательный|оранжевый|🟠",
    -1.0: "negative|neg|bad|unfavourable|unfavorable|red|-|--|−|–|—|негатив|негативный|негативная|отрицательный|"
    "отрицательная|плохой|красный|красная|негативний|червоний|부정|부정적|빨강|적색|负面|差评|消极|红|红色|🔴|❌",
}
_LEVEL = {word: level for level, words in _WORDS.items() for word in words.split("|")}
_MINUS = ("-", "--", "−", "–", "—")
_NONE = ("", "?", "n/a", "na", "none", "null", "unread", "unknown", "нет", "не определено")


def has_signs(cells: Iterable[str]) -> bool:
    """True for a column in which a plus stands: then a minus is its opposite."""
    return any(cell.strip().startswith("+") for cell in cells)


def scale_of(cells: Sequence[str], asked: str = "") -> str:
    """The scale of a whole column's numbers; "" where it has none. `UsageError` where two scales are possible."""
    if asked:
        if asked not in SCALES:
            what = f"{asked[:20]!r} is no scale of labels."
            raise UsageError(what, where="--label-scale", mend=f"Write one of: {', '.join(SCALES)}.")
        return asked
    values = {value for cell in cells if (value := _number(cell)) is not None}
    if not values:
        return ""
    signed = has_signs(cells)
    if values <= {1.0, 2.0} and not signed:
        return _doubtful("1 and 2 may be the bad end of 1..5 or the good end of -2..2.")
    if values <= SCALES["1-5"].keys() and not signed:
        return "1-5"
    return "-1-1" if values <= SCALES["-1-1"].keys() else "-2-2"


def _doubtful(what: str) -> str:
    raise UsageError(what, where="labels", mend="Say which: --label-scale 1-5 (or -2-2, or -1-1).")


def sentiment_of(cell: str, scale: str, *, signs: bool = True) -> float | None:
    """-1, -0.5, 0, 0.5 or 1; None for no label. ValueError for a word or number that is none."""
    text = " ".join(cell.casefold().split())
    if text in _MINUS and not signs:
        return None
    if text in _LEVEL:
        return _LEVEL[text]
    if text in _NONE:
        return None
    value = _number(text)
    if value is None or value not in SCALES.get(scale, {}):
        raise ValueError(f"{cell.strip()[:20]!r} is no label" + (f" of the scale {scale}" if value is not None else ""))
    return SCALES[scale][value]


def _number(cell: str) -> float | None:
    text = cell.strip().replace("−", "-").replace(",", ".").lstrip("+")
    return float(text) if re.fullmatch(r"-?\d{1,3}(\.\d+)?", text) else None
