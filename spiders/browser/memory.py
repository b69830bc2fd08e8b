"""Memory of a browser's processes, read from Linux's /proc; elsewhere nobody watches, and `doctor` says so.

A wire cap cannot stop 10 MB that inflate to 10 GB in a script, nor a script that fills memory by itself (reliability
section 3). So every process of the browser has a cap of its own: the one over it is killed, the others live on.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import defaultdict

PROC = "/proc"
# One tab of the largest recorded pages holds under 250 MB; a bomb passes any figure within seconds.
MOST = 805_306_368  # bytes of one process: 768 MiB
TOGETHER = 4  # times the cap of one, for all of them: seven engines are asked side by side
EVERY = 0.2  # seconds between two looks; a look takes about half a millisecond
PARENT, BORN = 1, 19  # fields of /proc/<number>/stat, counted from the one after the name
_OWN = (b"RssAnon:", b"RssShmem:")  # what files lend to all processes is not theirs


def watched() -> bool:
    """Whether this system tells what a process holds."""
    return bool(held(os.getpid()))


def held(pid: int) -> int:
    """Bytes that a process holds for itself; 0 where it is gone or the system does not tell."""
    lines = _read(f"{PROC}/{pid}/status").splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(_OWN))


def tree(pid: int) -> dict[int, int]:
    """Every process from this one down with the bytes it holds."""
    return {one: held(one) for one in Family().of(pid)}


class Family:
    """Who descends from whom. A process keeps its parent, so that each is asked once, when it is first seen."""

    def __init__(self) -> None:
        self._parents: dict[str, int] = {}

    def of(self, pid: int) -> list[int]:
        """This process and all below it."""
        below: dict[int, list[int]] = defaultdict(list)
        for name, parent in self._known().items():
            below[parent].append(int(name))
        found = [pid]
        for one in found:  # grows meanwhile
            found += below.pop(one, ())
        return found

    def _known(self) -> dict[str, int]:
        try:
            names = [name for name in os.listdir(PROC) if name.isdigit()]  # noqa: PTH208 - a fifth of the time
        except OSError:
            names = []
        known = self._parents
        self._parents = {name: known[name] if name in known else int(fact(name, PARENT) or 0) for name in names}
        return self._parents


def fact(pid: int | str, place: int) -> bytes:
    """A field of the process's line that stands after its name, which may hold anything (proc(5)); b"" for none."""
    fields = _read(f"{PROC}/{pid}/stat").rpartition(b")")[2].split()
    return fields[place] if place < len(fields) else b""


def _read(path: str) -> bytes:
    try:
        stream = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(stream, 8_192)
    except OSError:
        return b""
    finally:
        os.close(stream)


class Watch:
    """Kills what grows over its cap. `kills` counts, so that a crash can be told from a kill."""

    def __init__(self, pid: int, *, most: int = MOST) -> None:
        self._pid, self._most = pid, most
        self._born = fact(pid, BORN)
        self._family = Family()
        self._task: asyncio.Task[None] | None = None
        self.kills = 0

    def start(self) -> None:
        if self._task is None and watched():
            self._task = asyncio.ensure_future(self._run())

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            self.look()

    def look(self) -> None:
        """One look: the process over its cap goes; where all together are over theirs, the largest."""
        if not self._born or fact(self._pid, BORN) != self._born:
            return  # the browser is gone; its number may be somebody else's
        sizes = {pid: held(pid) for pid in self._family.of(self._pid)}
        over = [pid for pid, size in sizes.items() if size > self._most]
        if not over and sum(sizes.values()) > TOGETHER * self._most:
            over = [max(sizes, key=lambda pid: sizes[pid])]
        for pid in set(over) & set(Family().of(self._pid)) if over else ():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
                self.kills += 1
