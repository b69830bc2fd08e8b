"""Fits `audit/bearer.toml`: `python -m benchmarks.bearer` says what five folds find, `--write` writes the file.

Needs scikit-learn (group dev). A fold holds whole brands, so that no name is known from the rows learnt from.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from audit.address import host_of
from audit.bearer import FILE
from audit.owners import bearer_features
from audit.rated import printed_rating
from audit.rows import judged_row
from audit.venues import venue
from benchmarks.gold import APART, Row, sets
from tests.gold import LANGUAGES, given

FOLDS = 5
STRENGTH = 1.0
"""C of the regression."""
ANOTHER_FROM = 0.4
"""Chosen in the folds: the least at which nearly nine in ten of those called are right."""
_TRIED = (0.3, 0.4, 0.5, 0.6)


def told(row: Row) -> dict[str, float]:
    """The features of a row, those of its page among them; empty where a rule answers."""
    label, reading = judged_row(given(row))
    place = venue(host_of(str(row["domain"])))
    found = bearer_features(reading, label.page_type, label.owner, place)
    if not found:
        return {}
    rated = printed_rating(str(row["title"]), str(row["snippet"])) is not None
    page = {f"on_{label.page_type.value}": 1.0, "rated": float(rated), "works": float(bool(place and place.works))}
    return {**found, **page}


def fit(found: Sequence[Mapping[str, float]], truth: Sequence[bool]) -> dict[str, float]:
    from sklearn.feature_extraction import DictVectorizer  # noqa: TID251 - makes shipped coefficients
    from sklearn.linear_model import LogisticRegression  # noqa: TID251

    columns = DictVectorizer()
    table = columns.fit_transform(found)
    model: Any = LogisticRegression(C=STRENGTH, max_iter=2000, fit_intercept=False).fit(table, truth)
    named = zip(columns.get_feature_names_out(), model.coef_[0], strict=True)
    return {str(name): round(float(weight), 3) for name, weight in sorted(named)}


def _share(found: Mapping[str, float], weights: Mapping[str, float]) -> float:
    from math import exp

    return 1 / (1 + exp(-sum(weights.get(name, 0.0) * value for name, value in found.items()))) if found else 0.0


def main(arguments: Sequence[str]) -> int:
    rows = [row for lang in LANGUAGES for name, each in sets(lang).items() if name not in APART for row in each]
    found, truth = [told(row) for row in rows], [row["label"] is None for row in rows]
    fold = [int(sha256(f"{row['lang']} {row['brand']}".encode()).hexdigest(), 16) % FOLDS for row in rows]
    shares = [0.0] * len(rows)
    for held in range(FOLDS):
        learnt = [at for at in range(len(rows)) if fold[at] != held and found[at]]
        weights = fit([found[at] for at in learnt], [truth[at] for at in learnt])
        for at in range(len(rows)):
            if fold[at] == held:
                shares[at] = _share(found[at], weights)
    for least in _TRIED:
        called = [right for right, share in zip(truth, shares, strict=True) if share >= least]
        sys.stdout.write(
            f"from {least}: recall {sum(called) / sum(truth):.2f} precision {sum(called) / max(1, len(called)):.2f} "
            f"({sum(truth)} of {len(rows)} rows are of another bearer)\n"
        )
    if "--write" in arguments:
        kept = [at for at in range(len(rows)) if found[at]]
        FILE.write_text(_written(fit([found[at] for at in kept], [truth[at] for at in kept]), len(kept)), "utf-8")
    return 0


def _written(weights: Mapping[str, float], rows: int) -> str:
    head = f"""\
# Written by `python -m benchmarks.bearer --write` from {rows} labelled results. Log-odds that another bearer of the
# name is meant; what the names mean: audit/bearer.py.
another_from = {ANOTHER_FROM}

[weights]
"""
    return head + "".join(f"{name} = {weight}\n" for name, weight in weights.items())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
