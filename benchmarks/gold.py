"""How well meaning is read on results nobody tuned for: `python -m benchmarks.gold` prints the table.

Lexicons grow in sight of labelled results, so plain figures flatter. Two honest ones stand beside. *Fresh*: results
written blind, by somebody who had seen neither lexicons nor gold; the `test` rows are scored, never read. *Thinned*:
a phrase that fires on one labelled result alone, and in none of some thousands of other texts, may have been
written for it. How many such phrases a result has by nature is counted on the fresh test rows; where a set has
more, the surplus is taken out by lot, and the rest is what an unseen result of its kind would show.
"""

from __future__ import annotations

import json
import math
import random
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from audit.evaluation import Told, figures
from audit.lexicon import Cue, Finder, lexicon
from audit.names import mask
from audit.rows import label_of_row
from tests.gold import GOLD, LANGUAGES, SETS, given, rows_of

FIXTURES = Path(__file__).parents[1] / "tests" / "fixtures"
REFERENCE = 1500
"""Other texts of a language that prove a phrase to be a common one."""
CUT = 160
DRAWS = 3
MARGIN = 0.02
PARTS = ("seen", "unseen", "apart")
APART = ("test", "apart")
"""Sets that are scored and never read nor learnt from."""
FLOORS = Path(__file__).parents[1] / "tests" / "gold_floors.toml"
Row = Mapping[str, Any]


@contextmanager
def silenced(phrases: frozenset[str]) -> Iterator[None]:
    """Read as if the lexicons did not hold these phrases."""
    plain = Finder.all

    def without(self: Finder, text: str) -> list[Cue]:
        return [cue for cue in plain(self, text) if cue.phrase.text not in phrases]

    with patch.object(Finder, "all", without):
        yield


def sets(language: str) -> dict[str, list[Row]]:
    """Labelled results at hand by set: gold, own lines, fresh dev; written ones in sight of which lexicons grew
    (`seen`) or did not (`unseen`); and what is scored and never read: fresh test, and other brands (`apart`)."""
    gold, own = _if_there(GOLD / f"{language}.jsonl"), _if_there(FIXTURES / "lexicons" / f"{language}.jsonl")
    fresh = _if_there(FIXTURES / "fresh" / f"{language}.jsonl")
    halves = {split: [row for row in fresh if row["split"] == split] for split in ("dev", "test")}
    written = {part: _if_there(FIXTURES / "results" / part / f"{language}.jsonl") for part in PARTS}
    return {"gold": gold, "own": own, **halves, **written}


def _if_there(path: Path) -> list[Row]:
    return [*rows_of(path)] if path.exists() else []


@dataclass(frozen=True, slots=True)
class Suspects:
    """Row id -> phrases that fire on this row alone; set -> the share of them a row has by nature."""

    phrases: Mapping[str, tuple[str, ...]]
    natural: Mapping[str, float]

    def without(self, rows: Sequence[Row], name: str, draw: int) -> dict[str, frozenset[str]]:
        """What to silence in the rows of a set, one of several draws by lot."""
        lot, share = random.Random(f"{name} {draw}"), self.natural[name]
        ids = [str(row["id"]) for row in rows]
        return {at: frozenset(p for p in self.phrases.get(at, ()) if lot.random() >= share) for at in ids}


def suspects(language: str, rows: Mapping[str, Sequence[Row]]) -> Suspects:
    lex = lexicon(language)
    where: dict[str, set[str]] = defaultdict(set)
    for row in (row for each in rows.values() for row in each):
        text = mask(lex.prepare(f"{row['title']} ¦ {row['snippet']}"), (row["brand"],), lex)
        for cue in lex.phrases.all(text):
            where[cue.phrase.text].add(str(row["id"]))
    alone = {phrase: next(iter(ids)) for phrase, ids in where.items() if len(ids) == 1}
    common = {cue.phrase.text for text in _reference(language) for cue in lex.phrases.all(lex.prepare(text))}
    found: dict[str, list[str]] = defaultdict(list)
    for phrase, row_id in sorted(alone.items()):
        if phrase not in common:
            found[row_id].append(phrase)
    rates = {name: sum(len(found[str(r["id"])]) for r in each) / max(1, len(each)) for name, each in rows.items()}
    natural = {name: min(1.0, rates["test"] / max(rate, 0.01)) for name, rate in rates.items()}
    return Suspects({row_id: tuple(phrases) for row_id, phrases in found.items()}, natural)


def _reference(language: str) -> list[str]:
    texts: list[str] = []
    for path in sorted(SETS.glob(f"{language}_*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            texts += [json.loads(line)["text"][:CUT] for _, line in zip(range(400), lines, strict=False)]
    random.Random(3).shuffle(texts)
    return texts[:REFERENCE]


def told(rows: Sequence[Row], without: Mapping[str, frozenset[str]] | None = None) -> list[Told]:
    out = []
    for row in rows:
        with silenced((without or {}).get(str(row["id"]), frozenset())):
            out.append(Told(row, label_of_row(given(row))))
    return out


def main(arguments: Sequence[str]) -> int:
    out = sys.stdout.write
    out("                   rows  acc.  F1    hard F1  ECE   right at p>=0.7    settled\n")
    found: Counter[str] = Counter()
    everything: list[Told] = []
    measured: dict[str, dict[str, float]] = {"test": {}, "apart": {}, "thinned": {}}
    for language in LANGUAGES:
        rows = sets(language)
        doubted = suspects(language, rows)
        read = {"gold": told(rows["gold"]), "dev": told(rows["dev"])}
        read |= {f"{name} thinned": _thinned(rows[name], doubted, name) for name in ("gold", "dev")}
        if "--test" in arguments:
            read |= {"test": told(rows["test"]), "apart": told(rows["apart"])}
        for name, each in read.items():
            out(f"{language} {name:15} {line(figures(each))}\n")
            null = figures(each)["null"]
            found.update({f"{name}: {key}": null[key] for key in ("rows", "found", "called")})
        measured["thinned"][language] = figures(read["gold thinned"])["macro_f1"]
        if "test" in read:
            measured["test"][language] = figures(read["test"])["macro_f1"]
            measured["apart"][language] = figures(read["apart"])["macro_f1"]
        everything += read["gold thinned"] + read.get("test", read["dev thinned"]) + read.get("apart", [])
    out("not about the brand: " + "  ".join(f"{key} {number}" for key, number in found.items()) + "\n")
    _floors(arguments, measured)
    summed = figures(everything)
    out(f"page type {summed['page_type']}  cause {summed['cause']}\n")
    for kind, counts in summed["errors_by_kind"].items():
        out(f"{kind:32} {counts['rows']:5} {counts['wrong']:5} {counts['wrong'] / counts['rows']:.2f}\n")
    return 0


def floors() -> dict[str, dict[str, float]]:
    return tomllib.loads(FLOORS.read_text("utf-8"))


def _floors(arguments: Sequence[str], measured: Mapping[str, Mapping[str, float]]) -> None:
    """`--raise`: up to the measured less `MARGIN`, never down. `--lower LANGUAGE REASON`: down, with the reason."""
    if "--raise" not in arguments and "--lower" not in arguments:
        return
    told = floors()
    down, reason = "", ""
    if "--lower" in arguments:
        down, reason = arguments[arguments.index("--lower") + 1 :][:2]
    head = "".join(line for line in FLOORS.read_text("utf-8").splitlines(keepends=True) if line.startswith("#"))
    out = head + (f"# {down} lowered: {reason}\n" if down else "")
    for kind, table in told.items():
        out += f"[{kind}]\n"
        for language, floor in table.items():
            reached = math.floor(100 * (measured[kind].get(language, 0.0) - MARGIN)) / 100
            kept = reached if language == down and measured[kind] else max(floor, reached)
            out += f"{language} = {kept:.2f}\n"
    FLOORS.write_text(out, encoding="utf-8")


def _thinned(rows: Sequence[Row], doubted: Suspects, name: str) -> list[Told]:
    return [each for draw in range(DRAWS) for each in told(rows, doubted.without(rows, name, draw))]


def line(of: Mapping[str, Any]) -> str:
    sure = of["sure"]
    return (
        f"{of['rows']:4}  {of['accuracy']:.3f} {of['macro_f1']:.3f} {of['hard']['macro_f1']:.3f}   {of['ece']:.3f}  "
        f"{sure['right']:.3f} of {sure['coverage']:.2f}   {of['settled']['accuracy']:.3f}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
