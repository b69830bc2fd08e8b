"""All brands on one page: a line each, the worst first. An audit is read into its line and let go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from audit.models import Audit, Comparison, Moved, Verdict
from reports import safety
from reports.words import Words

ORDER = (
    Verdict.UNDER_ATTACK,
    Verdict.NEGATIVE,
    Verdict.CONTESTED,
    Verdict.NOT_ENOUGH,
    Verdict.POSITIVE,
    Verdict.ABSOLUTE,
)
STYLE = {
    Verdict.UNDER_ATTACK: ("n", "▼"),
    Verdict.NEGATIVE: ("n", "▼"),
    Verdict.CONTESTED: ("u", "●"),
    Verdict.NOT_ENOUGH: ("x", "○"),
    Verdict.POSITIVE: ("p", "▲"),
    Verdict.ABSOLUTE: ("p", "▲"),
}


@dataclass(frozen=True)
class Entry:
    """What the page keeps of an audit: a few hundred bytes, so that thousands of brands fit."""

    brand: str
    taken_at: datetime
    verdicts: tuple[Verdict, ...]
    dominance: float | None
    low: float | None
    high: float | None
    negatives: int
    coverage: float
    moved: Comparison | None
    alerts: tuple[tuple[str, int], ...] = ()
    """Rule -> how many of the last week."""
    link: str = ""
    """Relative address of the brand's report; "" where there is no file."""

    @property
    def gravity(self) -> tuple[int, float, str]:
        worst = min((ORDER.index(verdict) for verdict in self.verdicts), default=len(ORDER))
        return (worst, self.dominance if self.dominance is not None else 0.0, self.brand)


def entry(audit: Audit, alerts: Iterable[str] = (), link: str = "") -> Entry:
    """`alerts` are the rules of the last week's alerts, one each."""
    score = audit.score
    return Entry(
        brand=audit.snapshot.brand.name,
        taken_at=audit.snapshot.taken_at,
        verdicts=audit.verdicts,
        dominance=score.dominance,
        low=score.low,
        high=score.high,
        negatives=score.negatives_top10,
        coverage=score.coverage,
        moved=next((told for told in audit.comparisons if not told.keyword), None),
        alerts=tuple(Counter(alerts).most_common()),
        link=link if _is_relative(link) else "",
    )


def _is_relative(link: str) -> bool:
    """A file of the same disk, and nothing that a browser takes for a scheme or a host."""
    return bool(link) and ":" not in link and "\\" not in link and not link.startswith("/") and link.isprintable()


@dataclass(frozen=True)
class Line:
    brand: str
    link: str
    date: str
    style: str
    glyph: str
    verdict: str
    score: str
    range: str
    negatives: str
    coverage: str
    moved_style: str
    moved: str
    effect: str
    alerts: str


@dataclass(frozen=True)
class Portfolio:
    lines: tuple[Line, ...]
    counts: tuple[tuple[str, str, str, int], ...]
    """Style, glyph, verdict and how many brands have it, in the order of gravity."""
    made: str


def build(entries: Sequence[Entry], words: Words, made_at: datetime) -> Portfolio:
    met = Counter(found.verdicts[0] for found in entries if found.verdicts)
    return Portfolio(
        lines=tuple(_line(found, words) for found in sorted(entries, key=lambda found: found.gravity)),
        counts=tuple((*STYLE[v], words.name("verdict", v.value), met[v]) for v in ORDER if met[v]),
        made=words.time(made_at),
    )


def _line(found: Entry, words: Words) -> Line:
    style, glyph = STYLE[found.verdicts[0]] if found.verdicts else ("x", "○")
    moved_style, moved, effect = _moved(found.moved, words)
    told = [f"{words.name('portfolio.alert', rule)}: {words.number(n)}" for rule, n in found.alerts]
    return Line(
        brand=safety.clip(found.brand, 120),
        link=found.link,
        date=words.date(found.taken_at),
        style=style,
        glyph=glyph,
        verdict=" / ".join(words.name("verdict", verdict.value) for verdict in found.verdicts),
        score=words.signed(found.dominance),
        range=words.range(found.low, found.high),
        negatives=words.number(found.negatives if found.dominance is not None else None),
        coverage=words.percent(found.coverage),
        moved_style=moved_style,
        moved=moved,
        effect=effect,
        alerts="; ".join(told),
    )


def _moved(told: Comparison | None, words: Words) -> tuple[str, str, str]:
    """Style, verdict, and the points where a change was shown: no arrow for a wobble."""
    if told is None:
        return "x", words.say("portfolio.baseline"), ""
    word = words.name("moved", told.verdict.value)
    if told.verdict is not Moved.CHANGED or told.effect is None:
        return ("x" if told.verdict is Moved.NOT_COMPARABLE else "u"), word, ""
    return ("p" if told.effect > 0 else "n"), word, words.signed(told.effect)
