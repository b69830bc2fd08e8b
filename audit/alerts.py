"""Audit -> alerts: what a client wants to hear of before the next meeting. Each says what, where, and its evidence.

An alert is known by its key; the store sends the same key once a channel. Differences come from the audit's changes,
claims about the score only from its comparison: a wobble is never sent as a fall.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from audit.models import Audit, Change, ChangeKind, Document, Feature, Moved, Scope
from audit.shares import surfaces
from audit.tables_alerts import AlertRule, AlertsTable


class Alert(Document):
    """One thing to tell. `text` is English, for mail and chat; the rest is for machines."""

    rule: AlertRule
    key: str
    brand: str
    text: str
    subject: str
    engine: str = ""
    keyword: str = ""
    title: str = ""
    before: float | None = None
    after: float | None = None
    taken_at: datetime
    evidence: tuple[str, ...] = ()
    """Result ids of the snapshot."""
    hashes: tuple[str, ...] = ()
    """SHA-256 of the pages behind them."""


Facts = dict[str, object]
Found = Iterator[tuple[str, str, Facts]]
"""Key, sentence, and facts of an alert."""


def alerts(audit: Audit, table: AlertsTable) -> tuple[Alert, ...]:
    """What the rules of the brief find in this audit, in the order of the rules."""
    return tuple(
        _alert(audit, rule, key, text, facts) for rule in table.rules for key, text, facts in RULES[rule](audit, table)
    )


def _alert(audit: Audit, rule: AlertRule, key: str, text: str, facts: Facts) -> Alert:
    evidence = tuple(str(name) for name in facts.pop("evidence", ()))  # type: ignore[attr-defined]
    pages = {serp.id: serp.evidence for serp in audit.snapshot.serps}
    hashes = dict.fromkeys(held.sha256 for name in evidence if (held := pages.get(name.partition("/")[0])) is not None)
    return Alert.model_validate(
        {
            "rule": rule,
            "key": f"{rule.value}|{key}",
            "brand": audit.snapshot.brand.name,
            "text": text,
            "taken_at": audit.snapshot.taken_at,
            "evidence": evidence,
            "hashes": tuple(hashes),
            **facts,
        }
    )


def _of(audit: Audit, kind: ChangeKind) -> list[Change]:
    """Changes of a kind; those that repeated captures did not bear out are no news."""
    return [change for change in audit.changes if change.kind is kind and change.persistent is not False]


def _facts(change: Change) -> Facts:
    names = ("subject", "engine", "keyword", "title", "before", "after", "evidence")
    return {name: getattr(change, name) for name in names}


def _new_negative(audit: Audit, table: AlertsTable) -> Found:
    for change in _of(audit, ChangeKind.ENTERED):
        if (change.sentiment or 0) < 0 and change.after is not None and change.after <= table.top:
            place = f"place {change.after:g} of {change.engine} for {change.keyword!r}"
            yield change.subject, f"A negative entered the first {table.top}: {place}: {change.title}", _facts(change)


def _first_negative(audit: Audit, table: AlertsTable) -> Found:
    for score in audit.scores:
        if score.scope is not Scope.PAGE or score.first_negative is None:
            continue
        if score.first_negative < table.first_negative_above:
            name = _negative_at(audit, score.serp, score.first_negative)
            row = audit.result(name)
            label = audit.label_of(name)
            key = f"{score.engine}|{score.keyword}|{label.address if label else name}"
            text = f"The first negative of {score.engine} for {score.keyword!r} stands at {score.first_negative}"
            facts: Facts = {
                "subject": label.address if label else score.keyword,
                "engine": score.engine,
                "keyword": score.keyword,
                "title": row.title if row else "",
                "after": score.first_negative,
                "evidence": (name,) if row else (),
            }
            yield key, f"{text}: {row.title if row else ''}", facts


def _negative_at(audit: Audit, serp_id: str, place: int) -> str:
    serp = next(s for s in audit.snapshot.serps if s.id == serp_id)
    rows = (r for r in serp.organic if place == (r.position if audit.method.by_position else r.rank))
    return next((f"{serp_id}/{row.position}" for row in rows), "")


def _score_fell(audit: Audit, _: AlertsTable) -> Found:
    for told in audit.comparisons:
        if told.verdict is Moved.CHANGED and (told.effect or 0) < 0:
            name = told.keyword or "the brand"
            text = f"The score of {name} fell: {told.before:+.0f} to {told.after:+.0f} (p {told.p:.3f})"
            facts: Facts = {"subject": told.keyword or "brand", "keyword": told.keyword}
            yield (
                f"{told.keyword}|{audit.snapshot.taken_at.isoformat()}",
                text,
                {
                    **facts,
                    "before": told.before,
                    "after": told.after,
                },
            )


def _rating_moved(audit: Audit, table: AlertsTable) -> Found:
    for change in _of(audit, ChangeKind.RATING_MOVED):
        if change.before is None or change.after is None:
            continue
        if round(abs(change.after - change.before), 6) >= table.rating_move:
            text = f"The rating on {change.title or change.subject} moved: {change.before:g} to {change.after:g}"
            yield f"{change.subject}|{change.before:g}|{change.after:g}", text, _facts(change)


def _bad_suggestion(audit: Audit, _: AlertsTable) -> Found:
    for change in _of(audit, ChangeKind.SUGGESTION_APPEARED):
        if (change.sentiment or 0) < 0:
            text = f"{change.engine} now suggests {change.subject!r} for {change.keyword!r}"
            yield f"{change.engine}|{change.subject}", text, _facts(change)


def _page_removed(audit: Audit, _: AlertsTable) -> Found:
    """A result that left and stands on no page any more; it may have been taken down, or only sunk."""
    standing = {
        label.address
        for name, _, _ in surfaces(audit.snapshot, Feature.ORGANIC)
        if (label := audit.label_of(name)) is not None
    }
    for change in _of(audit, ChangeKind.LEFT):
        if change.subject not in standing:
            text = f"A result is gone from every page asked: {change.title or change.subject}"
            yield change.subject, text, _facts(change)


def _coverage_fell(audit: Audit, table: AlertsTable) -> Found:
    for change in _of(audit, ChangeKind.COVERAGE):
        if (
            change.before is not None
            and change.after is not None
            and change.before - change.after >= table.coverage_move
        ):
            text = f"Fewer pages answered: coverage fell from {change.before:.0%} to {change.after:.0%}"
            yield audit.snapshot.taken_at.isoformat(), text, _facts(change)


RULES: dict[AlertRule, Callable[[Audit, AlertsTable], Found]] = {
    AlertRule.NEW_NEGATIVE: _new_negative,
    AlertRule.FIRST_NEGATIVE: _first_negative,
    AlertRule.SCORE_FELL: _score_fell,
    AlertRule.RATING_MOVED: _rating_moved,
    AlertRule.BAD_SUGGESTION: _bad_suggestion,
    AlertRule.PAGE_REMOVED: _page_removed,
    AlertRule.COVERAGE_FELL: _coverage_fell,
}


def quiet(table: AlertsTable, now: datetime) -> bool:
    """True within the quiet hours of the brief's time zone, over midnight too."""
    if not table.quiet:
        return False
    begin, end = (time.fromisoformat(part) for part in table.quiet.split("-"))
    clock = now.astimezone(ZoneInfo(table.timezone)).time()
    return begin <= clock < end if begin <= end else clock >= begin or clock < end


def one_message(found: Sequence[Alert]) -> tuple[str, str]:
    """Subject and text of one message for several alerts."""
    brand = found[0].brand
    head = found[0].text if len(found) == 1 else f"{len(found)} alerts"
    lines = [f"{brand}, pages of {found[0].taken_at:%Y-%m-%d %H:%M} UTC", ""]
    for alert in found:
        lines.append(f"- {alert.text}")
        lines += [f"  {alert.subject}"] if alert.subject not in ("brand", alert.keyword) else []
        lines += [f"  evidence: {', '.join(alert.evidence)}, sha256 {alert.hashes[0]}"] if alert.hashes else []
    return " ".join(f"{brand}: {head}".split())[:150], "\n".join(lines) + "\n"
