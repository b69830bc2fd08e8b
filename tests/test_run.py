"""A run's memory: killed at any point it is taken up again, nothing acknowledged is lost or asked twice."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from audit.errors import StoreError
from audit.models import Evidence, Outcome, Page, SerpQuery, Status
from spiders.archive.visits import Capture, Purpose
from spiders.run import Errand, Run, check_files, first_trouble, run_folder

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
URL = "https://search.example/?q="
forks = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")


def errand(number: int) -> Errand:
    return Errand(f"{URL}{number}", Purpose.SERP, SerpQuery(engine="google", keyword=str(number)))


def capture(number: int) -> Capture:
    return Capture(Page(url=f"{URL}{number}", status=200, body=b"<html>%d</html>" % number, fetched_at=AT))


def opened(folder: Path, kept: list[Page] | None = None) -> Run:
    pages = kept if kept is not None else []

    def keep(page: Page) -> Evidence:
        pages.append(page)
        assert page.evidence is not None
        return page.evidence

    return Run(folder, tool="repaudit test", clock=lambda: AT, keep=keep)


def test_a_run_goes_on_where_it_was_left(tmp_path: Path) -> None:
    with opened(tmp_path / "r1") as run:
        run.keep(errand(1), capture(1))
        run.keep(errand(2), skipped=Outcome(status=Status.SKIPPED, kind="robots"))
    kept: list[Page] = []
    with opened(tmp_path / "r1", kept) as run:
        assert [e.visit.asked for e in run.visits] == [f"{URL}1", f"{URL}2"]
        assert [page.body for page in kept] == [b"<html>1</html>"], "what a killed run did not store is stored now"
        entry = run.keep(errand(3), capture(3))
        assert entry.visit.number == 3
        assert len(run.warcs()) == 2
        finished = run.seal()
        assert run.sealed
    assert check_files(tmp_path, finished) == []


def test_two_processes_never_have_one_run_open(tmp_path: Path) -> None:
    with (
        opened(tmp_path / "r1"),
        pytest.raises(StoreError, match=r"open already \(process \d+"),
        opened(tmp_path / "r1"),
    ):
        pass
    with opened(tmp_path / "r1"):
        pass


def test_unfinished_run_of_the_same_plan_is_taken_up(tmp_path: Path) -> None:
    first = run_folder(tmp_path, "abc", AT)
    assert first.name == "20260302T090000Z-abc"
    with opened(first) as run:
        run.keep(errand(1), capture(1))
    later = datetime(2026, 3, 3, tzinfo=UTC)
    assert run_folder(tmp_path, "abc", later) == first
    assert run_folder(tmp_path, "other", later) != first
    with opened(first) as run:
        run.seal()
    assert run_folder(tmp_path, "abc", later).name == "20260303T000000Z-abc"


def test_altered_missing_and_swapped_files_are_found(tmp_path: Path) -> None:
    with opened(tmp_path / "r1") as run:
        run.keep(errand(1), capture(1))
        (finished,) = run.seal()
    path = tmp_path / "r1" / finished.file
    whole = path.read_bytes()
    path.write_bytes(whole[:300] + bytes([whole[300] ^ 1]) + whole[301:])
    (said,) = check_files(tmp_path, [finished])
    assert "was altered" in said
    path.write_bytes(whole[:-5])
    assert first_trouble(path)
    path.unlink()
    assert check_files(tmp_path, [finished]) == [f"archive {finished.file} is missing"]


def test_altered_archive_is_not_taken_up(tmp_path: Path) -> None:
    with opened(tmp_path / "r1") as run:
        run.keep(errand(1), capture(1))
        run.keep(errand(2), capture(2))
        path = run.warcs()[0]
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :])
    with opened(tmp_path / "r1") as run:  # cut back to what is whole, if the damage reads as a torn end
        assert len(run.visits) < 2


def visit_until_killed(folder: str, pipe: Connection, dies_at: int) -> None:
    """Acknowledges every visit over the pipe; one in three dies inside its n-th write."""
    with opened(Path(folder)) as run:
        before = len(run.visits)
        for number in range(before + 1, before + 1_000):
            if dies_at and number - before == dies_at:
                os.fsync = lambda fd: os.kill(os.getpid(), signal.SIGKILL)
            run.keep(errand(number), capture(number))
            pipe.send(number)


@forks
@pytest.mark.parametrize("point", range(50))
def test_kill_9_loses_and_doubles_nothing(tmp_path: Path, point: int) -> None:
    context = multiprocessing.get_context("fork")
    acknowledged = 0
    for sitting in range(2):
        ours, theirs = context.Pipe(duplex=False)
        dies_at = 1 + point % 7 if point % 3 == 0 else 0
        child = context.Process(target=visit_until_killed, args=(str(tmp_path / "r1"), theirs, dies_at))
        child.start()
        theirs.close()
        heard = 0
        try:
            while dies_at or heard <= point % 11 + sitting:
                acknowledged, heard = ours.recv(), heard + 1
        except EOFError:
            assert dies_at
        child.kill()
        child.join()
        while ours.poll():
            try:
                acknowledged = ours.recv()
            except EOFError:
                break
    with opened(tmp_path / "r1") as run:
        numbers = [entry.visit.number for entry in run.visits]
        asked = [entry.visit.asked for entry in run.visits]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(set(asked)) == len(asked)
    assert acknowledged <= len(numbers) <= acknowledged + 2, "at most what was in flight at each blow"
