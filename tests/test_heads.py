"""The shipped heads: small, quick to load, the same each time, and of the brand rather than of its name."""

from __future__ import annotations

import lzma
import subprocess
import sys
from pathlib import Path

import pytest

from audit.errors import DocumentError
from audit.grams import Recipe, around, blocks, char_grams, ready, signals
from audit.headlines import headlines
from audit.heads import FOLDER, Head, Kind, head, load, pack, unpack
from audit.labelled import sources
from audit.lexicon import BRAND, lexicon
from benchmarks.sentiment import READ, SETS, fallen, floors, macro_f1, raised, readers, rows_for, sampled

EN = lexicon("en")
SHIPPED = sorted(FOLDER.glob("*.xz"))
MOST_BYTES = 5_000_000
"""Of all languages together; a promise of the project."""
TITLES = {
    "en": "Lumivelo recalls heaters after fire reports, customers furious",
    "ru": "Покупатели жалуются на обман: деньги не вернули",
    "ko": "정말 최악이다 돈이 아깝다",
    "uk": "Покупці скаржаться на обман: гроші не повернули",
    "zh": "千万别买，质量太差，客服也不理人",
}


@pytest.fixture(params=SHIPPED, ids=lambda path: path.stem)
def shipped(request: pytest.FixtureRequest) -> Head:
    return load(request.param)


def test_every_language_with_a_permissive_set_has_its_head() -> None:
    public = [path.stem for path in SHIPPED if not path.stem.endswith(".result")]
    assert public == ["en.review", "en.title", "ko.review", "ru.title"]
    assert head("uk", "title") is None
    assert head("zh", "review") is None


def test_all_heads_together_are_small() -> None:
    assert sum(path.stat().st_size for path in SHIPPED) <= MOST_BYTES


def test_shares_add_up_and_are_the_same_each_time(shipped: Head) -> None:
    again = load(FOLDER / f"{shipped.language}.{shipped.kind}.xz")
    for text in (TITLES[shipped.language], "", "!", "a" * 9000, "\ue000 \u0000 👎🏽", "\n".join(TITLES.values())):
        first = shipped.p(text, ("Lumivelo",))
        assert sum(first.p) == pytest.approx(1.0)
        assert min(first.p) >= 0.0
        assert shipped.p(text, ("Lumivelo",)) == first == again.p(text, ("Lumivelo",))


def test_words_that_decided_are_told(shipped: Head) -> None:
    told = shipped.p(TITLES[shipped.language], ("Lumivelo",)).words
    assert 0 < len(told) <= 6
    assert [abs(weight) for _, weight in told] == sorted((abs(weight) for _, weight in told), reverse=True)


@pytest.mark.parametrize(
    ("language", "kind", "bad", "good"),
    [
        ("en", "title", "Lumivelo shares crash after fraud probe", "Lumivelo shares surge on record profit"),
        ("en", "review", "terrible quality, broke after a week, avoid", "excellent quality, easy to use, love it"),
        ("ko", "review", "정말 최악이다 돈이 아깝다", "정말 감동적인 최고의 작품"),
        ("ru", "title", "Lumivelo обвинили в мошенничестве", "Lumivelo победил и получил награду"),
    ],
)
def test_which_way_plain_words_point(language: str, kind: Kind, bad: str, good: str) -> None:
    reader = head(language, kind)
    assert reader is not None
    against, fine = reader.p(bad, ("Lumivelo",)).p, reader.p(good, ("Lumivelo",)).p
    assert against[0] > against[2]
    assert fine[2] > fine[0]


@pytest.mark.parametrize("bent", ["Звездоград", "Звездограда", "Звездоградом", "«Звездограде»", "ЗВЕЗДОГРАДУ"])
def test_a_bent_name_is_masked_and_its_own_words_say_nothing(bent: str) -> None:
    text = ready(f"Клиенты {bent} недовольны", ("Звездоград",), lexicon("ru"))
    assert BRAND in text.words
    assert "звезд" not in text.signs
    left, right = around(text.words, 3)
    assert "клиенты" in left
    assert "недовольны" in right


def test_the_ending_of_a_bent_name_is_kept() -> None:
    text = ready("Суд отказал Звездограду", ("Звездоград",), lexicon("ru"))
    assert text.endings == {"ending ду"}
    assert ready("Court rejects Lumivelo", ("Lumivelo",), lexicon("en")).endings == frozenset()


@pytest.mark.parametrize(("language", "name"), [("en", "Scamper Fraudly"), ("ru", "Мошенник")])
def test_a_name_that_sounds_bad_is_not_held_against_the_brand(language: str, name: str) -> None:
    reader = head(language, "title")
    assert reader is not None
    text = {"en": "{} opens an office", "ru": "{} открыл офис"}[language]
    assert reader.p(text.format(name), (name,)).p == pytest.approx(
        reader.p(text.format("Lumivelo"), ("Lumivelo",)).p, abs=0.15 if language == "ru" else 1e-9
    )


def test_pieces_of_words() -> None:
    assert char_grams("bad", 3, 5) == [" ba", "bad", "ad ", " bad", "bad "], "the whole word is a word-gram already"
    assert char_grams("a", 3, 5) == [" a "]
    assert char_grams("좋다", 1, 2) == [" ", "좋", "다", " ", " 좋", "좋다", "다 "]


def test_pieces_run_over_borders_and_into_letters() -> None:
    korean = Recipe(least=1, most=2, window=0, across=True, letters=(3, 3))
    found = blocks(ready("안 좋다", (), lexicon("ko")), korean)
    assert found["word"] == []
    assert found["char"] == ["안", " ", "좋", "다", "안 ", " 좋", "좋다"]
    assert "\u110c\u1169\u11c2" in found["letter"], "the letters of one syllable"
    assert blocks(ready("안 좋다", (), lexicon("ko")), Recipe())["letter"] == []


def test_a_misspelled_syllable_still_speaks() -> None:
    """Two spellings that share no syllable share letters."""
    table = {"letter": {"\u110c\u1169": (-1.0, 1.0)}}
    korean = {"least": 1, "most": 1, "window": 0, "cues": False, "across": True, "letters": [2, 2]}
    facts = {"language": "ko", "kind": "review", "recipe": korean, "bias": [0.0, 0.0], "signals": {}, "card": {}}
    reader = unpack(lzma.decompress(pack(facts, table)))
    for text in ("좋다", "조타"):
        assert reader.p(text).p[2] > 0.5
    assert reader.p("나빠").p == pytest.approx((1 / 3, 1 / 3, 1 / 3))


def test_verbs_of_headlines_are_told_by_side() -> None:
    told = signals(ready("Lumivelo shares slip 4% as profit misses estimates", ("Lumivelo",), EN), EN, {}, trade=True)
    assert {"trade fall", "trade -", "trade near right -", "balance -"} <= set(told)
    assert not any(name.endswith("+") for name in told)
    assert "trade -" not in signals(ready("Lumivelo shares slip", ("Lumivelo",), EN), EN, {})


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("Lumivelo wins $40m order", 1),
        ("Lumivelo hits 52-week high", 1),
        ("Lumivelo loss narrows in Q3", 1),
        ("Lumivelo net loss widens", -1),
        ("Analysts cut Lumivelo to sell", -1),
        ("Lumivelo board meets to consider results today", 0),
        ("Lumivelo raises price target", 1),
    ],
)
def test_what_headlines_say_of_figures(text: str, sign: int) -> None:
    known = headlines("en")
    assert known is not None
    signs = ready(text, ("Lumivelo",), EN).signs
    total = sum(cue.phrase.weight for cue in known.found(signs))
    assert (total > 0) - (total < 0) == sign


def test_files_of_the_format_before_are_still_read() -> None:
    old = {"least": 3, "most": 5, "window": 5, "cues": False}
    facts = {"language": "en", "kind": "title", "recipe": old, "bias": [0.0, 0.0], "signals": {}, "card": {}}
    data = lzma.decompress(pack(facts, {"word": {"good": (-1.0, 1.0)}})).replace(b'"format": 2', b'"format": 1', 1)
    assert unpack(data).p("good").p[2] > 0.5
    with pytest.raises(ValueError, match="another format"):
        unpack(data.replace(b'"format": 1', b'"format": 3', 1))


def test_a_title_that_names_nobody_is_read_too() -> None:
    """Some rows of a brand are learnt without its name as well."""
    reader = head("en", "title")
    assert reader is not None
    for text, place in (("Shares crash after fraud probe", 0), ("Profit surges to a record high", 2)):
        shares = reader.p(text).p
        assert shares[place] == max(shares)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    for number, data in enumerate((b"", b"no xz", lzma.compress(b"{}\n0\n"), lzma.compress(b"\xff\n9\nx"))):
        path = tmp_path / f"{number}.xz"
        path.write_bytes(data)
        with pytest.raises(DocumentError, match="no weights of a head"):
            load(path)
    with pytest.raises(DocumentError):
        load(tmp_path / "absent.xz")


def test_a_file_reads_back_as_it_was_written(tmp_path: Path) -> None:
    facts = {
        "language": "en",
        "kind": "title",
        "recipe": {"least": 3, "most": 5, "window": 2, "cues": False},
        "bias": [0.0, 0.0],
        "signals": {},
        "card": {},
    }
    table = {"word": {"good": (-1.0, 1.0), "bad": (1.0, -1.0)}, "char": {}, "left": {}, "right": {"bad": (0.25, 0.0)}}
    path = tmp_path / "x.xz"
    path.write_bytes(pack(facts, table))
    assert path.read_bytes() == pack(facts, table)
    read = load(path)
    assert read.grams["word"] == table["word"]
    assert read.recipe == Recipe(3, 5, 2, cues=False)
    assert read.p("so bad").p[0] > read.p("so so").p[0] > read.p("so good").p[0]


def test_no_library_is_needed_to_read() -> None:
    code = "import sys, audit.heads as h; h.head('en', 'title').p('x'); print([m for m in sys.modules if m in N])"
    heavy = "N = {'numpy', 'sklearn', 'scipy', 'torch', 'textblob', 'vaderSentiment', 'pydantic', 'requests'}; "
    done = subprocess.run([sys.executable, "-c", heavy + code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ---------------------------------------------------------------- floors


def held_sets() -> list[str]:
    return [name for name, columns in floors().items() if "head" in columns]


@pytest.mark.skipif(not SETS.is_dir(), reason="the labelled sets are not beside this checkout")
@pytest.mark.parametrize("name", held_sets())
def test_no_shipped_head_falls_below_its_floor(name: str) -> None:
    """On sets it never saw, the same rows each time; what is measured in training is held by the benchmark."""
    source = sources(SETS)[name]
    rows = rows_for(source)
    reader = readers(source, sorted({row.label for row in rows}))["head"]
    some = sampled(rows, READ)
    figure = macro_f1([row.label for row in some], [reader(row) for row in some])
    assert fallen([{"set": name, "head": figure}], floors()) == []


def test_floors_rise_by_themselves_and_fall_only_when_asked() -> None:
    held = {"en_made": {"head": 0.5, "in domain": 0.7}}
    better, worse = {"set": "en_made", "head": 0.6}, {"set": "en_made", "head": 0.4}
    assert fallen([better], held) == []
    assert fallen([worse], held) == ["en_made: head 0.400 is below its floor 0.500."]
    assert '"head" = 0.590' in raised([better], held, lower=False)
    assert '"head" = 0.500' in raised([worse], held, lower=False)
    assert '"head" = 0.390' in raised([worse], held, lower=True)
    assert '"in domain" = 0.700' in raised([worse], held, lower=True)
