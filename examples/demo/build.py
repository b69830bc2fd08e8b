"""Writes pages/ and landings/ from content.toml, result pages in the markup of their engine: python examples/demo/build.py

The markup is the least that carries the structure the engines' own pages have; words and brands are invented.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

HERE = Path(__file__).resolve().parent
Row = list[str]
Content = dict[str, Any]


def wrapped(url: str, language: str, title: str, body: str) -> str:
    mark = f"<!-- saved from url=({len(url):04})" + url + " -->"
    return (
        f"<!DOCTYPE html>\n{mark}\n<html lang='{language}'><head><meta charset='utf-8'><title>{escape(title)}</title></head>\n"
        f"<body>\n{body}\n</body></html>\n"
    )


def google(page: Content, rows: list[Row], pool: dict[str, Row]) -> str:
    query = page["query"]
    parts = [f"<form action='/search'><textarea name='q'>{escape(query)}</textarea><input name='q' value='{escape(query)}'></form>"]
    parts.append("<div id='tads'>" + "".join(map(google_ad, page.get("ads", []))) + "</div>")
    parts.append("<div id='center_col'><div id='search'><div id='rso'>")
    if "answer" in page:
        words, *sources = page["answer"]
        links = "".join(f"<li><a href='{pool[s][0]}'>{escape(pool[s][1])}</a></li>" for s in sources)
        parts.append(f"<div data-subtree='aimc'><div>{escape(words)}</div><ul>{links}</ul></div>")
    parts += [google_row(row) for row in rows[:3]]
    if page.get("questions"):
        asked = "".join(
            f"<div class='related-question-pair' data-q='{escape(q)}'><span>{escape(q)}</span></div>" for q in page["questions"]
        )
        parts.append(f"<div>{asked}</div>")
    parts += [google_row(row) for row in rows[3:]]
    parts.append("</div></div>")
    related = "".join(f"<a href='/search?q={quote_plus(words)}'>{escape(words)}</a>" for words in page.get("related", []))
    parts.append(f"<div id='botstuff'><div data-abe='1'>{related}</div></div></div>")
    if "panel" in page:
        name, words = page["panel"]
        parts.append(
            f"<div id='rhs'><div class='kp-wholepage'><h2 data-attrid='title'>{escape(name)}</h2>"
            f"<div data-attrid='description'>{escape(words)}</div></div></div>"
        )
    return "\n".join(parts)


def google_row(row: Row) -> str:
    url, title, snippet, date, rating = row
    when = f"<span class='YrbPuc'><span>{escape(date)}</span> — </span>" if date else ""
    stars = f"<div><span class='z3HNkc' aria-label='{escape(rating)}'></span><span>{escape(rating)}</span></div>" if rating else ""
    return (
        f"<div class='MjjYud'><div class='tF2Cxc' data-hveid='x' data-ved='x'><div class='yuRUbf'><a href='{url}'>"
        f"<h3 class='LC20lb'>{escape(title)}</h3><br><cite>{escape(shown(url))}</cite></a></div>"
        f"<div data-sncf='1'><div class='VwiC3b'>{when}<span>{escape(snippet)}</span></div></div>{stars}</div></div>"
    )


def google_ad(ad: Row) -> str:
    url, title, words = ad
    return (
        f"<div data-text-ad='1'><span>Sponsored</span><a href='{url}'><div role='heading'>{escape(title)}</div></a>"
        f"<div>{escape(words)}</div></div>"
    )


def bing(page: Content, rows: list[Row], _: dict[str, Row]) -> str:
    query = page["query"]
    ads = "".join(
        f"<li class='b_ad'><ul><li><h2><a href='{u}'>{escape(t)}</a></h2><div class='b_caption'><p>{escape(w)}</p></div></li></ul></li>"
        for u, t, w in page.get("ads", [])
    )
    related = "".join(f"<li><a href='/search?q={quote_plus(w)}'>{escape(w)}</a></li>" for w in page.get("related", []))
    return (
        f"<header id='b_header'><form action='/search'><input id='sb_form_q' name='q' value='{escape(query)}'></form></header>"
        f"<main><ol id='b_results'>{ads}{''.join(map(bing_row, rows))}"
        f"<li class='b_ans'><div class='b_rs'><h2>Related searches</h2><ul>{related}</ul></div></li></ol></main>"
    )


def bing_row(row: Row) -> str:
    url, title, snippet, date, rating = row
    when = f"<span class='news_dt'>{escape(date)}</span> · " if date else ""
    stars = f"<div class='b_factrow'>{escape(rating)}</div>" if rating else ""
    return (
        f"<li class='b_algo'><h2><a href='{url}'>{escape(title)}</a></h2><div class='b_caption'>"
        f"<div class='b_attribution'><cite>{escape(shown(url))}</cite></div><p class='b_lineclamp2'>{when}{escape(snippet)}</p>{stars}</div></li>"
    )


def yandex(page: Content, rows: list[Row], _: dict[str, Row]) -> str:
    query = page["query"]
    ads = "".join(
        f"<li class='serp-item' data-fast-name='direct' data-cid='{n}'><div class='Organic organic'><div class='AdvLabel'>Реклама</div><h2>"
        f"<a class='OrganicTitle-Link' href='{u}'><span class='OrganicTitle-LinkText'>{escape(t)}</span></a></h2>"
        f"<div class='OrganicText'>{escape(w)}</div></div></li>"
        for n, (u, t, w) in enumerate(page.get("ads", []))
    )
    related = "".join(f"<a href='/search/?text={quote_plus(w)}'>{escape(w)}</a>" for w in page.get("related", []))
    return (
        f"<header><form action='/search/'><input class='mini-suggest__input' name='text' value='{escape(query)}'></form></header>"
        f"<ul id='search-result' class='serp-list'>{ads}{''.join(yandex_row(n, r) for n, r in enumerate(rows, len(ads and [1]) ))}</ul>"
        f"<div class='RelatedSearches'>{related}</div>"
    )


def yandex_row(number: int, row: Row) -> str:
    url, title, snippet, date, rating = row
    when = f"<span>{escape(date)}</span> " if date else ""
    stars = f"<div class='RatingOneStar'>{escape(rating)}</div>" if rating else ""
    return (
        f"<li class='serp-item' data-fast='1' data-cid='{number}'><div class='Organic organic'><h2>"
        f"<a class='OrganicTitle-Link' href='{url}'><span class='OrganicTitle-LinkText'>{escape(title)}</span></a></h2>"
        f"<div class='Organic-Path'><a class='Path-Item' href='{url}'>{escape(shown(url))}</a></div>"
        f"<div class='OrganicText'><span class='OrganicTextContentSpan'>{when}{escape(snippet)}</span></div>{stars}</div></li>"
    )


def naver(page: Content, rows: list[Row], _: dict[str, Row]) -> str:
    query = page["query"]
    return (
        f"<form id='nx_search_form' action='?'><input id='nx_query' name='query' value='{escape(query)}'></form>"
        f"<div id='main_pack'><section class='sc_new sp_nweb'><div class='fds-web-list'>{''.join(map(naver_row, rows))}</div></section></div>"
    )


def naver_row(row: Row) -> str:
    url, title, snippet, date, _ = row
    return (
        f"<div class='fds-web-normal-doc-root' data-template-id='webItem'><a href='{url}' data-heatmap-target='.link'>"
        f"<span class='sds-comps-text-type-headline1'>{escape(title)}</span></a>"
        f"<a href='{url}' data-heatmap-target='.body'><span class='sds-comps-text-type-body1'>{escape(date)}{escape(snippet)}</span></a></div>"
    )


def baidu(page: Content, rows: list[Row], _: dict[str, Row]) -> str:
    query = page["query"]
    ads = "".join(
        f"<div class='c-container ec-tuiguang' data-tuiguang='1' id='{3000 + n}'><h3><a href='https://www.baidu.com/baidu.php?url=a{n}'>"
        f"{escape(t)}</a></h3><div>{escape(w)}</div><span>广告</span></div>"
        for n, (u, t, w) in enumerate(page.get("ads", []))
    )
    related = "".join(f"<a href='/s?wd={quote_plus(w)}'>{escape(w)}</a>" for w in page.get("related", []))
    return (
        f"<form id='form' action='/s'><input id='kw' name='wd' value='{escape(query)}'></form>"
        f"<div id='content_left'>{ads}{''.join(baidu_row(n, r) for n, r in enumerate(rows, 1))}</div><div id='rs_new'>{related}</div>"
    )


def baidu_row(number: int, row: Row) -> str:
    url, title, snippet, date, rating = row
    when = f"<span class='c-color-gray2'>{escape(date)} </span>" if date else ""
    stars = f"<span>{escape(rating)}</span>" if rating else ""
    return (
        f"<div class='result c-container xpath-log new-pmd' id='{number}' srcid='1599' tpl='www_index' mu='{url}'>"
        f"<h3 class='c-title t'><a href='https://www.baidu.com/link?url=demo{number}'>{escape(title)}</a></h3>"
        f"<div>{when}<span class='content-right_1a'>{escape(snippet)}</span>{stars}</div></div>"
    )


ADDRESSES = {
    "google": "https://www.google.com/search?q={q}&gl={country}&hl={language}",
    "bing": "https://www.bing.com/search?q={q}&cc={country}&setlang={language}",
    "yandex": "https://yandex.kz/search/?text={q}",
    "naver": "https://search.naver.com/search.naver?query={q}",
    "baidu": "https://www.baidu.com/s?wd={q}",
}
TITLES = {"google": "{q} - Google Search", "bing": "{q} - Search", "yandex": "{q} — Яндекс", "naver": "{q} : 네이버 검색", "baidu": "{q}_百度搜索"}
WRITERS: dict[str, Callable[[Content, list[Row], dict[str, Row]], str]] = {
    "google": google, "bing": bing, "yandex": yandex, "naver": naver, "baidu": baidu,
}
CAPTCHAS = {
    "bing": "<div class='captcha_header'>One last step</div><div class='captcha'><p>Please solve the challenge below to continue.</p></div>",
    "baidu": "<div class='passMod_dialog-wrapper'><a href='https://wappass.baidu.com/static/captcha/'>百度安全验证</a></div>",
}


def pages(content: Content) -> Iterator[tuple[str, str]]:
    pool: dict[str, Row] = content["rows"]
    for page in content["pages"]:
        engine = page["engine"]
        url = ADDRESSES[engine].format(q=quote(page["query"]), country=page["country"], language=page["language"])
        title = TITLES[engine].format(q=page["query"])
        rows = [pool[name] for name in page.get("rows", [])]
        body = CAPTCHAS[engine] if page.get("kind") == "captcha" else WRITERS[engine](page, rows, pool)
        yield page["file"], wrapped(url, page["language"], title, body)


def landings(content: Content) -> Iterator[tuple[str, str]]:
    pool: dict[str, Row] = content["rows"]
    for name, paragraphs in content["landings"].items():
        url, title, *_ = pool[name]
        text = "".join(f"<p>{escape(words)}</p>\n" for words in paragraphs)
        body = f"<main><article><h1>{escape(title)}</h1>\n{text}</article></main>"
        yield f"{name.replace('_', '-')}.html", wrapped(url, name[:2], title, body)


def shown(url: str) -> str:
    return url.partition("://")[2].rstrip("/").replace("/", " › ")


def main() -> None:
    content = tomllib.loads((HERE / "content.toml").read_text("utf-8"))
    for name, text in pages(content):
        (HERE / "pages" / name).write_text(text, "utf-8")
    (HERE / "landings").mkdir(exist_ok=True)
    for name, text in landings(content):
        (HERE / "landings" / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
