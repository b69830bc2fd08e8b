"""Training: same rows, same bytes; what may not be shipped from is refused; a user's rows count."""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
from pathlib import Path

import pytest

from audit.errors import NotEnoughError, UsageError
from audit.grams import Recipe, blocks, ready, signals
from audit.heads import load
from audit.labelled import OWN_WEIGHT, Row, chosen, own_rows, rows_of, sources
from audit.lexicon import lexicon

pytest.importorskip("sklearn", reason="training needs the extra `train`")

from audit import training

ROOT = Path(__file__).resolve().parent.parent
WORDS = {
    -1: ["scam", "broken", "refused", "complaint", "worst", "rude", "leaking", "expensive", "fine", "lawsuit"],
    0: ["opens", "office", "quarter", "report", "address", "map", "season", "colour", "list", "hours"],
    1: ["award", "praise", "best", "loved", "quick", "kind", "reliable", "winner", "profit", "smile"],
}


def invented(count: int = 450, seed: int = 1) -> list[Row]:
    """Rows of nonsense whose words tell their label; the brand stands before or after them."""
    draw = random.Random(seed)
    rows = []
    for number in range(count):
        label = number % 3 - 1
        words = draw.sample(WORDS[label], 3) + draw.sample(WORDS[0], 1)
        rows.append(Row(" ".join([*words, "Lumivelo", draw.choice(WORDS[label])]), label, ("Lumivelo",), 1.0, "made"))
    return rows


@pytest.fixture(scope="module")
def made() -> bytes:
    return training.train(invented(), "en", "title")


def test_same_rows_same_bytes(made: bytes) -> None:
    assert training.train(invented(), "en", "title") == made
    assert training.train(invented(seed=2), "en", "title") != made


def test_a_head_learns_and_reads_as_the_regression_does(made: bytes, tmp_path: Path) -> None:
    path = tmp_path / "en.title.xz"
    path.write_bytes(made)
    reader = load(path)
    right = [reader.p(row.text, row.names).p for row in invented(90, seed=3)]
    assert sum(p.index(max(p)) == n % 3 for n, p in enumerate(right)) >= 85
    assert reader.card["rows"] == {"made": 450}
    valence = training.valence_of("en", "title")
    recipe = training.recipe_for("en", "title")
    learnt = [*invented(), *training.unnamed(invented(), "en", "title")]
    rows = training.featured(learnt, "en", recipe, valence)
    labels, even = [row.label for row in learnt], [1.0] * len(learnt)
    model = training.fit(training.sheaf(rows), labels, even, training.setting_for("en", "title"))
    grams, told = rows[0]
    exact = model.bias[0]
    for block, found in grams.items():
        exact += sum(model.weights.get((block, gram), (0.0, 0.0))[0] for gram in found) / (len(found) or 1) ** 0.5
    exact += sum(model.weights[training.SIGNAL, name][0] * value for name, value in told.items())
    p = reader.p(invented()[0].text, ("Lumivelo",)).p
    assert math.log(p[0] / p[1]) == pytest.approx(exact, abs=0.1), "int8 costs little"


def test_weights_are_bounded_in_number(tmp_path: Path) -> None:
    path = tmp_path / "small.xz"
    path.write_bytes(training.train(invented(), "en", "title", training.Setting(kept=40)))
    assert sum(len(table) for table in load(path).grams.values()) == 40


def test_too_few_or_one_sided_rows_make_no_head() -> None:
    with pytest.raises(NotEnoughError, match="too few"):
        training.train(invented(30), "en", "title")
    with pytest.raises(NotEnoughError, match="all three kinds"):
        training.train([row for row in invented(900) if row.label], "en", "title")


# ---------------------------------------------------------------- what may be learnt from


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three invented sets, one of which forbids shipping and one of which nobody is sure of."""
    told = [
        {"set": "en_free", "lang": "en", "kind": "entity-headline", "licence": "MIT", "permits_shipped_model": "yes"},
        {"set": "en_shut", "lang": "en", "kind": "news-sentence", "licence": "none", "permits_shipped_model": "no"},
        {"set": "en_vague", "lang": "en", "kind": "social", "licence": "?", "permits_shipped_model": "doubtful"},
        {"set": "en_shop", "lang": "en", "kind": "review", "licence": "CC0", "permits_shipped_model": "yes"},
    ]
    (tmp_path / "MANIFEST.json").write_text(json.dumps(told), "utf-8")
    lines = [json.dumps({"text": row.text, "label": row.label, "target": "Lumivelo"}) for row in invented()]
    for each in told:
        (tmp_path / f"{each['set']}.jsonl").write_text("\n".join(lines), "utf-8")
    return tmp_path


def test_only_what_may_be_shipped_is_learnt_from(folder: Path) -> None:
    wanted, refused = chosen(sources(folder), "en", "title")
    assert [source.name for source in wanted] == ["en_free"]
    assert [source.name for source in refused] == ["en_shut", "en_vague"]
    for name in ("en_shut", "en_vague"):
        with pytest.raises(UsageError, match="no weights may be shipped"):
            chosen(sources(folder), "en", "title", [name])
    with pytest.raises(UsageError, match="lists no such set"):
        chosen(sources(folder), "en", "title", ["en_absent"])
    assert rows_of(folder, wanted[0])[0].names == ("Lumivelo",)


def test_a_folder_without_manifest_is_no_folder_of_sets(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no manifest"):
        sources(tmp_path)


def repaudit(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from audit.cli import main; main()", "train", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_command_makes_the_same_file_twice_and_says_what_it_left_out(folder: Path) -> None:
    one, two = folder / "one.xz", folder / "two.xz"
    done = [repaudit("--data", folder, "--lang", "en", "--out", out, "--json") for out in (one, two)]
    assert [each.returncode for each in done] == [0, 0], done[0].stderr
    assert one.read_bytes() == two.read_bytes()
    assert json.loads(done[0].stdout)["rows"] == {"en_free": 450}
    assert "en_shut is left out: its licence (none) does not let weights be shipped." in done[0].stderr
    named = repaudit("--data", folder, "--set", "en_shut", "--lang", "en", "--out", one)
    assert named.returncode == 2
    assert "no weights may be shipped" in named.stderr


def test_the_command_needs_something_to_learn_from_and_a_place_to_write(folder: Path) -> None:
    assert repaudit("--lang", "en", "--out", folder / "x.xz").returncode == 2
    assert repaudit("--data", folder, "--lang", "xx", "--out", folder / "x.xz").returncode == 2
    nowhere = repaudit("--data", folder, "--lang", "en", "--out", folder / "absent" / "x.xz")
    assert nowhere.returncode == 2
    assert "cannot be written" in nowhere.stderr


# ---------------------------------------------------------------- a user's own rows


def test_own_rows_weigh_more_and_name_their_brand(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    lines = [
        {"title": "Lumivelo scam?", "snippet": "No.", "label": 0.5, "brand": "Lumivelo"},
        {"text": "nothing", "label": 0},
        {"text": "another firm", "label": None},
    ]
    path.write_text("\ufeff" + "\n".join(map(json.dumps, lines)) + "\n\n", "utf-8")
    rows = list(own_rows(path, ("Acorn",)))
    assert [(row.text, row.label, row.names) for row in rows] == [
        ("Lumivelo scam?. No.", 1, ("Lumivelo",)),
        ("nothing", 0, ("Acorn",)),
    ]
    assert {row.weight for row in rows} == {OWN_WEIGHT}
    path.write_text('{"text": "x"}\n', "utf-8")
    with pytest.raises(UsageError, match="line 1"):
        list(own_rows(path))


def test_of_a_sheet_only_what_a_person_said_is_learnt(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(
        "checked,sentiment,about_brand,title,snippet,by,automatic\n"
        "x,negative,yes,'=confirmed,a,lexicon,negative|yes\n"
        ",positive,yes,changed,b,lexicon,neutral|yes\n"
        ",neutral,yes,machine alone,c,lexicon,neutral|yes\n"
        "x,negative,no,a stranger,d,lexicon,negative|yes\n"
        ",rather negative,yes,said before,e,person,rather negative|yes\n"
        "x,unread,yes,unread,f,lexicon,unread|yes\n",
        "utf-8",
    )
    rows = list(own_rows(path, ("Lumivelo",)))
    assert [(row.text, row.label) for row in rows] == [("=confirmed. a", -1), ("changed. b", 1), ("said before. e", -1)]


def test_own_rows_turn_the_head(tmp_path: Path) -> None:
    """A word that public rows call good and the user calls bad: the user is believed."""
    own = [Row("praise smile office best Lumivelo loved", -1, ("Lumivelo",), OWN_WEIGHT, "own")] * 60
    files = {"public": invented(), "mixed": [*invented(), *own]}
    told = {}
    for name, rows in files.items():
        path = tmp_path / f"{name}.xz"
        path.write_bytes(training.train(rows, "en", "title"))
        told[name] = load(path).p("praise smile office best Lumivelo loved", ("Lumivelo",)).p
    assert told["public"][2] > 0.5
    assert told["mixed"][0] > 0.5


def test_no_audit_imports_training() -> None:
    code = "import sys, audit.classify, audit.score, audit.sheet; print('audit.training' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_features_are_of_the_brand_by_side() -> None:
    text = ready("Fraud hits Lumivelo hard", ("Lumivelo",), lexicon("en"))
    told = signals(text, lexicon("en"), {"hard": -2.0})
    assert "left -" in told
    assert "valence right -" in told
    assert "hits" in blocks(text, Recipe())["left"]
    assert "hard" in blocks(text, Recipe())["right"]
