"""The recorded pages beside the checkout, against truth read by eye. Floors are pinned in corpus_floors.toml."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from audit.models import ReviewProfile, Serp, Status
from spiders.reading import read
from tests import corpus

FLOORS = tomllib.loads((Path(__file__).parent / "corpus_floors.toml").read_text("utf-8"))
pytestmark = pytest.mark.skipif(not corpus.available(), reason="../shared/corpus is not beside this checkout")
PAGES = sorted(p for p in corpus.CORPUS.glob("*/*/*.html")) if corpus.available() else []
TRUTHS = list(corpus.truths()) if corpus.available() else []
CLASSES = corpus.classes() if corpus.available() else []


@pytest.mark.parametrize("engine", sorted({t["engine"] for t in TRUTHS}))
def test_organic_recall_and_precision(engine: str) -> None:
    readings = [corpus.measure(truth) for truth in TRUTHS if truth["engine"] == engine]
    agreed, wanted, given = (sum(getattr(r, name) for r in readings) for name in ("agreed", "wanted", "given"))
    notes = [(r.file, r.notes) for r in readings if r.notes]
    assert agreed / wanted >= FLOORS["organic"]["recall"], notes
    assert agreed / given >= FLOORS["organic"]["precision"], notes


@pytest.mark.parametrize("entry", CLASSES, ids=lambda e: e["file"].rpartition("/")[2][:60])
def test_page_class(entry: dict[str, Any]) -> None:
    reading = read(corpus.page(corpus.CORPUS / entry["file"]))[0]
    assert str(reading.outcome) in corpus.CLASSES[entry["page_class"]], reading.outcome


def test_no_good_page_refused() -> None:
    """Truth pages are good pages: each is found out by itself, without being told its engine."""
    refused = []
    for truth in TRUTHS:
        reading = read(corpus.page(corpus.CORPUS / truth["file"]))[0]
        right = isinstance(reading, Serp) and reading.query.engine == truth["engine"]
        if not right or reading.outcome.status is not Status.RESULTS:
            refused.append((truth["file"], str(reading.outcome)))
    assert refused == []


@pytest.mark.parametrize("kind", ["serp", "reviews"])
def test_no_crash_on_any_page(kind: str) -> None:
    """Every page ends in exactly one outcome, whatever it is."""
    outcomes: dict[str, int] = defaultdict(int)
    for path in (p for p in PAGES if p.parts[-3] == kind):
        for reading in read(corpus.page(path)):
            assert isinstance(reading, Serp | ReviewProfile)
            outcomes[reading.outcome.status] += 1
    assert sum(outcomes.values()) >= FLOORS["pages"][kind]


def test_ads_and_surfaces_are_never_organic() -> None:
    """An address given as an ad has the engine's own ad wrapper or label; no organic row carries a wrapper."""
    wrappers = ("/aclk", "bing.com/aclick", "y.js", "yabs.yandex", "an.yandex.ru", "baidu.php", "ader.naver.com")
    for truth in TRUTHS:
        serp = read(corpus.page(corpus.CORPUS / truth["file"]))[0]
        assert isinstance(serp, Serp)
        assert not [r.url for r in serp.organic if any(w in r.url for w in wrappers)], truth["file"]
