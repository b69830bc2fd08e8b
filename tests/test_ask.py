"""APIs asked: the very request of each, and what becomes of every answer, through the real Scrapy and the gate."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import pytest

from audit.brief import Brief, parse_brief
from audit.errors import BriefError, UsageError
from audit.models import Device, Evidence, Page, SerpQuery, Snapshot
from spiders.apis import Apis, askable, by_hand, keyring, secret_names
from spiders.archive.visits import Purpose, replay_files
from spiders.ask import ApiRequest, CannotAskError, Way
from spiders.browser.fetch import Fetcher, Options
from spiders.collect import collect
from spiders.gate.egress import Address, OwnHost, Rule, closed, own_refusal
from spiders.gate.gate import Gate
from spiders.gate.pace import Manners
from spiders.live import Live, read_run
from spiders.registry import providers
from spiders.run import Errand, Kept, Run
from spiders.secret import Keyring, Secret
from tests.web import FAULTS, Handler, LoopbackRule, Web, answer, hang, raw, routes, whole

FIXTURES = Path(__file__).parent / "fixtures"
SWIFT = Manners(delay=0.0, jitter=0.0, total=20.0)
BASIC = "Basic " + base64.b64encode(b"user-of-it:key-of-it").decode()


def keys_of(name: str) -> dict[str, Secret]:
    return {secret: Secret(f"{secret}-of-it") for secret in (*providers()[name].needs, *providers()[name].takes)}


def request_of(name: str, query: SerpQuery, way: Way | None = None) -> dict[str, Any]:
    """What goes over the wire: method, address and its parameters, headers, body."""
    made = providers()[name].ask(query, keys_of(name), way or Way())
    parts = urlsplit(made.sent_url)
    found: dict[str, Any] = {"at": f"{made.method} {parts.scheme}://{parts.netloc}{parts.path}"}
    found |= {"query": dict(parse_qsl(parts.query))} if parts.query else {}
    found |= {"body": json.loads(made.body)} if made.body else {}
    return found | {"headers": {k: v for k, v in made.sent_headers.items() if k not in ("Accept", "Content-Type")}}


ENGLISH = SerpQuery(engine="google", keyword="Lumivelo & отзывы+", country="GB", language="en")
JSON_FORMAT = {"format": "json"}


def test_brave() -> None:
    query = ENGLISH.model_copy(update={"engine": "brave", "page": 2})
    assert request_of("brave_api", query) == {
        "at": "GET https://api.search.brave.com/res/v1/web/search",
        "query": {"q": query.keyword, "count": "20", "offset": "1", "country": "GB", "search_lang": "en"},
        "headers": {"X-Subscription-Token": "key-of-it"},
    }
    chinese = query.model_copy(update={"country": "UA", "language": "zh"})
    assert request_of("brave_api", chinese)["query"] | {"q": ""} == {
        "q": "", "count": "20", "offset": "1", "country": "ALL", "search_lang": "zh-hans",
    }  # fmt: skip


@pytest.mark.parametrize("form", ["html", "xml"])
def test_yandex_in_both_formats(form: str) -> None:
    query = SerpQuery(engine="yandex", keyword="Люмивело", country="RU", language="ru")
    assert request_of("yandex_api", query, Way(format=form)) == {
        "at": "POST https://searchapi.api.cloud.yandex.net/v2/web/search",
        "body": {
            "query": {"searchType": "SEARCH_TYPE_RU", "queryText": "Люмивело", "page": "0"},
            "groupSpec": {"groupMode": "GROUP_MODE_FLAT", "groupsOnPage": "10", "docsInGroup": "1"},
            "l10n": "LOCALIZATION_RU",
            "folderId": "id-of-it",
            "responseFormat": f"FORMAT_{form.upper()}",
            "region": "225",
        },
        "headers": {"Authorization": "Api-Key key-of-it"},
    }
    abroad = query.model_copy(update={"country": "UA", "language": "uk", "page": 2})
    body = request_of("yandex_api", abroad)["body"]
    assert (body["query"]["searchType"], body["l10n"]) == ("SEARCH_TYPE_COM", "LOCALIZATION_EN")
    assert (body["query"]["page"], body["responseFormat"], "region" in body) == ("1", "FORMAT_HTML", False)


def test_naver_on_both_hosts() -> None:
    query = SerpQuery(engine="naver", keyword="루미벨로", country="KR", language="ko", page=2)
    plain = {"query": "루미벨로", "display": "10", "start": "11"}
    assert request_of("naver_api", query) == {
        "at": "GET https://naverapihub.apigw.ntruss.com/search/v1/webkr",
        "query": plain | JSON_FORMAT,
        "headers": {"X-NCP-APIGW-API-KEY-ID": "id-of-it", "X-NCP-APIGW-API-KEY": "key-of-it"},
    }
    assert request_of("naver_api", query, Way(format="openapi")) == {
        "at": "GET https://openapi.naver.com/v1/search/webkr.json",
        "query": plain,
        "headers": {"X-Naver-Client-Id": "id-of-it", "X-Naver-Client-Secret": "key-of-it"},
    }
    assert request_of("naver_api", query, Way(path="/search/v1/web"))["at"].endswith("/search/v1/web")


SERPAPI = {
    "google": {"q": "x", "gl": "gb", "hl": "en", "device": "mobile", "start": "10"},
    "bing": {"q": "x", "cc": "gb", "setlang": "en", "device": "mobile", "first": "11"},
    "baidu": {"q": "x", "device": "mobile", "pn": "10"},
    "yandex": {"text": "x", "lang": "en", "p": "1"},
    "naver": {"query": "x", "page": "2"},
    "duckduckgo": {"q": "x", "kl": "uk-en", "start": "10"},
    "yahoo": {"p": "x", "vc": "gb", "vl": "en", "b": "11"},
}


@pytest.mark.parametrize("engine", SERPAPI)
def test_serpapi_asks_each_engine_in_its_own_words(engine: str) -> None:
    query = SerpQuery(engine=engine, keyword="x", country="GB", language="en", device=Device.PHONE, page=2)
    assert request_of("serpapi", query) == {
        "at": "GET https://serpapi.com/search.json",
        "query": {"engine": engine, **SERPAPI[engine], "api_key": "key-of-it"},
        "headers": {},
    }


def test_serpapis_key_is_in_the_sent_address_only() -> None:
    made = providers()["serpapi"].ask(ENGLISH, keys_of("serpapi"))
    assert "key-of-it" in made.sent_url
    assert "key-of-it" not in f"{made!r} {made.url} {made.headers} {made.body!r}"


def test_dataforseo() -> None:
    assert request_of("dataforseo", ENGLISH) == {
        "at": "POST https://api.dataforseo.com/v3/serp/google/organic/live/advanced",
        "body": [
            {
                "keyword": "Lumivelo & отзывы%2B",
                "location_code": 2826,
                "language_code": "en",
                "device": "desktop",
                "depth": 10,
            }
        ],
        "headers": {"Authorization": BASIC},
    }
    chinese = SerpQuery(engine="baidu", keyword="露米维洛", country="CN", language="zh", device=Device.PHONE)
    (task,) = request_of("dataforseo", chinese)["body"]
    assert (task["location_code"], task["language_code"], task["device"]) == (2156, "zh_CN", "mobile")
    with pytest.raises(CannotAskError, match="the code of AQ at dataforseo is not known here"):
        request_of("dataforseo", ENGLISH.model_copy(update={"country": "AQ"}))


def test_services_on_an_own_host() -> None:
    here = Way(address="http://127.0.0.1:8888")
    assert request_of("searxng", ENGLISH, here) == {
        "at": "GET http://127.0.0.1:8888/search",
        "query": {"q": ENGLISH.keyword, "engines": "google", "language": "en-GB", "pageno": "1"} | JSON_FORMAT,
        "headers": {"Authorization": BASIC},
    }
    duck = ENGLISH.model_copy(update={"engine": "duckduckgo", "page": 2})
    assert request_of("openserp", duck, here) == {
        "at": "GET http://127.0.0.1:8888/duck/search",
        "query": {"text": ENGLISH.keyword, "lang": "EN", "region": "GB", "limit": "10", "start": "10"},
        "headers": {"Authorization": BASIC},
    }
    made = providers()["searxng"].ask(ENGLISH, {}, here)
    assert "Authorization" not in made.sent_headers
    with pytest.raises(CannotAskError, match="host of your own"):
        providers()["openserp"].ask(ENGLISH, {})


def test_every_provider_asks_for_what_it_says_and_shows_no_key() -> None:
    assert set(providers()) - set(askable()) == {"google_cse"}, "retired: saved responses only"
    with pytest.raises(CannotAskError):
        providers()["google_cse"].ask(ENGLISH, {})
    for name, able in askable().items():
        plug, way = providers()[name], Way(address="https://api.example/base")
        assert set(able.engines) <= set(plug.engines)
        for engine in able.engines:
            made = plug.ask(ENGLISH.model_copy(update={"engine": engine}), keys_of(name), way)
            assert made.sent_url.startswith("https://api.example/base/")
            assert "of-it" not in f"{made!r} {made} {made.url} {made.headers}"
            assert len(made.secrets) >= 1


def test_a_key_written_into_an_address_by_hand_is_taken_apart() -> None:
    asked = by_hand(Errand("https://serpapi.com/search.json?q=a%20b&api_key=key-of-it", Purpose.API))
    assert asked.errand.url == asked.request.url == "https://serpapi.com/search.json?q=a+b"
    assert asked.request.sent_url == "https://serpapi.com/search.json?q=a+b&api_key=key-of-it"
    plain = by_hand(Errand("https://a.example/?q=a%20b", Purpose.API))
    assert (plain.request.sent_url, plain.request.secrets) == ("https://a.example/?q=a%20b", ())


# ---------------------------------------------------------------- the brief

BRIEF = """
[brand]
name = "Velmora"
domains = ["velmora.example"]

[[markets]]
country = "{country}"
language = "{language}"
engines = {engines}
kinds = []
keywords = {keywords}

[collect]
suggestions = false
landings = {landings}
"""


def brief_of(tables: str, engines: Sequence[str], **more: Any) -> Brief:
    usual = {"country": "GB", "language": "en", "keywords": ["Velmora kettle"], "landings": 0}
    facts = usual | more | {"engines": json.dumps(list(engines))}
    facts["keywords"] = json.dumps(facts["keywords"], ensure_ascii=False)
    return parse_brief(BRIEF.format(**facts) + tables, engines=(), providers=askable())


WRONG = {
    "[providers.brave]\nengines = ['brave']": "'brave' is no API that can be asked; known: brave_api",
    "[providers.google_cse]\nengines = ['google']": "'google_cse' is no API that can be asked",
    "[providers.brave_api]\nengines = ['google']": "brave_api cannot be asked for 'google'; it can for brave",
    "[providers.serpapi]\nengines = []": "at least 1 item",
    "[providers.serpapi]\nengine = ['google']": "Did you mean 'engines'?",
    "[providers.serpapi]\nengines = ['google']\nkey = 'CANARY'": "a secret does not stand in a brief",
    "[providers.serpapi]\nengines = ['google']\n[providers.searxng]\nengines = ['google']": "both serpapi and searxng",
    "[providers.yandex_api]\nengines = ['yandex']\nformat = 'pdf'": "no format of yandex_api; it has html, xml",
    "[providers.searxng]\nengines = ['bing']\naddress = 'http://me:CANARY@x.example'": "without user name and query",
    "[providers.searxng]\nengines = ['bing']\naddress = 'ftp://x.example'": "this is no base address",
    "[providers.searxng]\nengines = ['bing']\naddress = 'https://x.example?key=CANARY'": "this is no base address",
    "[providers.searxng]\nengines = ['bing']\nown_host = 'me:CANARY@x'": "this is no host name",
    "[providers.searxng]\nengines = ['bing']\naddress = 'http://a.lan'\nown_host = 'b.lan'": "not the host of address",
    "[providers.naver_api]\nengines = ['naver']\npath = 'web?key=CANARY'": "this is no path",
}


@pytest.mark.parametrize("table", WRONG)
def test_wrong_tables_are_named_without_their_secrets(table: str) -> None:
    with pytest.raises(BriefError) as wrong:
        brief_of(table, ["google", "bing"])
    assert WRONG[table] in str(wrong.value)
    assert "CANARY" not in str(wrong.value)


def test_a_password_in_an_address_is_not_repeated() -> None:
    with pytest.raises(BriefError) as wrong:
        parse_brief(BRIEF.format(country="GB", language="en", engines='["bing"]', keywords="[]", landings=0)
                    + 'reviews = ["ftp://me:CANARY@x.example"]')  # fmt: skip
    assert "ftp://***@x.example" in str(wrong.value)
    assert "CANARY" not in str(wrong.value)


def test_routes_belong_to_what_was_asked_but_hosts_do_not() -> None:
    plain = brief_of("", ["google"])
    table = "[providers.searxng]\nengines = ['google']\n"
    routed = brief_of(table, ["google"])
    assert plain.digest() != routed.digest() == brief_of(table + "address = 'https://x.example'", ["google"]).digest()
    assert [routed.asked_of(cell) for cell in routed.plan()] == ["searxng"]
    assert [plain.asked_of(cell) for cell in plain.plan()] == [""]


MISSING = {
    "naver_api": ("[providers.naver_api]\nengines = ['naver']", {}, "REPAUDIT_NAVER_API_KEY and REPAUDIT_NAVER_API_ID"),
    "searxng": ("[providers.searxng]\nengines = ['bing']", {}, "Write address under [providers.searxng]"),
    "host": ("[providers.searxng]\nengines = ['bing']\nown_host = 'a.lan'",
             {"REPAUDIT_SEARXNG_ADDRESS": "http://b.lan"}, "is not the host of its address"),
    "clear": ("[providers.brave_api]\nengines = ['brave']\naddress = 'http://proxy.example'",
              {"REPAUDIT_BRAVE_API_KEY": "CANARY"}, "without encryption"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISSING)
def test_what_is_missing_is_said_before_anything_is_sent(case: str) -> None:
    table, environment, words = MISSING[case]
    with pytest.raises(UsageError) as missing:
        Apis(brief_of(table, ["naver", "bing", "brave"]), keyring(None, environment), environment)
    assert words in str(missing.value)
    assert "CANARY" not in str(missing.value)


# ---------------------------------------------------------------- over the wire


class Heard(NamedTuple):
    host: str
    path: str
    headers: dict[str, str]
    body: bytes


def heard(by: list[Heard], then: Handler) -> Handler:
    """Writes down the whole request, then answers."""

    async def handle(request: Any, reader: Any, writer: Any) -> None:
        body = await reader.readexactly(int(request.headers.get("content-length", 0)))
        by.append(Heard(request.host, request.path, request.headers, body))
        await then(request, reader, writer)

    return handle


def kept(page: Page) -> Evidence:
    assert page.evidence is not None
    return page.evidence


class HouseRule(LoopbackRule):
    """The stand-ins are public, but for those that play somebody's own network."""

    def __init__(self, web: Web, private: set[str]) -> None:
        super().__init__(web)
        self._private = private

    def refusal(self, address: Address) -> str:
        return closed(address) if str(address) in self._private else super().refusal(address)


class Told(NamedTuple):
    snapshot: Snapshot
    heard: list[Heard]
    lines: list[str]

    @property
    def outcomes(self) -> dict[str, str]:
        return {serp.query.engine: str(serp.outcome) for serp in self.snapshot.serps}


HOSTS = {
    "brave_api": "api.search.brave.com",
    "yandex_api": "searchapi.api.cloud.yandex.net",
    "naver_api": "naverapihub.apigw.ntruss.com",
    "serpapi": "serpapi.com",
    "dataforseo": "api.dataforseo.com",
}
OWN = "searx.lan"


async def sitting(
    folder: Path, brief: Brief, handlers: dict[str, Handler], *, web: Web, private: tuple[str, ...] = ()
) -> Told:
    """One run of these cells through gate, Scrapy and archive; no browser is ever started."""
    by: list[Heard] = []
    for name, handler in handlers.items():
        if name not in web.names:
            await web.site(name, heard(by, handler), tls="good" if "." in name and not name.endswith(".lan") else "")
    os.environ["SSL_CERT_FILE"] = str(folder.parent / "root.pem")
    (folder.parent / "root.pem").write_text(web.authority.root(), "utf-8")
    rule = HouseRule(web, {web.names[name][0][0] for name in private})
    lines: list[str] = []
    keys = Keyring({name: keys_of(name) for name in secret_names()})
    with Run(folder, tool="test", clock=lambda: datetime.now(UTC), keep=kept) as run:
        async with Gate(egress=web.egress(rule), manners=SWIFT) as gate:
            live = Live(brief, run, gate, told=lines.append, keys=keys)
            await live.collect(Fetcher(Options(program="")))
        snapshot = snapshot_of(brief, run.visits)
    return Told(snapshot, by, lines)


def snapshot_of(brief: Brief, visits: Sequence[Kept]) -> Snapshot:
    found = read_run(brief, visits)
    assert found.taken_at is not None
    return collect(brief, found.arrivals, taken_at=found.taken_at, tool="test", beside=found.beside)


def replayed(brief: Brief, folder: Path) -> Snapshot:
    visits = [Kept(entry.visit, entry.page) for entry in replay_files([folder]) if entry.visit is not None]
    return snapshot_of(brief, visits)


@pytest.fixture(autouse=True)
def _trust(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "")  # put back afterwards; Scrapy trusts what the system trusts


def fixture(name: str) -> bytes:
    return (FIXTURES / "providers" / name / "response.json").read_bytes()


def json_answer(body: bytes, status: int = 200, **headers: str) -> Handler:
    return answer(status, body, content_type="application/json", **headers)


YANDEX_PAGE = json.dumps(
    {"rawData": base64.b64encode((FIXTURES / "engines/yandex/results/page.html").read_bytes()).decode()}
).encode()


class Case(NamedTuple):
    provider: str
    engine: str
    body: bytes
    keyword: str = "Velmora kettle"
    more: str = ""
    host: str = ""


ANSWERS = {
    "brave_api": Case("brave_api", "brave", fixture("brave_api/page_order")),
    "yandex xml": Case("yandex_api", "yandex", fixture("yandex_api/xml_in_json"), "чайник Велмора", "format = 'xml'"),
    "yandex html": Case("yandex_api", "yandex", YANDEX_PAGE, "lumivelo"),
    "naver hub": Case("naver_api", "naver", fixture("naver_api/web"), "벨모라"),
    "naver old": Case(
        "naver_api", "naver", fixture("naver_api/web"), "벨모라", "format = 'openapi'", "openapi.naver.com"
    ),
    "serpapi": Case("serpapi", "google", fixture("serpapi/google")),
    "dataforseo": Case("dataforseo", "google", fixture("dataforseo/advanced")),
    "searxng": Case("searxng", "bing", fixture("searxng/three_engines"), more="own", host=OWN),
    "openserp": Case("openserp", "google", fixture("openserp/many_engines"), more="own", host=OWN),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_lands_in_the_snapshot_and_replays(tmp_path: Path, name: str) -> None:
    case = ANSWERS[name]

    async def go() -> tuple[Brief, Told]:
        async with Web() as web:
            more = f"address = 'http://{OWN}:{web.port}'\nown_host = '{OWN}'" if case.more == "own" else case.more
            table = f"[providers.{case.provider}]\nengines = ['{case.engine}']\n{more}"
            brief = brief_of(table, [case.engine], keywords=[case.keyword])
            host = case.host or HOSTS[case.provider]
            private = (OWN,) if host == OWN else ()
            told = await sitting(tmp_path / "run", brief, {host: json_answer(case.body)}, web=web, private=private)
            assert web.accepts == []
            return brief, told

    brief, told = asyncio.run(go())
    (serp,) = told.snapshot.serps
    assert (str(serp.outcome), serp.source) == ("RESULTS", f"api:{case.provider}"), serp.outcome.why
    assert serp.query == brief.plan()[0]
    assert serp.organic
    assert serp.evidence is not None
    assert "of-it" not in told.snapshot.model_dump_json()
    (request,) = told.heard
    assert "of-it" in f"{request.path} {request.headers} {request.body!r}" or "Basic" in str(request.headers)
    assert request.headers["user-agent"] == "repaudit"
    assert replayed(brief, tmp_path / "run") == told.snapshot


SEVEN = {
    "google": "serpapi",
    "bing": "dataforseo",
    "brave": "brave_api",
    "yandex": "yandex_api",
    "naver": "naver_api",
    "duckduckgo": "openserp",
    "yahoo": "searxng",
}


def seven(port: int) -> Brief:
    own = f"address = 'http://{OWN}:{port}'\nown_host = '{OWN}'\n"
    tables = [
        f"[providers.{name}]\nengines = ['{engine}']\n{'' if name in HOSTS else own}" for engine, name in SEVEN.items()
    ]
    return brief_of("".join(tables), list(SEVEN))


def ask_seven(folder: Path, handler: Handler) -> tuple[Brief, Told]:
    async def go() -> tuple[Brief, Told]:
        async with Web() as web:
            brief = seven(web.port)
            told = await sitting(folder, brief, dict.fromkeys((*HOSTS.values(), OWN), handler), web=web, private=(OWN,))
            return brief, told

    return asyncio.run(go())


BAD: dict[str, tuple[Handler, set[str]]] = {
    "401": (json_answer(b'{"error": "no"}', 401), {"BLOCKED login", "SKIPPED suspended"}),
    "403": (json_answer(b'{"detail": "no"}', 403), {"BLOCKED access_denied", "SKIPPED suspended"}),
    "429": (answer(429, b"slow down", retry_after="60"), {"BLOCKED rate_limit", "SKIPPED suspended"}),
    "500": (answer(500, b"<html>oops</html>"), {"FAILED HttpStatus"}),
    "503": (json_answer(b"{}", 503), {"FAILED HttpStatus", "SKIPPED suspended"}),
    "html": (answer(200, b"<html><body>The proxy of this hotel</body></html>"), {"UNRECOGNISED unknown_source"}),
    "garbage": (json_answer(b"\x00\xff{[[[not json"), {"UNRECOGNISED unknown_source"}),
    "half": (json_answer(b'{"organic_results": [{"title": "Velmo'), {"UNRECOGNISED unknown_source"}),
    "of another": (json_answer(b'{"hello": "world"}'), {"UNRECOGNISED unknown_source"}),
    "empty": (json_answer(b""), {"FAILED Empty"}),
    "zip": (answer(200, b"PK\x03\x04", content_type="application/zip"), {"FAILED NotHtml"}),
    "redirect": (raw(whole(302, b"", location="https://evil.example/")), {"FAILED RedirectRefused"}),
    "cut": (FAULTS["length_over_body"][0], {"FAILED DataLoss"}),
    "bomb": (FAULTS["gzip_bomb"][0], {"FAILED TooLarge"}),
    "reset": (FAULTS["reset"][0], {"FAILED Reset"}),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_every_bad_answer_is_named(tmp_path: Path, name: str) -> None:
    handler, wanted = BAD[name]
    brief, told = ask_seven(tmp_path / "run", handler)
    assert len(told.snapshot.serps) == len(SEVEN)
    assert set(told.outcomes.values()) == wanted
    assert {serp.source for serp in told.snapshot.serps} == {f"api:{name}" for name in SEVEN.values()}
    assert "evil.example" not in {request.host for request in told.heard}
    assert replayed(brief, tmp_path / "run") == told.snapshot
    assert "of-it" not in told.snapshot.model_dump_json() + "".join(told.lines)


def test_an_api_that_hangs_ends_in_a_deadline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.test_ask.SWIFT", SWIFT._replace(total=1.0))
    _, told = ask_seven(tmp_path / "run", hang)
    assert set(told.outcomes.values()) == {"FAILED Deadline"}


MANY = [f"Velmora kettle {n}" for n in range(5)]


@pytest.mark.parametrize(
    ("handler", "first"),
    [
        (answer(429, b"{}", retry_after="3600"), "BLOCKED rate_limit"),
        (answer(403, b"{}"), "BLOCKED access_denied"),
        (answer(401, b"{}"), "BLOCKED login"),
    ],
)
def test_after_a_refusal_the_others_are_not_asked(tmp_path: Path, handler: Handler, first: str) -> None:
    brief = brief_of("[providers.brave_api]\nengines = ['brave']", ["brave"], keywords=MANY)

    async def go() -> tuple[Told, Told]:
        async with Web() as web:
            hosts = {HOSTS["brave_api"]: handler}
            return (
                await sitting(tmp_path / "run", brief, hosts, web=web),
                await sitting(tmp_path / "other", brief, {}, web=web),
            )

    told, _ = asyncio.run(go())
    assert len(told.heard) == 2, "once, and once more for a new run without memory"
    assert sorted(str(serp.outcome) for serp in told.snapshot.serps) == sorted([first, *["SKIPPED suspended"] * 4])


def test_what_an_api_answered_is_not_asked_again(tmp_path: Path) -> None:
    case = ANSWERS["brave_api"]
    brief = brief_of("[providers.brave_api]\nengines = ['brave']", ["brave"])

    async def go() -> tuple[Told, Told]:
        async with Web() as web:
            hosts = {HOSTS["brave_api"]: json_answer(case.body)}
            first = await sitting(tmp_path / "run", brief, hosts, web=web)
            return first, await sitting(tmp_path / "run", brief, hosts, web=web)

    first, second = asyncio.run(go())
    assert len(first.heard) == 1
    assert first.snapshot == second.snapshot


def test_pages_an_api_cannot_give_are_not_asked_and_say_why(tmp_path: Path) -> None:
    text = BRIEF.format(country="GB", language="en", engines='["google"]', keywords='["Velmora kettle"]', landings=0)
    text = text.replace("kinds = []", "kinds = []\npages = 2") + "[providers.dataforseo]\nengines = ['google']"
    brief = parse_brief(text, providers=askable())

    async def go() -> Told:
        async with Web() as web:
            hosts = {HOSTS["dataforseo"]: json_answer(fixture("dataforseo/advanced"))}
            return await sitting(tmp_path / "run", brief, hosts, web=web)

    told = asyncio.run(go())
    assert [str(serp.outcome) for serp in told.snapshot.serps] == ["RESULTS", "SKIPPED not_asked"]
    assert told.snapshot.serps[1].outcome.why == "dataforseo cannot be asked for page 2 alone"
    assert replayed(brief, tmp_path / "run") == told.snapshot


# ---------------------------------------------------------------- own hosts


def linking(url: str) -> bytes:
    """A SearXNG answer whose first row leads into the house."""
    row = {
        "url": url,
        "title": "Velmora kettle",
        "content": "",
        "engine": "bing",
        "engines": ["bing"],
        "positions": [1],
    }
    return json.dumps({"query": "Velmora kettle", "results": [row], "unresponsive_engines": []}).encode()


def to_own_host(folder: Path, own: str) -> tuple[Told, Web]:
    async def go() -> tuple[Told, Web]:
        async with Web() as web:
            base = f"http://{OWN}:{web.port}"
            table = f"[providers.searxng]\nengines = ['bing']\naddress = '{base}'\n{own}"
            brief = brief_of(table, ["bing"], landings=1)
            if not own:
                table = table.replace("http://", "https://")
                brief = brief_of(table, ["bing"], landings=1)
            handler = routes(search=json_answer(linking(f"{base}/admin")), admin=answer(), robots_txt=answer(404))
            return await sitting(folder, brief, {OWN: handler}, web=web, private=(OWN,)), web

    return asyncio.run(go())


def test_an_own_host_is_for_its_api_and_never_for_result_pages(tmp_path: Path) -> None:
    told, web = to_own_host(tmp_path / "run", f"own_host = '{OWN}'")
    assert told.outcomes == {"bing": "RESULTS"}
    assert [request.path.partition("?")[0] for request in told.heard] == ["/search"]
    (landing,) = told.snapshot.landings or (None,)
    assert landing is None or str(landing.outcome) == "FAILED EgressRefused"
    assert web.accepts == []


def test_without_leave_a_private_host_is_not_dialled(tmp_path: Path) -> None:
    told, web = to_own_host(tmp_path / "run", "")
    assert told.outcomes == {"bing": "FAILED EgressRefused"}
    assert told.heard == []
    assert web.dials == []


def test_own_hosts_are_very_hosts_and_ports() -> None:
    rule = Rule().admitting([OwnHost("127.0.0.1", 8888), OwnHost("searx.lan", 80)])
    assert rule.is_own("127.0.0.1", 8888)
    for host, port in (("127.0.0.1", 80), ("127.0.0.2", 8888), ("a.searx.lan", 80), ("searx.lan", 443)):
        assert not rule.is_own(host, port)
    assert not Rule().is_own("127.0.0.1", 8888)


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fe80::1", "100.100.100.200", "::ffff:169.254.169.254", "0.0.0.0", "224.0.0.1"]
)
def test_no_own_host_leads_to_a_cloud_s_metadata(address: str) -> None:
    from ipaddress import ip_address

    assert own_refusal(ip_address(address))
    assert not own_refusal(ip_address("127.0.0.1"))
    assert not own_refusal(ip_address("192.168.1.7"))


def test_only_live_collection_makes_way_to_own_hosts() -> None:
    rooms = Path(__file__).resolve().parent.parent
    files = [path for room in ("audit", "spiders", "reports") for path in (rooms / room).rglob("*.py")]
    assert {path.name for path in files if ".for_apis(" in path.read_text("utf-8")} == {"live.py"}
    assert {path.name for path in files if ".admitting(" in path.read_text("utf-8")} == {"gate.py", "egress.py"}


def test_a_request_has_no_public_part_with_a_secret() -> None:
    made = ApiRequest("GET", "https://a.example/?q=1", secret_parameters=(("k", Secret("of-it&")),))
    assert made.sent_url == "https://a.example/?q=1&k=of-it%26"
    assert repr(made) == "ApiRequest(GET https://a.example/)"
