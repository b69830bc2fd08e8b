"""How far two people agree about the same results, and the engine with them.

Krippendorff's alpha after "Computing Krippendorff's Alpha-Reliability" (2011): any number of people, missing answers
allowed, nominal or ordinal. It is read as firm from .80 and as tentative from .667 (Krippendorff 2004).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from audit.address import normal_address
from audit.classify import label_snapshot, result_key
from audit.judges import Judge
from audit.models import Hit, Keyword, Label, Method, Snapshot, Validation

FIRM, TENTATIVE = 0.8, 0.667
CLASSES = (-1, 0, 1)
Difference = Callable[[Sequence[float], int, int], float]
"""How far two values are apart, by their places in the order and how often each value was used."""


class Pair(NamedTuple):
    """What a person and the engine alone say of one result."""

    language: str
    person: Label
    engine: Label

    @property
    def sides(self) -> tuple[int, int | None] | None:
        """(truth, read) of three classes; read is None where the engine could not read it or took it for another's.
        None where the person gave no opinion about the brand."""
        truth = side(self.person)
        return None if truth is None else (truth, side(self.engine))


def side(label: Label) -> int | None:
    """-1, 0 or 1 for the brand; None for unread and for another bearer of the name."""
    if label.sentiment is None or not label.about_brand:
        return None
    return (label.sentiment > 0) - (label.sentiment < 0)


# ---------------------------------------------------------------- coefficients


def alpha(units: Iterable[Sequence[float]], difference: Difference | None = None) -> float | None:
    """Krippendorff's alpha. `units` holds the values each unit was given, by whom does not matter.

    None where nothing can be told: no unit with two values, or only one value was ever used.
    """
    values, together = _coincidences(units)
    totals = [sum(row) for row in together]
    whole = sum(totals)
    if whole <= 1:
        return None
    apart = [(difference or nominal)(totals, a, b) for a in range(len(values)) for b in range(len(values))]
    seen = [count for row in together for count in row]
    by_chance = [a * b for a in totals for b in totals]
    expected = sum(d * n for d, n in zip(apart, by_chance, strict=True)) / (whole - 1)
    return 1 - sum(d * n for d, n in zip(apart, seen, strict=True)) / expected if expected else None


def _coincidences(units: Iterable[Sequence[float]]) -> tuple[list[float], list[list[float]]]:
    """Values in order, and how often two of them met in one unit."""
    met: dict[tuple[float, float], float] = defaultdict(float)
    for given in units:
        for at, one in enumerate(given):
            for other in (*given[:at], *given[at + 1 :]):
                met[one, other] += 1 / (len(given) - 1)
    values = sorted({value for value, _ in met})
    return values, [[met.get((a, b), 0.0) for b in values] for a in values]


def nominal(_: Sequence[float], a: int, b: int) -> float:
    return float(a != b)


def ordinal(totals: Sequence[float], a: int, b: int) -> float:
    """The ranks between two values, squared: values nobody used do not part anybody."""
    low, high = min(a, b), max(a, b)
    return (sum(totals[low : high + 1]) - (totals[a] + totals[b]) / 2) ** 2 if low != high else 0.0


def kappa(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Cohen's kappa of two people over the same units; None where chance alone would agree wholly."""
    if not pairs:
        return None
    whole = len(pairs)
    seen = sum(a == b for a, b in pairs) / whole
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    chance = sum(first[value] * second[value] for value in first) / whole**2
    return (seen - chance) / (1 - chance) if chance < 1 else None


def macro_f1(pairs: Sequence[tuple[int, int | None]]) -> float | None:
    """Mean F1 of (truth, read) over the classes that are among the truths or the readings."""
    truths, read_as = Counter(truth for truth, _ in pairs), Counter(read for _, read in pairs)
    scores = [
        2 * sum(truth == read == wanted for truth, read in pairs) / (truths[wanted] + read_as[wanted])
        for wanted in CLASSES
        if truths[wanted] + read_as[wanted]
    ]
    return sum(scores) / len(scores) if scores else None


# ---------------------------------------------------------------- people and engine


def pairs(
    snapshots: Iterable[Snapshot],
    people: Sequence[Label],
    *,
    method: Method | None = None,
    judge: Judge | None = None,
) -> list[Pair]:
    """A person's word beside the engine's own, read as if nobody had spoken; one pair an address.

    `people` holds one label an address. The first snapshot in which the result stands under the title the person
    saw counts; later ones are asked only for the rest, so hand them over newest first and lazily.
    """
    left = {_subject(label): label for label in people}
    found: list[Pair] = []
    for snapshot in snapshots if left else ():
        labels, keys = label_snapshot(_only(snapshot, left), method=method, judge=judge)
        spoken = _languages(snapshot, keys)
        for key, engine in labels.items():
            person = left.get(_subject(engine))
            if person and person.title_hash in ("", engine.title_hash):
                found.append(Pair(engine.language or spoken.get(key, ""), person, engine))
                del left[_subject(person)]
        if not left:
            break
    return found


def _only(snapshot: Snapshot, wanted: Mapping[str, Label]) -> Snapshot:
    """The results people spoke of: nothing else has to be read again."""
    serps = [
        serp.model_copy(update={"results": tuple(hit for hit in serp.results if _name(hit) in wanted)})
        for serp in snapshot.serps
    ]
    return snapshot.model_copy(update={"serps": tuple(serps)})


def _name(hit: Hit) -> str:
    return normal_address(hit.url) or result_key(hit)


def _languages(snapshot: Snapshot, keys: Mapping[str, str]) -> dict[str, str]:
    """The language a result was asked in, by label key: for results the engine could not read."""
    asked = {}
    for serp in snapshot.serps:
        keyword = snapshot.keyword(serp.query.keyword) or Keyword(text=serp.query.keyword)
        asked[serp.id] = keyword.language or serp.query.language
    return {key: asked[result_id.partition("/")[0]] for result_id, key in keys.items()}


def validations(found: Sequence[Pair], history: Sequence[Label] = ()) -> tuple[Validation, ...]:
    """The engine against people, a line a language. `history`: all that people ever said, the oldest first.

    Results a person calls another's, or leaves unread, have no side and are not counted; one the engine could not
    read counts against it.
    """
    opinions = _opinions(history)
    languages = sorted({pair.language for pair in found if pair.language})
    return tuple(
        _validation(language, [p for p in found if p.language == language], opinions) for language in languages
    )


def _validation(language: str, found: Sequence[Pair], opinions: Mapping[str, Sequence[Label]]) -> Validation:
    told = [sides for pair in found if (sides := pair.sides) is not None]
    given = [opinions.get(_subject(pair.person), ()) for pair in found]
    units = [[label.sentiment for label in labels if label.sentiment is not None] for labels in given]
    units = [unit for unit in units if len(unit) > 1]
    return Validation(
        language=language,
        labelled=len(told),
        agree=sum(truth == read for truth, read in told) / len(told) if told else None,
        macro_f1=macro_f1(told),
        alpha=alpha(units, ordinal),
        both=len(units),
    )


def between_people(history: Sequence[Label]) -> tuple[int, float | None, float | None]:
    """Results that two people labelled, alpha over five levels, and kappa of the two who share most results."""
    shared = [labels for labels in _opinions(history).values() if len(labels) > 1]
    together: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for labels in shared:
        for at, first in enumerate(sorted(labels, key=lambda label: label.who)):
            for second in sorted(labels, key=lambda label: label.who)[at + 1 :]:
                together[first.who, second.who].append((first.sentiment or 0.0, second.sentiment or 0.0))
    most = max(together.values(), key=len, default=[])
    return len(shared), alpha([[label.sentiment or 0.0 for label in labels] for labels in shared], ordinal), kappa(most)


def _opinions(history: Sequence[Label]) -> dict[str, tuple[Label, ...]]:
    """The last word of every person about every address, where it is an opinion about the brand."""
    last: dict[str, dict[str, Label]] = defaultdict(dict)
    for label in history:
        before = last[_subject(label)].get(label.who)
        if before is None or not (label.when and before.when) or label.when >= before.when:
            last[_subject(label)][label.who] = label
    return {
        subject: tuple(label for label in by_person.values() if side(label) is not None)
        for subject, by_person in last.items()
    }


def _subject(label: Label) -> str:
    return label.address or label.key
