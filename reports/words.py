"""The words of a report in one language: sentences by key, numbers, dates, names. Only importer of babel.

Findings and actions are ids with facts; their sentences live in `locales/<language>.toml`. An id without a
sentence still reads: it falls back to a plain line of its own name and facts, never to a crash.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType

from babel import Locale  # noqa: TID251
from babel.dates import format_date, format_skeleton, format_time, format_timedelta  # noqa: TID251
from babel.lists import format_list  # noqa: TID251
from babel.numbers import format_decimal, format_percent  # noqa: TID251

from audit.errors import UsageError
from audit.models import Audit, Score, Snapshot
from reports import message, safety

SHELF = Path(__file__).parent / "locales"
MISSING = "—"
MINUS = "−"
Fact = str | int | float | datetime | date | None


def languages() -> tuple[str, ...]:
    """Languages a report can be written in."""
    return tuple(sorted(path.stem for path in SHELF.glob("*.toml")))


@cache
def sentences(language: str) -> Mapping[str, str]:
    """Dotted key to sentence. Raises `UsageError` for a language without a file."""
    if language not in languages():
        raise UsageError(f"no report can be written in {language!r}", mend=f"Choose one of {', '.join(languages())}.")
    data = tomllib.loads((SHELF / f"{language}.toml").read_text("utf-8"))
    return MappingProxyType(dict(_flat(data, "")))


def _flat(table: Mapping[str, object], prefix: str) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)


@cache
def _percent(language: str, hundredths: float) -> str:
    return str(format_percent(hundredths / 100, locale=Locale.parse(language)))


class Words:
    """Everything a report says in one language."""

    def __init__(self, language: str = "en") -> None:
        self.language = language
        self._sentences = sentences(language)
        self._locale = Locale.parse(language)

    def has(self, key: str) -> bool:
        return key in self._sentences

    def say(self, key: str, /, **facts: Fact) -> str:
        """The sentence of a key with its facts; a readable line of the key itself where there is no sentence."""
        text = self._sentences.get(key)
        return self._plain(key, facts) if text is None else self._fill(message.parse(text), facts)

    def name(self, table: str, value: str) -> str:
        """The word for one member of a closed set, e.g. `owner`, `third_party`."""
        key = f"{table}.{value}"
        return self._sentences[key] if key in self._sentences else safety.clean(value.replace("_", " "))

    # ------------------------------------------------------------ numbers

    def number(self, value: float | None, digits: int = 0) -> str:
        if value is None:
            return MISSING
        return self._decimal(value, "#,##0" + (f".{'0' * digits}" if digits else ""))

    def _decimal(self, value: float, pattern: str) -> str:
        return str(format_decimal(value, format=pattern, locale=self._locale)).replace("-", MINUS)

    def percent(self, share: float | None) -> str:
        """A share 0..1; a share that is not zero never reads as zero."""
        if share is None:
            return MISSING
        tiny = 0 < share < 0.005
        text = _percent(self.language, 1 if tiny else round(100 * share, 6))
        return f"<{text}" if tiny else text

    def signed(self, value: float | None) -> str:
        """A score with its sign: +42, −7, 0."""
        if value is None:
            return MISSING
        whole = round(value)
        sign = "+" if whole > 0 else MINUS if whole < 0 else ""
        return f"{sign}{self.number(abs(whole))}"

    def range(self, low: float | None, high: float | None) -> str:
        """The doubt of a score as `(31…55)`, or "" when it was not measured."""
        if low is None or high is None:
            return ""
        return f"({self.number(round(low))}…{self.number(round(high))})"

    # ------------------------------------------------------------ dates and names

    def date(self, when: date | datetime | None) -> str:
        return MISSING if when is None else str(format_date(when, format="long", locale=self._locale))

    def short_date(self, when: datetime) -> str:
        """Month and year: the end of an axis."""
        return str(format_skeleton("yMMM", when, locale=self._locale))

    def age(self, iso: str, now: datetime) -> str:
        """How old something dated is, roughly: `3 weeks`; "" where the date is not whole."""
        try:
            days = (now.date() - date.fromisoformat(iso)).days
        except ValueError:
            return ""
        return self.age_days(days)

    def age_days(self, days: int) -> str:
        """`today`, `6 days`, `2 months`; a day to come counts as today."""
        if days < 1:
            return self.say("common.today")
        return str(format_timedelta(timedelta(days=days), granularity="day", threshold=1.5, locale=self._locale))

    def p(self, value: float | None) -> str:
        """A probability: three digits, and never zero."""
        if value is None:
            return MISSING
        tiny = value < 0.001
        return f"<{self.number(0.001, 3)}" if tiny else self.number(value, 3 if value < 0.1 else 2)

    def iso_date(self, text: str | None) -> str:
        """A date of the page, kept as it stands when it is not a whole ISO date."""
        try:
            return str(format_date(date.fromisoformat(text or ""), format="medium", locale=self._locale))
        except ValueError:
            return safety.clean(text or "")

    def time(self, when: datetime | None) -> str:
        """Date, minute and zone, the zone always written: evidence is dated in UTC."""
        if when is None:
            return MISSING
        day = format_date(when, format="medium", locale=self._locale)
        minute = format_time(when, format="HH:mm", locale=self._locale, tzinfo=when.tzinfo)
        return f"{day}, {minute} {when.strftime('%Z') or when.strftime('%z')}".strip()

    def language_name(self, code: str) -> str:
        if not code:
            return self.name("common", "unknown")
        return str(self._locale.languages.get(code.replace("-", "_"), safety.clean(code)))

    def territory(self, code: str) -> str:
        return str(self._locale.territories.get(code.upper(), safety.clean(code)))

    def list(self, items: Sequence[str]) -> str:
        return str(format_list(list(items), locale=self._locale)) if items else MISSING

    # ------------------------------------------------------------ sentences

    def _fill(self, parts: message.Message, facts: Mapping[str, Fact]) -> str:
        return "".join(self._part(part, facts) for part in parts)

    def _part(self, part: str | message.Slot | message.Count, facts: Mapping[str, Fact]) -> str:
        if isinstance(part, str):
            return part
        value = facts.get(part.name)
        if isinstance(part, message.Count) or not part.kind:
            return self._value(value)
        return self._plural(part, facts) if part.kind == "plural" else self._as(part.kind, value)

    def _plural(self, slot: message.Slot, facts: Mapping[str, Fact]) -> str:
        value, choices = facts.get(slot.name), dict(slot.choices)
        if not isinstance(value, (int, float)):
            return self._fill(choices["other"], facts)
        category = str(self._locale.plural_form(abs(value)))
        chosen = choices.get(f"={value}") or choices.get(category) or choices["other"]
        return self._fill(chosen, facts)

    def _value(self, value: Fact) -> str:
        if value is None or value == "":
            return MISSING
        if isinstance(value, date):
            return self.date(value)
        if isinstance(value, float):
            return self.number(value, 0 if value.is_integer() else 1)
        return self.number(value) if isinstance(value, int) else safety.clean(value)

    def _as(self, kind: str, value: Fact) -> str:
        """Write a value in a named way; any other name is a table of the locale file."""
        if value is None or value == "":
            return MISSING
        if isinstance(value, int | float):
            return self._figure(kind, value)
        if isinstance(value, date):
            return self.date(value)
        names = {"language": self.language_name, "territory": self.territory, "date": self.iso_date}
        return names[kind](value) if kind in names else self.name(kind, value)

    def _figure(self, kind: str, value: float) -> str:
        """A number written in a named way, or the word a table has for it (`severity.4`)."""
        if kind == "rating":
            return self._decimal(value, "#,##0.0#")
        if kind in ("percent", "signed"):
            return self.percent(value) if kind == "percent" else self.signed(value)
        return self._sentences.get(f"{kind}.{value:g}") or self._value(value)

    def fact(self, key: str, value: Fact) -> str:
        """A bare figure of a finding; shares are told by their name."""
        if isinstance(value, float) and key.endswith(("share", "rate")):
            return self.percent(value)
        return self.iso_date(value) if isinstance(value, str) else self._value(value)

    def _plain(self, key: str, facts: Mapping[str, Fact]) -> str:
        name = key.rpartition(".")[2] if not key.endswith((".title", ".text")) else key.split(".")[-2]
        told = ", ".join(
            f"{safety.clean(k.replace('_', ' '))} {self._value(v)}" for k, v in facts.items() if v not in (None, "")
        )
        head = safety.clean(name.replace("_", " ").replace("-", " ")).capitalize()
        return f"{head}: {told}" if told and not key.endswith(".title") else head

    # ------------------------------------------------------------ the terminal

    def summary(self, audit: Audit) -> tuple[str, ...]:
        """A few lines for the terminal: the verdict, `+42 (31…55)`, the three shares, first negative, coverage."""
        score, snapshot = audit.score, audit.snapshot
        figure = f"{self.signed(score.dominance)} {self.range(score.low, score.high)}".strip()
        shares = (("positive", score.positive), ("neutral", score.neutral), ("negative", score.negative))
        return (
            f"{safety.clean(snapshot.brand.name)}: {' / '.join(self.name('verdict', v.value) for v in audit.verdicts)}",
            f"{self.say('verdict_page.score')}: {figure}",
            " · ".join(f"{self.name('mark', side)} {self.percent(share)}" for side, share in shares),
            f"{self.say('figure.first_negative')}: {self.first_negative(score)}",
            self.say("coverage.sentence", answered=answered(snapshot), n=len(snapshot.plan)),
        )

    def first_negative(self, score: Score) -> str:
        """Its place; "none" only where something was read, for absence needs proof."""
        if score.first_negative:
            return self.number(score.first_negative)
        return MISSING if score.dominance is None else self.say("figure.no_negative")


def answered(snapshot: Snapshot) -> int:
    """How many planned queries were answered."""
    came = {serp.query for serp in snapshot.serps if serp.outcome.answered}
    return sum(query in came for query in snapshot.plan)
