"""Reads the recorded pages beside the checkout against truth read by eye.

`python -m tests.corpus [engine]` prints the figures; tests/test_corpus.py holds them to the floors.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from audit.models import Outcome, Page, Serp, SerpResult
from spiders.registry import engines

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT.parent / "shared" / "corpus"
TRUTH = CORPUS / "truth"
DISPUTES = Path(__file__).parent / "corpus_disputes.toml"
READ_AT = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)

# What each class of page_classes.json may become; a class never becomes RESULTS.
CLASSES: dict[str, frozenset[str]] = {
    "captcha": frozenset({"BLOCKED captcha", "BLOCKED waf"}),
    "consent": frozenset({"BLOCKED consent"}),
    "js_required": frozenset({"BLOCKED js_shell"}),
    "empty": frozenset({"NO_RESULTS"}),
    "fallback_results": frozenset({"NO_RESULTS fallback"}),
    "geo_blocked": frozenset({"BLOCKED geo"}),
    "shell_without_results": frozenset(
        {"BLOCKED js_shell", "FAILED Truncated", "UNRECOGNISED layout", "UNRECOGNISED unknown_source"}
    ),
}


class Reading(NamedTuple):
    """One truth page: how many rows truth has, how many we gave, how many agree in order and address."""

    file: str
    engine: str
    wanted: int
    given: int
    agreed: int
    outcome: Outcome
    notes: tuple[str, ...]


def available() -> bool:
    return TRUTH.is_dir()


def page(path: Path, url: str = "") -> Page:
    return Page(body=path.read_bytes(), url=url, fetched_at=READ_AT)


def truths() -> Iterator[dict[str, Any]]:
    """Truth of search pages: the files that list organic rows."""
    for path in sorted(TRUTH.glob("*.json")):
        data = json.loads(path.read_text("utf-8"))
        if isinstance(data, dict) and "organic" in data:
            yield data


def classes() -> list[dict[str, Any]]:
    """Classes of pages that are no good ones; a class shown to be wrong is left out."""
    data: list[dict[str, Any]] = json.loads((TRUTH / "page_classes.json").read_text("utf-8"))
    wrong = {entry["file"] for entry in _disputed().get("page_class", [])}
    return [entry for entry in data if entry["file"] not in wrong]


def _disputed() -> dict[str, Any]:
    return tomllib.loads(DISPUTES.read_text("utf-8")) if DISPUTES.exists() else {}


@cache
def disputes() -> frozenset[tuple[str, int]]:
    """(file, rank) of truth lines shown to be wrong, each with its proof in the file."""
    return frozenset((line["file"], line["rank"]) for line in _disputed().get("line", []))


def measure(truth: dict[str, Any]) -> Reading:
    serp = engines()[truth["engine"]].parse(page(CORPUS / truth["file"]))
    return compare(truth, serp)


def compare(truth: dict[str, Any], serp: Serp) -> Reading:
    wanted = [row for row in truth["organic"] if (truth["file"], row["rank"]) not in disputes()]
    given = list(serp.organic)
    if "PREFIX" in json.dumps(truth):
        given = given[: len(wanted)]
    pairs = align(wanted, given)
    notes = tuple(_notes(wanted, given, pairs))
    return Reading(truth["file"], truth["engine"], len(wanted), len(given), len(pairs), serp.outcome, notes)


def _notes(wanted: list[dict[str, Any]], given: list[SerpResult], pairs: list[tuple[int, int]]) -> Iterator[str]:
    met, used = {a for a, _ in pairs}, {b for _, b in pairs}
    for i, row in enumerate(wanted):
        if i not in met:
            yield f"missing {row['rank']}: {row['title'][:50]} {row['final_url']}"
    for j, result in enumerate(given):
        if j not in used:
            yield f"extra {result.rank}: {result.title[:50]} {result.url}"
    for a, b in pairs:
        if not same_title(wanted[a], given[b]):
            yield f"title {wanted[a]['title'][:60]!r} read as {given[b].title[:60]!r}"


def align(wanted: Sequence[dict[str, Any]], given: Sequence[SerpResult]) -> list[tuple[int, int]]:
    """Longest common run in order: a swapped pair costs one."""
    best: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for i in range(len(wanted), -1, -1):
        for j in range(len(given), -1, -1):
            if i == len(wanted) or j == len(given):
                best[i, j] = []
            elif agrees(wanted[i], given[j]):
                best[i, j] = [(i, j), *best[i + 1, j + 1]]
            else:
                best[i, j] = max(best[i + 1, j], best[i, j + 1], key=len)
    return best[0, 0]


def agrees(row: dict[str, Any], result: SerpResult) -> bool:
    url = row.get("final_url")
    if url and "test.test" not in url:
        return bool(url == result.url)
    return same_title(row, result)


def same_title(row: dict[str, Any], result: SerpResult) -> bool:
    """Truth titles may carry glued hidden words, so one may contain the other."""
    if not row.get("title"):
        return True
    ours, theirs = (squeezed(t) for t in (result.title, row["title"]))
    return bool(ours) and (ours in theirs or theirs in ours)


def squeezed(title: str) -> str:
    return "".join(title.split()).casefold()


def main(names: Sequence[str]) -> None:
    for truth in truths():
        if not names or truth["engine"] in names:
            r = measure(truth)
            sys.stdout.write(f"{r.agreed:3}/{r.wanted:3} of {r.given:3} given  {r.outcome}  {r.file}\n")
            sys.stdout.writelines(f"      {note}\n" for note in r.notes)
    for entry in classes():
        engine = engines().get(entry["engine_or_site"])
        if engine and (not names or engine.name in names):
            outcome = engine.parse(page(CORPUS / entry["file"])).outcome
            mark = "ok " if str(outcome) in CLASSES[entry["page_class"]] else "BAD"
            sys.stdout.write(f"{mark} {entry['page_class']:22} {outcome} ({outcome.why})  {entry['file']}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
