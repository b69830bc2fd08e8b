"""The printed arithmetic adds up to the printed score."""

from __future__ import annotations

import re

import pytest

from audit.errors import UsageError
from audit.explain import explain
from tests.audits import audit_of

PAGES = {("google", "acme"): "+-0o", ("yandex", "acme"): "--+", ("yandex", "acme reviews"): None}


def test_brand_is_the_sum_of_its_pages() -> None:
    audit = audit_of(PAGES)
    lines = explain(audit)
    parts = [float(m.group(1)) for line in lines if (m := re.search(r"= +([+-][\d.]+) ", line))]
    assert sum(parts) == pytest.approx(audit.score.dominance, abs=0.02)
    assert any("2 of 3 planned pages answered" in line for line in lines)
    assert any("not answered: yandex 'acme reviews'" in line for line in lines)


def test_page_is_the_sum_of_its_rows_and_names_the_evidence() -> None:
    audit = audit_of(PAGES)
    lines = explain(audit, "s1")
    parts = [float(m.group(1)) for line in lines if (m := re.search(r"= ([+-][\d.]+) ", line))]
    page = next(s for s in audit.scores if s.serp == "s1")
    assert 100 * sum(parts) == pytest.approx(page.dominance, abs=0.05)
    assert any("sha256 " + "0" * 64 in line for line in lines)


def test_engine_and_keyword_have_lines() -> None:
    audit = audit_of(PAGES)
    assert explain(audit, "yandex")[0].startswith("yandex: -")
    assert explain(audit, "acme")[0].startswith("acme: ")
    assert explain(audit, "acme reviews")[0].endswith("nothing answered and read")


def test_unknown_name_is_one_sentence() -> None:
    with pytest.raises(UsageError, match="'nobody' is no score of this audit"):
        explain(audit_of(PAGES), "nobody")
