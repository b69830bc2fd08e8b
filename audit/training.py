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
from dataclasses import asdict, dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from audit.errors import NotEnoughError, UsageError
from audit.grams import BLOCKS, Recipe, Text, blocks, ready, signals
from audit.headlines import headlines
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
RECIPES: Mapping[tuple[str, str], Recipe] = {
    ("en", "title"): Recipe(trade=True),
    ("ko", "review"): Recipe(least=1, most=4, window=0, across=True, letters=(3, 6)),
    ("ko", "title"): Recipe(least=1, most=4, window=0, across=True, letters=(3, 6)),
    ("zh", "review"): Recipe(least=1, most=3, window=0),
    ("zh", "title"): Recipe(least=1, most=3, window=0),
    ("en", "result"): Recipe(least=2, most=5, window=0, cues=False),
    ("ru", "result"): Recipe(least=3, most=6, window=0, cues=False),
    ("uk", "result"): Recipe(least=3, most=6, window=0, cues=False),
    ("ko", "result"): Recipe(least=1, most=5, window=0, cues=False),
    ("zh", "result"): Recipe(least=1, most=4, window=0, cues=False, across=True),
}
"""The heads of results know words alone: the combiner hears the phrases itself."""
OFTEN = 2
"""Rows an n-gram must stand in to be a feature."""
_STEPS = 400
_CLOSE_ENOUGH = 5e-4
BARE: Mapping[tuple[str, str], int] = {("en", "title"): 6}
"""Every so many rows of a brand are learnt a second time without its name: results are read that never say it.
Not in Russian, whose one set is mostly neutral and tells little beside what stands around the name."""
SIGNAL = "signal"
"""The block of the signals, beside those of the n-grams."""
Column = tuple[str, str]
Featured = tuple[dict[str, list[str]], dict[str, float]]


@dataclass(frozen=True, slots=True)
class Setting:
    """How strongly weights are held back: `strength` is C of the regression, `cues` the scale of the signals.

    `tilt`: n-grams are scaled by this power of how unevenly the classes have them (naive Bayes; Wang and Manning
    2012), so that what is telling is held back less. The scale is multiplied into the weights: no reader sees it.
    """

    strength: float = 1.0
    cues: float = 2.0
    kept: int = KEPT
    tilt: float = 0.0


SETTINGS: Mapping[tuple[str, str], Setting] = {
    ("en", "title"): Setting(strength=0.3, cues=5.0),
    ("ko", "review"): Setting(strength=4.0, cues=1.0, tilt=0.5),
    **{(language, "result"): Setting(strength=2.0, tilt=0.5) for language in ("en", "ru", "uk", "ko", "zh")},
}
"""The others take what `Setting` says. Korean: chosen on two folds of the training part. English titles are
held back more than is best on the sets they come from, because results are another kind of text: chosen among three
by what the head reads on news and short posts it never saw (en_fpb, en_tweeteval, en_twitter14)."""


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


def recipe_for(language: str, kind: str) -> Recipe:
    return RECIPES.get((language, kind), Recipe())


def setting_for(language: str, kind: str) -> Setting:
    return SETTINGS.get((language, kind), Setting())


def sample(rows: Sequence[Row], alone: bool = False) -> list[Row]:
    """At most `CAP` rows, drawn by the seed, in their old order; all of them where a set stands `alone`."""
    most = len(rows) if alone else CAP
    drawn = sorted(random.Random(SEED).sample(range(len(rows)), min(most, len(rows))))  # noqa: S311 - no secret
    return [rows[at] for at in drawn]


def unnamed(rows: Sequence[Row], language: str, kind: str) -> list[Row]:
    """Copies of some rows in which no brand is known, for a head that looks around the brand."""
    every = BARE.get((language, kind), 0)
    return [replace(row, names=()) for row in [row for row in rows if row.names][::every]] if every else []


def featured(rows: Iterable[Row], language: str, recipe: Recipe, valence: Mapping[str, float]) -> list[Featured]:
    """N-grams by block and signals of each row."""
    lex = lexicon(language)
    texts: Iterable[Text] = (ready(row.text, row.names, lex) for row in rows)
    return [(blocks(text, recipe), signals(text, lex, valence, recipe.trade) if recipe.cues else {}) for text in texts]


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
    scale = scales(made.matrix, [block for block, _ in made.columns], np.array(labels), np.array(weights), setting)
    model = LogisticRegression(C=setting.strength, max_iter=_STEPS, tol=_CLOSE_ENOUGH, random_state=SEED)
    with threadpool_limits(limits=1):
        model.fit(made.matrix @ diags(scale), np.array(labels), sample_weight=np.array(weights))
    beside = (model.coef_ - model.coef_[1]) * scale
    constant = model.intercept_ - model.intercept_[1]
    pairs = ((float(bad), float(fine)) for bad, fine in zip(beside[0], beside[2], strict=True))
    return Model(dict(zip(made.columns, pairs, strict=True)), (float(constant[0]), float(constant[2])))


def scales(matrix: csr_matrix, kinds: Sequence[str], labels: Any, weights: Any, setting: Setting) -> Any:
    """What each column is multiplied by before the regression holds its weight back."""
    import numpy as np

    signal = np.array([kind == SIGNAL for kind in kinds])
    if not setting.tilt:
        return np.where(signal, setting.cues, 1.0)
    met = (matrix != 0).astype(float)
    shares = []
    for label in sorted(set(labels.tolist())):
        of = met.T @ (weights * (labels == label)) + 1.0
        rest = met.T @ (weights * (labels != label)) + 1.0
        shares.append(np.abs(np.log(of / of[~signal].sum() / (rest / rest[~signal].sum()))))
    return np.where(signal, setting.cues, np.max(shares, axis=0) ** setting.tilt)


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
        "recipe": asdict(recipe_for(language, kind)),
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
    recipe, valence = recipe_for(language, kind), valence_of(language, kind)
    learnt = [*rows, *unnamed(rows, language, kind)]
    made = sheaf(featured(learnt, language, recipe, valence))
    chosen = setting or setting_for(language, kind)
    model = fit(made, [row.label for row in learnt], [row.weight for row in learnt], chosen)
    counted = Counter(row.source for row in rows)
    card = {"rows": dict(sorted(counted.items())), "licences": dict(sorted((licences or {}).items())), "seed": SEED}
    return file_of(model, language, kind, valence, card)


def valence_of(language: str, kind: str) -> dict[str, float]:
    """Words with a valence of -4..4 (VADER's list, MIT): English only. Kept in the head's file.

    In titles the plain words of business have none: nobody praises who writes of shares and interest.
    """
    if language != "en" or not recipe_for(language, kind).cues:
        return {}
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # noqa: TID251 - its word list

    known = headlines(language) if recipe_for(language, kind).trade else None
    told = SentimentIntensityAnalyzer().lexicon
    return {word: value for word, value in told.items() if word.isalpha() and not (known and word in known.plain)}


def _needed() -> None:
    try:
        import sklearn  # noqa: F401, TID251
    except ImportError as error:
        raise UsageError("training needs scikit-learn.", mend="Install the extra: repaudit[train].") from error
