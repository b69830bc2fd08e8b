"""Fits `audit/combine.toml`: `python -m benchmarks.fit` prints what five folds say, `--write` writes the file.

Needs scikit-learn (group dev). Rows are read without the phrases that may have been written for them
(benchmarks/gold.py), so the coefficients know how far words can be trusted on results nobody has seen.
"""

from __future__ import annotations

import lzma
import random
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from unittest.mock import patch

from audit.combine import FILE, Evidence, Model, Shares, features, probabilities, shares
from audit.evaluation import calibration, macro_f1, side
from audit.heads import Head, Kind, head, unpack
from audit.labelled import Row as Labelled
from audit.labelled import rows_of, sources
from audit.lexicon import STRENGTHS, phrases, spelled_out
from audit.models import LabelOrigin
from audit.rows import judged_row
from audit.sentiment import read
from benchmarks.gold import DRAWS, Row, sets, silenced, suspects
from benchmarks.results import LEARNT, heads, read_by
from benchmarks.sentiment import fold_of
from tests.gold import LANGUAGES, SETS, given

FOLDS = 5
STRENGTH, STRENGTH_OF_RESULTS = 0.5, 0.3
"""C of the two regressions: the smaller, the more coefficients are held back."""
PHRASES = ("gold", "own", "dev")
"""Sets the phrases alone are fitted on, read thinned."""
OF_RESULTS = re.compile(r"(?:result|on)_|near$|dense$").match
"""Features only phrases and head together have."""
DOUBT = 2.0
"""A rule is taken to have been right and wrong this often, half each, before anything was counted."""
LEAST_SURE = 0.62
IN_SIGHT = 0.25
"""What a row counts in whose sight lexicons grew, beside one nobody had seen."""
HEADS: Sequence[tuple[str, Kind]] = (("en", "review"), ("en", "title"), ("ru", "title"), ("ko", "review"))
OF_HEAD = re.compile(r"(?:head|weak|sure)_").match
"""Features of combine.py that a head gives."""
PAGE: Mapping[Kind, str] = {"review": "review_site", "title": "news"}
PLAIN_BRAND = "Lumivelo"
PLAIN_PAGES = ("news", "blog", "review_site", "forum", "")
PLAIN_LINES, OF_PLAIN = 300, 0.4
"""So many plain lines a language, and what one counts beside a labelled result."""
_SIGNS = re.compile(r"[*^_]|\.\.")
OF_A_SET = 400
"""Rows of a public set that are read."""
OF_PUBLIC = 0.03
"""What a row of a public set counts beside a labelled result: all 4,000 of them as 120 results, so that the manner of
reviews and news sentences does not drown that of results."""


class Item(NamedTuple):
    row: Row
    features: dict[str, float]
    truth: int
    rule: str
    """What decided: a rule or a kind of rating, or "" for the words."""
    ruled: int
    evidence: Evidence
    set_: str
    """gold, dev, own, seen or unseen; "public" for a row of a public set."""
    weight: float = 1.0


def items() -> list[Item]:
    """Every labelled result at hand but those scored and never read. Where lexicons grew in sight of a set it is read
    in several thinned ways and counts for less; where the head of results is made from it, a head without the brand."""
    out = []
    for language in LANGUAGES:
        rows, blind = sets(language), heads(language)
        doubted = suspects(language, rows)
        for name in ("gold", "own", "dev", "seen", "unseen"):
            draws = 1 if name == "unseen" else DRAWS
            weight = 1.0 / draws
            for draw in range(draws):
                without = doubted.without(rows[name], name, draw) if name != "unseen" else {}
                for row in (row for row in rows[name] if row["label"] is not None):
                    results = blind.of_row(row) if name in LEARNT else head(language, "result")
                    out.append(_item(row, without.get(str(row["id"]), frozenset()), results, name, weight))
    return out


def _item(row: Row, without: frozenset[str], results: Head | None, name: str, weight: float) -> Item:
    with silenced(without), read_by(results):
        label, reading = judged_row(given(row))
    rule = "" if label.by in (LabelOrigin.LEXICON, LabelOrigin.MODEL) else rule_of(label.because, label.note)
    truth, ruled = (side(row["label"]) or 0) + 1, (side(label.sentiment) or 0) + 1
    return Item(row, features(reading.evidence), truth, rule, ruled, reading.evidence, name, weight)


def plain_items() -> list[Item]:
    """A brand and one phrase of the lexicon, nothing else, as rows for phrases and head together: that a phrase
    means what it says is known before any row is read, and labelled results are of the harder kind."""
    out = []
    for language in LANGUAGES:
        drawn = [phrase for phrase in phrases(language) if abs(phrase.weight) >= STRENGTHS["plain"]]
        random.Random(3).shuffle(drawn)
        for number, phrase in enumerate(drawn[:PLAIN_LINES]):
            said = " ".join(_SIGNS.sub(" ", next(spelled_out(phrase.text)).replace("{b}", PLAIN_BRAND)).split())
            reading = read(f"{PLAIN_BRAND} {said}", "", language, (PLAIN_BRAND,), PLAIN_PAGES[number % 5])
            if not reading.evidence.silent:
                told = {"id": f"{language} {phrase.text}", "lang": language, "set": "plain"}
                truth = 2 if phrase.weight > 0 else 0
                out.append(Item(told, features(reading.evidence), truth, "", 1, reading.evidence, "plain", OF_PLAIN))
    return out


def public_items() -> list[Item]:
    """Rows of the sets the heads were made from, read with heads that had not seen them: so the combiner learns how
    far a head can be trusted. A fifth of each set is kept out, by the letters of the text."""
    from audit.training import sample, train

    known, out = sources(SETS), []
    for language, kind in HEADS:
        shipped = head(language, kind)
        rows = [row for name in (shipped.card["rows"] if shipped else ()) for row in rows_of(SETS, known[name])]
        learnt: dict[str, list[Labelled]] = defaultdict(list)
        kept: dict[str, list[Labelled]] = defaultdict(list)
        for row in rows:
            (kept if fold_of(row.text) == 0 else learnt)[row.source].append(row)
        chosen = [row for name, each in learnt.items() for row in sample(each, alone=len(learnt) == 1)]
        made = unpack(lzma.decompress(train(chosen, language, kind)))
        for each in kept.values():
            drawn = random.Random(5).sample(each, min(OF_A_SET, len(each)))
            out += [_public_item(row, made, language, kind) for row in drawn]
    return out


def _public_item(row: Labelled, made: Head, language: str, kind: Kind) -> Item:
    with patch("audit.sentiment.head", lambda lang, asked: made if asked == kind else head(lang, asked)):
        reading = read("", row.text, language, row.names, PAGE[kind])
    told = {"id": f"{row.source} {row.text}", "lang": language, "set": row.source}
    return Item(told, features(reading.evidence), row.label + 1, "", 1, reading.evidence, "public", OF_PUBLIC)


def rule_of(because: Sequence[str], note: str) -> str:
    """The rule's name in `combine.toml`, from what a label says of itself."""
    if note == "few_ratings":
        return note
    first, second = because[0], because[1] if len(because) > 1 else ""
    if first.startswith("rating:"):
        return second.replace(":", "_")
    if first.startswith("share:"):
        return "share"
    if second == "context:neutral":
        return "notice"
    return first.partition(":")[2]


def fit(rows: Sequence[Item]) -> Model:
    """Both readers: the phrases alone, from results in whose sight lexicons grew and from public rows, and phrases and
    head together, from every labelled result. No row counts that a rule settles."""
    told = [row for row in rows if row.set_ in PHRASES]
    words = _fitted(told, STRENGTH, lambda name: not (OF_HEAD(name) or OF_RESULTS(name)))
    public = [row for row in rows if row.set_ == "public"]
    labelled = [_less_if_in_sight(row) for row in rows if row.set_ != "public"]
    results = _fitted(labelled, STRENGTH_OF_RESULTS, lambda _: True)
    return Model(words | _heads([*told, *public], words), results, {}, LEAST_SURE)


def _less_if_in_sight(row: Item) -> Item:
    return row if row.set_ in ("unseen", "plain") else row._replace(weight=IN_SIGHT * row.weight)


def _fitted(rows: Sequence[Item], strength: float, wanted: Callable[[str], Any]) -> dict[str, Shares]:
    from sklearn.feature_extraction import DictVectorizer  # noqa: TID251 - makes shipped coefficients
    from sklearn.linear_model import LogisticRegression  # noqa: TID251

    columns = DictVectorizer()
    table = columns.fit_transform([{k: v for k, v in row.features.items() if wanted(k)} for row in rows])
    model = LogisticRegression(C=strength, max_iter=1000, fit_intercept=False).fit(
        table, [row.truth for row in rows], sample_weight=[row.weight for row in rows]
    )
    return _rounded(columns.get_feature_names_out(), model.coef_.T)


def _heads(rows: Sequence[Item], words: Mapping[str, Shares]) -> dict[str, Shares]:
    """The same regression over the heads' features, beside logits that are given."""
    import numpy as np
    from scipy.optimize import minimize

    asked = [row for row in rows if any(map(OF_HEAD, row.features))]
    names = sorted({name for row in asked for name in row.features if OF_HEAD(name)})
    table = np.array([[row.features.get(name, 0.0) for name in names] for row in asked])
    given_ = np.log([shares(row.features, words) for row in asked])
    truth = np.eye(3)[[row.truth for row in asked]]
    weight = np.array([row.weight for row in asked])

    def loss(flat: Any) -> tuple[float, Any]:
        held = flat.reshape(-1, 3)
        raw = given_ + table @ held
        p = np.exp(raw - raw.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        missed = -(weight * np.log((p * truth).sum(axis=1))).sum()
        return missed + (flat**2).sum() / 2, (table.T @ ((p - truth) * weight[:, None]) + held).ravel()

    found = minimize(loss, np.zeros(3 * len(names)), jac=True, method="L-BFGS-B")
    return _rounded(names, found.x.reshape(-1, 3))


def _rounded(names: Sequence[str], rows: Any) -> dict[str, Shares]:
    made = ((str(name), [round(float(value), 3) for value in row]) for name, row in zip(names, rows, strict=True))
    return {name: (bad, none, good) for name, (bad, none, good) in sorted(made)}


def folds(rows: Sequence[Item]) -> list[tuple[Item, Shares]]:
    """Probabilities of rows the fit had not seen; all rows of a brand stay together."""
    ids = sorted({_together(row) for row in rows})
    random.Random(11).shuffle(ids)
    fold_of = {row_id: number % FOLDS for number, row_id in enumerate(ids)}
    out = []
    for fold in range(FOLDS):
        made = fit([row for row in rows if fold_of[_together(row)] != fold])
        kept = [row for row in rows if fold_of[_together(row)] == fold]
        with patch("audit.combine.model", lambda made=made: made):
            out += [(row, probabilities(row.evidence)) for row in kept]
    return out


def _together(item: Item) -> str:
    return f"{item.row['lang']} {item.row['brand']}" if "brand" in item.row else str(item.row["id"])


def rules(rows: Sequence[Item]) -> dict[str, float]:
    counts: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        if row.rule:
            counts[row.rule].append(row.truth == row.ruled)
    counts["any"] = [right for each in list(counts.values()) for right in each]
    return {name: round((sum(each) + DOUBT / 2) / (len(each) + DOUBT), 3) for name, each in sorted(counts.items())}


def say(read: Sequence[tuple[Item, Shares]], name: str) -> None:
    pairs = [(item.truth, p.index(max(p))) for item, p in read]
    sure = [(truth == got, max(p)) for (truth, got), (_, p) in zip(pairs, read, strict=True)]
    held = [right for right, p in sure if p >= 0.7]
    sys.stdout.write(
        f"{name:17} {len(read):4} rows  accuracy {sum(r for r, _ in sure) / len(sure):.3f}  "
        f"F1 {macro_f1(pairs, sorted({truth for truth, _ in pairs})):.3f}  ECE {calibration(sure)[0]:.3f}  "
        f"p>=0.7: {sum(held) / max(1, len(held)):.3f} of {len(held) / len(sure):.2f}\n"
    )


def written(made: Model, ruled: Mapping[str, float], rows: int) -> str:
    head = f"""\
# Written by `python -m benchmarks.fit --write` from {rows} readings of labelled results. Coefficients for negative,
# neutral, positive; rules: how often their side is the right one. What the names mean: audit/combine.py.
certain_from = {LEAST_SURE}
"""
    lines = [head, "[rules]", *(f"{name} = {share}" for name, share in ruled.items())]
    for title, weights in (("phrases", made.phrases), ("results", made.results)):
        lines += ["", f"[{title}]", *(f"{name} = [{_three(three)}]" for name, three in weights.items())]
    return "\n".join(lines) + "\n"


def _three(three: Shares) -> str:
    return ", ".join(f"{weight:g}" if weight % 1 else f"{weight:.1f}" for weight in three)


def main(arguments: Sequence[str]) -> int:
    everything, public = items(), [*public_items(), *plain_items()]
    words = [item for item in everything if not item.rule]
    read_as = folds([*words, *public])
    for name in ("gold", "dev", "own", "seen", "unseen"):
        told = [each for each in read_as if each[0].set_ == name]
        say(told, f"{name}, words")
        for language in LANGUAGES:
            say([each for each in told if each[0].row["lang"] == language], f"  {language}")
    for name in sorted({str(item.row["set"]) for item in public}):
        say([each for each in read_as if each[0].row.get("set") == name], name)
    ruled = rules(everything)
    sys.stdout.write(f"rules {ruled}\n")
    if "--write" in arguments:
        FILE.write_text(written(fit([*words, *public]), ruled, len(everything)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
