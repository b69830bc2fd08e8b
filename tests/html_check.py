"""Reads a finished report as a browser would and says what a report may never hold. Used by the tests of `reports`."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"meta", "img", "br"})
_TAGS = (
    "html head meta title style body a header strong span nav ol ul li main section h1 h2 h3 h4 p div b small i "
    "q details summary table thead tbody tr th td dl dt dd blockquote code article caption figure figcaption "
    "svg rect circle text line polygon polyline footer script img"
)
_ATTRIBUTES = (
    "lang charset http-equiv content name class href id rel title scope rowspan colspan open aria-label style src "
    "alt type role width height x y rx cx cy r data-name tabindex x1 x2 y1 y2 points viewbox preserveaspectratio "
    "overflow"
)
TAGS, ATTRIBUTES = frozenset(_TAGS.split()), frozenset(_ATTRIBUTES.split())
START_TAG = re.compile(r"<[a-z][a-z0-9]*(?: [a-zA-Z-]+[12]?(?:=\"[^\"<>]*\")?)*\s*/?>")
NUMBERS_ONLY = re.compile(r"width:\d+(?:\.\d+)?%|counter-reset:act \d+")
REL = "noopener noreferrer nofollow"
HIDING = {"Cc", "Cf", "Co", "Cs"}
SPACES_AND_JOINERS = "\n\t\u200c\u200d"


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    raw: str


@dataclass
class Text:
    """Visible words with the nearest `lang` around them and the tags they stand in."""

    words: str
    lang: str
    inside: tuple[str, ...]


@dataclass
class Document(HTMLParser):
    elements: list[Element] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _open: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    @classmethod
    def of(cls, html: str) -> Document:
        document = cls()
        document.feed(html)
        document.close()
        document.faults += [f"<{tag}> is never closed" for tag, _ in document._open]
        return document

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.elements.append(Element(tag, given, self.get_starttag_text() or ""))
        if len(given) != len(attrs):
            self.faults.append(f"an attribute twice in {self.get_starttag_text()}")
        if tag not in VOID:
            self._open.append((tag, given.get("lang", self._open[-1][1] if self._open else "")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {n: v or "" for n, v in attrs}, self.get_starttag_text() or ""))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            self.faults.append(f"</{tag}> closes nothing")
            return
        self._open.pop()

    def handle_data(self, data: str) -> None:
        tag = self._open[-1][0] if self._open else ""
        if tag == "style":
            self.styles.append(data)
        elif tag == "script":
            self.scripts.append(data)
        elif data.strip():
            inside = tuple(name for name, _ in self._open)
            self.texts.append(Text(" ".join(data.split()), self._open[-1][1] if self._open else "", inside))

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"a comment: {data[:40]}")

    def ids(self) -> list[str]:
        return [e.attributes["id"] for e in self.elements if "id" in e.attributes]

    def visible(self) -> str:
        return "\n".join(text.words for text in self.texts)


def violations(html: str) -> list[str]:
    """Everything a report may never hold: markup of strangers, requests, scripts, hiding characters."""
    document = Document.of(html)
    found = [*document.faults, *_characters(html), *_styles(document), *_scripts(document)]
    for element in document.elements:
        found += _element(element)
    return found


def _element(element: Element) -> list[str]:
    found = [] if element.tag in TAGS else [f"tag <{element.tag}>"]
    found += [f"attribute {name} in {element.raw[:80]}" for name in element.attributes if name not in ATTRIBUTES]
    if not START_TAG.fullmatch(element.raw):
        found.append(f"not every attribute is quoted: {element.raw[:120]}")
    style, source = element.attributes.get("style", "width:0%"), element.attributes.get("src", "data:image/")
    if not NUMBERS_ONLY.fullmatch(style):
        found.append(f"more than numbers in style={style!r}")
    if not source.startswith("data:image/"):
        found.append(f"a request: src={source!r}")
    return found + _link(element)


def _link(element: Element) -> list[str]:
    href = element.attributes.get("href")
    if href is None or href.startswith("#"):
        return []
    if element.tag != "a":
        return [f"a request: <{element.tag} href={href!r}>"]
    if not re.match(r"https?://[^\s/]", href) or "\\" in href or re.search(r"^https?://[^/]*@", href):
        return [f"a link that is no web address: {href!r}"]
    return [] if element.attributes.get("rel") == REL else [f"a link out without rel: {href!r}"]


def _scripts(document: Document) -> list[str]:
    scripts = [element for element in document.elements if element.tag == "script"]
    found = [f"{len(scripts)} scripts"] if len(scripts) != 1 else []
    found += [f"a script that runs: {s.raw}" for s in scripts if s.attributes.get("type") != "application/json"]
    text = "".join(document.scripts)
    return [*found, "JSON that holds markup or a line end"] if re.search(r"[\x00-\x1f\u2028\u2029<>&]", text) else found


def _styles(document: Document) -> list[str]:
    text = "".join(document.styles)
    return [f"{mark!r} in the style sheet" for mark in ("<", "url(", "@import", "http", "expression") if mark in text]


def _characters(html: str) -> list[str]:
    hiding = {c for c in html if unicodedata.category(c) in HIDING and c not in SPACES_AND_JOINERS}
    return [f"hiding character U+{ord(char):04X}" for char in sorted(hiding)]
