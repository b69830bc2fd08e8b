"""The dry reading test: whoever has the report, and nothing of ours, computes the brand's score again."""

from __future__ import annotations

import inspect
import json
import re
from typing import Any

import pytest

from audit.models import Audit
from reports.render import html
from reports.words import Words
from tests.audits import audit_of
from tests.golden.make import golden

LONGEST = 30  # lines
REPORT = golden("en")


def by_hand(report: str) -> float:
    """The embedded JSON, and of the method page: how deep, by which place, and the formulas in words."""
    audit: Any = json.loads(re.findall(r'id="audit">(.*?)</script>', report, re.DOTALL)[0])
    depth = int(re.findall(r"Positions scored</th><td>(\d+)", report)[0])
    place = "rank" if "by organic rank" in report else "position"
    shot, labels, keys = audit["snapshot"], audit["labels"], audit["label_keys"]
    demand = {keyword["text"]: keyword.get("demand", 1.0) for keyword in shot["keywords"]}
    newest = {}  # the answered pages; of two answers to one question the later
    for serp in sorted(shot["serps"], key=lambda s: s["fetched_at"]):
        if serp["outcome"]["status"] in ("RESULTS", "NO_RESULTS") and serp["query"].get("page", 1) == 1:
            newest[json.dumps(serp["query"], sort_keys=True)] = serp
    engines: dict[str, list[tuple[float, float]]] = {}
    for serp in newest.values():
        web = [r for r in serp.get("results", ()) if r["feature"] == "organic" and r["rank"] <= depth]
        read = [(audit["curve"][r[place] - 1], labels[keys[f"{serp['id']}/{r['position']}"]]) for r in web]
        scored = [(w, x["sentiment"]) for w, x in read if x.get("about_brand", True) and x["sentiment"] is not None]
        if scored:
            page = 100 * sum(w * s for w, s in scored) / sum(w for w, _ in scored)
            engines.setdefault(serp["query"]["engine"], []).append((demand[serp["query"]["keyword"]], page))
    shares, indexes = shot.get("engine_shares", {}), shot.get("engine_indexes", {})
    usual = sum(shares.values()) / len(shares) if shares else 0
    means = {engine: sum(d * p for d, p in pages) / sum(d for d, _ in pages) for engine, pages in engines.items()}
    index = [indexes.get(engine, engine) for engine in means]
    votes = {e: shares.get(e, usual) if shares else 1 / index.count(indexes.get(e, e)) for e in means}
    return float(sum(votes[e] * mean for e, mean in means.items()) / sum(votes.values()))


def test_it_is_short_and_imports_nothing_of_ours() -> None:
    source = inspect.getsource(by_hand)
    assert len(source.splitlines()) <= LONGEST
    names = {"audit_of", "html", "Words", "Audit", "spiders", "reports"}
    assert not names & set(by_hand.__code__.co_names), "only json and re"


def test_the_score_of_the_golden_report() -> None:
    report = REPORT.read_text("utf-8")
    found = by_hand(report)
    printed = re.findall(r'class="big"><b>([^<]+)</b>', report)
    assert printed == [Words("en").signed(found)]
    told = json.loads(re.findall(r'id="audit">(.*?)</script>', report, re.DOTALL)[0])["scores"][0]["dominance"]
    assert found == pytest.approx(told, abs=1e-9)


G, B, Y = "google", "bing", "yahoo"
CASES = {
    "one page": audit_of("+-0?x+o-"),
    "demand": audit_of({(G, "acme"): "+-0", (G, "acme reviews"): "--+"}, demand={"acme": 9.0, "acme reviews": 1.0}),
    "shares": audit_of({(G, "acme"): "+-0", (B, "acme"): "-0+", (Y, "acme"): None}, shares={G: 80.0, B: 20.0, Y: 5.0}),
    "one index": audit_of({(G, "acme"): "+-0", (B, "acme"): "-0+", (Y, "acme"): "00-"}, indexes={Y: B}),
    "a share unknown": audit_of({(G, "acme"): "+-0", (B, "acme"): "-0+", (Y, "acme"): "0+"}, shares={G: 8.0, B: 2.0}),
    "half steps": audit_of("pm+0mp"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_score_of_any_report(name: str) -> None:
    audit: Audit = CASES[name]
    assert by_hand(html(audit)) == pytest.approx(audit.score.dominance)


def test_a_changed_label_changes_what_is_computed() -> None:
    """The positive control: the number is computed, not copied."""
    report = REPORT.read_text("utf-8")
    changed = re.sub(r'"sentiment":-1\.0', '"sentiment":1.0', report)
    assert changed != report
    assert by_hand(changed) > by_hand(report) + 5
