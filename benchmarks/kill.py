"""kill -9 at random points of a whole `repaudit run`, taken up again until it is done: what was lost, what was doubled?

    python -m benchmarks.kill            # 50 blows
    python -m benchmarks.kill 12 --seed 7

The real command in a process group of its own, the real Chromium, the real Scrapy, on a loopback web. A point is an
event of the run (a request that arrived, a line it told, its begin, its end) and a moment after it; odd blows hit the
whole group, even ones the command alone. Linux only: what is left alive is looked for in /proc.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from audit.brief import parse_brief
from audit.models import Serp, Snapshot
from audit.store import Store
from spiders.archive.members import mend
from spiders.archive.visits import Purpose, replay_files
from spiders.collect import arrived
from spiders.loopback import Door, Loopback, Request
from spiders.recorded import RecordedWeb
from spiders.run import COLLECTED, SEALED, Finished, check_files

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "examples" / "demo"
BRAND = "Lumivelo"
BRIEF = """
[brand]
name = "Lumivelo"
domains = ["lumivelo.example"]

[[markets]]
country = "GB"
language = "en"
engines = ["google", "bing"]
per_class = 1

[[markets]]
country = "KR"
language = "ko"
engines = ["naver"]
brand = "루미벨로"
per_class = 1

[collect]
reviews = ["https://www.trustpilot.com/review/lumivelo.example"]
landings = 1

[consent]
"www.google.com" = "for the trial"
"""
WORDS = {BRAND: ["lumivelo refund"], "루미벨로": ["루미벨로 환불"]}
ROBOTS = {"www.google.com": "User-agent: *\nDisallow: /search\n"}
MARK = "REPAUDIT_TRIAL"  # in the environment of everything a sitting starts
LEAVING = 20.0  # seconds a browser may take to notice that its owner is gone
LONGEST = 180.0  # seconds of a sitting
SITTINGS = 8  # a run that is not done after so many has not made way


class Blow(NamedTuple):
    """After this event, this many seconds later."""

    event: int
    delay: float
    group: bool


class TroubleError(AssertionError):
    """What must never happen."""


def _nothing() -> None:
    return


class Web:
    """The loopback web in a thread; counts what arrives, whoever asks."""

    def __init__(self, folder: Path) -> None:
        plan = parse_brief(BRIEF).plan()
        self._web = RecordedWeb((DEMO / "pages", DEMO / "landings"), plan, words=WORDS, robots=ROBOTS)
        self.door, self.asked = folder / "door.json", Counter[str]()
        self.told: Callable[[], None] = _nothing
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self._open = threading.Event()

    def __enter__(self) -> Web:
        self._thread.start()
        self._open.wait(LONGEST)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        async with Loopback(self._web.hosts, self._web, seen=self._seen) as door:
            Door.write(door, self.door)
            self._open.set()
            await self._over.wait()

    def _seen(self, request: Request) -> None:
        if not request.url.endswith("/favicon.ico"):  # the browser's own wish, whenever it likes; no visit of ours
            self.asked[request.url] += 1
        self.told()


def start(folder: Path, web: Web, name: str, before: str = "") -> subprocess.Popen[str]:
    """The command on the brief of a folder, in a group of its own; `before` is code that spoils its world first."""
    scratch = folder / "t"
    scratch.mkdir(exist_ok=True)
    environment = os.environ | {MARK: name, "PYTHONPATH": str(ROOT), "TMPDIR": str(scratch)}
    code = f"{before}\nfrom audit.cli import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", code, "run", "brief.toml", "--loopback", str(web.door)],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )


class Sitting:
    """One start of the command, to its end or to the blow."""

    def __init__(self, folder: Path, web: Web, name: str) -> None:
        self.events, self.lines, self._name = 0, list[str](), name
        self._blow: Blow | None = None
        self._lock, self._timers = threading.Lock(), list[threading.Timer]()
        web.told = self.event
        self.process = start(folder, web, name)

    def event(self) -> None:
        with self._lock:
            self.events += 1
            if self._blow is not None and self.events == self._blow.event:
                self._strike(self._blow)

    def _strike(self, blow: Blow) -> None:
        timer = threading.Timer(blow.delay, self._kill, (blow.group,))
        self._timers.append(timer)
        timer.start()

    def _kill(self, group: bool) -> None:
        """The child is not waited for yet, so its number is nobody else's."""
        with suppress(ProcessLookupError):
            (os.killpg if group else os.kill)(self.process.pid, signal.SIGKILL)

    def end(self, blow: Blow | None) -> int:
        """Exit code; -9 where the blow hit."""
        with self._lock:
            self._blow = blow
            if blow is not None and self.events >= blow.event:
                self._strike(blow)
        watch = threading.Timer(LONGEST, self._kill, (True,))
        watch.start()
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.rstrip())
            self.event()
        os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOWAIT)  # ended, its number still its own
        watch.cancel()
        for timer in self._timers:
            timer.cancel()
            timer.join()
        code = self.process.wait()
        self.process.stderr.close()
        return code

    def left_alive(self) -> list[str]:
        """What it started and what still runs after `LEAVING` seconds."""
        end = time.monotonic() + LEAVING
        while (living := list(_living(self._name))) and time.monotonic() < end:
            with suppress(ProcessLookupError):
                gone = os.pidfd_open(living[0][0])
                try:
                    select.select([gone], [], [], max(end - time.monotonic(), 0))
                finally:
                    os.close(gone)
        return [line for _, line in living]


def _living(name: str) -> Iterator[tuple[int, str]]:
    """Processes with the mark of a sitting in their environment; dead ones that nobody reaped have none."""
    mark = f"{MARK}={name}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                yield int(folder.name), (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


class Trial:
    """A folder with a brief, and everything that must hold in it after each blow and at the end."""

    def __init__(self, folder: Path, web: Web, name: str) -> None:
        self.folder, self._web, self._name = folder, web, name
        self.blows, self.sittings = list[tuple[Blow, int, str]](), 0
        folder.mkdir(parents=True)
        (folder / "brief.toml").write_text(BRIEF, "utf-8")
        web.asked.clear()
        self._promised: dict[str, int] = {}

    def sit(self, blow: Blow | None = None) -> int | None:
        """Events of a sitting that came to its end; None where it was struck before its run was sealed.

        Sealed, a run is done though its process was still about to leave: whoever starts again begins another.
        """
        self.sittings += 1
        sitting = Sitting(self.folder, self._web, f"{self._name}-{self.sittings}")
        code = sitting.end(blow)
        left = sitting.left_alive()
        if left:
            raise TroubleError(f"still alive after {LEAVING:g} s: {left}")
        if code not in (0, -signal.SIGKILL):
            raise TroubleError(f"exit code {code}: {sitting.lines[-3:]}")
        self._check_promises()
        if code:
            assert blow is not None, "over the time"
            self.blows.append((blow, sitting.events, sitting.lines[-1] if sitting.lines else ""))
            self._check_dead()
            if not list(self.folder.glob(f"*.evidence/*/{SEALED}")):
                return None
        return sitting.events

    def _check_dead(self) -> None:
        """What is on the disk after a blow: whole snapshots only, and whatever is answered is promised from now on."""
        with Store.open(str(self.folder / "repaudit.sqlite")) as store:
            entries, troubles = store.snapshots(BRAND), store.verify()
        if troubles or not all(entry.whole for entry in entries):
            raise TroubleError(f"a half snapshot, or an altered store: {troubles}")
        if entries and not list(self.folder.glob(f"*.evidence/*/{COLLECTED}")):
            raise TroubleError("a snapshot of a run that was still asking")
        for url in self._acknowledged():
            self._promised.setdefault(url, self._web.asked[url])

    def _check_promises(self) -> None:
        again = {url: self._web.asked[url] - count for url, count in self._promised.items()}
        if any(again.values()):
            raise TroubleError(f"asked again although it was answered: {[url for url, more in again.items() if more]}")

    def _acknowledged(self) -> Iterator[str]:
        """Addresses whose answer is in the archive, read from a copy as the next sitting will read it."""
        with tempfile.TemporaryDirectory() as place:
            for path in self.folder.glob("*.evidence/*/*.warc.gz"):
                mend(Path(shutil.copy(path, place)))
            for entry in replay_files([Path(place)]):
                if entry.trouble or entry.visit is None:
                    raise TroubleError(entry.trouble)
                visit = entry.visit
                if entry.page is None:
                    continue
                if visit.purpose is Purpose.SERP and visit.cell is not None:
                    reading = arrived(visit.cell, entry.page, None, visit.at).reading
                    if not isinstance(reading, Serp) or not reading.outcome.answered:
                        continue
                yield visit.asked

    def finished(self) -> Snapshot:
        """The one snapshot, with everything closed and nothing left behind."""
        left = [path.name for path in (self.folder / "t").iterdir()]
        if left:
            raise TroubleError(f"left behind: {left}")
        if len(list(self.folder.glob(f"*.evidence/*/{SEALED}"))) != 1:
            raise TroubleError("not exactly one sealed run")
        with Store.open(str(self.folder / "repaudit.sqlite")) as store:
            entries, troubles = store.snapshots(BRAND), store.verify()
            files = [Finished(entry.file, entry.size, entry.sha256) for entry in store.archives()]
            if troubles or len(entries) != 1:
                raise TroubleError(f"{len(entries)} snapshots; {troubles}")
            troubles = check_files(next(self.folder.glob("*.evidence")), files)
            if troubles or not files:
                raise TroubleError(f"the archives are not those of the store: {troubles}")
            snapshot = store.snapshot(entries[0].id)
        most = 1 + len(self.blows)
        if any(count > most for url, count in self._web.asked.items() if url in self._promised):
            raise TroubleError("asked more often than blows explain")
        return snapshot


def plain(snapshot: Snapshot) -> Any:
    """A snapshot without times, and without places in archives, which tell of sittings."""
    return _plain(snapshot.model_dump(mode="json"))


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if k not in ("fetched_at", "taken_at", "warc", "record")}
    return value


class Figures(NamedTuple):
    """What a number of blows came to; anything that must not happen raises `TroubleError` instead."""

    blows: int
    runs: int
    sittings: int
    phases: Counter[str]
    """What had been told last when the blow fell."""


def strike(folder: Path, points: int, seed: int, told: Callable[[str], None] = lambda _: None) -> Figures:
    """Blows until `points` of them hit; two at most for each run, which is then taken up until it is done."""
    chance, phases = random.Random(seed), Counter[str]()
    blows = runs = sittings = 0
    with Web(folder) as web:
        whole = Trial(folder / "0", web, f"{os.getpid()}-0")
        events = whole.sit()
        if events is None:
            raise TroubleError("the run nobody disturbed was disturbed")
        wanted = plain(whole.finished())
        while blows < points:
            runs += 1
            trial = Trial(folder / str(runs), web, f"{os.getpid()}-{runs}")
            aims = [_aim(chance, events, number) for number in range(min(2, points - blows))]
            while trial.sit(aims.pop(0) if aims else None) is None:
                if trial.sittings > SITTINGS:
                    raise TroubleError(f"no way made in {SITTINGS} sittings")
            found = plain(trial.finished())
            if found != wanted:
                raise TroubleError(f"another snapshot after {trial.blows}: {_difference(wanted, found)}")
            blows += len(trial.blows)
            sittings += trial.sittings
            told(f"{blows} blows, {runs} runs, {sittings} sittings")
            phases.update(line.partition(" ")[0] or "start" for *_, line in trial.blows)
            shutil.rmtree(trial.folder)
    return Figures(blows, runs, sittings, phases)


def _aim(chance: random.Random, events: int, number: int) -> Blow:
    """Somewhere in a run; one in six after the last line, where snapshot and seals are written."""
    group = number % 2 == 0
    if chance.random() < 1 / 6:
        return Blow(events, chance.uniform(0, 0.8), group)
    return Blow(chance.randrange(events), chance.uniform(0, 0.2), group)


def _difference(wanted: Any, found: Any, path: str = "") -> str:
    if isinstance(wanted, dict) and isinstance(found, dict):
        pairs = [(f"{path}.{key}", wanted.get(key), found.get(key)) for key in {*wanted, *found}]
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        pairs = [(f"{path}[{n}]", *both) for n, both in enumerate(zip(wanted, found, strict=True))]
    else:
        return f"{path}: {str(wanted)[:200]} / {str(found)[:200]}"
    return next((_difference(a, b, place) for place, a, b in pairs if a != b), "")


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="k") as name:  # short: a browser's sockets do not fit into long paths
        yield Path(name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("points", type=int, nargs="?", default=50)
    parser.add_argument("--seed", type=int, default=20261125)
    wanted = parser.parse_args()
    begun = time.monotonic()
    with _folder() as folder:
        figures = strike(folder, wanted.points, wanted.seed, lambda line: print(line, file=sys.stderr, flush=True))
    print(
        f"{figures.blows} blows in {figures.runs} runs, {figures.sittings} sittings, {time.monotonic() - begun:.0f} s"
    )
    print("last told before the blow:", ", ".join(f"{name} {count}" for name, count in figures.phases.most_common()))
    print("0 lost, 0 asked twice, 0 half snapshots, 0 left alive, 0 left behind; every snapshot the undisturbed one")


if __name__ == "__main__":
    main()
