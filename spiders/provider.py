"""The plug of an API that answers for one or more engines: a provider file says what its fields mean, this base judges.

Responses are read, saved or live ones alike, and requests are worded; nothing is sent from here. The base class
mirrors `spiders.engine.Engine`: the same order of judgement, the same numbering, so that a row of an API and a row of
a page can stand in one table.
"""

from __future__ import annotations

import contextlib
import html
import json
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import ClassVar, final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from lxml import etree

from audit.models import AggregateRating, Device, Feature, Hit, Outcome, Page, Serp, SerpQuery, Status
from spiders import guards
from spiders.address import http, parameter
from spiders.ask import ApiRequest, CannotAskError, Keys, Way
from spiders.dates import read_date
from spiders.engine import STATUS_KINDS, number
from spiders.tree import MAX_BYTES, fold

UNKNOWN = "unknown"
USUAL = Way()
SECRET_PARAMETERS = frozenset({"api_key", "apikey", "access_token", "auth", "client_secret", "token"})
"""Names under which vendors take a key in the address; a bare `key` is one only on Google's API hosts."""

# Vendors say why in words of their own; the kinds are ours (reliability 1.1). First match wins.
_TROUBLES: tuple[tuple[str, Status, str], ...] = (
    (r"captcha|suspicious.{0,20}traffic|robot", Status.BLOCKED, "captcha"),
    (r"too many|rate.?limit|quota|limit exceeded|exceed|run out of|\b429\b", Status.BLOCKED, "rate_limit"),
    (r"api.?key|unauthori[sz]ed|unauthenticated|authenticat|credential|\b401\b", Status.BLOCKED, "login"),
    (r"denied|forbidden|permission|payment|\b40[23]\b", Status.BLOCKED, "access_denied"),
    (r"time[d -]?out|deadline", Status.FAILED, "Deadline"),
    (r"ssl|certificate", Status.FAILED, "Tls"),
    (r"network|connect|proxy", Status.FAILED, "Connect"),
    (r"http (?:protocol )?error|\b5\d\d\b", Status.FAILED, "HttpStatus"),
)
_MARKUP = re.compile(r"</?(?:b|strong|em|i|u|mark|span|font|hlword|wbr|br)(?:\s[^<>]*)?/?>", re.I)
_COUNT = re.compile(r"(\d{1,3}(?:[ ,.'\u00a0\u202f]\d{3})+|\d+(?:\.\d+)?)\s*([km])?\+?", re.I)
_PLAIN_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T\d{6})?")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider file reads of one engine's answer; the base makes a `Serp` of it.

    `nothing` and `fallback` hold the vendor's own mark for "nothing found" and "results of another query";
    without the first an empty list proves nothing. `at` is the vendor's own time, `url` the engine's address.
    """

    engine: str = ""
    hits: Sequence[Hit] = ()
    keyword: str = ""
    corrected: str = ""
    country: str = ""
    language: str = ""
    device: Device = Device.DESKTOP
    page: int = 1
    url: str = ""
    at: datetime | None = None
    trouble: Outcome | None = None
    nothing: str = ""
    fallback: str = ""
    vertical: str = ""
    warnings: tuple[str, ...] = ()


class Provider(ABC):
    """One API. Subclasses are pure: they word a request and read a response, without network, clock or state."""

    name: ClassVar[str]
    homepage: ClassVar[str]
    engines: ClassVar[tuple[str, ...]]
    """Engines whose answers are read, by our names."""
    asks: ClassVar[tuple[str, ...]] = ()
    """Engines it can be asked for live; none where an API is retired."""
    address: ClassVar[str] = ""
    """Base address; "" where everybody has a host of his own."""
    needs: ClassVar[tuple[str, ...]] = ("key",)
    """Names of the secrets it cannot be asked without."""
    takes: ClassVar[tuple[str, ...]] = ()
    """Names of secrets it is asked with where there are any: a self-hosted service behind a login."""
    formats: ClassVar[tuple[str, ...]] = ()
    """Forms it can be asked in, the usual one first."""
    pages: ClassVar[int] = 2
    """Result pages that can be asked for one by one."""
    verified: ClassVar[date]
    """When the shape of the response was last held against a public description."""
    documentation: ClassVar[str]

    @abstractmethod
    def recognises(self, document: object) -> bool:
        """True when a parsed body (JSON value or lxml root) has this vendor's shape, errors included."""

    @abstractmethod
    def answers(self, page: Page, document: object) -> Iterator[Answer]:
        """What the response says, one answer an engine and query. Must stand any value in any field."""

    def unwrap(self, page: Page, document: object) -> Page | None:
        """The page inside the response, where the vendor hands over the engine's own HTML."""
        return None

    def ask(self, query: SerpQuery, keys: Keys, way: Way = USUAL) -> ApiRequest:
        """The request for one cell. Raises `CannotAskError` where this API has no way to ask it."""
        raise CannotAskError(f"{self.name} takes no questions any more; saved responses are read")

    @final
    def base(self, way: Way) -> str:
        """The base address to ask. Raises `CannotAskError` where nobody has named one."""
        if way.address or self.address:
            return way.address or self.address
        raise CannotAskError(f"{self.name} runs on a host of your own; name it: [providers.{self.name}] address")

    @final
    def read(self, page: Page, query: SerpQuery) -> tuple[Serp, ...]:
        """What a page says that this very API sent for a query; another shape is told apart, never taken for empty."""
        document = parse_document(page.body) if page.body and not page.failure else None
        if document is not None and self.recognises(document):
            return self.serps(page, document, query)
        why = "JSON or XML of another shape" if document is not None else "neither JSON nor XML"
        strange = Outcome(status=Status.UNRECOGNISED, kind="unknown_source", why=f"{why} than {self.name} sends")
        refused = _no_answer(page, Answer(), query.keyword)
        return (self._serp(page, Answer(engine=query.engine, trouble=refused or strange), query),)

    @final
    def serps(self, page: Page, document: object, query: SerpQuery | None = None) -> tuple[Serp, ...]:
        """Every answer of the response as a `Serp`; at least one. Raises nothing for any document."""
        answers = list(self.answers(page, document)) or [Answer()]
        return tuple(self._serp(page, answer, query) for answer in answers)

    def _serp(self, page: Page, answer: Answer, query: SerpQuery | None) -> Serp:
        at = answer.at or page.fetched_at
        asked = self._asked(page, answer, query)
        hits, outcome = _judge(page, answer, asked.keyword)
        warnings = answer.warnings if asked.keyword else (*answer.warnings, "the response does not say its query")
        if answer.corrected and outcome.status is Status.RESULTS:
            warnings = (*warnings, f"the engine shows results for {answer.corrected!r}")
        return Serp(
            query=asked,
            url=http(answer.url) or without_secrets(page.url),
            fetched_at=at,
            outcome=outcome,
            displayed_query=answer.corrected or answer.keyword,
            results=number(_cleaned(hits, at)),
            evidence=page.evidence,
            source=f"api:{self.name}",
            warnings=warnings,
            fallbacks={},
        )

    def _asked(self, page: Page, answer: Answer, query: SerpQuery | None) -> SerpQuery:
        """The caller's query under the engine that answered; without one, the response's own echo."""
        engine = answer.engine or (query.engine if query else UNKNOWN)
        if query is not None:
            return query.model_copy(update={"engine": engine})
        return SerpQuery(
            engine=engine,
            keyword=answer.keyword or fold(parameter(page.url, "q", "query", "text", "p")),
            country=_code(answer.country).upper(),
            language=_code(answer.language).lower(),
            device=answer.device,
            page=max(1, answer.page),
        )


def _judge(page: Page, answer: Answer, asked: str) -> tuple[Sequence[Hit], Outcome]:
    """The order of reliability section 1.1, as for pages; no branch ends in success by default."""
    early = _no_answer(page, answer, asked)
    if early is not None:
        return answer.hits if answer.vertical else (), early
    organic = [hit for hit in answer.hits if hit.feature is Feature.ORGANIC]
    if organic and answer.fallback:
        return _demoted(answer.hits), Outcome(status=Status.NO_RESULTS, kind="fallback", why=answer.fallback)
    if organic:
        why = guards.decoy(f"{asked} {answer.corrected}" if asked else "", answer.hits)
        if why:
            return _demoted(answer.hits), Outcome(status=Status.BLOCKED, kind="decoy", why=why)
        return answer.hits, Outcome(status=Status.RESULTS, why=f"{len(organic)} organic rows")
    if answer.nothing:
        return answer.hits, Outcome(status=Status.NO_RESULTS, why=answer.nothing)
    why = "an empty list without the vendor's own mark for nothing found"
    return answer.hits, Outcome(status=Status.UNRECOGNISED, kind="layout", why=why)


def _no_answer(page: Page, answer: Answer, asked: str) -> Outcome | None:
    if page.failure:
        return Outcome(status=Status.FAILED, kind=page.failure, why="transport")
    if answer.trouble is not None:
        return answer.trouble
    if page.status in STATUS_KINDS:
        return Outcome(status=Status.BLOCKED, kind=STATUS_KINDS[page.status], why=f"status {page.status}")
    if page.status is not None and page.status >= 400:
        return Outcome(status=Status.FAILED, kind="HttpStatus", why=f"status {page.status}")
    if asked and answer.keyword and not guards.same_query(asked, answer.keyword):
        why = f"the response answers {answer.keyword!r}"
        return Outcome(status=Status.UNRECOGNISED, kind="echo", why=why)
    return Outcome(status=Status.UNRECOGNISED, kind="vertical", why=answer.vertical) if answer.vertical else None


def _demoted(hits: Sequence[Hit]) -> list[Hit]:
    """Rows that answer another question stay visible as `other`: nothing is lost, nothing is scored."""
    other = {"feature": Feature.OTHER}
    return [hit.model_copy(update=other) if hit.feature is Feature.ORGANIC else hit for hit in hits]


def _cleaned(hits: Iterable[Hit], at: datetime) -> Iterator[Hit]:
    for hit in hits:
        known = moment(hit.date) if hit.date else None
        shown = known.date().isoformat() if known else read_date(hit.date, at) if hit.date else None
        links = tuple(link for link in hit.links if http(link.url))
        yield hit.model_copy(update={"url": http(hit.url), "date": shown, "links": links})


def trouble(words: str, *, status: Status = Status.FAILED, kind: str = "VendorError") -> Outcome:
    """A vendor's error as an outcome with its words; `status` and `kind` hold where the words say nothing known."""
    words = clean(words) or "an error without words"
    for pattern, found, name in _TROUBLES:
        if re.search(pattern, words, re.I):
            return Outcome(status=found, kind=name, why=words)
    return Outcome(status=status, kind=kind, why=words)


# ---------------------------------------------------------------- documents of strangers


def parse_document(body: bytes) -> object | None:
    """The JSON value or lxml root a body is; None when it is neither, an HTML page, or too large to be an answer.

    XML is read without DTD, entities or network; a document that declares entities is refused.
    """
    start = body[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    if len(body) > MAX_BYTES or not start:
        return None
    if start.startswith(b"<"):
        return _xml(body)
    if start[:1] not in b"{[" and not body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None
    try:
        document: object = json.loads(body, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict | list) else None


def _xml(body: bytes) -> object | None:
    if b"<!ENTITY" in body[:65536]:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return None if etree.QName(root).localname.lower() == "html" else root


def get(node: object, *names: str) -> object:
    """A field of a field; None as soon as one is missing or no object."""
    for name in names:
        node = node.get(name) if isinstance(node, Mapping) else None
    return node


def rows(node: object, *names: str) -> list[Mapping[str, object]]:
    """The objects of a list field; a single object counts as a list of one, anything else as none."""
    found = get(node, *names) if names else node
    if isinstance(found, Mapping):
        return [found]
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


def strings(node: object, *names: str) -> list[str]:
    """The texts of a list field, cleaned, empty ones left out."""
    found = get(node, *names)
    return [text for text in map(clean, found) if text] if isinstance(found, list) else []


def word(node: object, *names: str) -> str:
    """Text of the first of these fields that has one, cleaned; numbers are written out."""
    return next((text for name in names if (text := clean(get(node, name)))), "")


def clean(raw: object) -> str:
    """A vendor's text as a reader sees it: highlighting tags and character references undone once, blanks folded.

    Only highlighting tags go: "the <div> tag" in a title is words. Half surrogate pairs, which JSON can carry and
    UTF-8 cannot, become question marks.
    """
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        return ""
    text = str(raw).encode("utf-8", "replace").decode("utf-8").replace("\0", "")
    return fold(html.unescape(_MARKUP.sub("", text)))


def decimal(raw: object) -> float | None:
    """A finite number, or None: "4.5", "4,5" and 4.5."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        return None
    try:
        value = float(raw.strip().replace(",", ".") if isinstance(raw, str) else raw)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def whole(raw: object) -> int | None:
    """A count, or None: 1200, "1,200", "(1.2K)"."""
    if isinstance(raw, str):
        match = _COUNT.search(raw)
        if match is None:
            return None
        digits, unit = match.group(1), (match.group(2) or "").lower()
        if unit:
            return round(float(re.sub(r"[ ,'\u00a0\u202f]", "", digits)) * (1000 if unit == "k" else 1_000_000))
        return int(re.sub(r"\D", "", digits)) if re.search(r"\d[ ,.'\u00a0\u202f]\d{3}", digits) else int(float(digits))
    value = decimal(raw)
    return int(value) if value is not None and value >= 0 else None


def stars(
    value: object, *, best: object = None, votes: object = None, reviews: object = None
) -> AggregateRating | None:
    """A rating with both counts apart; None where the vendor gives none, or a zero that nobody voted."""
    rating = AggregateRating(
        value=decimal(value), best=decimal(best), rating_count=whole(votes), review_count=whole(reviews)
    )
    counted = rating.rating_count or rating.review_count
    return rating if counted or rating.value else None


def moment(raw: object) -> datetime | None:
    """A time as machines write it (ISO 8601, RFC 822, 20250102), aware; UTC where none is said. None for words."""
    text = raw.strip() if isinstance(raw, str) else ""
    compact = _PLAIN_DAY.fullmatch(text)
    iso = "-".join(compact.groups()) if compact else text.replace(" UTC", "+00:00").replace(" +", "+")
    found: datetime | None = None
    try:
        found = datetime.fromisoformat(iso)
    except ValueError:
        with contextlib.suppress(ValueError, TypeError, IndexError, OverflowError):
            found = parsedate_to_datetime(text)
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)


def _code(raw: str) -> str:
    """Two letters of "en-US", "us", "zh_CN"; "" for "all", "auto" and anything longer."""
    head = re.split(r"[-_]", raw, maxsplit=1)[0]
    return head if len(head) == 2 and head.isascii() and head.isalpha() else ""


def without_secrets(url: str) -> str:
    """The address without keys: it ends up in reports, and vendors take keys as parameters."""
    try:
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        names = SECRET_PARAMETERS | ({"key"} if (parts.hostname or "").endswith("googleapis.com") else frozenset())
    except ValueError:
        return ""
    kept = [(name, value) for name, value in pairs if name.lower() not in names]
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    return urlunsplit(bare if len(kept) == len(pairs) else bare._replace(query=urlencode(kept)))
