"""DataForSEO SERP API v3, "advanced" and "regular": tasks of results of typed items in the order of the page.

`rank_absolute` counts every element of the page, `rank_group` within a type: the order is theirs, the numbers are
counted again here. Status 40102 is the vendor's own "No Search Results". Source: docs.dataforseo.com/v3/serp.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date

from audit.models import AggregateRating, Device, Feature, Hit, Link, Outcome, Page, SerpQuery, Status
from spiders.address import parameter
from spiders.ask import JSON, ApiRequest, CannotAskError, Keys, Way, address, basic
from spiders.provider import USUAL, Answer, Provider, get, moment, rows, stars, strings, trouble, whole, word

Row = Mapping[str, object]

DONE = range(20000, 30000)
NO_RESULTS = 40102
_TROUBLES = {
    40100: (Status.BLOCKED, "login"),
    40104: (Status.BLOCKED, "access_denied"),
    40200: (Status.BLOCKED, "access_denied"),
    40202: (Status.BLOCKED, "rate_limit"),
    40203: (Status.BLOCKED, "rate_limit"),
    40210: (Status.BLOCKED, "access_denied"),
    40601: (Status.FAILED, "Interrupted"),
    40602: (Status.FAILED, "Interrupted"),
}
"""Not authorised, not verified, payment, rate and cost limits, no funds, task handed over, task in queue."""
_FEATURES = {
    "organic": Feature.ORGANIC,
    "paid": Feature.AD,
    "ai_overview": Feature.AI_ANSWER,
    "featured_snippet": Feature.FEATURED_SNIPPET,
    "answer_box": Feature.FEATURED_SNIPPET,
    "knowledge_graph": Feature.KNOWLEDGE_PANEL,
    "local_pack": Feature.LOCAL_PACK,
    "map": Feature.LOCAL_PACK,
    "people_also_ask": Feature.PEOPLE_ALSO_ASK,
    "top_stories": Feature.TOP_STORIES,
    "news_search": Feature.TOP_STORIES,
    "video": Feature.VIDEO,
    "short_videos": Feature.VIDEO,
    "images": Feature.IMAGE,
    "discussions_and_forums": Feature.DISCUSSION,
    "perspectives": Feature.DISCUSSION,
    "questions_and_answers": Feature.QUESTION_ANSWER,
    "related_searches": Feature.RELATED_SEARCHES,
    "people_also_search": Feature.RELATED_SEARCHES,
}
_ONE = frozenset({"ai_overview", "knowledge_graph", "organic", "paid", "featured_snippet", "answer_box", "local_pack"})
"""Types that are one element of the page; the others are a box of elements, each a hit."""
_ROWS = 10
# ISO 3166-1: letters and number. The vendor's code of a country is 2000 and that number, as in Google's geo targets.
_COUNTRIES = {
    letters: int(digits)
    for letters, digits in re.findall(
        r"([A-Z]{2})(\d{3})",
        "AE784 AR032 AT040 AU036 AZ031 BE056 BG100 BR076 BY112 CA124 CH756 CL152 CN156 CO170 CY196 CZ203 DE276 DK208 "
        "EE233 EG818 ES724 FI246 FR250 GB826 GE268 GR300 HK344 HR191 HU348 ID360 IE372 IL376 IN356 IT380 JP392 KG417 "
        "KR410 KZ398 LT440 LV428 MA504 MD498 MX484 MY458 NG566 NL528 NO578 NZ554 PE604 PH608 PK586 PL616 PT620 RO642 "
        "RS688 RU643 SA682 SE752 SG702 SI705 SK703 TH764 TR792 TW158 UA804 US840 UZ860 VN704 ZA710",
    )
}
_CHINESE = {"baidu": "zh_CN"}  # the vendor's code for simplified Chinese; zh-CN elsewhere. Others are ISO 639-1
_BEST = {"Max5": 5.0, "Percents": 100.0}


class DataForSeo(Provider):
    name = "dataforseo"
    homepage = "https://dataforseo.com/"
    engines = ("google", "bing", "yahoo", "baidu", "naver")
    asks = engines
    address = "https://api.dataforseo.com"
    needs = ("user", "key")
    pages = 1  # `depth` gives the first pages as one list
    verified = date(2026, 11, 1)
    documentation = "https://docs.dataforseo.com/v3/serp/overview/"

    def ask(self, query: SerpQuery, keys: Keys, way: Way = USUAL) -> ApiRequest:
        """`user` and `key` are the API login and the API password of the account."""
        if query.country not in _COUNTRIES:
            raise CannotAskError(f"the code of {query.country or 'no country'} at {self.name} is not known here")
        task = {
            "keyword": query.keyword.replace("%", "%25").replace("+", "%2B"),  # the vendor decodes these once
            "location_code": 2000 + _COUNTRIES[query.country],
            "language_code": _CHINESE.get(query.engine, "zh-CN") if query.language == "zh" else query.language,
            "device": "mobile" if query.device is Device.PHONE else "desktop",
            "depth": _ROWS,
        }
        return ApiRequest(
            "POST",
            address(self.base(way), way.path or f"/v3/serp/{query.engine}/organic/live/advanced"),
            headers=(*JSON, ("Content-Type", "application/json")),
            body=json.dumps([task], ensure_ascii=False).encode(),
            secret_headers=basic(keys),
        )

    def recognises(self, document: object) -> bool:
        return isinstance(document, Mapping) and "tasks" in document and isinstance(get(document, "status_code"), int)

    def answers(self, page: Page, document: object) -> Iterator[Answer]:
        tasks = rows(document, "tasks")
        for task in tasks:
            results = rows(task, "result")
            for result in results:
                yield self._answer(task, result)
            if not results:
                yield self._answer(task, {})
        if not tasks:
            yield Answer(trouble=_trouble(document))

    def _answer(self, task: Row, result: Row) -> Answer:
        asked = get(task, "data")
        address = word(result, "check_url")
        engine = word(asked, "se") or _engine(word(result, "se_domain"))
        product = word(asked, "se_type") or word(result, "type")
        items = _ordered(rows(result, "items"))
        code = whole(get(task, "status_code")) or 0
        return Answer(
            engine=engine if engine in self.engines else "",
            hits=[hit for item in items for hit in _hits(item)],
            keyword=word(result, "keyword") or word(asked, "keyword"),
            corrected=_corrected(result),
            country=parameter(address, "gl", "cc"),
            language=word(result, "language_code") or word(asked, "language_code"),
            device=Device.PHONE if word(asked, "device") == "mobile" else Device.DESKTOP,
            url=address,
            at=moment(word(result, "datetime")),
            trouble=None if code == NO_RESULTS or code in DONE else _trouble(task),
            nothing=word(task, "status_message") or "40102" if code == NO_RESULTS else "",
            vertical="" if product in ("organic", "") else product,
            warnings=_gaps(items),
        )


def _engine(domain: str) -> str:
    """`google` of google.co.uk, `yahoo` of search.yahoo.com, `naver` of search.naver.com."""
    labels = domain.lower().split(".")
    return next((name for name in DataForSeo.engines if name in labels), "")


def _trouble(node: object) -> Outcome:
    code = whole(get(node, "status_code")) or 0
    words = f"{code} {word(node, 'status_message')}"
    if code in _TROUBLES:
        status, kind = _TROUBLES[code]
        return Outcome(status=status, kind=kind, why=words)
    return trouble(words)


def _corrected(result: Row) -> str:
    """Google searched the corrected words by itself; "did you mean" is a suggestion only."""
    kind = word(get(result, "spell"), "type")
    return word(get(result, "spell"), "keyword") if kind in ("showing_results_for", "including_results_for") else ""


def _ordered(items: list[Row]) -> list[Row]:
    """By the vendor's absolute rank; the side column after the main one."""

    def place(item: Row) -> tuple[bool, int]:
        rank = whole(get(item, "rank_absolute"))
        return word(item, "position") == "right", len(items) if rank is None else rank

    return sorted(items, key=place)


def _gaps(items: list[Row]) -> tuple[str, ...]:
    ranks = [whole(get(item, "rank_group")) for item in items if word(item, "type") == "organic"]
    if ranks and ranks != list(range(1, len(ranks) + 1)):
        return (f"the vendor's organic ranks are {', '.join(map(str, ranks))}: rows are missing or start later",)
    return ()


def _hits(item: Row) -> list[Hit]:
    kind = word(item, "type")
    feature = _FEATURES.get(kind, Feature.OTHER)
    if feature is Feature.RELATED_SEARCHES:
        titles = strings(item, "items") or [word(row, "title", "keyword") for row in rows(item, "items")]
        return [Hit(feature=feature, title=title) for title in titles]
    if kind == "ai_overview":
        return [_overview(item)]
    inner = [] if kind in _ONE else rows(item, "items")
    return [_hit(row, feature) for row in inner] or [_hit(item, feature)]


def _hit(item: Row, feature: Feature) -> Hit:
    answer = next(iter(rows(item, "expanded_element")), {})
    return Hit(
        feature=feature,
        title=word(item, "title", "alt", "name"),
        url=word(item, "url") or word(answer, "url"),
        displayed_url=word(item, "breadcrumb", "domain"),
        snippet=word(item, "description", "snippet", "text") or word(answer, "description"),
        date=word(item, "timestamp", "date", "pre_snippet") or None,
        rating=_rating(item),
        source=word(item, "website_name", "source"),
        links=tuple(Link(title=word(link, "title"), url=word(link, "url")) for link in rows(item, "links")),
    )


def _overview(item: Row) -> Hit:
    texts = [text for row in rows(item, "items") for text in (word(row, "title"), word(row, "text")) if text]
    cited = rows(item, "references") or [ref for row in rows(item, "items") for ref in rows(row, "references")]
    return Hit(
        feature=Feature.AI_ANSWER,
        snippet=" ".join(texts) or word(item, "markdown", "text"),
        links=tuple(Link(title=word(ref, "title", "source"), url=word(ref, "url")) for ref in cited),
    )


def _rating(item: Row) -> AggregateRating | None:
    """`votes_count` counts ratings; how many of them wrote a review is not told."""
    given = next(iter(rows(item, "rating")), None)
    if given is None:
        return None
    best = get(given, "rating_max") or _BEST.get(word(given, "rating_type"))
    return stars(get(given, "value"), best=best, votes=get(given, "votes_count"))
