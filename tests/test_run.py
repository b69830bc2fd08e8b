"""A run's memory: killed at any point it is taken up again, nothing acknowledged is lost or asked twice."""

from __future__ import annotations

import contextlib
import errno
import gc
import hashlib
import io
import multiprocessing
import os
import random
import signal
import sys
import tracemalloc
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from audit.errors import AlreadyRunningError, StoreError
from audit.models import Evidence, Outcome, Page, SerpQuery, Status
from spiders.archive.members import members
from spiders.archive.visits import Capture, Purpose
from spiders.locks import only_run
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


def two_visits(folder: Path) -> tuple[Path, bytes]:
    with opened(folder) as run:
        run.keep(errand(1), capture(1))
        run.keep(errand(2), capture(2))
        (path,) = run.warcs()
    return path, path.read_bytes()


def test_altered_archive_is_refused_and_nothing_lost(tmp_path: Path) -> None:
    """Any byte before the last record: refused in one sentence, or harmless; the file stays as it is."""
    path, whole = two_visits(tmp_path / "r1")
    *_, last = members(io.BytesIO(whole))
    refused = 0
    for place in range(0, last.begin, 5):
        broken = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        path.write_bytes(broken)
        try:
            with opened(tmp_path / "r1") as run:
                assert len(run.visits) == 2
        except StoreError as error:
            refused += 1
            assert str(error).endswith("Restore the folder from a copy.")
            assert "\n" not in str(error)
        assert path.read_bytes() == broken
    assert refused > last.begin // 5 * 0.8, "all but the free bytes of gzip headers"


def test_a_hole_before_whole_records_is_no_torn_end(tmp_path: Path) -> None:
    path, whole = two_visits(tmp_path / "r1")
    parts = list(members(io.BytesIO(whole)))
    path.write_bytes(whole[: parts[1].begin + 20] + whole[parts[3].begin :])
    with pytest.raises(StoreError, match=r"damaged at byte \d+, and not by a crash"), opened(tmp_path / "r1"):
        pass


@pytest.mark.parametrize("tail", [b"", bytes(4096)], ids=["cut", "zeros"])
def test_every_torn_end_is_cut(tmp_path: Path, tail: bytes) -> None:
    """A crash cuts the last write; a power cut may leave zeros where it was to stand."""
    path, whole = two_visits(tmp_path / "r1")
    parts = list(members(io.BytesIO(whole)))
    for end in (*range(parts[3].begin, parts[4].end, 11), len(whole) - 6):
        path.write_bytes(whole[:end] + tail)
        with opened(tmp_path / "r1") as run:
            assert [entry.visit.number for entry in run.visits] == [1]
        assert path.read_bytes() == whole[: parts[2].end]


def test_memory_does_not_grow_with_pages(tmp_path: Path) -> None:
    """40 pages of half a megabyte: open, look through and close with a few of them held at most."""
    size, count = 500_000, 40
    with Run(tmp_path / "r1", tool="t", clock=lambda: AT, keep=evidence_of) as run:
        for number in range(count):
            body = random.Random(number).randbytes(size)
            run.keep(errand(number), Capture(Page(url=f"{URL}{number}", status=200, body=body, fetched_at=AT)))
    tracemalloc.start()
    try:
        with Run(tmp_path / "r1", tool="t", clock=lambda: AT, keep=evidence_of) as run:
            seen = digests(run)
            assert seen == [entry.visit.sha256 for entry in run.visits]
            gc.collect()
            held, peak = tracemalloc.get_traced_memory()
            run.finish()
    finally:
        tracemalloc.stop()
    assert len(set(seen)) == count
    assert held < size, "less than one of the 40"
    assert peak < 12 * size, "one page in its few forms: stored, decoded, checked"


def test_a_body_altered_after_the_run_was_opened_is_not_read(tmp_path: Path) -> None:
    path, whole = two_visits(tmp_path / "r1")
    with opened(tmp_path / "r1") as run:
        assert run.visits[0].page is not None
        path.write_bytes(whole[:900] + bytes([whole[900] ^ 1]) + whole[901:])
        altered = 0
        for entry in run.visits:
            try:
                assert entry.page is not None
            except StoreError as error:
                altered += "altered" in str(error)
        assert altered <= 1


def digests(run: Run) -> list[str]:
    return [hashlib.sha256(page.body).hexdigest() for entry in run.visits if (page := entry.page)]


def evidence_of(page: Page) -> Evidence:
    assert page.evidence is not None
    return page.evidence


def test_a_run_ends_in_two_steps(tmp_path: Path) -> None:
    """Killed between collecting and sealing, it is taken up, asks nothing more, and refuses changed files."""
    folder = tmp_path / "20260302T090000Z-abc"
    with opened(folder) as run:
        run.keep(errand(1), capture(1))
        finished = run.finish()
    assert run_folder(tmp_path, "abc", AT) == folder
    with opened(folder) as run:
        assert run.collected
        assert run.finish() == finished
        with pytest.raises(StoreError, match="this run is over"):
            run.keep(errand(2), capture(2))
    with opened(folder) as run:
        run.seal()
    path = folder / finished[0].file
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(StoreError, match="not those that were collected"), opened(folder):
        pass


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("call", ["write", "fsync", "short"])
def test_a_disk_that_refuses_is_named_and_the_run_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    """At every k-th write of a run: one sentence, nothing acknowledged lost, and the next sitting ends it."""
    named = {errno.EIO: "the disk reports an error"}.get(number, "the disk is full")
    for k in range(1, 14):
        folder, acknowledged = tmp_path / f"r{k}", 0
        with monkeypatch.context() as patch:
            disk = FullDisk(patch, call, k, number)
            try:
                with opened(folder) as run:
                    for place in range(1, 4):
                        run.keep(errand(place), capture(place))
                        acknowledged += 1
                    run.seal()
            except StoreError as error:
                assert named in str(error)
                assert "\n" not in str(error)
            else:
                assert disk.count < k
        with opened(folder) as run:
            numbers = [entry.visit.number for entry in run.visits]
            assert numbers[:acknowledged] == list(range(1, acknowledged + 1))
            assert len(numbers) <= acknowledged + 1
            if not run.collected:
                run.keep(errand(9), capture(9))
            run.seal()


class FullDisk:
    """From the k-th call on every `write` or `fsync` is refused; `short` first writes a half."""

    def __init__(self, patch: pytest.MonkeyPatch, call: str, k: int, number: int) -> None:
        self.call, self.k, self.error, self.count = call, k, OSError(number, os.strerror(number)), 0
        self._write, self._fsync = os.write, os.fsync
        patch.setattr(os, "write", self.write)
        patch.setattr(os, "fsync", self.fsync)

    def write(self, stream: int, data: bytes) -> int:
        self.count += self.call != "fsync"
        if self.call == "fsync" or self.count < self.k:
            return self._write(stream, data)
        if self.call == "short" and self.count == self.k:
            return self._write(stream, bytes(data)[: len(data) // 2])
        raise self.error

    def fsync(self, stream: int) -> None:
        self.count += self.call == "fsync"
        if self.call == "fsync" and self.count >= self.k:
            raise self.error
        self._fsync(stream)


def test_what_the_disk_refused_is_not_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that swallows the exception cannot make the run look whole."""
    with opened(tmp_path / "r1") as run:
        run.keep(errand(1), capture(1))
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", full)
            with contextlib.suppress(StoreError):
                run.keep(errand(2), capture(2))
        for again in (run.check, run.finish, run.seal, lambda: run.keep(errand(3), capture(3))):
            with pytest.raises(StoreError, match="the disk is full"):
                again()
        assert not run.collected


def full(stream: int, data: bytes) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


# ---------------------------------------------------------------- two at once


def test_of_runs_of_one_brand_one_goes_on(tmp_path: Path) -> None:
    later = AT + timedelta(seconds=42)
    with only_run(tmp_path, "Lumivelo", lambda: AT):
        with pytest.raises(AlreadyRunningError) as caught, only_run(tmp_path, "Lumivelo", lambda: later):
            pass
        assert f"process {os.getpid()}, for 42 s, since 2026-03-02T09:00:00+00:00" in str(caught.value)
        assert caught.value.exit_code == 3
        with only_run(tmp_path, "Brackwind", lambda: AT):
            pass
    with only_run(tmp_path, "Lumivelo", lambda: AT):
        pass


def test_a_note_without_its_holder_is_stale_and_one_that_is_torn_no_obstacle(tmp_path: Path) -> None:
    note = tmp_path / "Lumivelo.lock.owner"
    note.write_text('{"process": 1, "since": "2020-01-01T00:00:00+00:00"}', "utf-8")
    with only_run(tmp_path, "Lumivelo", lambda: AT):
        assert str(os.getpid()) in note.read_text("utf-8")
        note.write_text('{"process": ', "utf-8")
        with pytest.raises(AlreadyRunningError, match="another process"), only_run(tmp_path, "Lumivelo", lambda: AT):
            pass


def test_a_disk_without_locks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with pytest.raises(StoreError), only_run(tmp_path, "Lumivelo", lambda: AT):
        pass


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
