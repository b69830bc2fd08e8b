"""RFC 9309 as a table: rules, spellings, groups, and what stands in the place of a file."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders.gate.client import Answer
from spiders.gate.robots import HOPS, NO_FILE_OF_RULES, READ_BYTES, Copy, Robots, fetch, parse
from spiders.gate.wire import FetchError

ALL = b"User-agent: *\n"

RULES: list[tuple[str, bytes, str, bool]] = [
    # the longest match decides (2.2.2)
    ("no rule", ALL, "/x", True),
    ("empty file", b"", "/x", True),
    ("empty disallow", ALL + b"Disallow:", "/x", True),
    ("all", ALL + b"Disallow: /", "/x", False),
    ("prefix", ALL + b"Disallow: /se", "/search?q=a", False),
    ("case matters in paths", ALL + b"Disallow: /Search", "/search", True),
    ("longer allow", ALL + b"Disallow: /a\nAllow: /a/b", "/a/b/c", True),
    ("longer disallow", ALL + b"Allow: /a\nDisallow: /a/b", "/a/b/c", False),
    ("order is no matter", ALL + b"Allow: /a/b\nDisallow: /a", "/a/b", True),
    ("equal lengths allow", ALL + b"Disallow: /page\nAllow: /page", "/page", True),
    ("star counts as an octet", ALL + b"Allow: /page\nDisallow: /*.html", "/page.html", False),
    ("length before encoding", ALL + b"Disallow: /*/c\nAllow: /abcd", "/abcd/c", True),
    ("encoded octets count once", ALL + b"Allow: /%61%62\nDisallow: /abc", "/abc", False),
    ("robots.txt itself", ALL + b"Disallow: /", "/robots.txt", True),
    ("root only", ALL + b"Disallow: /\nAllow: /$", "/", True),
    ("root only, below", ALL + b"Disallow: /\nAllow: /$", "/a", False),
    # star and end (2.2.3)
    ("star", ALL + b"Disallow: /*/private", "/a/b/private/c", False),
    ("star matches nothing", ALL + b"Disallow: /a*b", "/ab", False),
    ("star at the end", ALL + b"Disallow: /fish*", "/fish", False),
    ("star first", ALL + b"Disallow: *.php", "/a.php?x=1", False),
    ("end", ALL + b"Disallow: /*.php$", "/a.php", False),
    ("end missed", ALL + b"Disallow: /*.php$", "/a.php?x=1", True),
    ("end, last of two", ALL + b"Disallow: /*.php$", "/a.php/b.php", False),
    ("end without star", ALL + b"Disallow: /a$", "/a", False),
    ("end without star missed", ALL + b"Disallow: /a$", "/ab", True),
    ("star and end overlap", ALL + b"Disallow: /ab*b$", "/ab", True),
    ("many stars", ALL + b"Disallow: /a***b", "/axxb", False),
    ("dollar inside is a dollar", ALL + b"Disallow: /a$b", "/a$b", False),
    ("dollar inside is no end", ALL + b"Disallow: /a$b", "/a", True),
    ("literal star", ALL + b"Disallow: /a%2Ab", "/a*b", False),
    ("literal star is no star", ALL + b"Disallow: /a%2Ab", "/axb", True),
    ("literal dollar", ALL + b"Disallow: /a%24", "/a$", False),
    ("literal dollar is no end", ALL + b"Disallow: /a%24", "/a", True),
    # percent-encoding (2.2.2, the table)
    ("query", ALL + b"Disallow: /foo/bar?baz=quz", "/foo/bar?baz=quz", False),
    ("reserved in a query", ALL + b"Disallow: /f?b=https://foo.bar", "/f?b=https%3A%2F%2Ffoo.bar", False),
    ("reserved encoded in the rule", ALL + b"Disallow: /f?b=https%3A%2F%2Ffoo.bar", "/f?b=https://foo.bar", False),
    ("letters raw", ALL + "Disallow: /ツ".encode(), "/%E3%83%84", False),
    ("letters encoded", ALL + b"Disallow: /%E3%83%84", "/ツ", False),
    ("letters in small hexadecimal", ALL + b"Disallow: /%e3%83%84", "/%E3%83%84x", False),
    ("unreserved encoded in the rule", ALL + b"Disallow: /%62%61%7A", "/baz", False),
    ("unreserved encoded in the address", ALL + b"Disallow: /baz", "/%62%61%7a", False),
    ("half an escape", ALL + b"Disallow: /a%2", "/a%2", False),
    ("bytes that are no UTF-8", ALL + b"Disallow: /\xef\xf0", "/%EF%F0", False),
    ("blank inside", ALL + b"Disallow: /a b", "/a%20b", False),
    ("dots", ALL + b"Disallow: /search", "/x/../search", False),
    ("dots encoded", ALL + b"Disallow: /search", "/x/%2E%2e/./search", False),
    ("dots in the query stay", ALL + b"Disallow: /b", "/a?x=/../b", True),
    # lines and bytes, sections 2.2 and 2.3
    ("CRLF", b"User-agent: *\r\nDisallow: /a\r\n", "/a", False),
    ("CR", b"User-agent: *\rDisallow: /a\r", "/a", False),
    ("BOM", b"\xef\xbb\xbfUser-agent: *\nDisallow: /a", "/a", False),
    ("BOM and CRLF", b"\xef\xbb\xbfUser-agent: *\r\nDisallow: /a", "/a", False),
    ("no last line end", ALL + b"Disallow: /a", "/a", False),
    ("comments", b"# hi\nUser-agent: * # all\nDisallow: /a # no\n", "/a", False),
    ("comment is no rule", ALL + b"# Disallow: /a", "/a", True),
    ("blanks", b"  User-agent  :  *  \n\tDisallow\t:\t/a\t\n", "/a", False),
    ("blank lines", b"User-agent: *\n\n\nDisallow: /a", "/a", False),
    ("capitals", b"USER-AGENT: *\nDISALLOW: /a", "/a", False),
    ("unknown lines", ALL + b"Noindex: /b\nfoo\n: x\nDisallow: /a", "/a", False),
    ("no slash is no path", ALL + b"Disallow: a", "/a", True),
    ("a long line", ALL + b"Disallow: /" + b"a" * 9000 + b"\nDisallow: /b", "/b", False),
    # groups (2.2.1)
    ("own group", b"User-agent: *\nDisallow: /\n\nUser-agent: repaudit\nDisallow: /a", "/b", True),
    ("own group binds", b"User-agent: *\nAllow: /\n\nUser-agent: repaudit\nDisallow: /a", "/a", False),
    ("own group first", b"User-agent: repaudit\nDisallow: /a\n\nUser-agent: *\nDisallow: /", "/b", True),
    ("own name in capitals", b"User-agent: RepAudit\nDisallow: /a", "/a", False),
    ("own name with version", b"User-agent: repaudit/2.0\nDisallow: /a", "/a", False),
    ("another's group", b"User-agent: otherbot\nDisallow: /", "/a", True),
    ("a longer name is another's", b"User-agent: repaudit-images\nDisallow: /", "/a", True),
    ("a shorter name is another's", b"User-agent: rep\nDisallow: /", "/a", True),
    ("shared group", b"User-agent: otherbot\nUser-agent: repaudit\nDisallow: /a", "/a", False),
    ("shared with all", b"User-agent: otherbot\nUser-agent: *\nDisallow: /a", "/a", False),
    ("groups of one name join", b"User-agent: repaudit\nDisallow: /a\n\nUser-agent: x\nDisallow: /c\n\n"
     b"User-agent: repaudit\nDisallow: /b", "/b", False),
    ("joined groups, the first", b"User-agent: repaudit\nDisallow: /a\nUser-agent: x\nDisallow: /c\n"
     b"User-agent: repaudit\nDisallow: /b", "/a", False),
    ("groups of all join", ALL + b"Disallow: /a\n" + ALL + b"Disallow: /b", "/a", False),
    ("an own empty group frees", b"User-agent: *\nDisallow: /\nUser-agent: repaudit\nDisallow:", "/a", True),
    ("other records do not close", b"User-agent: *\nSitemap: https://x.example/s\nCrawl-delay: 1\n"
     b"User-agent: otherbot\nDisallow: /a", "/a", False),
    ("rules before any group", b"Disallow: /a\nUser-agent: *\nDisallow: /b", "/a", True),
    ("rules before any group do not bind it", b"Disallow: /a\nUser-agent: *\nDisallow: /b", "/b", False),
    ("a rule closes", b"User-agent: *\nDisallow: /a\nUser-agent: otherbot\nDisallow: /b", "/b", True),
    # size, section 2.5
    ("rule within 500 KiB", ALL + b"# x\n" * 120_000 + b"Disallow: /a\n", "/a", False),
    ("half a rule at the limit", (ALL + b"# x\n" * 200_000)[: READ_BYTES - 12] + b"\nDisallow: /abc", "/a", True),
]  # fmt: skip


@pytest.mark.parametrize(("body", "path", "allowed"), [case[1:] for case in RULES], ids=[case[0] for case in RULES])
def test_rule(body: bytes, path: str, allowed: bool) -> None:
    verdict = parse(body[:READ_BYTES]).verdict(path)
    assert verdict.allowed is allowed
    assert bool(verdict.why) is not allowed
    assert verdict.waivable is not allowed


def test_the_reason_quotes_the_rule() -> None:
    assert parse(ALL + b"Disallow: /search # x").verdict("/search?q=a").why == "robots.txt says Disallow: /search"


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (ALL + b"Disallow: /a", 0),
        (ALL + b"Crawl-delay: 10", 10),
        (ALL + b"Crawl-delay: 2.5\nCrawl-delay: 1", 2.5),
        (ALL + b"Crawl-delay: -1", 0),
        (ALL + b"Crawl-delay: soon", 0),
        (ALL + b"Crawl-delay: 999999", 86_400),
        (b"User-agent: otherbot\nCrawl-delay: 10", 0),
        (b"User-agent: *\nCrawl-delay: 9\nDisallow: /b\nUser-agent: repaudit\nDisallow: /a", 0),
    ],
)
def test_crawl_delay(body: bytes, seconds: float) -> None:
    assert parse(body).delay == seconds


@given(st.binary(max_size=300), st.text(max_size=60))
def test_no_bytes_break_the_parser(body: bytes, path: str) -> None:
    assert parse(body).verdict("/" + path).allowed in (True, False)
    parse(ALL + b"Disallow: " + body).verdict("/" + path)


def test_a_hostile_file_is_searched_without_going_back() -> None:
    """Stars upon stars against paths that almost match: a matcher that tries again would not end within a life."""
    body = ALL + b"Disallow: /" + b"*a" * 120_000 + b"b$\n" + b"Disallow: /*a*a*a*a*a*a*a*a*b$\n" * 4_000
    assert parse(body).verdict("/" + "a" * 8_000).allowed
    assert not parse(body).verdict("/" + "a" * 8_000 + "b").allowed


# ---------------------------------------------------------------- what stands in the place of a file


class Server:
    """Answers in order, the last again and again; an exception is raised."""

    def __init__(self, answers: Sequence[Answer | FetchError]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, url: str, most: int) -> Answer:
        assert most == READ_BYTES
        self.asked.append(url)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, FetchError):
            raise answer
        return answer


def at(status: int, body: bytes = b"", location: str = "") -> Answer:
    return Answer(status, (("Location", location),) if location else (), body)


FORBID = ALL + b"Disallow: /private"
OPEN, SHUT, RULED = "open", "shut", "ruled"

ANSWERS: list[tuple[str, Sequence[Answer | FetchError], str]] = [
    ("file", [at(200, FORBID)], RULED),
    ("no content", [at(204)], OPEN),
    ("empty", [at(200)], OPEN),
    ("400", [at(400, FORBID)], OPEN),
    ("401", [at(401)], OPEN),
    ("403", [at(403, b"<html>no</html>")], OPEN),
    ("404", [at(404, b"<html>no</html>")], OPEN),
    ("410", [at(410)], OPEN),
    ("451", [at(451)], OPEN),
    ("429", [at(429)], SHUT),
    ("500", [at(500)], SHUT),
    ("502", [at(502)], SHUT),
    ("503", [at(503, FORBID)], SHUT),
    ("599", [at(599)], SHUT),
    ("304 to a first question", [at(304)], SHUT),
    *[(kind, [FetchError(kind)], SHUT) for kind in
      ("Dns", "Connect", "Tls", "Deadline", "Reset", "BadHttp", "DataLoss", "Truncated", "BadEncoding", "TooLarge")],
    ("page", [at(200, b"<!DOCTYPE html><title>Just a moment...</title>")], SHUT),
    ("page after blanks", [at(200, b"\n\n  <html><body>User-agent: *\nAllow: /")], SHUT),
    ("page after a BOM", [at(200, b"\xef\xbb\xbf<html>")], SHUT),
    ("page after words", [at(200, b"Please wait <script>go()</script>")], SHUT),
    ("XML", [at(200, b"<?xml version='1.0'?><error/>")], SHUT),
    ("JSON", [at(200, b'{"antiFlag": 1}')], SHUT),
    ("UTF-16", [at(200, FORBID.decode().encode("utf-16"))], SHUT),
    ("a tag in a remark", [at(200, b"# a remark on <html>\n" + FORBID)], RULED),
    ("one redirect", [at(301, location="https://www.good.example/robots.txt"), at(200, FORBID)], RULED),
    ("relative redirect", [at(302, location="/r.txt"), at(200, FORBID)], RULED),
    ("five redirects", [at(301, location=f"/{n}") for n in range(5)] + [at(200, FORBID)], RULED),
    ("six redirects", [at(301, location=f"/{n}") for n in range(6)] + [at(200, FORBID)], SHUT),
    ("loop", [at(301, location="/robots.txt")], SHUT),
    ("redirect to nowhere", [at(301)], SHUT),
    ("redirect to a file", [at(301, location="file:///etc/passwd")], SHUT),
    ("redirect to a script", [at(301, location="javascript:alert(1)")], SHUT),
    ("redirect inside", [at(301, location="http://10.0.0.1/"), FetchError("EgressRefused")], SHUT),
    ("redirect to 404", [at(301, location="/x"), at(404)], OPEN),
    ("redirect to 503", [at(301, location="/x"), at(503)], SHUT),
]  # fmt: skip


@pytest.mark.parametrize(("answers", "state"), [case[1:] for case in ANSWERS], ids=[case[0] for case in ANSWERS])
def test_answer(answers: Sequence[Answer | FetchError], state: str) -> None:
    server = Server(answers)
    robots = Robots.of(asyncio.run(fetch("https://good.example", server)))
    allowed = {path: robots.verdict(path).allowed for path in ("/", "/private")}
    assert allowed == {"/": state != SHUT, "/private": state == OPEN}
    assert server.asked[0] == "https://good.example/robots.txt"
    assert len(server.asked) <= HOPS + 1
    assert bool(robots.trouble) is (state == SHUT)


def test_only_a_host_that_may_not_be_dialled_raises() -> None:
    with pytest.raises(FetchError, match="EgressRefused"):
        asyncio.run(fetch("https://good.example", Server([FetchError("EgressRefused")])))


def test_a_user_may_speak_for_a_rule_but_not_for_a_server_in_trouble() -> None:
    assert Robots.of(Copy("", FORBID)).verdict("/private").waivable
    assert Robots.of(Copy(NO_FILE_OF_RULES, b"")).verdict("/").waivable
    assert not Robots.of(Copy("status 503", b"")).verdict("/").waivable
    assert not Robots.of(Copy("Deadline: x", b"")).verdict("/").waivable
