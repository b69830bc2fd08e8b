"""The plan of action: what to do, why, with what effect on the score, and how hard it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audit.models import Action, Effect
from reports import panels
from reports.charts import Svg, effort_effect
from reports.rows import Place, Reader, places
from reports.words import Fact

ACTION_PLACES = 3
EFFORTS = ("low", "medium", "high")
STRONG = 5.0
"""Points of the score from which an effect counts as strong; less than that is lost in most ranges."""
BANDS = ("strong", "some", "unknown")


@dataclass(frozen=True)
class ActionView:
    number: int
    anchor: str
    title: str
    text: str
    effort: str
    department: str
    light: str
    light_word: str
    rule: str
    """The legal rule behind the light, in words; "" where none is cited."""
    effect: str
    """What the score would become; "" where it was not computed."""
    because: str
    """The first finding it answers."""
    places: tuple[Place, ...]


def actions(reader: Reader) -> tuple[ActionView, ...]:
    told = {f"{f.check}|{f.subject}": panels.sentence(reader, f) for f in reader.audit.findings}
    return tuple(_action(reader, action, at, told) for at, action in enumerate(in_order(reader), start=1))


def in_order(reader: Reader) -> list[Action]:
    return sorted(reader.audit.actions, key=lambda a: a.priority)


def _action(reader: Reader, action: Action, number: int, told: Mapping[str, str]) -> ActionView:
    words = reader.words
    facts: dict[str, Fact] = {"brand": reader.audit.snapshot.brand.name, **action.facts}
    return ActionView(
        number=number,
        anchor=f"a{number}",
        title=words.say(f"action.{action.id}.title", **facts),
        text=words.say(f"action.{action.id}.text", **facts) if words.has(f"action.{action.id}.text") else "",
        effort=words.name("effort", action.effort),
        department=words.name("department", action.department) if action.department else "",
        light=action.light.value,
        light_word=words.name("light", action.light.value),
        rule=_rule(reader, action.rule),
        effect=effect(reader, action.id, action.effect),
        because=next((told[key] for key in action.findings if key in told), ""),
        places=places(reader, action.evidence, ACTION_PLACES),
    )


def _rule(reader: Reader, rule: str) -> str:
    """The words of a rule: a line of its own, or a table with title and text."""
    keys = (f"law.{rule}", f"law.{rule}.text", f"law.{rule}.title")
    found = next((key for key in keys if rule and reader.words.has(key)), "")
    return reader.words.say(found) if found else ""


def effect(reader: Reader, action: str, effect: Effect | None) -> str:
    """`If these two negatives left the first page, +42 would become +58`: the audit computed it, nobody guessed."""
    if effect is None or round(effect.before) == round(effect.after):  # below what the report prints
        return ""
    words = reader.words
    rows = [reader.rows[i] for i in effect.results if i in reader.rows]
    bad = bool(rows) and all(row.mark.style.startswith("n") for row in rows)
    key = f"effect.{action}" if words.has(f"effect.{action}") else "effect.negatives" if bad else "effect.plain"
    said = words.say(key, n=len(rows), before=effect.before, after=effect.after)
    if not effect.verdict or effect.verdict in [v.value for v in reader.audit.verdicts]:
        return said
    return f"{said} {words.say('effect.verdict', verdict=effect.verdict)}".strip()


def chart(reader: Reader) -> Svg | None:
    """Actions by effort and effect; None without actions."""
    order = in_order(reader)
    if not order:
        return None
    cells: dict[tuple[int, int], list[int]] = {}
    for number, action in enumerate(order, start=1):
        column = EFFORTS.index(action.effort) if action.effort in EFFORTS else 1
        cells.setdefault((BANDS.index(_band(action.effect)), column), []).append(number)
    words = reader.words
    columns = [words.say("action_page.effort", effort=words.name("effort", name)) for name in EFFORTS]
    rows = [words.say(f"effect.{name}") for name in BANDS]
    return effort_effect(cells, (columns, rows), words.say("chart.effort", n=len(order)))


def _band(effect: Effect | None) -> str:
    if effect is None or round(effect.before) == round(effect.after):
        return "unknown"
    return "strong" if effect.after - effect.before >= STRONG else "some"


def answering(reader: Reader, cause: str, ids: Sequence[str]) -> tuple[tuple[int, Action], ...]:
    """Actions that answer one unfavourable result: by its cause, its gravity, or by name."""
    wanted = {f"cause|cause:{cause}", *(f"grave|result:{i}" for i in ids)}
    named = set(ids)
    return tuple(
        (number, action)
        for number, action in enumerate(in_order(reader), start=1)
        if not wanted.isdisjoint(action.findings) or (action.effect and not named.isdisjoint(action.effect.results))
    )
