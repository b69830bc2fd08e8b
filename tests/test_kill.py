"""kill -9 through the whole command: the real `repaudit run`, Chromium and Scrapy, struck at random points.

4 points here; `python -m benchmarks.kill` strikes 50, and REPAUDIT_KILL_POINTS says another number.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from audit.models import Status
from spiders.browser import find_browser

POINTS = int(os.environ.get("REPAUDIT_KILL_POINTS", "4"))
SEED = 1107
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc for what is left alive")
# What a shell leaves of SIGINT to what it starts; the one that started these tests must not matter.
IN_FRONT = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
IN_BACKGROUND = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
STRUCK_AFTER_SEAL = """
import os, signal
from spiders.run import Run
whole = Run.seal
def seal(run):
    whole(run)
    os.kill(os.getpid(), signal.SIGKILL)
Run.seal = seal
"""
needs_browser = pytest.mark.skipif(not find_browser().path, reason="no browser on this machine")


@pytest.fixture
def short() -> Iterator[Path]:
    """A browser's sockets do not fit into the long paths of pytest."""
    with tempfile.TemporaryDirectory(prefix="k") as name:
        yield Path(name)


@linux
@needs_browser
def test_a_run_survives_kill_9_at_random_points(short: Path) -> None:
    """Nothing lost, nothing asked twice, no half snapshot, nobody left alive, nothing left behind: `TroubleError`."""
    from benchmarks.kill import strike

    figures = strike(short, POINTS, SEED)
    assert figures.blows == POINTS
    assert figures.sittings > figures.runs, "the harness is alive: runs were struck and taken up"


@linux
@needs_browser
def test_the_harness_sees_what_must_not_happen(short: Path) -> None:
    """A run whose archive loses an answered visit between two sittings asks again, and that is told."""
    from benchmarks.kill import Blow, Trial, TroubleError, Web

    with Web(short) as web:
        trial = Trial(short / "0", web, f"{os.getpid()}-naive")
        while trial.sit(Blow(20, 0.0, group=True)) is not None:
            pytest.fail("the blow did not hit")
        (warc,) = trial.folder.glob("*.evidence/*/*.warc.gz")
        warc.unlink()
        with pytest.raises(TroubleError, match="asked again although it was answered"):
            trial.sit()


@linux
@needs_browser
def test_several_starts_for_one_brief_make_one_run(short: Path) -> None:
    from benchmarks.kill import BRAND, Trial, Web, start

    with Web(short) as web:
        trial = Trial(short / "0", web, f"{os.getpid()}-many")
        runs = [start(trial.folder, web, f"{os.getpid()}-many-{n}") for n in range(4)]
        said = [run.communicate()[1] for run in runs]
        codes = sorted(run.returncode for run in runs)
        assert codes == [0, 3, 3, 3]
        others = [words.splitlines() for run, words in zip(runs, said, strict=True) if run.returncode]
        going = next(run.pid for run in runs if not run.returncode)
        for lines in others:
            assert f"a run for {BRAND!r} is going on already (process {going}, for " in lines[-1]
        trial.finished()
        assert max(web.asked.values()) == 1


@linux
@needs_browser
def test_a_run_that_is_struck_after_its_seal_is_done(short: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To sit down again would begin another run, which asks everything again, and rightly."""
    from benchmarks import kill

    monkeypatch.setattr(kill, "start", partial(kill.start, before=STRUCK_AFTER_SEAL))
    with kill.Web(short) as web:
        trial = kill.Trial(short / "0", web, f"{os.getpid()}-sealed")
        assert trial.sit(kill.Blow(0, kill.LONGEST, group=True)) is not None
        assert len(trial.blows) == 1
        assert trial.finished().serps
        assert max(web.asked.values()) == 1


@linux
@needs_browser
@pytest.mark.parametrize(
    ("polite", "lines", "shell"),
    [
        (signal.SIGTERM, 4, IN_FRONT),
        (signal.SIGTERM, 4, IN_BACKGROUND),
        (signal.SIGINT, 13, IN_FRONT),
        (signal.SIGTERM, 21, IN_FRONT),
    ],
    ids=["early", "early in the background", "Ctrl-C", "late"],
)
def test_a_run_that_is_asked_to_stop_closes_everything_and_goes_on_later(
    short: Path, polite: signal.Signals, lines: int, shell: str
) -> None:
    """Among result pages, suggestions and landing pages; what was under way is no failure of the site."""
    from benchmarks.kill import Trial, Web, start

    with Web(short) as web:
        trial = Trial(short / "0", web, f"{os.getpid()}-{polite.name}")
        run = start(trial.folder, web, f"{os.getpid()}-polite", shell)
        assert run.stderr is not None
        for _ in range(lines):
            run.stderr.readline()
        run.send_signal(polite)
        said = run.communicate()[1]
        assert run.returncode == 130, said
        assert said.splitlines()[-1] == "repaudit: stopped by you; what was finished is kept."
        assert list((trial.folder / "t").iterdir()) == []
        assert trial.sit() is not None
        landings = trial.finished().landings
        assert [landing.url for landing in landings if landing.outcome.status is Status.FAILED] == []
        assert len(landings) == 7


ARCHIVE_FULL = """
import errno, itertools, os
import spiders.archive.visits as visits
whole, count = visits.write_all, itertools.count(1)
def write_all(stream, data):
    if next(count) >= {k}:
        os.write(stream, data[: len(data) // 2])
        raise OSError(errno.{name}, os.strerror(errno.{name}))
    whole(stream, data)
visits.write_all = write_all
"""
STORE_FULL = """
import sqlalchemy
@sqlalchemy.event.listens_for(sqlalchemy.Engine, "connect")
def small(link, _):
    pages = link.execute("PRAGMA page_count").fetchone()[0]
    link.execute(f"PRAGMA max_page_count={pages + 2}")
"""
SPOILED = {
    "engines": (ARCHIVE_FULL.format(k=3, name="ENOSPC"), "the disk is full."),
    "suggestions": (ARCHIVE_FULL.format(k=14, name="EIO"), "the disk reports an error."),
    "taken up": (ARCHIVE_FULL.format(k=6, name="ENOSPC"), "the disk is full."),
    "store": (STORE_FULL, "the disk is full"),
}


@linux
@needs_browser
def test_a_full_disk_is_one_sentence_and_the_next_sitting_ends_the_run(short: Path) -> None:
    """In the browser's part, in Scrapy's, and in the store: exit 3, older snapshots readable, resumable."""
    from audit.store import Store
    from benchmarks.kill import BRAND, Trial, Web, start

    with Web(short) as web:
        trial = Trial(short / "0", web, f"{os.getpid()}-full")
        assert trial.sit() is not None
        first = trial.finished()
        for phase, (spoil, named) in SPOILED.items():
            run = start(trial.folder, web, f"{os.getpid()}-{phase}", spoil)
            said = run.communicate()[1]
            assert run.returncode == 3, (phase, said)
            assert named in said.splitlines()[-1]
            assert "Traceback" not in said
            with Store.open(str(trial.folder / "repaudit.sqlite")) as store:
                assert store.latest(BRAND) == first
                assert store.verify() == []
        assert trial.sit() is not None
        with Store.open(str(trial.folder / "repaudit.sqlite")) as store:
            assert [entry.whole for entry in store.snapshots(BRAND)] == [True, True]
            assert store.verify() == []
