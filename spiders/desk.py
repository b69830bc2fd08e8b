"""What a spider works with: leave of the gate for each address, the run it keeps in, and no key in what is kept."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from audit.models import Outcome, Page
from spiders.archive.visits import Capture
from spiders.gate.gate import Gate, Permit, Skipped
from spiders.run import Errand, Kept, Run
from spiders.secret import Scrubber, Secret

SCRUBBED = ("X-Repaudit-Scrubbed", "secrets of the request were in this answer and are masked")
_USERINFO = re.compile(r"^(https?://)[^/?#]*@")


class Desk:
    """What a spider works with: the gate to ask, the run to keep in, and who is told of every finished errand."""

    def __init__(
        self,
        gate: Gate,
        run: Run,
        *,
        consent: Iterable[str] = (),
        told: Callable[[Errand, Kept], None],
        secrets: Iterable[Secret] = (),
    ) -> None:
        self.gate, self.run, self.consent, self._told = gate, run, frozenset(consent), told
        self._asking, self.cut = set[asyncio.Future[Permit | Skipped]](), False
        self.scrubber = Scrubber([*secrets, urlsplit(gate.proxy.url).password or ""])
        self.refused: set[str] = set()
        """Hosts that refused the key: they are not asked again with it."""

    @property
    def over(self) -> bool:
        """Nothing is asked any more."""
        return self.cut or self.run.stop.asked

    async def ask(self, url: str) -> Permit | Skipped | None:
        """Leave of the gate; None where nothing is asked any more."""
        if self.over:
            return None
        asking = asyncio.ensure_future(self.gate.ask(url, consent=self.consent))
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)
        await asyncio.wait({asking})
        answer = None if asking.cancelled() else asking.result()
        if self.over and isinstance(answer, Permit):
            self.gate.leave(url)
        return None if self.over else answer

    async def end(self) -> None:
        """Nothing is asked any more, nobody waits for a turn, and what is under way is cut off."""
        self.cut = True
        for asking in self._asking:
            asking.cancel()
        await self.gate.proxy.cut()

    def clean(self, page: Page) -> Page:
        """The page without the keys it was asked with, should the server have repeated them; says so where it had."""
        cookies = Scrubber(_cookies(page.headers))  # a session in a Location is a session too
        headers = tuple((name, cookies.text(self.scrubber.text(value))) for name, value in page.headers)
        body = self.scrubber.body(page.body)
        if headers == page.headers and body == page.body:
            return page
        return page.model_copy(update={"headers": (*headers, SCRUBBED), "body": body})

    def finish(self, errand: Errand, capture: Capture | None = None, skipped: Outcome | None = None) -> Kept:
        """Keep a visit, and tell of it."""
        errand = errand._replace(url=_USERINFO.sub(r"\1", self.scrubber.text(errand.url)))
        entry = self.run.keep(errand, capture, skipped=skipped)
        self._told(errand, entry)
        return entry


def _cookies(headers: Iterable[tuple[str, str]]) -> list[str]:
    """Values of the cookies that an answer sets."""
    set_ = [value.partition(";")[0] for name, value in headers if name.lower() == "set-cookie"]
    return [pair.partition("=")[2].strip() for pair in set_]
