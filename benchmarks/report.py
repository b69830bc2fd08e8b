"""Size and time of a report of 60 pages x 10 results in three scripts, and an agency's portfolio of 3,000 pages.

    python -m benchmarks.report [--rounds 7] [--pages 3000]

Rows are of usual length and shown by several engines each; nothing is drawn from a real page. A portfolio is rendered
twice: as reports of sixty pages one after the other (what an agency does in a night), and as one report of all of
them (the worst case). Targets: at most 500 KB and 0.5 s of processor time for sixty pages; memory that does not grow
with the number of reports. Each portfolio runs in a process of its own, whose peak the system tells.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import time
import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from audit.advice import advise
from audit.classify import label_snapshot
from audit.models import (
    Audit,
    Brand,
    Evidence,
    Feature,
    Keyword,
    KeywordKind,
    Method,
    Outcome,
    Serp,
    SerpQuery,
    SerpResult,
    Snapshot,
    Status,
)
from audit.score import score
from benchmarks.parse import best
from reports.render import html
from reports.tables import csv_lines, xlsx

PAGES, ROWS = 60, 10
SIZE_TARGET, TIME_TARGET = 500 * 1024, 500.0  # bytes; milliseconds
AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
SEED = 20261120
ENGINES = ("google", "bing", "yandex", "baidu")


class Script(NamedTuple):
    language: str
    report: str
    """Language of the report."""
    words: tuple[str, ...]
    praise: str
    blame: str
    title: int
    """Words of a title."""
    snippet: int
    gap: str = " "


LATIN = "review of the new electric bicycle battery service delivery price model year range city shop support warranty"
CYRILLIC = "огляд новий електровелосипед батарея сервіс доставка ціна модель рік запас місто магазин підтримка гарантія"
HAN = "评测 电动车 电池 售后 物流 价格 型号 年份 续航 城市 商店 客服 保修 体验 骑行 参数"
SCRIPTS = {  # titles of about 60 and snippets of about 150 characters; half of that where a character is a word
    "Latin": Script("en", "en", tuple(LATIN.split()), "highly recommend", "never again", 8, 21),
    "Cyrillic": Script("uk", "uk", tuple(CYRILLIC.split()), "рекомендую", "не раджу", 7, 18),
    "CJK": Script("zh", "zh", tuple(HAN.split()), "强烈推荐", "千万别买", 12, 36, ""),
}
PRAISED, BLAMED = 0.25, 0.15  # of the results, as on the first page of a known brand
POOL = 16
"""Different results a keyword has; each engine shows ten of them in an order of its own."""


def audit_of(script: Script, pages: int) -> Audit:
    """An audit as `repaudit report` makes it: labelled, scored, with advice. Only the score's draws are left out."""
    snapshot = snapshot_of(script, pages)
    method = Method(draws=2)
    labels, keys = label_snapshot(snapshot, (), method=method)
    scored = score(snapshot, labels, keys, method=method, made_at=AT)
    return scored.model_copy(update={"actions": advise(scored)})


def snapshot_of(script: Script, pages: int) -> Snapshot:
    made = random.Random(SEED)
    keywords = tuple(
        Keyword(text=f"Lumivelo {said(script, made, 2)} {n}", language=script.language, kind=KeywordKind.EVALUATION)
        for n in range(-(-pages // len(ENGINES)))
    )
    plan = tuple(
        SerpQuery(engine=engine, keyword=keyword.text, country="GB", language=script.language)
        for keyword in keywords
        for engine in ENGINES
    )[:pages]
    pools = {keyword.text: pool_of(script, made, keyword.text) for keyword in keywords}
    return Snapshot(
        brand=Brand(name="Lumivelo", domains=("lumivelo.example",)),
        taken_at=AT,
        tool="repaudit benchmark",
        brief_digest="0" * 16,
        keywords=(Keyword(text="Lumivelo", language=script.language, kind=KeywordKind.BRAND), *keywords),
        plan=plan,
        serps=tuple(page(made, at, query, pools[query.keyword]) for at, query in enumerate(plan, start=1)),
    )


def page(made: random.Random, at: int, query: SerpQuery, pool: Sequence[SerpResult]) -> Serp:
    shown = made.sample(pool, ROWS)
    return Serp(
        id=f"s{at}",
        query=query,
        fetched_at=AT + timedelta(seconds=at),
        outcome=Outcome(status=Status.RESULTS),
        results=tuple(row.model_copy(update={"position": n, "rank": n}) for n, row in enumerate(shown, start=1)),
        evidence=Evidence(sha256=f"{made.getrandbits(256):064x}", size=400_000, file=f"page-{at}.html"),
        fallbacks={},
    )


def pool_of(script: Script, made: random.Random, keyword: str) -> tuple[SerpResult, ...]:
    return tuple(result(script, made, f"{hash_of(keyword)}-{n}") for n in range(POOL))


def result(script: Script, made: random.Random, name: str) -> SerpResult:
    drawn = made.random()
    opinion = script.blame if drawn < BLAMED else script.praise if drawn < BLAMED + PRAISED else ""
    return SerpResult(
        feature=Feature.ORGANIC,
        title=f"Lumivelo {said(script, made, script.title)} {opinion}".strip(),
        url=f"https://site{made.randrange(400)}.example/{name}/lumivelo",
        snippet=said(script, made, script.snippet),
        position=1,
        rank=1,
    )


def hash_of(text: str) -> int:
    """The same in every process."""
    return zlib.crc32(text.encode())


def said(script: Script, made: random.Random, words: int) -> str:
    return script.gap.join(made.choice(script.words) for _ in range(words))


# ---------------------------------------------------------------- sixty pages


def sixty(rounds: int) -> bool:
    """A line a script; True where every target is met."""
    good = True
    print(f"{'script':10} {'KB':>6} {'html ms':>8} {'advice ms':>10} {'xlsx ms':>8} {'csv ms':>7}")
    for name, script in SCRIPTS.items():
        audit = audit_of(script, PAGES)
        size = len(html(audit, language=script.report).encode())
        rendered = best(lambda a=audit, s=script: html(a, language=s.report), rounds)  # type: ignore[misc]
        advised = best(lambda a=audit: advise(a), 3)  # type: ignore[misc]
        with TemporaryDirectory() as folder:
            book = best(lambda a=audit, f=folder: xlsx(a, Path(f) / "x.xlsx"), 3)  # type: ignore[misc]
        text = best(lambda a=audit: sum(map(len, csv_lines(a))), 3)  # type: ignore[misc]
        print(f"{name:10} {size / 1024:6.0f} {rendered:8.0f} {advised:10.0f} {book:8.0f} {text:7.0f}")
        good = good and size <= SIZE_TARGET and rendered <= TIME_TARGET
    print(f"Targets: {SIZE_TARGET // 1024} KB, {TIME_TARGET:.0f} ms of html; {'met' if good else 'not met'}.")
    return good


# ---------------------------------------------------------------- a portfolio


def reports_in_turn(pages: int) -> tuple[float, int]:
    """Seconds of rendering and bytes written, one report of sixty pages after the other."""
    seconds, written = 0.0, 0
    for _ in range(max(1, pages // PAGES)):
        audit = audit_of(SCRIPTS["Latin"], PAGES)
        begun = time.process_time()
        written += len(html(audit).encode())
        seconds += time.process_time() - begun
    return seconds, written


def one_report(pages: int) -> tuple[float, int]:
    audit = audit_of(SCRIPTS["Latin"], pages)
    begun = time.process_time()
    written = len(html(audit).encode())
    return time.process_time() - begun, written


def only_audit(pages: int) -> tuple[float, int]:
    """What the documents themselves take, to be seen beside the reports."""
    audit_of(SCRIPTS["Latin"], pages)
    return 0.0, 0


def apart(work: Callable[[int], tuple[float, int]], pages: int) -> tuple[float, int, float]:
    """The work in a process of its own, with the peak of its memory in MiB."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measured, (work, pages))


def measured(work: Callable[[int], tuple[float, int]], pages: int) -> tuple[float, int, float]:
    import resource  # not on every system

    seconds, written = work(pages)
    unit = 1 if sys.platform == "darwin" else 1024
    return seconds, written, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def portfolio(pages: int) -> None:
    print(f"\n{'portfolio':34} {'pages':>6} {'seconds':>8} {'MB':>6} {'peak MiB':>9}")
    for name, work, count in (
        ("one report", reports_in_turn, PAGES),
        ("reports of 60 pages in turn", reports_in_turn, pages),
        ("no report, the audit alone", only_audit, pages),
        ("all in one report", one_report, pages),
    ):
        seconds, written, peak = apart(work, count)
        print(f"{name:34} {count:6} {seconds:8.2f} {written / 1e6:6.1f} {peak:9.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--pages", type=int, default=3000)
    asked = parser.parse_args()
    good = sixty(asked.rounds)
    portfolio(asked.pages)
    sys.exit(not good)


if __name__ == "__main__":
    main()
