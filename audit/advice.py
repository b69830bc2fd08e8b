"""Findings -> actions, each with its reason and its legal light.

The order is that of the field: find the cause, mend it, answer, hold the first page with true content; nothing here
ever asks for a fake, a purchase or a threat. Lights: deliverable reference, section 5; red ones do not exist here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from audit.models import Action, Audit, Cause, Finding, Light, Severity, Verdict


class Rule(NamedTuple):
    """When to advise what. `wanted` tells whether a finding is a reason; an action without reasons is not advised."""

    id: str
    wanted: Callable[[Finding], bool]
    department: str
    effort: str = "medium"
    light: Light = Light.GREEN


def _of(*checks: str, severities: Sequence[Severity] = (Severity.ACT, Severity.WATCH)) -> Callable[[Finding], bool]:
    return lambda finding: finding.check in checks and finding.severity in severities


def _cause(cause: Cause) -> Callable[[Finding], bool]:
    return lambda finding: finding.check == "cause" and finding.facts.get("cause") == cause.value


RULES: tuple[Rule, ...] = (
    Rule("collect_missing", _of("coverage"), "analyst", "low"),
    Rule("read_by_hand", _of("unread"), "analyst", "low"),
    Rule("examine_grave", _of("grave"), "management", "medium", Light.YELLOW),
    Rule("find_cause", _cause(Cause.UNKNOWN), "customer_service", "low"),
    Rule("mend_fault", _cause(Cause.FAULT), "product", "high"),
    Rule("answer_customers", _cause(Cause.CUSTOMER), "customer_service", "medium"),
    Rule("correct_mistake", _cause(Cause.MISTAKEN), "customer_service", "low"),
    Rule("report_smear", _cause(Cause.COMPETITOR), "legal", "medium", Light.YELLOW),
    Rule("update_outdated", _cause(Cause.OUTDATED), "communications", "low"),
    Rule("speak_to_press", _cause(Cause.MEDIA), "communications", "medium"),
    Rule("raise_own_page", _of("own_page_missing"), "seo", "medium"),
    Rule("pave_first_page", _of("negative_on_top", "control", "dominance", "gap"), "marketing", "high"),
    Rule("answer_questions", _of("warning_surface"), "marketing", "low"),
    Rule("ask_all_customers", _of("review_rating"), "customer_service", "medium"),
    Rule("guard_brand_ads", _of("competitor_ad"), "marketing", "low", Light.YELLOW),
    Rule("push_bench", _of("bench_own", severities=tuple(Severity)), "seo", "low"),
    Rule("watch_bench", _of("bench"), "analyst", "low"),
    Rule("watch_hostile", _of("hostile"), "legal", "medium", Light.YELLOW),
)
KEEP = "keep_watching"
NO_ALARM = "no_alarm"
ACTION_IDS = (*(rule.id for rule in RULES), KEEP, NO_ALARM)
CALM = frozenset({"find_cause", "answer_customers", "pave_first_page"})
"""Not advised where the positive dominates absolutely: there is no alarm, and haste draws attention."""


def advise(audit: Audit) -> tuple[Action, ...]:
    """Actions in order of urgency: reasons that ask to act first, then the order of the rules."""
    calm = audit.verdicts == (Verdict.ABSOLUTE,)
    made: list[Action] = []
    for rule in RULES:
        reasons = [finding for finding in audit.findings if rule.wanted(finding)]
        if reasons and not (calm and rule.id in CALM):
            made.append(_action(rule, reasons))
    made.sort(key=lambda action: not _urgent(action, audit.findings))
    closing = NO_ALARM if calm else KEEP
    made.append(Action(id=closing, priority=1, effort="low", department="analyst"))
    return tuple(action.model_copy(update={"priority": place}) for place, action in enumerate(made, start=1))


def _action(rule: Rule, reasons: Sequence[Finding]) -> Action:
    evidence = dict.fromkeys(result_id for finding in reasons for result_id in finding.evidence)
    return Action(
        id=rule.id,
        priority=1,
        light=rule.light,
        findings=tuple(f"{finding.check}|{finding.subject}" for finding in reasons),
        evidence=tuple(evidence)[:5],
        facts={"n": len(reasons)},
        effort=rule.effort,
        department=rule.department,
    )


def _urgent(action: Action, findings: Sequence[Finding]) -> bool:
    severe = {f"{f.check}|{f.subject}" for f in findings if f.severity is Severity.ACT}
    return not severe.isdisjoint(action.findings)
