"""Makes the weights of a head from labelled text. Needs the extra `train`; no audit imports this file.

One logistic regression over three classes. Its n-grams are held back more strongly than the phrases of the
lexicon, because phrases carry over to other texts and n-grams do not. The same rows and the same libraries give
the same bytes.
"""

from __future__ import annotations

import math
import random
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from audit.errors import NotEnoughError, UsageError
from audit.grams import BLOCKS, Recipe, Text, blocks, ready, signals
from audit.heads import VALENCE, Pair, pack
from audit.labelled import Row
from audit.lexicon import lexicon

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

SEED = 4
CAP = 6_000
"""Rows taken of one set, so that none drowns the others."""
KEPT = 60_000
"""N-grams of a head; more cost size and gain nothing."""
FEWEST = 400
"""Rows below which no head is made: a lexicon reads better."""
RECIPES: Mapping[str, Recipe] = {
    "ko": Recipe(least=1, most=5, window=0),
    "zh": Recipe(least=1, most=3, window=0),
}
OFTEN = 2
"""Rows an n-gram must stand in to be a feature."""
_STEPS = 400
_CLOSE_ENOUGH = 5e-4
SIGNAL = "signal"
"""The block of the signals, beside those of the n-grams."""
Column = tuple[str, str]
Featured = tuple[dict[str, list[str]], dict[str, float]]


@dataclass(frozen=True, slots=True)
class Setting:
    """How strongly weights are held back: `strength` is C of the regression, `cues` the scale of the signals."""

    strength: float = 1.0
    cues: float = 2.0
    kept: int = KEPT


@dataclass(frozen=True, eq=False)
class Sheaf:
    """Features of many rows: a sparse matrix and the name (block, n-gram) of each column."""

    matrix: csr_matrix
    columns: Sequence[Column]


@dataclass(frozen=True, eq=False)
class Model:
    """Weights by column, each beside neutral, and the two constants."""

    weights: Mapping[Column, Pair]
    bias: Pair


def recipe_for(language: str) -> Recipe:
    return RECIPES.get(language, Recipe())


def sample(rows: Sequence[Row], alone: bool = False) -> list[Row]:
    """At most `CAP` rows, drawn by the seed, in their old order; all of them where a set stands `alone`."""
    most = len(rows) if alone else CAP
    drawn = sorted(random.Random(SEED).sample(range(len(rows)), min(most, len(rows))))  # noqa: S311 - no secret
    return [rows[at] for at in drawn]


def featured(rows: Iterable[Row], language: str, recipe: Recipe, valence: Mapping[str, float]) -> list[Featured]:
    """N-grams by block and signals of each row."""
    lex = lexicon(language)
    texts: Iterable[Text] = (ready(row.text, row.names, lex) for row in rows)
    return [(blocks(text, recipe), signals(text, lex, valence) if recipe.cues else {}) for text in texts]


def sheaf(rows: Sequence[Featured], often: int = OFTEN) -> Sheaf:
    """One matrix of rows: n-grams met in `often` rows or more at 1/sqrt(how many of their block), then the signals."""
    from scipy.sparse import hstack

    parts: list[tuple[csr_matrix, list[Column]]] = []
    for block in BLOCKS:
        met = Counter(chain.from_iterable(set(grams[block]) for grams, _ in rows))
        names = sorted(gram for gram, times in met.items() if times >= often)
        cells = ([(gram, 1 / math.sqrt(len(grams[block]))) for gram in grams[block]] for grams, _ in rows)
        parts.append((_matrix(cells, names), [(block, name) for name in names]))
    names = sorted({name for _, told in rows for name in told})
    parts.append((_matrix((list(told.items()) for _, told in rows), names), [(SIGNAL, name) for name in names]))
    return Sheaf(hstack([matrix for matrix, _ in parts]).tocsr(), [column for _, each in parts for column in each])


def _matrix(rows: Iterable[Sequence[tuple[str, float]]], names: Sequence[str]) -> csr_matrix:
    """Sparse rows over named columns; what stands twice in a row is added up, what has no column is dropped."""
    import numpy as np
    from scipy.sparse import csr_matrix as sparse

    place = {name: at for at, name in enumerate(names)}
    starts, at, values = [0], array("i"), array("d")
    for row in rows:
        for name, value in row:
            column = place.get(name)
            if column is not None:
                at.append(column)
                values.append(value)
        starts.append(len(at))
    shape = (len(starts) - 1, len(names))
    made = sparse((np.array(values), np.array(at, dtype=np.int32), np.array(starts)), shape=shape)
    made.sum_duplicates()
    return made


def fit(made: Sheaf, labels: Sequence[int], weights: Sequence[float], setting: Setting) -> Model:
    """Fit, keep the columns that matter, fit again on those."""
    first = solve(made, labels, weights, setting)
    kept = _kept(first, made, setting.kept)
    if len(kept) == len(made.columns):
        return first
    return solve(Sheaf(made.matrix[:, kept], [made.columns[at] for at in kept]), labels, weights, setting)


def _kept(model: Model, made: Sheaf, most: int) -> list[int]:
    """The columns that move most: their weight times the root of how many rows have them; and every signal."""
    met = made.matrix.getnnz(axis=0)
    heavy = [max(map(abs, model.weights[column])) * math.sqrt(n) for column, n in zip(made.columns, met, strict=True)]
    grams = [at for at, column in enumerate(made.columns) if column[0] != SIGNAL]
    grams.sort(key=lambda at: (-heavy[at], at))
    return sorted(grams[:most]) + [at for at, column in enumerate(made.columns) if column[0] == SIGNAL]


def solve(made: Sheaf, labels: Sequence[int], weights: Sequence[float], setting: Setting) -> Model:
    """One regression over three classes. NotEnoughError where a class has no row."""
    import numpy as np
    from scipy.sparse import diags
    from sklearn.linear_model import LogisticRegression  # noqa: TID251 - here and lazily, an extra
    from threadpoolctl import threadpool_limits

    if set(labels) != {-1, 0, 1}:
        raise NotEnoughError("a head needs rows of all three kinds: against, neutral, for.")
    scale = np.array([setting.cues if block == SIGNAL else 1.0 for block, _ in made.columns])
    model = LogisticRegression(C=setting.strength, max_iter=_STEPS, tol=_CLOSE_ENOUGH, random_state=SEED)
    with threadpool_limits(limits=1):
        model.fit(made.matrix @ diags(scale), np.array(labels), sample_weight=np.array(weights))
    beside = (model.coef_ - model.coef_[1]) * scale
    constant = model.intercept_ - model.intercept_[1]
    pairs = ((float(bad), float(fine)) for bad, fine in zip(beside[0], beside[2], strict=True))
    return Model(dict(zip(made.columns, pairs, strict=True)), (float(constant[0]), float(constant[2])))


def file_of(model: Model, language: str, kind: str, valence: Mapping[str, float], card: Mapping[str, Any]) -> bytes:
    """The bytes of a head's file."""
    tables: dict[str, dict[str, Pair]] = {block: {} for block in BLOCKS}
    told: dict[str, tuple[float, float]] = {}
    for (block, gram), pair in model.weights.items():
        if block == SIGNAL:
            told[gram] = (round(pair[0], 4), round(pair[1], 4))
        else:
            tables[block][gram] = pair
    if valence:
        tables[VALENCE] = {word: (0.0, value) for word, value in valence.items()}
    facts = {
        "language": language,
        "kind": kind,
        "recipe": asdict(recipe_for(language)),
        "bias": [round(value, 4) for value in model.bias],
        "signals": told,
        "card": dict(card),
    }
    return pack(facts, tables)


def train(
    rows: Sequence[Row],
    language: str,
    kind: str,
    setting: Setting | None = None,
    licences: Mapping[str, str] | None = None,
) -> bytes:
    """A head's file from labelled rows; `licences` of their sets go into its card. NotEnoughError below `FEWEST`."""
    _needed()
    if len(rows) < FEWEST:
        raise NotEnoughError(
            f"{len(rows)} labelled rows are too few for a head of {language!r}; {FEWEST} are needed.",
            mend="Until then the lexicon reads this language alone.",
        )
    recipe, valence = recipe_for(language), valence_of(language)
    made = sheaf(featured(rows, language, recipe, valence))
    model = fit(made, [row.label for row in rows], [row.weight for row in rows], setting or Setting())
    counted = Counter(row.source for row in rows)
    card = {"rows": dict(sorted(counted.items())), "licences": dict(sorted((licences or {}).items())), "seed": SEED}
    return file_of(model, language, kind, valence, card)


def valence_of(language: str) -> dict[str, float]:
    """Words with a valence of -4..4 (VADER's list, MIT): English only. Kept in the head's file."""
    if language != "en":
        return {}
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # noqa: TID251 - its word list

    told = SentimentIntensityAnalyzer().lexicon
    return {word: value for word, value in told.items() if word.isalpha()}


def _needed() -> None:
    try:
        import sklearn  # noqa: F401, TID251
    except ImportError as error:
        raise UsageError("training needs scikit-learn.", mend="Install the extra: repaudit[train].") from error
