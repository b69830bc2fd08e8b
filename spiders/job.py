"""One sitting of a collection: gate, browser and a scratch folder opened, everything asked, all closed again."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

from audit.brief import Brief
from audit.errors import UsageError
from spiders.archive.disk import on_disk, write_whole
from spiders.browser.fetch import Fetcher, Options, Person, Proxy
from spiders.browser.program import MEND
from spiders.gate.gate import Gate
from spiders.gate.pace import Memory
from spiders.live import Live, Told
from spiders.loopback import Door, Loopback
from spiders.run import Run
from spiders.secret import Keyring

_NOTE = "scratch"
_FOLDERS = ("TMPDIR", "TEMP", "TMP")  # where programs look for the place of temporary files
_MARK = "repaudit-"
# What Scrapy has to say is told by outcomes; without a handler Python prints its warnings among the lines for people.
logging.getLogger("scrapy").addHandler(logging.NullHandler())


class NoBrowserError(UsageError):
    """There is none, or it does not start."""


class Job:
    """What a sitting works with. A loopback web instead of the world: by its `door`, or served here while it lasts.

    No `keys` = those beside the evidence.
    """

    def __init__(
        self,
        brief: Brief,
        options: Options,
        *,
        told: Told,
        person: Person | None = None,
        web: Door | Loopback | None = None,
        keys: Keyring | None = None,
    ) -> None:
        self.brief, self.options, self.web = brief, options, web
        self._told, self._person, self._keys = told, person, keys

    async def collect(self, run: Run, memory: Memory | None = None) -> None:
        """Ask everything that is not answered yet. `NoBrowserError` where the browser does not start."""
        async with AsyncExitStack() as stack:
            stack.enter_context(scratch(run.folder))
            door = await stack.enter_async_context(self.web) if isinstance(self.web, Loopback) else self.web
            if door is not None:
                stack.enter_context(door.trusted())
            gate = await stack.enter_async_context(door.gate(memory) if door else Gate(memory))
            live = Live(self.brief, run, gate, told=self._told, person=self._person, keys=self._keys)
            try:
                fetcher = await stack.enter_async_context(Fetcher(self._led(gate, door)))
            except Exception as error:  # whatever a launch may fail with; the library's own errors are the browser's
                run.stop.check()
                said = next(iter(str(error).strip().splitlines()), type(error).__name__)
                raise NoBrowserError(f"the browser does not start ({said}).", mend=MEND) from error
            await live.collect(fetcher)

    def _led(self, gate: Gate, door: Door | None) -> Options:
        way = gate.proxy.chromium
        proxy = Proxy(way["proxy"]["server"], way["proxy"]["username"], way["proxy"]["password"])
        more = door.arguments if door else ()
        return self.options._replace(proxy=proxy, arguments=(*self.options.arguments, *way["args"], *more))


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """A place for the browser's own temporary files, gone afterwards; what a killed sitting left goes first.

    It stands among the system's temporary files under a short name of chance: a browser's sockets do not fit into
    long paths. Its name is noted in the run's folder before it is made.
    """
    note = folder / _NOTE
    _clear(note)
    made = Path(tempfile.gettempdir()) / f"{_MARK}{secrets.token_hex(6)}"
    write_whole(note, str(made))
    with on_disk(made):
        made.mkdir(mode=0o700)
    before = {name: os.environ.get(name) for name in _FOLDERS}
    os.environ.update(dict.fromkeys(_FOLDERS, str(made)))
    try:
        yield made
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        _clear(note)


def _clear(note: Path) -> None:
    """Only what the note names, and only where it is a folder of ours: a note is a file that anybody can edit."""
    if not note.exists():
        return
    left = Path(note.read_text("utf-8"))
    if left.name.startswith(_MARK) and left.is_dir() and not left.is_symlink():
        shutil.rmtree(left, ignore_errors=True)
    note.unlink()
