"""Rank-biased overlap and Jaccard against values of the reference package `rbo` 0.1.3 (extrapolated, p = 0.9)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.overlap import between, jaccard, rank_biased_overlap, within

REFERENCE = [
    ("abcdefghij", "abcdefghij", 1.0),
    ("abc", "cba", 0.855),
    ("abcdef", "ghijkl", 0.0),
    ("abcdefg", "zcavwxy", 0.288217285714),
    ("abcdefghij", "acbdxyzfgh", 0.750907769693),
    ("abcde", "abcdefghij", 1.0),
    ("abc", "xbcyz", 0.585),
    ("a", "ba", 0.45),
    ("efjhkn", "aonh", 0.280665),
    ("hdlpinm", "edkcigabm", 0.335821975714),
    ("jma", "pjlgnmk", 0.400761642857),
    ("eofbachdpn", "jgiopfnmd", 0.308232259971),
]
RANKED = st.lists(st.integers(0, 30), max_size=12, unique=True)


@pytest.mark.parametrize(("left", "right", "wanted"), REFERENCE)
def test_the_reference_package_says_the_same(left: str, right: str, wanted: float) -> None:
    assert rank_biased_overlap(left, right) == pytest.approx(wanted, abs=1e-9)


@given(RANKED, RANKED)
def test_overlap_is_a_symmetric_share(left: list[int], right: list[int]) -> None:
    value = rank_biased_overlap(left, right)
    assert -1e-9 <= value <= 1 + 1e-9
    assert value == pytest.approx(rank_biased_overlap(right, left))
    assert 0 <= jaccard(left, right) <= 1


def test_nothing_and_something() -> None:
    assert rank_biased_overlap([], []) == jaccard([], []) == 1
    assert rank_biased_overlap([], "a") == jaccard([], "a") == 0
    assert within(["ab"]) is None
    assert between([], ["ab"]) is None
    assert within(["ab", "ab", "xy"]) == pytest.approx(1 / 3)
