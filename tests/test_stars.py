"""Rating arithmetic against the reference's own checks (scoring, section 6)."""

from __future__ import annotations

import pytest

from audit.stars import low_share, shrunk, wilson


@pytest.mark.parametrize(
    ("mean", "count", "expected"),
    [(0, 0, 3.50), (5.0, 1, 3.69), (5.0, 3, 3.95), (4.8, 10, 4.26), (4.8, 100, 4.71), (2.1, 20, 2.46)],
)
def test_shrunk(mean: float, count: int, expected: float) -> None:
    assert round(shrunk(mean, count), 2) == expected


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"), [(2, 10, 5.7, 51.0), (20, 100, 13.3, 28.9), (0, 5, 0.0, 43.4)]
)
def test_wilson(part: int, whole: int, low: float, high: float) -> None:
    interval = wilson(part, whole)
    assert interval is not None
    assert (round(100 * interval.low, 1), round(100 * interval.high, 1)) == (low, high)


def test_no_votes_no_interval() -> None:
    assert wilson(0, 0) is None
    assert low_share(None) is None
    counted = low_share({"5": 6, "4": 2, "2": 1, "1": 1})
    assert counted is not None
    assert counted.share == pytest.approx(0.2)
