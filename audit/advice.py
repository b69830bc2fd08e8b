"""Findings -> actions, each with its reason, its legal light and what it could do to the score.

The order is that of the field: find the cause before asking for removal, mend it, answer, hold the first page with
true content, serve those who already speak well. Nothing here ever asks for a fake, a purchase or a threat. Lights:
deliverable reference, section 5; red ones do not exist here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple

from audit.effect import Stage
from audit.law import Topic, light, markets, rules
from audit.models import Action, Audit, Cause, ChangeKind, Effect, Finding, Light, Owner, Severity, Verdict
from audit.shares import Item, PageShares, pages, pure_brand

GRAVE = 3
TOP = 3
FRIENDLY = frozenset({Owner.OWNED, Owner.MANAGED, Owner.EARNED})
MOST_EVIDENCE = 5


class Gain(StrEnum):
    """What an own page could win."""

    RAISE = "raise"
    """The official page comes into the first three."""
    PAVE = "pave"
    """One more own page stands where the first unfavourable result stood, or on the first place that is nobody's."""
    PUSH = "push"
    """The own pages at the head of page two come up."""


class Rule(NamedTuple):
    """When to advise what. `wanted` tells whether a finding is a reason; an action without reasons is not advised."""

    id: str
    wanted: Callable[[Finding], bool]
    department: str
    effort: str = "medium"
    light: Light = Light.GREEN
    topic: Topic | None = None
    """What a law could say about it; None for work inside the house."""
    stake: Callable[[Item], bool] | None = None
    """Results the action is about: the effect tells the score without them."""
    gain: Gain | None = None


def _of(*checks: str, severities: Sequence[Severity] = (Severity.ACT, Severity.WATCH)) -> Callable[[Finding], bool]:
    return lambda finding: finding.check in checks and finding.severity in severities


def _cause(cause: Cause) -> Callable[[Finding], bool]:
    return lambda finding: finding.check == "cause" and finding.facts.get("cause") == cause.value


def _because(cause: Cause) -> Callable[[Item], bool]:
    return lambda item: item.negative and item.label.cause is cause


def _grave(item: Item) -> bool:
    return item.negative and item.label.severity >= GRAVE


def _hostile(item: Item) -> bool:
    return item.label.owner is Owner.HOSTILE


ANY = tuple(Severity)
Y = Light.YELLOW
CUSTOMER, FAULT, MISTAKEN, SMEAR = Cause.CUSTOMER, Cause.FAULT, Cause.MISTAKEN, Cause.COMPETITOR
OLD, MEDIA, UNKNOWN = Cause.OUTDATED, Cause.MEDIA, Cause.UNKNOWN
PAVED = ("unheld", "negative_on_top", "control", "dominance", "gap")
REVIEWS, REMOVAL, CONTENT, HINTS = Topic.REVIEWS, Topic.REMOVAL, Topic.CONTENT, Topic.SUGGESTIONS

RULES: tuple[Rule, ...] = (
    Rule("collect_missing", _of("coverage"), "analyst", "low"),
    Rule("read_by_hand", _of("unread"), "analyst", "low"),
    Rule("examine_grave", _of("grave"), "management", "medium", Y, REMOVAL, _grave),
    Rule("find_cause", _cause(UNKNOWN), "customer_service", "low", stake=_because(UNKNOWN)),
    Rule("mend_fault", _cause(FAULT), "product", "high", stake=_because(FAULT)),
    Rule("answer_customers", _cause(CUSTOMER), "customer_service", "medium", Light.GREEN, REVIEWS, _because(CUSTOMER)),
    Rule("correct_mistake", _cause(MISTAKEN), "customer_service", "low", Light.GREEN, REVIEWS, _because(MISTAKEN)),
    Rule("report_smear", _cause(SMEAR), "legal", "medium", Y, REMOVAL, _because(SMEAR)),
    Rule("update_outdated", _cause(OLD), "communications", "low", Light.GREEN, REMOVAL, _because(OLD)),
    Rule("speak_to_press", _cause(MEDIA), "communications", "medium", Light.GREEN, REMOVAL, _because(MEDIA)),
    Rule("raise_own_page", _of("own_page_missing"), "seo", "medium", gain=Gain.RAISE),
    Rule("pave_first_page", _of(*PAVED), "marketing", "high", Light.GREEN, CONTENT, gain=Gain.PAVE),
    Rule("answer_questions", _of("warning_surface"), "marketing", "low", Light.GREEN, HINTS),
    Rule("set_support_goals", _of("unanswered", "community"), "customer_service", "medium", Light.GREEN, REVIEWS),
    Rule("ask_all_customers", _of("review_rating"), "customer_service", "medium", Light.GREEN, REVIEWS),
    Rule("guard_brand_ads", _of("competitor_ad"), "marketing", "low", Y, Topic.ADS),
    Rule("push_bench", _of("bench_own", severities=ANY), "seo", "low", gain=Gain.PUSH),
    Rule("watch_bench", _of("bench"), "analyst", "low"),
    Rule("watch_hostile", _of("hostile"), "legal", "medium", Y, REMOVAL, _hostile),
    Rule("serve_advocates", _of("advocates", severities=ANY), "marketing", "low", Light.GREEN, REVIEWS),
)
KEEP = "keep_watching"
NO_ALARM = "no_alarm"
ACTION_IDS = (*(rule.id for rule in RULES), KEEP, NO_ALARM)
CALM = frozenset({"find_cause", "answer_customers", "pave_first_page", "set_support_goals"})
"""Not advised where the positive dominates absolutely: there is no alarm, and haste draws attention."""


def advise(audit: Audit, previous: Audit | None = None) -> tuple[Action, ...]:
    """Actions in order of urgency: reasons that ask to act first, then the order of the rules.

    `previous` is the last audit of the brand, as in `audit.score.score`: the verdict after an action needs it.
    """
    calm = audit.verdicts == (Verdict.ABSOLUTE,)
    countries, stage = markets(audit.snapshot), Stage(audit, previous)
    made: list[Action] = []
    for rule in RULES:
        reasons = [finding for finding in audit.findings if rule.wanted(finding)]
        if reasons and not (calm and rule.id in CALM):
            made.append(_action(rule, reasons, stage, countries))
    made.sort(key=lambda action: not _urgent(action, audit.findings))
    made.append(_closing(audit, calm))
    return tuple(action.model_copy(update={"priority": place}) for place, action in enumerate(made, start=1))


def _action(rule: Rule, reasons: Sequence[Finding], stage: Stage, countries: tuple[str, ...]) -> Action:
    evidence = dict.fromkeys(result_id for finding in reasons for result_id in finding.evidence)
    first, *more = rules(rule.topic, countries) or ("",)
    facts: dict[str, str | int | float | None] = {"n": len(reasons)}
    return Action(
        id=rule.id,
        priority=1,
        light=light(rule.light, rule.topic, countries),
        findings=tuple(f"{finding.check}|{finding.subject}" for finding in reasons),
        evidence=tuple(evidence)[:MOST_EVIDENCE],
        facts={**facts, "rules": " ".join(more)} if more else facts,
        effort=rule.effort,
        department=rule.department,
        rule=first,
        effect=_effect(rule, reasons, stage),
    )


def _closing(audit: Audit, calm: bool) -> Action:
    """Watch the movement; what moved against the brand since last time is the place to look."""
    against = [
        change
        for change in audit.changes
        if change.kind in (ChangeKind.ENTERED, ChangeKind.ROSE) and (change.sentiment or 0) < 0
    ]
    seen = dict.fromkeys(result_id for change in against for result_id in change.evidence)
    return Action(
        id=NO_ALARM if calm else KEEP,
        priority=1,
        effort="low",
        department="analyst",
        evidence=tuple(seen)[:MOST_EVIDENCE],
        facts={"n": len(against)},
    )


def _urgent(action: Action, findings: Sequence[Finding]) -> bool:
    severe = {f"{f.check}|{f.subject}" for f in findings if f.severity is Severity.ACT}
    return not severe.isdisjoint(action.findings)


# ---------------------------------------------------------------- effects


def _effect(rule: Rule, reasons: Sequence[Finding], stage: Stage) -> Effect | None:
    if rule.stake is not None:
        return stage.left([item.id for item in stage.items() if rule.stake(item)])
    if rule.gain is Gain.PUSH:
        return stage.risen([result_id for finding in reasons for result_id in finding.evidence])
    if rule.gain is None:
        return None
    concerned = _concerned(reasons, stage)
    return stage.entered(
        {page.serp.id: TOP if rule.gain is Gain.RAISE else _slot_to_win(page) for page in concerned if page.items}
    )


def _concerned(reasons: Sequence[Finding], stage: Stage) -> list[PageShares]:
    """Pages that findings name by keyword or engine; where none does, those of the brand's bare name."""
    keywords = {f.subject.partition(":")[2] for f in reasons if f.subject.startswith("keyword:")}
    engines = {f.subject.partition(":")[2] for f in reasons if f.subject.startswith("engine:")}
    only = {(f.subject.partition(":")[2], f.facts["engine"]) for f in reasons if f.check == "own_page_missing"}
    found = []
    for page in stage.pages.values():
        query = page.serp.query
        asked = (query.keyword, query.engine) in only if only else query.keyword in keywords
        if asked or query.engine in engines:
            found.append(page)
    return found or pages(pure_brand(stage.cells))


def _slot_to_win(page: PageShares) -> int:
    """The place of the first unfavourable result, else the first that speaks for nobody, else the last."""
    bad = [item.result.rank for item in page.negatives]
    nobodys = [i.result.rank for i in page.items if i.sentiment <= 0 and i.label.owner not in FRIENDLY]
    return min(bad or nobodys or [page.items[-1].result.rank])
