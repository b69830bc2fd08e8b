"""What a page's own markup claims: schema.org nodes (JSON-LD, microdata, RDFa) into ratings and reviews by subject.

Written for markup as it is met, not as it is specified: names in any case, numbers as strings with commas, empty
values, `aggregateRating` as node, list, id, number or null, subjects only named by `@id`, several subjects a page.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias, cast

from audit.models import AggregateRating, Review
from spiders.ratings import DEFAULT_BEST, read_count, read_number
from spiders.tree import fold

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"
Node: TypeAlias = "dict[str, Value]"

MAX_NODES = 20_000  # nodes walked on one page; real pages hold some hundreds
MAX_REVIEWS = 500
# Below these keys stand other subjects: lists of similar things, parts, neighbours.
ASIDE = frozenset(
    (
        *("itemlistelement", "isrelatedto", "issimilarto", "isaccessoryorsparepartfor"),
        *("relatedlink", "hasvariant", "haspart", "mentions"),
    )
)
MAIN = frozenset({"mainentity", "mainentityofpage"})
_NAME = re.compile(r"[^/#:]+$")
_WRAPPER = re.compile(r"^\s*(?:<!--|(?://|/\*)?\s*<!\[CDATA\[\s*(?:\*/)?)|(?:-->|(?://|/\*)?\s*\]\]>\s*(?:\*/)?)\s*$")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_LAST_COMMA = re.compile(r",(?=\s{0,200}[}\]])")
_SCALE = re.compile(r"\d\s?(?:%|/\s?(\d{1,3})\b)")
_RATING_KEY = re.compile(r'"aggregateRating"\s*:\s*(?=\{)', re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,500}>")


@dataclass(frozen=True)
class Claim:
    """What the page says about one subject; `aside` when it stands in a list of others, `main` as the page's topic."""

    subject: str = ""
    url: str = ""
    rating: AggregateRating | None = None
    reviews: tuple[Review, ...] = ()
    main: bool = False
    aside: bool = False
    histogram: dict[str, int] | None = None


def json_ld(script: str) -> list[Node]:
    """Nodes of one JSON-LD script; [] for what cannot be mended (wrappers, control characters, last commas are)."""
    text = _CONTROL.sub(" ", _WRAPPER.sub("", _WRAPPER.sub("", script))).strip().rstrip(";").strip()
    for attempt in (text, _LAST_COMMA.sub("", text), html.unescape(text)):
        try:
            return _nodes(tidy(_several(attempt)))
        except (ValueError, RecursionError):
            continue
    return _salvaged(text)


def _salvaged(text: str) -> list[Node]:
    """The one rating of a script that is broken elsewhere (an unescaped quotation mark in a description)."""
    decoder, found = json.JSONDecoder(strict=False, parse_constant=lambda _: None), []
    for match in _RATING_KEY.finditer(text):
        try:
            found.append(tidy(decoder.raw_decode(text, match.end())[0]))
        except (ValueError, RecursionError):
            continue
    return [{"aggregaterating": found[0]}] if len(found) == 1 else []


def _several(text: str) -> Value:
    """One JSON document, or several written one behind the other."""
    decoder = json.JSONDecoder(strict=False, parse_constant=lambda _: None)
    found: list[Value] = []
    at = 0
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        found.append(value)
        at += len(text[at:]) - len(text[at:].lstrip(" \t\r\n;,"))
    return found


def tidy(value: Value) -> Value:
    """Keys and types by their last part in lower case ("http://schema.org/ratingValue" is "ratingvalue")."""
    if isinstance(value, list):
        return [tidy(item) for item in value]
    if isinstance(value, dict):
        return {_last_part(key): tidy(item) for key, item in value.items()}
    return value


def _last_part(key: str) -> str:
    match = _NAME.search(key)
    return (match.group() if match else key).lower()


def _nodes(value: Value) -> list[Node]:
    return [
        node
        for item in many(value)
        for node in (_nodes(item) if isinstance(item, list) else [item])
        if isinstance(node, dict)
    ]


def many(value: Value) -> list[Value]:
    """A value as a list; None is empty."""
    return value if isinstance(value, list) else [] if value is None else [value]


def words(value: Value) -> str:
    """Text of a value: first filled of a list, `@value` of an object; entities and tags go."""
    for item in many(value):
        inner = item.get("@value", item.get("name")) if isinstance(item, dict) else item
        if isinstance(inner, list | dict):
            return words(inner)
        if inner is not None and not isinstance(inner, bool) and (text := _clean(str(inner))):
            return text
    return ""


def _clean(text: str) -> str:
    """Folded; half surrogates, which JSON escapes can make, entities and tags go."""
    whole = fold(text if text.isascii() else text.encode("utf-8", "ignore").decode())
    return fold(_TAG.sub(" ", html.unescape(whole))) if "<" in whole or "&" in whole else whole


def types(node: Node) -> frozenset[str]:
    return frozenset(_last_part(item) for item in many(node.get("@type")) if isinstance(item, str))


class Claims:
    """All claims of a page's nodes, in page order."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = list(nodes)
        self.ids: dict[str, Node] = {}
        self.used: set[str] = set()
        """Ids of ratings that a subject points to: such a rating is no claim of its own."""
        for node, _, _, _ in self._walk():
            if name := _id(node):
                self.ids[name] = {**self.ids.get(name, {}), **node}

    def __iter__(self) -> Iterator[Claim]:
        walked = list(self._walk())
        self.used = {
            _id(item) if isinstance(item, dict) else words(item)
            for node, *_ in walked
            for item in many(node.get("aggregaterating"))
        }
        for node, key, main, aside in walked:
            claim = self._claim(node, key)
            if claim is not None:
                yield replace(claim, main=main, aside=aside)

    def _walk(self) -> Iterator[tuple[Node, str, bool, bool]]:
        """Every node with the key it stands under, depth first, in page order."""
        stack: list[tuple[Value, str, bool, bool]] = [(node, "", False, False) for node in reversed(self.nodes)]
        left = MAX_NODES
        while stack and left:
            value, key, main, aside = stack.pop()
            if isinstance(value, list):
                stack += [(item, key, main, aside) for item in reversed(value)]
            elif isinstance(value, dict):
                left -= 1
                yield value, key, main, aside
                stack += [
                    (child, name, name in MAIN, aside or name in ASIDE)
                    for name, child in reversed(value.items())
                    if isinstance(child, list | dict)
                ]

    def _claim(self, node: Node, key: str) -> Claim | None:
        kinds = types(node)
        if any(kind.endswith("aggregaterating") for kind in kinds):  # EmployerAggregateRating too
            alone = key != "aggregaterating" and _id(node) not in self.used - {""}
            return self._of(node.get("itemreviewed"), self._rating(node), ()) if alone else None
        if "review-aggregate" in kinds:  # data-vocabulary.org, schema.org's forerunner
            return self._of(node.get("itemreviewed"), _forerunner(node), ())
        if _is_review(node) and key not in ("review", "reviews"):
            return self._of(node.get("itemreviewed"), None, (review(node),))
        ratings = [self._rating(item) for item in many(node.get("aggregaterating"))]
        rating = next((item for item in ratings if item is not None), None)
        opinions = tuple(self._reviews(node))
        return self._of(node, rating, opinions) if rating is not None or opinions else None

    def _of(self, subject: Value, rating: AggregateRating | None, reviews: tuple[Review, ...]) -> Claim:
        node = self._resolved(next(iter(many(subject)), None))
        if isinstance(node, dict):
            return Claim(words(node.get("name")), _address(node), rating, reviews)
        return Claim(words(node), "", rating, reviews)

    def _reviews(self, node: Node) -> Iterator[Review]:
        for key in ("review", "reviews"):
            for item in many(node.get(key))[:MAX_REVIEWS]:
                found = self._resolved(item)
                if isinstance(found, dict) and (_is_review(found) or not types(found)) and len(found) > 1:
                    yield review(found)

    def _rating(self, value: Value) -> AggregateRating | None:
        found = self._resolved(value)
        return aggregate(found) if isinstance(found, dict) else None

    def _resolved(self, value: Value) -> Value:
        """A node for its id, whether written as {"@id": ...} or as a bare string."""
        name = _id(value) if isinstance(value, dict) and len(value) == 1 else value if isinstance(value, str) else ""
        return self.ids.get(name, value) if name else value


def _id(node: Value) -> str:
    name = node.get("@id") if isinstance(node, dict) else None
    return name if isinstance(name, str) else ""


def _address(node: Node) -> str:
    for key in ("url", "@id", "mainentityofpage"):
        value = next(iter(many(node.get(key))), None)
        text = _id(value) if isinstance(value, dict) else words(value)
        if "//" in text or text.startswith("/"):
            return text
    return ""


def _is_review(node: Node) -> bool:
    return any(kind.endswith("review") for kind in types(node)) or "reviewbody" in node or "reviewrating" in node


def _forerunner(node: Node) -> AggregateRating | None:
    """A Review-aggregate of data-vocabulary.org: `votes` are ratings, `count` are reviews."""
    shown = next((item for item in many(node.get("rating")) if isinstance(item, dict)), node)
    value = number(shown.get("average")) if "average" in shown else number(shown.get("value", node.get("rating")))
    votes, reviews = count(node.get("votes")), count(node.get("count"))
    if value is None and votes is None and reviews is None:
        return None
    return scaled(value, number(shown.get("best")), number(shown.get("worst")), votes, reviews)


def aggregate(node: Mapping[str, Value]) -> AggregateRating | None:
    """An AggregateRating node; None when it says nothing. Four stars from 0 votes is no value, but a count of 0."""
    value = number(node.get("ratingvalue"))
    votes, reviews = count(node.get("ratingcount")), count(node.get("reviewcount"))
    best, worst = number(node.get("bestrating")), number(node.get("worstrating"))
    if value is None and votes is None and reviews is None:
        return None
    if best is None:  # "87 %", "8.5/10": the scale stands in the value
        scale = _SCALE.search(words(node.get("ratingvalue")))
        best = None if scale is None else float(scale[1] or 100)
        worst = 0.0 if worst is None and best == 100 else worst
    return scaled(value, best, worst, votes, reviews)


def scaled(
    value: float | None, best: float | None, worst: float | None, votes: int | None, reviews: int | None
) -> AggregateRating:
    """A rating on its scale. schema.org: bestRating omitted is 5. A value off its scale, or of nobody, is None."""
    counts = [number for number in (votes, reviews) if number is not None]
    unrated = value == 0 and (worst or 0) >= 0 and not any(counts)
    if value is not None and (unrated or (counts and not any(counts)) or (best is not None and value > best)):
        value = None
    if best is None and value is not None and value <= DEFAULT_BEST:
        best = DEFAULT_BEST
    return AggregateRating(value=value, best=best, worst=worst, rating_count=votes, review_count=reviews)


def score(value: Value, *, best: float = DEFAULT_BEST, worst: float | None = None) -> AggregateRating | None:
    """The stars of one opinion, or None where there are none."""
    shown = number(value)
    return None if shown is None else scaled(shown, best, worst, None, None)


def number(value: Value) -> float | None:
    """A rating number: "4,667" is a decimal comma here, no rating is written in thousands."""
    text = words(value)
    if re.fullmatch(r"\d{1,3},\d{1,15}", text):
        text = text.replace(",", ".")
    return read_number(text) if text else None


def count(value: Value) -> int | None:
    text = words(value)
    whole = re.fullmatch(r"(\d{1,12})\.0+", text)
    return int(whole[1]) if whole else read_count(text) if text else None


def review(node: Node) -> Review:
    """One opinion without its author. The date stays as written; the base class reads it."""
    stars = next((item for item in many(node.get("reviewrating")) if isinstance(item, dict)), None)
    score = None if stars is None else number(stars.get("ratingvalue"))
    rating = None
    if stars is not None and score is not None:
        rating = scaled(score, number(stars.get("bestrating")), number(stars.get("worstrating")), None, None)
    return Review(
        rating=rating,
        title=words(node.get("headline")) or words(node.get("name")),
        text=words(node.get("reviewbody")) or words(node.get("description")),
        date=words(node.get("datepublished")) or None,
        language=words(node.get("inlanguage"))[:2].lower(),
    )


def from_microdata(items: Iterable[Mapping[str, object]]) -> list[Node]:
    """extruct's microdata items as nodes like those of JSON-LD."""
    return [_microdata(cast("Mapping[str, Value]", item)) for item in items]


def _microdata(item: Mapping[str, Value]) -> Node:
    node: Node = {"@type": item.get("type")}
    if isinstance(item.get("id"), str):
        node["@id"] = item["id"]
    properties = item.get("properties")
    for key, value in properties.items() if isinstance(properties, dict) else ():
        values = [_microdata(part) if isinstance(part, dict) else part for part in many(value)]
        node[_last_part(key)] = cast("Value", values)
    return node
