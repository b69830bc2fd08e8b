"""Every number of the report leads to evidence: followed back to the embedded JSON, and computed again from it.

The arithmetic here is written anew from the method page; of ours only the golden file's place is imported.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any

import lxml.html
import pytest

from tests.golden.make import golden

OWN = ("owned", "managed")
PAGE = 10
Facts = dict[str, Any]


class Desk:
    """The embedded JSON, and what follows from it by the formulas of the method page."""

    def __init__(self, report: str) -> None:
        self.audit: Facts = json.loads(re.findall(r'id="audit">(.*?)</script>', report, re.DOTALL)[0])
        self.shot: Facts = self.audit["snapshot"]
        self.labels = {i: self.audit["labels"][key] for i, key in self.audit["label_keys"].items()}
        self.demand = {k["text"]: k.get("demand", 1.0) for k in self.shot["keywords"]}
        self.rows = {f"{s['id']}/{r['position']}": r for s in self.shot["serps"] for r in s.get("results", ())}

    @cached_property
    def cells(self) -> list[tuple[Facts, Facts | None]]:
        """Planned questions of page one with the page that answered."""
        came = {json.dumps(s["query"], sort_keys=True): s for s in self.shot["serps"] if answered(s)}
        return [(q, came.get(json.dumps(q, sort_keys=True))) for q in self.shot["plan"] if q.get("page", 1) == 1]

    def items(self, serp: Facts) -> list[tuple[int, float, Facts, str]]:
        """Scored rows of a page: place, share of its attention, label, result id."""
        found = []
        for row in serp.get("results", ()):
            name = f"{serp['id']}/{row['position']}"
            label = self.labels.get(name, {"sentiment": None})
            scored = about(label) and label["sentiment"] is not None
            if row["feature"] == "organic" and row["rank"] <= PAGE and scored:
                found.append((row["rank"], self.audit["curve"][row["rank"] - 1], label, name))
        whole = sum(weight for _, weight, _, _ in found)
        return [(rank, weight / whole, label, name) for rank, weight, label, name in found]

    def weights(self, wanted: Callable[[Facts], bool], *, all_cells: bool = False) -> list[tuple[float, Facts | None]]:
        """Cells of a scope with their weights, adding up to 1: demand within an engine, market share between them."""
        chosen = [(q, s) for q, s in self.cells if wanted(q) and (all_cells or (s is not None and bool(self.items(s))))]
        shares = self.shot.get("engine_shares") or dict.fromkeys({q["engine"] for q, _ in chosen}, 1.0)
        total: Counter[str] = Counter()
        for query, _ in chosen:
            total[query["engine"]] += self.demand[query["keyword"]]
        whole = sum(shares[engine] for engine in total)
        return [
            (shares[q["engine"]] / whole * self.demand[q["keyword"]] / total[q["engine"]], serp) for q, serp in chosen
        ]

    def mean(
        self, figure: Callable[[list[tuple[int, float, Facts, str]]], float], wanted: Callable[[Facts], bool]
    ) -> float:
        return sum(weight * figure(self.items(serp)) for weight, serp in self.weights(wanted) if serp)

    def score(self, wanted: Callable[[Facts], bool]) -> float:
        return self.mean(lambda items: 100 * sum(w * lab["sentiment"] for _, w, lab, _ in items), wanted)

    def share(self, sign: Callable[[Facts], bool], wanted: Callable[[Facts], bool]) -> float:
        return self.mean(lambda items: sum(w for _, w, label, _ in items if sign(label)), wanted)

    def coverage(self, wanted: Callable[[Facts], bool]) -> float:
        return sum(weight for weight, serp in self.weights(wanted, all_cells=True) if serp)

    def negatives(self, wanted: Callable[[Facts], bool], top: int = PAGE) -> list[int]:
        pages = [serp for query, serp in self.cells if wanted(query) and serp]
        return sorted(p for s in pages for p, _, label, _ in self.items(s) if label["sentiment"] < 0 and p <= top)


def answered(serp: Facts) -> bool:
    return serp["outcome"]["status"] in ("RESULTS", "NO_RESULTS")


def about(label: Facts) -> bool:
    return bool(label.get("about_brand", True))


def good(label: Facts) -> bool:
    return bool(label["sentiment"] > 0)


def bad(label: Facts) -> bool:
    return bool(label["sentiment"] < 0)


def even(label: Facts) -> bool:
    return bool(label["sentiment"] == 0)


def own(label: Facts) -> bool:
    return label.get("owner", "unknown") in OWN


def everything(query: Facts) -> bool:
    return True


# ---------------------------------------------------------------- how numbers are written


def percent(share: float) -> str:
    return "<1%" if 0 < share < 0.005 else f"{round(100 * share)}%"


def signed(value: float) -> str:
    whole = round(value)
    return f"{'+' if whole > 0 else '−' if whole < 0 else ''}{abs(whole)}"


def between(low: float, high: float) -> str:
    return f"({round(low)}…{round(high)})".replace("-", "−")


@pytest.fixture(scope="module")
def report() -> str:
    return golden("en").read_text("utf-8")


@pytest.fixture(scope="module")
def desk(report: str) -> Desk:
    return Desk(report)


@pytest.fixture(scope="module")
def page(report: str) -> Any:
    return lxml.html.document_fromstring(report)


def texts(page: Any, path: str) -> list[str]:
    return [words_of(element) for element in page.xpath(path)]


def words_of(element: Any) -> str:
    return " ".join(" ".join(element.itertext()).split())


# ---------------------------------------------------------------- the first screen


def test_score_range_and_shares(desk: Desk, page: Any) -> None:
    told = desk.audit["scores"][0]
    found = desk.score(everything)
    assert found == pytest.approx(told["dominance"])
    (big,) = texts(page, "//p[@class='big']")
    assert big == f"{signed(found)} {between(told['low'], told['high'])}"
    verdict = " ".join(texts(page, "//section[@id='verdict']"))
    for sign, word in ((good, "▲ positive"), (even, "● neutral"), (bad, "▼ negative")):
        assert f"{word} {percent(desk.share(sign, everything))}" in verdict, word
    times = desk.share(good, everything) / desk.share(bad, everything)
    assert f"outweighs negative {times:.1f} to 1" in verdict


def test_figures_of_the_first_screen(desk: Desk, page: Any) -> None:
    said = texts(page, "//dl[@class='figures']//dd")
    looks = desk.mean(
        lambda items: 1 - math.prod(1 - 0.8 ** (place - 1) for place, _, label, _ in items if bad(label)), everything
    )
    assert said == [
        str(desk.negatives(everything)[0]),
        f"{len(desk.negatives(everything, 3))} / {len(desk.negatives(everything))}",
        percent(desk.share(own, everything)),
        percent(looks),
        percent(desk.coverage(everything)),
    ]
    plan = desk.shot["plan"]
    came = {json.dumps(s["query"], sort_keys=True) for s in desk.shot["serps"] if answered(s)}
    count = sum(json.dumps(q, sort_keys=True) in came for q in plan)
    assert texts(page, "//p[@class='facts']/b") == [f"{count} of {len(plan)} queries answered"]


# ---------------------------------------------------------------- pages, engines, keywords


def test_every_square_of_the_matrix_is_its_label(desk: Desk, page: Any) -> None:
    squares = page.xpath("//table[@class='matrix']//a[starts-with(@class, 'c ')]")
    assert len(squares) == sum(
        r["feature"] == "organic" and r["rank"] <= PAGE
        for s in desk.shot["serps"]
        if answered(s) and s["query"].get("page", 1) == 1
        for r in s["results"]
    )
    for square in squares:
        name = square.get("href")[1:].replace("-", "/")
        label = desk.labels[name]
        glyph = square.text_content()[0]
        level = label["sentiment"]
        assert glyph == (
            "–" if not about(label) else "○" if level is None else "▲" if level > 0 else "▼" if level else "●"
        )
        assert ("own" in square.get("class").split()) == (about(label) and own(label))


def test_every_line_of_scores_is_computed_again(desk: Desk, page: Any) -> None:
    """By page in the matrix, by engine, by keyword."""
    told = {(s["scope"], s.get("serp") or s.get("keyword") or s.get("engine")): s for s in desk.audit["scores"]}
    lines = 0
    for row in page.xpath("//table[@class='matrix']/tbody/tr[td[@class='sc']/b]"):
        serp = row.xpath(".//th[contains(@class,'en')]/a/@href")[0][1:]
        query = next(s["query"] for s in desk.shot["serps"] if s["id"] == serp)
        line = told["page", serp]
        found = desk.score(lambda q, query=query: q == query)  # type: ignore[misc]
        score, ends = row.xpath("td[@class='sc']/b/text()")[0], row.xpath("td[@class='sc']/small/text()")[0]
        assert (score, ends) == (signed(found), between(line["low"], line["high"]))
        lines += 1
    for scope, row in score_rows(desk, page):
        name = row[0]
        wanted: Callable[[Facts], bool] = lambda q, scope=scope, name=name: q[scope].casefold() == name.casefold()  # type: ignore[misc]  # noqa: E731
        if not any(wanted(q) and serp for q, serp in desk.cells):
            continue
        line = next(s for (kind, key), s in told.items() if kind == scope and key.casefold() == name.casefold())
        first = desk.negatives(wanted)
        assert row[1:] == [
            f"{signed(desk.score(wanted))} {between(line['low'], line['high'])}",
            *(percent(desk.share(sign, wanted)) for sign in (good, even, bad)),
            str(first[0]) if first else "—",
            percent(desk.coverage(wanted)),
        ]
        lines += 1
    assert lines > 25


def score_rows(desk: Desk, page: Any) -> Iterator[tuple[str, list[str]]]:
    tables = page.xpath("//section[@id='first_page']//table[contains(@class, 'num')]")
    assert len(tables) == 2
    for scope, table in zip(("engine", "keyword"), tables, strict=True):
        for row in table.xpath("tbody/tr"):
            yield scope, [words_of(cell) for cell in row.xpath("th|td")]


# ---------------------------------------------------------------- counts


def test_unfavourable_results_are_counted_once_an_address(desk: Desk, page: Any) -> None:
    register = page.xpath("//*[@class='register']/li")
    intro = texts(page, "//section[@id='negatives']//p[@class='intro']")[0]
    assert intro.startswith(f"{len(register)} unfavourable results were found")
    organic = {
        label["address"]
        for name, label in desk.labels.items()
        if desk.rows[name]["feature"] == "organic" and about(label) and (label["sentiment"] or 0) < 0
    }
    answers = {
        n for n, r in desk.rows.items() if r["feature"] == "ai_answer" and (desk.labels[n]["sentiment"] or 0) < 0
    }
    assert len(register) == len(organic) + len(answers)
    for entry in register:
        places = [href[1:].replace("-", "/") for href in entry.xpath(".//p[@class='seen']/a/@href")]
        assert places
        assert all(desk.labels[place]["sentiment"] < 0 for place in places)
        first = {s["id"] for _, s in desk.cells if s}
        web_places = [desk.rows[p]["rank"] for p in places if p.partition("/")[0] in first and organic_row(desk, p)]
        said = dict(zip(texts(entry, ".//dt"), texts(entry, ".//dd"), strict=True))
        if web_places:  # by the curve that the method page prints
            assert said["Attention it holds"] == percent(desk.audit["curve"][min(web_places) - 1])
        assert said["Severity"].startswith(str(max(desk.labels[place].get("severity", 0) for place in places)))


def organic_row(desk: Desk, place: str) -> bool:
    row = desk.rows[place]
    return bool(row["feature"] == "organic" and row["rank"] <= PAGE)


def test_slots_are_counted_by_owner(desk: Desk, page: Any) -> None:
    owners = Counter(
        desk.labels[f"{s['id']}/{r['position']}"].get("owner", "unknown")
        for _, s in desk.cells
        if s
        for r in s["results"]
        if r["feature"] == "organic" and r["rank"] <= PAGE
    )
    whole = sum(owners.values())
    said = texts(page, "//section[@id='control']/table[@class='shares']//td")
    assert sorted(said) == sorted(f"{n} · {percent(n / whole)}" for n in owners.values())
    lead = texts(page, "//section[@id='control']/p[@class='lead2']")[0]
    assert f"hold {percent(desk.share(own, everything))} of the attention" in lead


def test_every_kept_page_is_in_the_annex_with_its_digest(desk: Desk, page: Any) -> None:
    said = dict(
        zip(
            texts(page, "//table[contains(@class,'proofs')]//tbody//th"),
            page.xpath("//code[@class='sha']/text()"),
            strict=True,
        )
    )
    kept = {s["id"]: s["evidence"]["sha256"] for s in desk.shot["serps"]}
    assert kept.items() <= said.items()
    profiles = {p["evidence"]["sha256"] for p in desk.shot["profiles"] if "evidence" in p}
    assert profiles <= set(said.values())


def test_every_link_within_leads_to_a_result_with_evidence(desk: Desk, page: Any) -> None:
    ids = set(page.xpath("//@id"))
    inside = [href[1:] for href in page.xpath("//a/@href") if href.startswith("#")]
    assert len(inside) > 300
    assert sorted(set(inside) - ids) == []
    for place in {name.replace("-", "/") for name in inside if re.fullmatch(r"s\d+-\d+", name)}:
        serp = next(s for s in desk.shot["serps"] if s["id"] == place.partition("/")[0])
        assert place in desk.rows
        assert re.fullmatch(r"[0-9a-f]{64}", serp["evidence"]["sha256"])


def test_ratings_are_the_sites_own_and_the_shrunk_ones_are_computed(desk: Desk, page: Any) -> None:
    words = " ".join(texts(page, "//section[@id='reviews']"))
    checked = 0
    for profile in desk.shot["profiles"]:
        rating = profile.get("rating")
        if rating:
            count = rating.get("rating_count", rating.get("review_count", 0))
            five = 1 + 4 * (rating["value"] - rating.get("worst", 1)) / (rating["best"] - rating.get("worst", 1))
            assert f"{rating['value']:g} of {rating['best']:g}" in words
            assert f"{(7 * 3.5 + count * five) / (7 + count):.2f} of 5" in words
            checked += 1
        for stars, votes in (profile.get("histogram") or {}).items():
            share = percent(votes / sum(profile["histogram"].values()))
            assert re.search(rf"{stars} ★ {votes:,} {share}", words), stars
    assert checked == 3


def test_the_method_prints_what_was_used(desk: Desk, page: Any) -> None:
    curve = texts(page, "//table[@class='curve']//td")
    assert curve == [f"{100 * weight:.1f}" for weight in desk.audit["curve"]]
    origins = Counter(label.get("by", "unread") for label in desk.audit["labels"].values())
    words = " ".join(texts(page, "//section[@id='method']"))
    names = {"person": "a person", "rule": "rule", "rating": "star rating", "lexicon": "word list", "model": "model"}
    for origin, count in origins.items():
        if origin in names:
            assert f"{names[origin]} {count} {percent(count / len(desk.audit['labels']))}" in words
    for text, searches in desk.demand.items():
        assert f"{text} {searches:,.0f}" in words
    for share in desk.shot["engine_shares"].values():
        assert f" {share:g} " in words


def test_effects_are_those_of_the_audit(desk: Desk, page: Any) -> None:
    words = " ".join(texts(page, "//section[@id='plan']"))
    effects = [action["effect"] for action in desk.audit["actions"] if action.get("effect")]
    assert len(effects) >= 2
    for effect in effects:
        assert effect["before"] == pytest.approx(desk.score(everything))
        assert re.search(
            rf"{re.escape(signed(effect['before']))} would become {re.escape(signed(effect['after']))}", words
        )


# ---------------------------------------------------------------- nothing is left over


NUMBER = re.compile(r"(?<![\w-])[+−]?\d[\d,]*(?:\.\d+)?%?(?!\w)")
STRANGERS = (
    "//q|//blockquote|//code|//*[@class='snip']|//*[@class='adr']|//small|//title|//style|//script|//svg"
    "|//body//*[@lang]"
)


def test_no_number_of_the_first_screens_is_without_a_source(desk: Desk, report: str) -> None:
    """Whatever number is printed in the sections of judgement is in the JSON, is computed above, or is a count."""
    page: Any = lxml.html.document_fromstring(report)
    for element in page.xpath(STRANGERS):
        element.drop_tree()
    known = set(sources(desk))
    lost: dict[str, list[str]] = defaultdict(list)
    for section in ("verdict", "first_page", "control", "reviews", "causes", "competitors", "trend", "method"):
        (text,) = texts(page, f"//section[@id='{section}']")
        for number in NUMBER.findall(without_dates(text)):
            if number.strip("+−%,") not in known:
                lost[section].append(number)
    assert lost == {}


def without_dates(text: str) -> str:
    months = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
    return re.sub(rf"(?:{months})[a-z]* (?:\d+, )?\d{{4}}(?:, \d\d:\d\d UTC)?|\b\d{{2}}:\d{{2}}\b|16 CFR", " ", text)


def sources(desk: Desk) -> Iterator[str]:
    """Numbers of the JSON in every way they are written, shares worked out again, and counts of what it holds."""
    for value in [*numbers(desk.audit), *worked_out(desk)]:
        for digits in (0, 1, 2):
            yield f"{abs(value):,.{digits}f}"
            yield f"{100 * abs(value):,.{digits}f}"
        yield f"{abs(value):,g}"
    yield from map(str, range(61))  # counts of rows and places; those that matter are followed above
    yield from ("100", "200", "90", "95", "3.5", "20080101", "1,000")  # constants of the method, said by name
    yield from re.findall(r"[\d.,]+", " ".join(desk.demand))


def numbers(node: Any) -> Iterator[float]:
    if isinstance(node, bool) or node is None:
        return
    if isinstance(node, (int, float)):
        yield float(node)
    elif isinstance(node, dict):
        for value in node.values():
            yield from numbers(value)
    elif isinstance(node, list):
        for value in node:
            yield from numbers(value)


def worked_out(desk: Desk) -> Iterable[float]:
    """Shares of histograms, of labels by origin, of causes and owners; shrunk ratings; intervals of stars."""
    for profile in desk.shot["profiles"]:
        votes = profile.get("histogram") or {}
        whole = sum(votes.values())
        yield from (n / whole for n in votes.values())
        if votes:
            yield from interval(votes.get("1", 0) + votes.get("2", 0), whole)
            mean = sum(int(s) * n for s, n in votes.items()) / whole
            spread = math.sqrt(sum(n * (int(s) - mean) ** 2 for s, n in votes.items()) / whole)
            yield from (mean - 1.96 * spread / math.sqrt(whole), mean + 1.96 * spread / math.sqrt(whole), mean)
        rating = profile.get("rating")
        if rating:
            count = rating.get("rating_count", rating.get("review_count", 0))
            yield (7 * 3.5 + count * rating["value"]) / (7 + count)
    labels = list(desk.audit["labels"].values())
    yield from (n / len(labels) for n in Counter(x.get("by", "unread") for x in labels).values())
    slots = Counter(x.get("owner", "unknown") for _, s in desk.cells if s for x in web(desk, s))
    yield from (n / slots.total() for n in slots.values())
    causes = Counter(case.get("cause", "unknown") for case in cases(desk))
    yield from (n / causes.total() for n in causes.values())
    yield desk.share(good, everything) / desk.share(bad, everything)
    yield from (0.7, 0.25, 0.8)  # floors and base, at their defaults


def web(desk: Desk, serp: Facts) -> list[Facts]:
    """Labels of the ten places of a page."""
    rows = [r for r in serp["results"] if r["feature"] == "organic" and r["rank"] <= PAGE]
    return [desk.labels[f"{serp['id']}/{r['position']}"] for r in rows]


def cases(desk: Desk) -> list[Facts]:
    """Labels of the register: every unfavourable address once, and every unfavourable answer."""
    found = {}
    for name, label in desk.labels.items():
        if about(label) and (label["sentiment"] or 0) < 0 and desk.rows[name]["feature"] in ("organic", "ai_answer"):
            found[label["address"] or name] = label
    return list(found.values())


def interval(part: int, whole: int) -> tuple[float, float, float]:
    """Wilson's, 95 %."""
    share, squared = part / whole, 1.96**2
    centre = (share + squared / (2 * whole)) / (1 + squared / whole)
    half = 1.96 * math.sqrt(share * (1 - share) / whole + squared / (4 * whole**2)) / (1 + squared / whole)
    return centre - half, share, centre + half


def test_the_search_for_numbers_without_source_is_alive(desk: Desk) -> None:
    known = set(sources(desk))
    assert [text for text in ("8,271", "417", "61.37", "1,111", "87%") if text in known] == []
