"""The report as a client gets it: one file, nothing fetched, nothing run, every number with its evidence."""

from __future__ import annotations

import base64
import difflib
import gzip
import json
import re
from pathlib import Path

import pytest

from audit.errors import UsageError
from audit.models import (
    Audit,
    Brand,
    Feature,
    HouseStyle,
    Keyword,
    KeywordKind,
    Label,
    LabelOrigin,
    Landing,
    Method,
    Outcome,
    Owner,
    Review,
    Serp,
    SerpQuery,
    SerpResult,
    Snapshot,
    Status,
    Verdict,
)
from audit.score import score
from reports import message
from reports.embed import read
from reports.render import html, sections, stylesheet
from reports.words import Words, languages, sentences
from tests.audits import NOW, audit_of
from tests.golden.make import AUDIT, STYLE, golden
from tests.html_check import Document, violations

ROOM = Path(__file__).resolve().parent.parent / "reports"
REMAKE = "python -m tests.golden.make report"
BUDGET = 500 * 1024  # bytes of 60 pages of ten rows, JSON included
MARKUP_BUDGET = 560  # bytes a row may cost besides its own words, in all tables and squares together
SHEET_BUDGET = 20_000  # bytes a client gets
SECTIONS = (
    "verdict", "changes", "first_page", "negatives", "control", "surfaces", "reviews", "causes", "competitors", "trend",
    "questions", "plan", "keywords", "coverage", "method", "annex",
)  # fmt: skip
OPTIONAL = ("causes", "competitors", "trend", "questions", "plan")


@pytest.fixture(scope="module")
def audit() -> Audit:
    return Audit.model_validate_json(AUDIT.read_text("utf-8"))


@pytest.fixture(scope="module")
def report(audit: Audit) -> str:
    return html(audit, style=STYLE)


def embedded(report: str) -> str:
    found = re.search(r'<script type="application/json" id="audit">(.*?)</script>', report, re.DOTALL)
    assert found is not None
    return found[1]


def section(report: str, name: str) -> Document:
    found = re.search(rf'<section id="{name}".*?</section>', report, re.DOTALL)
    assert found is not None
    return Document.of(found[0])


# ---------------------------------------------------------------- golden


@pytest.mark.parametrize("old", sorted(AUDIT.parent.glob("audit.[0-9]*.json")), ids=lambda path: path.name)
def test_an_audit_of_an_older_schema_is_still_read_and_rendered(old: Path) -> None:
    audit = Audit.model_validate_json(old.read_text("utf-8"))
    assert f'schema_version":{audit.schema_version}' in old.read_text("utf-8").replace(": ", ":")
    assert len(audit.changes) == 3
    assert audit.changes[0].before is None
    assert "courtreporter.example" in html(audit)


@pytest.mark.parametrize("language", languages())
def test_golden(audit: Audit, language: str) -> None:
    kept, now = golden(language).read_text("utf-8"), html(audit, style=STYLE, language=language)
    if now != kept:
        changed = list(difflib.unified_diff(kept.splitlines(), now.splitlines(), "golden", "now", lineterm="", n=0))
        shown = "\n".join(line[:300] for line in changed[:12])
        pytest.fail(f"the report changed. If it should: {REMAKE}\n{shown}", pytrace=False)


def test_a_report_is_the_same_twice(audit: Audit, report: str) -> None:
    assert html(audit, style=STYLE) == report


# ---------------------------------------------------------------- one file


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("expanded", [False, True])
def test_one_file_without_request_or_script(audit: Audit, language: str, expanded: bool) -> None:
    report = html(audit, style=STYLE, language=language, expanded=expanded)
    assert violations(report) == []
    assert report.startswith(f'<!doctype html>\n<html lang="{language}">')


def test_the_head_forbids_what_the_body_does_not_do(report: str) -> None:
    metas = {
        e.attributes.get("name") or e.attributes.get("http-equiv") or "charset": e.attributes.get("content", "")
        for e in Document.of(report).elements
        if e.tag == "meta"
    }
    policy = metas["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'none'")
    assert "http" not in policy
    assert "noindex" in metas["robots"]
    assert metas["referrer"] == "no-referrer"
    assert report.index("charset") < 1024, "a browser looks for it no further"


def test_the_audit_is_embedded_whole(audit: Audit, report: str) -> None:
    assert "\u2028" not in report
    assert not re.search(r"[<>&]", embedded(report))
    assert Audit.model_validate_json(embedded(report)) == audit
    assert html(read(report), style=STYLE) == report, "the report can be made from the report"


def test_a_large_audit_is_packed_and_still_whole() -> None:
    audit = big("en")
    report = html(audit)
    assert json.loads(embedded(report))["packing"] == "gzip, base64"
    packed = base64.b64decode(json.loads(embedded(report))["audit"])
    assert Audit.model_validate_json(gzip.decompress(packed)) == audit == read(report)
    assert html(audit) == report, "no time of packing in it"


def test_letters_of_all_alphabets_stand_as_they_are(report: str) -> None:
    data = embedded(report)
    for words in ("Люмивело", "루미벨로", "露米维洛"):
        assert words in data
    assert "\\u04" not in data


@pytest.mark.parametrize(
    "hidden", ["\u202e", "\u2028", "\u200b", "\x7f", "\x85", "\ue000", "\U000e0041", "\ud83d", "</script>"], ids=ascii
)
def test_what_could_be_more_than_text_is_escaped_in_the_data(hidden: str) -> None:
    brand = Brand(name=f"A{hidden}B")
    snapshot = Snapshot(brand=brand, taken_at=NOW, tool="t", brief_digest="d", keywords=(), plan=())
    report = html(score(snapshot, {}, {}, method=Method(), made_at=NOW))
    assert hidden not in embedded(report)
    assert report.encode("utf-8")
    assert json.loads(embedded(report))["snapshot"]["brand"]["name"].encode("utf-16", "surrogatepass") == (
        brand.name.encode("utf-16", "surrogatepass")
    )


def test_texts_of_reviews_and_landing_pages_stay_in_the_store(audit: Audit) -> None:
    said = Review(title="a headline", text="a private matter", author="kestrel-9f2", date="2026-11-01", replied=False)
    landing = Landing(
        url="https://a.example/", text="long text", outcome=Outcome(status=Status.RESULTS), fetched_at=NOW
    )
    profile = audit.snapshot.profiles[0].model_copy(update={"reviews": (said,)})
    snapshot = audit.snapshot.model_copy(update={"profiles": (profile,), "landings": (landing,)})
    report = html(audit.model_copy(update={"snapshot": snapshot}), expanded=True)
    for words in ("a headline", "a private matter", "kestrel-9f2", "long text"):
        assert words not in report
    assert html(read(report), expanded=True) == report


def test_what_is_no_report_is_refused() -> None:
    with pytest.raises(UsageError, match="no audit is embedded"):
        read("<p>hello</p>")


def test_nothing_of_an_empty_audit_breaks() -> None:
    snapshot = Snapshot(brand=Brand(name="Acme"), taken_at=NOW, tool="t", brief_digest="d", keywords=(), plan=())
    empty = score(snapshot, {}, {}, method=Method(), made_at=NOW)
    for language in languages():
        report = html(empty, language=language, expanded=True)
        assert violations(report) == []
        assert Words(language).name("verdict", "not_enough_evidence") in Document.of(report).visible()


def test_an_unknown_language_is_refused(audit: Audit) -> None:
    with pytest.raises(UsageError, match="'tlh'"):
        html(audit, language="tlh")


# ---------------------------------------------------------------- sections and links


def test_sections_stand_in_their_order(report: str) -> None:
    assert tuple(part.name for part in sections()) == SECTIONS
    assert [name for name in Document.of(report).ids() if name in SECTIONS] == list(SECTIONS)


def test_sections_without_facts_are_left_out_with_their_links() -> None:
    document = Document.of(html(audit_of("+0")))
    assert [name for name in document.ids() if name in SECTIONS] == [name for name in SECTIONS if name not in OPTIONAL]
    assert not any(e.attributes.get("href") == "#trend" for e in document.elements)
    assert "Baseline: first snapshot" in section(html(audit_of("+0")), "changes").visible()


@pytest.mark.parametrize("expanded", [False, True])
def test_every_link_inside_leads_somewhere(audit: Audit, expanded: bool) -> None:
    document = Document.of(html(audit, style=STYLE, expanded=expanded))
    ids = document.ids()
    assert len(ids) == len(set(ids))
    inside = [e.attributes["href"][1:] for e in document.elements if e.attributes.get("href", "").startswith("#")]
    assert len(inside) > 100
    assert sorted(set(inside) - set(ids)) == []


def test_expanded_opens_every_fold(audit: Audit, report: str) -> None:
    folds = [e for e in Document.of(html(audit, expanded=True)).elements if e.tag == "details"]
    assert len(folds) > len(audit.snapshot.serps)
    assert all("open" in fold.attributes for fold in folds)
    assert not any("open" in e.attributes for e in Document.of(report).elements if e.tag == "details")


def test_bad_news_and_its_evidence_stand_before_charts(report: str) -> None:
    first = report[report.index('id="verdict"') :]
    assert first.index('class="acts"') < first.index('class="bar"')
    for chart in ("trend", "dots", "hist", "effort"):
        assert first.index('class="finds') < first.index(f'<svg class="{chart}"')
        assert first.index('id="negatives"') < first.index(f'<svg class="{chart}"')


# ---------------------------------------------------------------- what it says


def test_first_screen(audit: Audit, report: str) -> None:
    said = section(report, "verdict").visible()
    low, high = audit.score.low, audit.score.high
    assert low is not None
    assert high is not None
    shown = Words("en").signed(audit.score.dominance), Words("en").range(low, high)
    for words in ("Lumivelo", "Contested", *shown, "16 of 19 queries answered", "positive", "36%"):
        assert words in said
    assert "Changed\nFrom +29 on October 20, 2026 to +17: a move of −12 points" in said.replace("▼ ", "")
    assert "If these 4 unfavourable results left the first page, +17 would become +26." in said
    assert (
        3
        <= len(
            re.findall(
                r"<li>", report[report.index('class="acts"') : report.index("</ol>", report.index('class="acts"'))]
            )
        )
        <= 5
    )


def test_the_matrix_has_every_page_and_says_each_label_thrice(audit: Audit, report: str) -> None:
    """Glyph, word and colour class of every square agree; a failed page says what it became."""
    table = re.search(r'<table class="matrix">.*?</table>', report, re.DOTALL)
    assert table is not None
    first = [s for s in audit.snapshot.serps if s.query.page == 1]
    assert len(re.findall(r'<th class="en"', table[0])) == len(first)
    squares = re.findall(r'<a class="c (\w+)[^"]*" href="#[^"]+">(.)<b>([^<]+)</b>', table[0])
    rows = sum(len([r for r in s.organic if r.rank <= 10]) for s in first if s.outcome.answered)
    assert len(squares) == rows
    known = {("p", "▲", "positive"), ("u", "●", "neutral"), ("n", "▼", "negative"), ("off", "–", "other")}
    assert set(squares) <= known
    assert {kind for kind, _, _ in squares} == {"p", "u", "n", "off"}
    assert table[0].count("✕ blocked: the engine asked for proof of a human") == 2


def test_every_result_is_in_its_keyword_table_with_label_and_reason(audit: Audit, report: str) -> None:
    said = section(report, "keywords")
    rows = [name for name in said.ids() if "-" in name]
    assert len(set(rows)) == len(rows)
    assert len(rows) == sum(len(s.results) for s in audit.snapshot.serps)
    words = said.visible()
    for part in (
        "deciding words",
        "stars 4.6/5",
        "owner: own site",
        "SHA-256",
        "google-en-brand.html",
    ):
        assert part in words


def test_quoted_titles_carry_their_language(report: str) -> None:
    for name in ("negatives", "keywords"):
        texts = section(report, name).texts
        for title, lang in (("Люмивело жалобы: мошенники или нет?", "ru"), ("露米维洛千万别买,坑人_百度贴吧", "zh")):
            assert {text.lang for text in texts if text.words == title} == {lang}


def test_the_register_has_every_negative_page_with_its_evidence(audit: Audit, report: str) -> None:
    said = section(report, "negatives").visible()
    phrases = (Feature.RELATED_SEARCHES, Feature.SUGGESTION, Feature.PEOPLE_ALSO_ASK)
    bad = {
        result.title
        for serp in audit.snapshot.serps
        for result in serp.results
        if (label := audit.label_of(f"{serp.id}/{result.position}"))
        and label.about_brand
        and (label.sentiment or 0) < 0
        and result.feature not in phrases
    }
    assert len(bad) > 8
    assert [title for title in bad if title not in said] == []
    assert "analyst, November 20, 2026" in said
    assert "The claim is open; the court has set no date." in said


def test_a_competitors_advertisement_is_told(report: str) -> None:
    assert "Brackwind Electric Bicycles – Better Than Lumivelo" in section(report, "surfaces").visible()
    assert "Under “Lumivelo” a competitor advertises" in section(report, "verdict").visible()


def test_every_failed_page_is_named(audit: Audit, report: str) -> None:
    said = section(report, "coverage").visible()
    for name in (
        "Bing · “Lumivelo complaints”",
        "Baidu · “露米维洛投诉”",
        "Google · “Люмівело скарги”",
        "holiday-photo.html",
        "yelp.com/biz/lumivelo-london",
        "blocked: access denied",
        "HTTP 403",
        "not asked: no page was given for it",
    ):
        assert name in said


def test_the_method_can_be_computed_again(audit: Audit, report: str) -> None:
    said = section(report, "method").visible()
    for words in ("reciprocal · 1", "34.1", "17.1", "3.4", "20080101", "5,400", audit.snapshot.brief_digest):
        assert words in said


def test_consent_is_printed_with_the_clients_words(audit: Audit) -> None:
    agreed = {"www.google.com": "the client, 2026-11-20 <b>"}
    snapshot = audit.snapshot.model_copy(update={"consents": agreed})
    for language in languages():
        report = html(audit.model_copy(update={"snapshot": snapshot}), style=STYLE, language=language)
        assert "www.google.com: the client, 2026-11-20 &lt;b&gt;" in report
        assert Words(language).say("method.consent") in report


@pytest.mark.parametrize(
    ("site", "name"),
    [("google_maps", "Google Maps"), ("bbb", "BBB"), ("a.example", "a.example"), ("otzovik", "Otzovik")],
)
def test_sites_are_named_for_people(audit: Audit, site: str, name: str) -> None:
    profile = audit.snapshot.profiles[0].model_copy(update={"site": site})
    snapshot = audit.snapshot.model_copy(update={"profiles": (profile,)})
    said = section(html(audit.model_copy(update={"snapshot": snapshot})), "reviews")
    assert name in [text.words for text in said.texts if "h3" in text.inside]


def test_evidence_is_listed_with_its_whole_digest(audit: Audit, report: str) -> None:
    said = section(report, "annex").visible()
    kept = [s.evidence for s in audit.snapshot.serps] + [p.evidence for p in audit.snapshot.profiles]
    assert [e.sha256 for e in kept if e and e.sha256 not in said] == []


def test_no_reviewer_is_named(audit: Audit) -> None:
    assert all(not review.author for profile in audit.snapshot.profiles for review in profile.reviews)
    profile = audit.snapshot.profiles[0]
    named = profile.reviews[0].model_copy(update={"author": "kestrel-9f2", "text": "a private matter"})
    snapshot = audit.snapshot.model_copy(update={"profiles": (profile.model_copy(update={"reviews": (named,)}),)})
    said = Document.of(html(audit.model_copy(update={"snapshot": snapshot}), expanded=True)).visible()
    assert "kestrel-9f2" not in said
    assert "private matter" not in said


# ---------------------------------------------------------------- languages


def test_templates_hold_no_words() -> None:
    for path in [ROOM / "base.html", ROOM / "macros.html", *(ROOM / "sections").glob("*.html")]:
        text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|<[^<>]*>", " ", path.read_text("utf-8"), flags=re.DOTALL)
        text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|<[^<>]*>", " ", text, flags=re.DOTALL)
        assert set(re.findall(r"[A-Za-z]{3,}", text)) <= {"doctype", "html", "lang"}, path.name


@pytest.mark.parametrize("language", [code for code in languages() if code != "en"])
def test_no_english_leaks_into_other_languages(audit: Audit, language: str) -> None:
    """No fragment of an English sentence stands in the report, unless the client's own data says the same."""
    serp = audit.snapshot.serps[0].model_copy(update={"warnings": ("the page does not say which query it answers",)})
    snapshot = audit.snapshot.model_copy(update={"serps": (serp, *audit.snapshot.serps[1:])})
    report = html(audit.model_copy(update={"snapshot": snapshot}), language=language, expanded=True)
    said, data = Document.of(report).visible(), "\n".join(every_string(json.loads(embedded(html(audit)))))
    left = [
        fragment
        for key, text in sentences("en").items()
        for fragment in fragments(message.parse(text))
        if fragment in said and fragment not in data and fragment not in sentences(language)[key]
    ]
    assert left == []
    for words in ("mark of captcha", "no page in this file", "which query it answers", "no source to license"):
        assert words not in said, "the words of other rooms are English"


def every_string(node: object) -> list[str]:
    if isinstance(node, dict):
        return [text for value in node.values() for text in every_string(value)]
    if isinstance(node, list):
        return [text for value in node for text in every_string(value)]
    return [node] if isinstance(node, str) else []


def fragments(parts: message.Message) -> list[str]:
    found = []
    for part in parts:
        if isinstance(part, str):
            found += [part.strip()] if re.search(r"[A-Za-z]{4,}", part) else []
        elif isinstance(part, message.Slot):
            found += [fragment for _, choice in part.choices for fragment in fragments(choice)]
    return found


# ---------------------------------------------------------------- white label


def test_the_client_sees_the_house_and_nobody_else(audit: Audit) -> None:
    logo = "data:image/png;base64,iVBORw0KGgo="
    style = HouseStyle(agency="Harbour", logo=logo, accent="#7A1FA2", footer="Secret", disclaimer="Ours.")
    report = html(audit, style=style)
    assert f'<img class="logo" src="{logo}" alt="Harbour">' in report
    assert "--accent:#7A1FA2" in report
    said = Document.of(report).visible()
    assert "Secret" in said
    assert "Ours." in said
    assert not re.search(r"repaudit(?! 0\.1\.0)", said), "our own name stands in the method and in the head only"


# ---------------------------------------------------------------- weight


TEXTS = {
    "": ("Acme {n}", "", ""),
    "en": (
        "Acme {n}: a long and thoughtful review of the bicycle",
        "Tested over a whole year in the city and in the hills, with all its joys and troubles.",
        "tested",
    ),
    "ru": (
        "Отзыв {n} о велосипеде Acme: подробно и без прикрас",
        "Год ездили по городу и по холмам: рассказываем обо всех радостях и неприятностях, о гарантии и о сервисе.",
        "неприятности",
    ),
    "zh": (
        "第 {n} 篇 Acme 电动自行车长期使用评测：优点与缺点",
        "在城市和山路上骑行整整一年，记录全部优点与烦恼，包括电池、刹车、售后服务与保修处理的真实经历。",
        "烦恼",
    ),
}
"""Title, snippet and deciding word of a row; every row of a page is another."""


def big(texts: str) -> Audit:
    """60 pages of ten rows, every row another; with or without long words."""
    engines, keywords = ("google", "bing", "yandex", "naver", "baidu", "brave"), [f"acme {n}" for n in range(10)]
    serps, labels, keys = [], {}, {}
    for at, (keyword, engine) in enumerate(((k, e) for k in keywords for e in engines), start=1):
        rows = [row(10 * at + place, place, texts) for place in range(1, 11)]
        query = SerpQuery(engine=engine, keyword=keyword, country="GB", language="en")
        outcome = Outcome(status=Status.RESULTS)
        serps.append(Serp(id=f"s{at}", query=query, fetched_at=NOW, outcome=outcome, results=tuple(rows), fallbacks={}))
        for result in rows:
            key = f"k{at}-{result.position}"
            labels[key], keys[f"s{at}/{result.position}"] = label(key, result, texts), key
    snapshot = Snapshot(
        brand=Brand(name="Acme"),
        taken_at=NOW,
        tool="test",
        brief_digest="d",
        keywords=tuple(Keyword(text=k, language="en", kind=KeywordKind.BRAND) for k in keywords),
        plan=tuple(s.query for s in serps),
        serps=tuple(serps),
    )
    return score(snapshot, labels, keys, method=Method(draws=10), made_at=NOW)


def row(number: int, place: int, texts: str) -> SerpResult:
    title, snippet, _ = TEXTS[texts]
    url = f"https://site{number}.example/{'reviews/acme-aurora' if texts else ''}"
    return SerpResult(
        feature=Feature.ORGANIC, title=title.format(n=number), url=url, snippet=snippet, position=place, rank=place
    )


def label(key: str, result: SerpResult, texts: str) -> Label:
    """A tenth negative, as in the golden audit, each with what decided it."""
    level = -1.0 if result.position == 7 else (1.0, 0.0)[result.position % 2]
    because = (f"cue:{TEXTS[texts][2]}",) if texts and level else ()
    return Label(
        key=key,
        address=result.url[8:],
        sentiment=level,
        confidence=0.8,
        owner=Owner.THIRD_PARTY,
        by=LabelOrigin.LEXICON,
        because=because,
    )


@pytest.mark.parametrize(("texts", "language"), [("", "en"), ("en", "en"), ("ru", "ru"), ("ru", "en"), ("zh", "zh")])
def test_budget_of_60_pages(texts: str, language: str) -> None:
    assert len(html(big(texts), language=language).encode()) < BUDGET


def test_a_long_report_tells_a_result_in_full_once_and_leads_there_from_the_others() -> None:
    audit = big("en")
    same = audit.label_keys["s1/1"]
    serps = list(audit.snapshot.serps)
    twin = serps[0].results[0]
    serps[1] = serps[1].model_copy(update={"results": (twin, *serps[1].results[1:])})
    snapshot = audit.snapshot.model_copy(update={"serps": tuple(serps)})
    keys = audit.label_keys | {f"{serps[1].id}/1": same}
    report = html(audit.model_copy(update={"snapshot": snapshot, "label_keys": keys}))
    rows = section(report, "keywords")
    assert [e.attributes["href"] for e in rows.elements if e.attributes.get("href") in (twin.url, "#s1-1")] == [
        twin.url,
        "#s1-1",
    ]
    assert [text.words for text in rows.texts].count(twin.title) == 2


def test_budget_of_markup() -> None:
    """What the room adds to the words and the JSON, however long they are. Words: title, snippet, address."""
    audit = big("en")
    report = html(audit)
    results = [result for serp in audit.snapshot.serps for result in serp.results]
    words = sum(len(r.title) + len(r.snippet) + len(r.url) for r in results)
    assert (len(report.encode()) - len(embedded(report)) - words) / len(results) < MARKUP_BUDGET


# ---------------------------------------------------------------- style sheet


def sheet() -> str:
    return (ROOM / "style.css").read_text("utf-8")


def test_style_sheet_is_small_and_asks_for_nothing() -> None:
    assert len(stylesheet("#00456F", "").encode()) < SHEET_BUDGET
    assert not re.search(r"url\(|@import|@font-face|http", sheet())


def test_every_class_of_the_templates_is_known_or_plain(report: str) -> None:
    """A class nobody styles is a slip of the pen."""
    used = {name for e in Document.of(report).elements for name in e.attributes.get("class", "").split()}
    known = set(re.findall(r"\.(-?[a-zA-Z][\w-]*)", sheet()))
    bare = {
        "effort",
        "themes",
        "from",
        "front",
        "kind",
        "at",
        "case",
        "scale",
        "th",
        "plan",
        "s-p",
        "s-n",
        "s-owned",
        "s-managed",
        "surface",
        "g0",
        "g1",
        "g2",
    }
    assert sorted(used - known - bare - set(SECTIONS)) == []


def test_paper_and_dark_and_phone() -> None:
    css = sheet()
    for words in ("@media print", "@page", "prefers-color-scheme: dark", "(max-width: 720px)", "table-header-group"):
        assert words in css
    assert "break-inside: avoid" in css
    assert "attr(href)" in css, "addresses are readable on paper"


PALETTES = re.findall(r":root \{([^}]*--ink[^}]*)\}", sheet())


@pytest.mark.parametrize("palette", PALETTES, ids=["light", "dark", "paper"])
def test_contrast(palette: str) -> None:
    """WCAG AA for text: 4.5 to 1, of every text colour on every ground it stands on."""
    colours = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{3,6})", palette))
    for text in ("ink", "dim", "pos", "neu", "neg"):
        assert contrast(colours[text], colours["paper"]) >= 4.5, text
        assert contrast(colours[text], colours["soft"]) >= 4.5, f"{text} on soft"
    for ground in ("pos", "neg"):
        assert contrast(colours["on"], colours[ground]) >= 4.5, f"words on {ground}"
    assert contrast(colours["ink"], colours["flat"]) >= 4.5


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


# ---------------------------------------------------------------- odd audits


def test_a_verdict_that_spans_two_bands_prints_both() -> None:
    both = audit_of("o+-0+").model_copy(update={"verdicts": (Verdict.CONTESTED, Verdict.POSITIVE)})
    said = section(html(both), "verdict").visible()
    assert "Contested" in said
    assert "The range reaches into a second verdict" in said


def test_unread_attention_is_drawn_and_told() -> None:
    said = section(html(audit_of("+?0-")), "verdict").visible()
    assert "○ unread" in said


def test_a_page_counted_by_position_shows_all_its_blocks() -> None:
    audit = audit_of("+-0", method=Method(by_position=True))
    assert "by position over all blocks of the page" in section(html(audit), "method").visible()


@pytest.mark.parametrize("language", languages())
def test_every_sign_of_the_small_audits_renders(language: str) -> None:
    audit = audit_of({("google", "acme"): "+-0?xoh!pm", ("bing", "acme"): None})
    assert violations(html(audit, language=language, expanded=True)) == []


# ---------------------------------------------------------------- what else was measured


def test_three_verdicts_about_movement_and_nothing_softer(report: str) -> None:
    said = section(report, "changes").visible()
    for words in ("Changed", "No change shown", "Not comparable", "A move of less than 19 points would probably not"):
        assert words in said
    for words in (
        "Captures of the same time agree to 83%",
        "too few captures to tell a move from noise",
        "new suggestion",
    ):
        assert words in said
    assert "unchanged" not in said


def test_the_register_says_who_can_act_and_leaves_room_for_a_hand(report: str) -> None:
    said = section(report, "negatives")
    words = said.visible()
    assert words.count("Deadline") == words.count("In charge") == words.count("Who can act") > 8
    assert "the editors, with dated facts" in words
    assert "the sources the engine cites" in words
    assert "Oct 28, 2026 (3 weeks)" in words
    plan = set(section(report, "plan").ids())
    todo = {e.attributes["href"][1:] for e in said.elements if e.attributes.get("class") == "no"}
    assert todo
    assert todo <= plan


def test_a_review_site_says_what_its_figure_is_worth(report: str) -> None:
    said = section(report, "reviews").visible()
    for words in (
        "4.6 of 5",
        "4.59 of 5",
        "4.43–4.55",
        "8%",
        "7%–10%",
        "November 12, 2026",
        "2 reviews read",
        "delivery",
    ):
        assert words in said
    assert "Too few have voted" in said


def test_the_firewall_counts_every_kind_of_question(report: str) -> None:
    said = section(report, "control").visible()
    for words in ("7 of 20 own", "to win: 7 · ▼ 3", "no page answered", "11", "next to rise"):
        assert words in said


def test_competitors_stand_beside_the_brand_and_the_unmeasured_is_named(report: str) -> None:
    said = section(report, "competitors").visible()
    for words in ("◆ Lumivelo", "● Veloria", "+34", "not enough evidence", "Veloria reviews"):
        assert words in said


def test_questions_are_questions(report: str) -> None:
    said = section(report, "questions")
    asked = [text.words for text in said.texts if "h3" in text.inside]
    assert len(asked) == 2
    assert all(words.endswith("?") for words in asked)
    assert "31%" in said.visible()
    for language in languages():
        for key, text in sentences(language).items():
            if key.startswith("question."):
                assert text.endswith(("?", "？")), key
                assert not re.search(r"fake|fraud|фейк|накрут|가짜|허위|虚假|刷", text), key


def test_labels_nobody_checked_are_called_not_validated(report: str) -> None:
    said = section(report, "method").visible()
    assert said.count("not validated (below 200)") == 4
    assert "25%\n16%–36%" in said


def test_effects_are_the_audits_own_figures(audit: Audit, report: str) -> None:
    told = section(report, "plan").visible()
    effects = [action.effect for action in audit.actions if action.effect]
    assert len(effects) == 2
    for effect in effects:
        assert f"{Words('en').signed(effect.before)} would become {Words('en').signed(effect.after)}" in told
    assert "FTC rule 16 CFR 465" in told


def test_pictures_are_shown_where_they_are_given_and_harmless(audit: Audit) -> None:
    jpeg = "data:image/jpeg;base64,/9j/4AAQ=="
    given = {"s1": jpeg, "s2": "https://evil.example/x.jpg", "s3": "data:image/svg+xml;base64,PHN2Zz4="}
    report = html(audit, pictures=given)
    assert violations(report) == []
    assert re.findall(r'<img src="([^"]+)" alt="([^"]+)"', report) == [
        (jpeg, "Page of Google for “Lumivelo” as captured")
    ]
    assert "<img" not in html(audit)


def test_every_chart_has_a_title_and_its_table(report: str) -> None:
    charts = re.findall(r'<svg class="(\w+)" role="img"[^>]*><title>([^<]+)</title>', report)
    assert {kind for kind, _ in charts} == {"scale", "bar", "hist", "trend", "dots", "effort"}
    assert all(title.strip() for _, title in charts)
    assert len(re.findall(r'role="img"', report)) == len(charts)
    for name in ("control", "reviews", "competitors", "trend"):
        assert "table" in {e.tag for e in section(report, name).elements}
