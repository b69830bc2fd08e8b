"""Runs that come again: sets of captures, due times, runs begun at once, rivals, portfolios. No network, no sleep."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from audit.brief import Brief, parse_brief
from audit.cli import main
from audit.cli.base import own_runs
from audit.cli.periodic import CAPTURE_GAP, Clock, Series, Take, Turn, Wish, named, portfolio_run
from audit.errors import AlreadyRunningError, NotEnoughError, StoreError, UsageError
from audit.models import Origin, Page, Snapshot
from audit.rivals import rival_briefs
from audit.store import Store
from spiders.archive.visits import Capture, Purpose
from spiders.browser import find_browser
from spiders.collect import collect
from spiders.locks import only_run
from spiders.registry import engines
from spiders.run import Errand, Run
from tests.test_cli import run as program

DEMO = Path(__file__).resolve().parent.parent / "examples" / "demo" / "pages"
MONDAY = datetime(2026, 11, 23, 7, tzinfo=UTC)
BRIEF = """
[brand]
name = "Acme"
[[markets]]
country = "GB"
language = "en"
engines = ["google"]
per_class = 1
[schedule]
every = "weekly"
at = "06:30"
timezone = "UTC"
"""
RIVAL = '[[competitors]]\nname = "Veloria"\nmeasure = true\n'
forks = pytest.mark.skipif(sys.platform == "win32", reason="needs fork")


class World:
    """A clock that only sleeping moves, a store, and a web that always has an answer."""

    def __init__(self, folder: Path, text: str = BRIEF) -> None:
        self.now, self.slept, self.told = MONDAY, list[float](), list[str]()
        self.brief, self.root = parse_brief(text), folder / "e"
        self.store = Store.open(str(folder / "s.sqlite"))
        self.asked: list[tuple[str, Turn]] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)

    def series(self) -> Series:
        return Series(self.brief, self.root, self.store, self.told.append, Clock(lambda: self.now, self.sleep))

    def take(self, brief: Brief, turn: Turn) -> Snapshot:
        self.asked.append((brief.brand.name, turn))
        snapshot = collect(brief, [], taken_at=self.now, tool="test")
        snapshot = snapshot.model_copy(update={"origin": Origin.LIVE, **turn._asdict()})
        self.store.save_snapshot(snapshot)
        return snapshot

    def stops_at(self, number: int) -> Take:
        def take(brief: Brief, turn: Turn) -> Snapshot:
            if len(self.asked) == number:
                raise KeyboardInterrupt
            return self.take(brief, turn)

        return take


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.store.close()


# ---------------------------------------------------------------- captures of one time


def test_captures_of_a_set_share_their_time_and_keep_their_distance(world: World) -> None:
    done = world.series().collect(world.take, Wish(repeat=3))
    assert [turn for _, turn in world.asked] == [Turn("2026-11-23T07:00Z", n) for n in (1, 2, 3)]
    assert world.slept == [CAPTURE_GAP.total_seconds()] * 2
    assert (done.captures, len(done.snapshots)) == (3, 3)
    times = [entry.taken_at for entry in world.store.series.captures("Acme")]
    assert all(b - a >= timedelta(minutes=11) for a, b in pairwise(times))
    assert list(world.root.glob("*.set")) == []


def test_a_set_that_was_interrupted_goes_on_with_what_is_missing(world: World) -> None:
    with pytest.raises(KeyboardInterrupt):
        world.series().collect(world.stops_at(2), Wish(repeat=4))
    world.now += timedelta(minutes=5)
    before = len(world.slept)
    done = world.series().collect(world.take, Wish(repeat=4))
    assert [turn for _, turn in world.asked] == [Turn("2026-11-23T07:00Z", n) for n in (1, 2, 3, 4)]
    assert world.slept[before:] == [CAPTURE_GAP.total_seconds()], "the eleven minutes had passed meanwhile"
    assert done.captures == 4
    world.series().collect(world.take, Wish(repeat=4))
    assert len({turn.slot for _, turn in world.asked}) == 2, "a finished set is followed by a new one"


def test_what_is_missing_of_yesterdays_set_stays_missing(world: World) -> None:
    with pytest.raises(KeyboardInterrupt):
        world.series().collect(world.stops_at(1), Wish(repeat=2, due=True))
    world.now += timedelta(days=2)
    done = world.series().collect(world.take, Wish(repeat=2, due=True))
    assert (done.snapshots, done.captures) == ((), 1)
    assert "stays at 1 of 2 captures" in world.told[-1]
    with pytest.raises(KeyboardInterrupt):
        world.series().collect(world.stops_at(2), Wish(repeat=2))
    world.now += timedelta(days=2)
    world.series().collect(world.take, Wish(repeat=2))
    old, *new = [turn.slot for _, turn in world.asked][1:]
    assert old[:10] == "2026-11-25"
    assert new == ["2026-11-27T07:22Z"] * 2, "a new set, named by its own minute"


def test_a_clock_set_back_makes_no_pause_longer(world: World) -> None:
    def take(brief: Brief, turn: Turn) -> Snapshot:
        snapshot = world.take(brief, turn)
        world.now -= timedelta(hours=3)
        return snapshot

    world.series().collect(take, Wish(repeat=3))
    assert max(world.slept) <= CAPTURE_GAP.total_seconds()


def test_one_capture_alone_is_a_set_of_its_own(world: World) -> None:
    world.series().collect(world.take, Wish())
    world.series().collect(world.take, Wish())
    assert [turn for _, turn in world.asked] == [Turn(), Turn()]
    assert world.slept == []


@pytest.mark.parametrize(
    ("wish", "profile"),
    [(Wish(slot="../x"), False), (Wish(slot="a", due=True), False), (Wish(repeat=2), True), (Wish(slot="a_b"), False)],
)
def test_wishes_that_cannot_be_are_refused(wish: Wish, profile: bool) -> None:
    with pytest.raises(UsageError):
        wish.checked(profile=profile)


# ---------------------------------------------------------------- due times


def test_a_due_time_has_one_snapshot_however_often_it_is_asked(world: World) -> None:
    for hours in (0, 1, 30, -10, 167):
        world.now = MONDAY + timedelta(hours=hours)
        world.series().collect(world.take, Wish(due=True))
    assert [turn.slot for _, turn in world.asked] == ["2026-11-23T06:30Z"]
    assert any("Is the clock right?" in line for line in world.told) or world.told == []


def test_a_clock_before_the_newest_due_time_asks_nothing(world: World) -> None:
    world.series().collect(world.take, Wish(due=True))
    world.now = MONDAY - timedelta(days=8)
    done = world.series().collect(world.take, Wish(due=True))
    assert done.snapshots == ()
    assert len(world.asked) == 1
    assert "Is the clock right?" in world.told[-1]


def test_missed_due_times_are_said_by_the_next_run(world: World) -> None:
    world.series().collect(world.take, Wish(due=True))
    world.now += timedelta(weeks=3)
    world.series().collect(world.take, Wish(due=True))
    assert world.told == [
        "Acme: 2 due times since 2026-11-23T06:30Z have no snapshot (2026-11-30T06:30Z, 2026-12-07T06:30Z)."
    ]
    world.series().collect(world.take, Wish(due=True))
    assert len(world.told) == 1, "it is said once"


def test_history_says_which_due_times_have_no_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "brief.toml").write_text(BRIEF, "utf-8")
    world = World(tmp_path)
    world.store.close()
    world.store = Store.open(str(tmp_path / "repaudit.sqlite"))
    world.series().collect(world.take, Wish(due=True))
    world.store.close()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("audit.cli.periodic.wall_clock", lambda: MONDAY + timedelta(days=15))
    code, out, err = called(monkeypatch, capsys, "history", "brief.toml")
    assert code == 0
    assert out.startswith("2026-11-23 07:00  brand: no score")
    assert err.startswith("2 due times since 2026-11-23T06:30Z have no snapshot"), "the present one is a day late"


def test_the_newest_run_is_the_brands_own(tmp_path: Path) -> None:
    brief = parse_brief(RIVAL + BRIEF)
    (rival,) = rival_briefs(brief)
    root = tmp_path / "repaudit.evidence"
    slot = Turn("2026-11-23T06:30Z", 2)
    names = [f"20261101T000000Z-{brief.digest()}", f"20261102T000000Z-{slot.mark(brief.digest())}"]
    for name in (*names, f"20261103T000000Z-{rival.digest()}", "20261104T000000Z-another"):
        (root / name).mkdir(parents=True)
    assert [folder.name for folder in own_runs(brief, tmp_path / "brief.toml")] == names
    assert ":" not in names[1]
    for name in names:
        (root / name).rmdir()
    assert [folder.name[-7:] for folder in own_runs(brief, tmp_path / "brief.toml")] == ["another"]


def test_a_brief_without_schedule_needs_a_rhythm(tmp_path: Path) -> None:
    world = World(tmp_path, BRIEF.partition("[schedule]")[0])
    with pytest.raises(UsageError, match="does not say when"):
        world.series().collect(world.take, Wish(due=True))
    with pytest.raises(UsageError, match="no rhythm"):
        world.series().collect(world.take, Wish(every="hourly"))
    world.series().collect(world.take, Wish(every="daily"))
    assert world.asked == [("Acme", Turn("2026-11-23T06:30Z", 1))]
    world.store.close()


# ---------------------------------------------------------------- runs begun at once


def archive(brief: Brief, folder: Path) -> None:
    """A run's folder with one answered page a cell, as if it had been collected."""
    with Run(folder, tool="test", clock=lambda: MONDAY, keep=lambda page: page.evidence) as run:  # type: ignore[arg-type,return-value]
        for cell in brief.plan():
            url = engines()[cell.engine].url(cell)
            page = Page(url=url, status=200, body=b"<html><body>nothing</body></html>", fetched_at=MONDAY)
            run.keep(Errand(url, Purpose.SERP, cell), Capture(page))
        run.seal()


def begin(folder: Path, gate: Callable[[], int], codes: multiprocessing.Queue[int]) -> None:
    import os

    os.chdir(folder)
    sys.argv = ["repaudit", "run", "brief.toml", "--replay", "archive", "--due"]
    gate()
    try:
        main()
    except SystemExit as ended:
        codes.put(int(ended.code or 0))


@forks
@pytest.mark.parametrize("number", [2, 8])
def test_of_runs_begun_at_once_exactly_one_takes_the_due_time(tmp_path: Path, number: int) -> None:
    (tmp_path / "brief.toml").write_text(BRIEF, "utf-8")
    archive(parse_brief(BRIEF), tmp_path / "archive")
    Store.open(str(tmp_path / "repaudit.sqlite")).close()
    fork = multiprocessing.get_context("fork")
    gate, codes = fork.Barrier(number), fork.Queue()
    runs = [fork.Process(target=begin, args=(tmp_path, gate.wait, codes)) for _ in range(number)]
    for run in runs:
        run.start()
    found = [codes.get(timeout=120) for _ in runs]
    for run in runs:
        run.join()
    assert set(found) <= {0, 3}, "0: taken or found there, 3: another run is at it"
    assert 0 in found
    with Store.open(str(tmp_path / "repaudit.sqlite")) as store:
        assert len(store.series.captures("Acme")) == 1
        assert store.verify() == []


def test_only_one_run_of_a_brand_goes_on_and_a_dead_one_is_in_nobodys_way(world: World) -> None:
    def take(brief: Brief, turn: Turn) -> Snapshot:
        with pytest.raises(AlreadyRunningError):
            world.series().collect(world.take, Wish())
        return world.take(brief, turn)

    world.series().collect(take, Wish())
    lock = next(world.root.glob("*.lock"))
    lock.with_name(f"{lock.name}.owner").write_text('{"process": 1, "since": "2001-01-01T00:00:00+00:00"}', "utf-8")
    world.series().collect(world.take, Wish())
    assert len(world.asked) == 2


def test_the_store_itself_refuses_a_second_snapshot_of_a_due_time(world: World) -> None:
    world.take(world.brief, Turn("2026-11-23T06:30Z"))
    world.now += timedelta(minutes=1)
    with pytest.raises(StoreError, match="exists already"):
        world.take(world.brief, Turn("2026-11-23T06:30Z"))


# ---------------------------------------------------------------- rivals


def test_rivals_are_measured_in_the_same_set(tmp_path: Path) -> None:
    world = World(tmp_path, RIVAL + BRIEF)
    done = world.series().collect(world.take, Wish(repeat=2, due=True))
    slot = "2026-11-23T06:30Z"
    assert world.asked == [(name, Turn(slot, n)) for n in (1, 2) for name in ("Acme", "Veloria")]
    assert dict(done.rivals) == {"Veloria": 0}
    (rival,) = rival_briefs(world.brief)
    assert world.store.series.taken("Veloria", rival.digest(), slot, 2)
    world.store.close()


def test_a_rival_that_cannot_be_measured_does_not_undo_the_brand(tmp_path: Path) -> None:
    world = World(tmp_path, RIVAL + BRIEF)

    def take(brief: Brief, turn: Turn) -> Snapshot:
        if brief.brand.name == "Veloria":
            raise NotEnoughError("nothing was visited.")
        return world.take(brief, turn)

    done = world.series().collect(take, Wish(due=True))
    assert (len(done.snapshots), done.rivals) == (1, ())
    assert "Veloria was not measured" in world.told[-1]
    with only_run(world.root, "Veloria", lambda: world.now):
        world.series().collect(world.take, Wish())
    assert [name for name, _ in world.asked] == ["Acme", "Acme"]
    done = world.series().collect(world.take, Wish(due=True))
    assert world.asked[-1] == ("Veloria", Turn("2026-11-23T06:30Z", 1)), "and is taken up where only it is missing"
    world.store.close()


def test_a_replayed_archive_is_taken_apart_between_brand_and_rival(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = RIVAL + BRIEF
    (tmp_path / "brief.toml").write_text(text, "utf-8")
    brief = parse_brief(text)
    archive(brief, tmp_path / "a")
    archive(rival_briefs(brief)[0], tmp_path / "b")
    monkeypatch.chdir(tmp_path)
    code, out, _ = called(monkeypatch, capsys, "run", "brief.toml", "--replay", "a", "--replay", "b", "--json")
    assert code == 0
    assert json.loads(out)["rivals"] == {"Veloria": 0}
    with Store.open(str(tmp_path / "repaudit.sqlite")) as store:
        for name in ("Acme", "Veloria"):
            snapshot = store.latest(name)
            assert snapshot is not None
            assert len(snapshot.serps) == len(snapshot.plan) == 3
            assert all(name.lower() in serp.query.keyword.lower() for serp in snapshot.serps)


def test_imported_pages_of_a_rival_make_its_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A page that answers a rival's question is the rival's; what answers nobody's stays with the brand, by name."""
    text = RIVAL.replace("Veloria", "Lumivelo") + BRIEF
    (tmp_path / "brief.toml").write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    pages = [str(DEMO / f"google-en-{name}.html") for name in ("brand", "reviews")] + [str(DEMO / "bing-en-brand.html")]
    code, out, _ = called(monkeypatch, capsys, "import", "brief.toml", *pages, "--at", "2026-11-20T09:00Z", "--json")
    facts = json.loads(out)
    assert (code, facts["planned"], facts["answered"]) == (0, 3, 0)
    assert sorted(line["planned"] for line in facts["files"]) == [False, True, True]
    with Store.open(str(tmp_path / "repaudit.sqlite")) as store:
        rival, brand = store.latest("Lumivelo"), store.latest("Acme")
        assert rival is not None
        assert brand is not None
        assert [serp.query.keyword for serp in rival.serps] == ["Lumivelo", "Lumivelo reviews"]
        assert all(serp.outcome.answered for serp in rival.serps)
        assert [serp.query.engine for serp in brand.serps] == ["bing"]
        assert rival.taken_at == brand.taken_at


# ---------------------------------------------------------------- portfolio


def called(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.argv", ["repaudit", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


@pytest.fixture
def portfolio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "briefs").mkdir()
    for name in ("Acme", "Bolt", "Cog"):
        text = BRIEF.replace("Acme", name)
        (tmp_path / "briefs" / f"{name.lower()}.toml").write_text(text, "utf-8")
        archive(parse_brief(text), tmp_path / name)
    (tmp_path / "briefs" / "bolt.toml").write_text("[brand]\nnmae = 1\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_brief_that_fails_stops_no_other(
    portfolio: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    archives = [word for name in ("Acme", "Cog") for word in ("--replay", name)]
    code, out, _ = called(monkeypatch, capsys, "run", "briefs/*.toml", *archives)
    lines = out.splitlines()
    assert code == 2
    assert [line.partition(":")[0] for line in lines] == [f"briefs/{name}.toml" for name in ("acme", "bolt", "cog")]
    assert "FAILED (exit code 2)" in lines[1]
    assert "planned pages answered" in lines[2]
    with Store.open(str(portfolio / "briefs" / "repaudit.sqlite")) as store:
        assert store.series.brands() == ["Acme", "Cog"]
    shutil.rmtree(portfolio / "Cog")
    code, out, _ = called(monkeypatch, capsys, "run", "briefs/bolt.toml", "briefs/acme.toml", *archives[:2], "--json")
    facts = [json.loads(line) for line in out.splitlines()]
    assert (facts[0]["exit_code"], facts[1]["brand"], code) == (2, "Acme", 2)


def test_the_exit_code_of_a_portfolio_is_the_worst(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from audit.cli.periodic import Done

    ends = {"a": StoreError("full."), "b": None, "c": UsageError("no."), "d": ValueError("oh")}

    def one(path: Path) -> tuple[Done, int]:
        error = ends[path.name]
        if error is not None:
            raise error
        return Done("B", 3), 2

    assert portfolio_run([Path("a"), Path("b"), Path("c")], one, False) == 3
    assert portfolio_run([Path("b"), Path("d"), Path("c")], one, False) == 70
    assert portfolio_run([Path("b"), Path("b")], one, False) == 10
    assert portfolio_run([Path("b")], one, False) == 10
    assert "an error of ours (ValueError: oh)" in capsys.readouterr().out
    assert named([tmp_path / "none-*.toml"]) == [tmp_path / "none-*.toml"]


# ---------------------------------------------------------------- the whole command, live on loopback


@pytest.mark.skipif(not find_browser().path, reason="no browser on this machine")
def test_a_due_set_with_a_rival_is_collected_by_the_real_browser_once() -> None:
    """Two captures and a rival by the command itself; called again, nothing is asked."""
    from benchmarks.kill import Web

    text = BRIEF.replace("Acme", "Lumivelo").replace("per_class = 1", 'per_class = 1\nkinds = ["brand"]')
    text += '[collect]\nrepeat = 2\nsuggestions = false\n[consent]\n"www.google.com" = "for the trial"\n'
    with tempfile.TemporaryDirectory(prefix="p") as name, Web(Path(name)) as web:
        folder = Path(name)
        (folder / "brief.toml").write_text(RIVAL + text, "utf-8")
        command = ("run", "brief.toml", "--loopback", str(web.door), "--due", "--json")
        first = program(*command, cwd=folder)
        assert first.returncode == 0, first.stderr
        facts = json.loads(first.stdout)
        assert (facts["answered"], facts["captures"], facts["rivals"]) == (1, 2, {"Veloria": 0})
        asked = sum(web.asked.values())
        again = json.loads(program(*command, cwd=folder).stdout)
        assert (again["taken_at"], again["captures"], sum(web.asked.values())) == (None, 2, asked)
        with Store.open(str(folder / "repaudit.sqlite")) as store:
            places = {(e.slot, e.capture) for brand in store.series.brands() for e in store.series.captures(brand)}
            assert places == {(facts["slot"], 1), (facts["slot"], 2)}
            assert len(store.archives()) == 4
        assert program("verify", "brief.toml", cwd=folder).returncode == 0
        done = program("export", "brief.toml", "--json", cwd=folder)
        assert json.loads(done.stdout)["pages"] == 1
        assert json.loads(done.stdout)["run"].endswith("-2"), "the brand's newest, not its rival's"
