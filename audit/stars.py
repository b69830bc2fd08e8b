"""What a review site's figure is worth while few have voted. Scoring reference, section 6."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

PRIOR_WEIGHT = 7  # Trustpilot publishes 7 votes of 3.5
PRIOR = 3.5
Z = 1.96  # 95 %
FEWEST = 5  # fewer ratings say nothing


class Interval(NamedTuple):
    low: float
    high: float
    share: float


def shrunk(mean: float, count: float) -> float:
    """The rating on 1-5 as if seven people had voted 3.5 before."""
    return (PRIOR_WEIGHT * PRIOR + count * mean) / (PRIOR_WEIGHT + count)


def wilson(part: int, whole: int) -> Interval | None:
    """The 95 % interval of a share, both ends 0..1; None where nothing was counted."""
    if whole <= 0:
        return None
    share, squared = part / whole, Z * Z
    scale = 1 + squared / whole
    centre = (share + squared / (2 * whole)) / scale
    half = Z * math.sqrt(share * (1 - share) / whole + squared / (4 * whole * whole)) / scale
    return Interval(max(0.0, centre - half), min(1.0, centre + half), share)


def low_share(histogram: Mapping[str, int] | None) -> Interval | None:
    """Share of one and two stars; None where the site shows no histogram."""
    if not histogram:
        return None
    return wilson(histogram.get("1", 0) + histogram.get("2", 0), sum(histogram.values()))
