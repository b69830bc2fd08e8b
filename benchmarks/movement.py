"""How often "CHANGED" is said where nothing changed, and where something did: `python -m benchmarks.movement`.

Brands are simulated: every question has thirty candidate pages of fixed appeal, a capture is a Plackett-Luce draw of
the first ten (appeal plus Gumbel noise), two negatives stand near the page's edge. The three regimes are those of the
reliability reference, section 4.2; their Jaccard and rank-biased overlap of two captures are printed beside the target.
Simulation, not engine data.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Sequence
from typing import NamedTuple

from audit.compare import BRAND_CAPTURES, KEYWORD_CAPTURES, Question, judged
from audit.models import Keyword, Moved, SerpQuery
from audit.overlap import jaccard, rank_biased_overlap
from audit.shares import Cell

CANDIDATES, SHOWN = 30, 10
NEGATIVE_AT = (9, 12)
"""Candidates that are negative: near the edge of the first page."""
POSITIVE_AT = (1, 3, 4, 6)
STEP = 0.45
"""Difference of appeal between neighbours."""
REGIMES = {"quiet": (0.33, 0.92, 0.89), "typical": (0.88, 0.77, 0.71), "stormy": (2.05, 0.53, 0.50)}
"""Noise, and the Jaccard and overlap that the reference wants from it."""
PAIRS = 1000


class Design(NamedTuple):
    name: str
    keywords: int
    captures: int
    moved: int
    """In how many keywords the two negatives move."""
    to: tuple[int, int]
    """Where they move to, as places of appeal."""
    needed: int


NO_CHANGE = (
    Design("brand, 20 keywords, K=2", 20, 2, 0, NEGATIVE_AT, BRAND_CAPTURES),
    Design("brand, 10 keywords, K=3", 10, 3, 0, NEGATIVE_AT, BRAND_CAPTURES),
    Design("one keyword, K=5", 1, 5, 0, NEGATIVE_AT, KEYWORD_CAPTURES),
)
CHANGES = (
    Design("brand, 10 keywords, K=5, page two to top five", 10, 5, 10, (2, 4), BRAND_CAPTURES),
    Design("brand, 20 keywords, K=2, two places up in all", 20, 2, 20, (6, 9), BRAND_CAPTURES),
    Design("brand, 20 keywords, K=2, two places up in five", 20, 2, 5, (6, 9), BRAND_CAPTURES),
    Design("one keyword, K=5, page two to top five", 1, 5, 1, (2, 4), KEYWORD_CAPTURES),
)


def appeals(negative_at: Sequence[int]) -> tuple[list[float], list[float]]:
    """Appeal and sentiment of every candidate; a negative that moves takes the appeal of its new place."""
    order = [at for at in range(CANDIDATES) if at not in NEGATIVE_AT]
    for old, new in zip(NEGATIVE_AT, negative_at, strict=True):
        order.insert(min(new, len(order)), old)
    appeal = [0.0] * CANDIDATES
    for place, candidate in enumerate(order):
        appeal[candidate] = -STEP * place
    signs = [-1.0 if at in NEGATIVE_AT else 1.0 if at in POSITIVE_AT else 0.0 for at in range(CANDIDATES)]
    return appeal, signs


def draw(appeal: Sequence[float], noise: float, chance: random.Random) -> list[int]:
    """One capture: candidates in order of appeal plus noise."""
    score = [a - noise * math.log(-math.log(chance.random() or 1e-12)) for a in appeal]
    return sorted(range(CANDIDATES), key=score.__getitem__, reverse=True)[:SHOWN]


def dominance(page: Sequence[int], signs: Sequence[float]) -> float:
    weights = [1 / rank for rank in range(1, SHOWN + 1)]
    return 100 * sum(w * signs[c] for w, c in zip(weights, page, strict=True)) / sum(weights)


def question(at: int, design: Design, noise: float, chance: random.Random) -> Question:
    asked = SerpQuery(engine="google", keyword=f"k{at}")
    cell = Cell(asked, Keyword(text=asked.keyword), "google", None, None)
    old, signs = appeals(NEGATIVE_AT)
    new, _ = appeals(design.to if at < design.moved else NEGATIVE_AT)
    before, after = (
        tuple(dominance(draw(appeal, noise, chance), signs) for _ in range(design.captures)) for appeal in (old, new)
    )
    return Question(cell, before, after, 1 / design.keywords)


def rate(design: Design, noise: float, pairs: int) -> float:
    """Share of pairs with the verdict CHANGED."""
    chance = random.Random(f"{design.name}:{noise}")
    known = {"captures_before": design.captures, "captures_after": design.captures}
    changed = 0
    for pair in range(pairs):
        questions = [question(at, design, noise, chance) for at in range(design.keywords)]
        changed += judged(questions, design.needed, pair, known).verdict is Moved.CHANGED
    return changed / pairs


def likeness(noise: float, draws: int = 400) -> tuple[float, float]:
    chance = random.Random(7)
    appeal, _ = appeals(NEGATIVE_AT)
    pages = [(draw(appeal, noise, chance), draw(appeal, noise, chance)) for _ in range(draws)]
    return (
        sum(jaccard(a, b) for a, b in pages) / draws,
        sum(rank_biased_overlap(a, b) for a, b in pages) / draws,
    )


def main(pairs: int) -> None:
    print("regime    Jaccard (wanted)  overlap (wanted)")
    for name, (noise, wanted_jaccard, wanted_overlap) in REGIMES.items():
        alike = likeness(noise)
        print(f"{name:9} {alike[0]:.2f} ({wanted_jaccard:.2f})       {alike[1]:.2f} ({wanted_overlap:.2f})")
    for title, designs, count in (("nothing changed", NO_CHANGE, pairs), ("changed", CHANGES, pairs // 4)):
        print(f"\nsaid CHANGED where {title}, of {count} pairs: " + " / ".join(REGIMES))
        for design in designs:
            rates = " / ".join(f"{100 * rate(design, noise, count):.1f} %" for noise, _, _ in REGIMES.values())
            print(f"  {design.name:48} {rates}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS)
