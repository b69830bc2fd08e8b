"""The parsed page: text as a reader sees it, hostile input refused in linear time."""

from __future__ import annotations

import pytest

from spiders.charset import decode, is_utf8
from spiders.tree import (
    Tree,
    UnreadableError,
    attr,
    below,
    card_of,
    first_below,
    guard,
    holding,
    names,
    outermost,
    text,
)

SAMPLES = {
    "ru": "Отзывы о компании: всё хорошо, спасибо за помощь и быструю доставку",
    "uk": "Відгуки про компанію: усе гаразд, дякую за швидку доставку і допомогу",
    "ko": "회사에 대한 후기: 배송이 빠르고 친절해서 만족합니다",
    "zh": "公司评价:一切都很好,感谢您的帮助和快速送货服务",
    "en": "Reviews of the company – “fine”, thanks for the quick delivery",
}
ENCODINGS = {
    "ru": ("utf-8", "cp1251", "koi8-r"),
    "uk": ("utf-8", "cp1251"),
    "ko": ("utf-8", "euc-kr"),
    "zh": ("utf-8", "gb18030"),
    "en": ("utf-8", "cp1252"),
}


@pytest.mark.parametrize(("language", "encoding"), [(k, e) for k, v in ENCODINGS.items() for e in v])
@pytest.mark.parametrize("label", ["header", "meta"])
def test_charset_by_label(language: str, encoding: str, label: str) -> None:
    meta = f"<meta charset='{encoding}'>" if label == "meta" else ""
    body = f"<html><head>{meta}</head><body>{SAMPLES[language]}</body></html>".encode(encoding)
    header = f"text/html; charset={encoding}" if label == "header" else ""
    assert SAMPLES[language] in decode(body, header)[0]


@pytest.mark.parametrize("language", SAMPLES)
def test_utf8_bytes_win_over_wrong_labels(language: str) -> None:
    body = f"<meta charset='gbk'>{SAMPLES[language]}".encode()
    assert decode(body, "text/html; charset=windows-1251") == (body.decode(), "utf-8")


def test_gbk_under_a_utf8_label() -> None:
    body = f"<meta charset='utf-8'><p>{SAMPLES['zh'] * 3}</p>".encode("gb18030")
    assert SAMPLES["zh"] in decode(body)[0]


@pytest.mark.parametrize("label", ["utf-7", "no-such-charset", "x-user-defined"])
def test_bogus_labels_are_no_reason_to_fail(label: str) -> None:
    assert "ASCII stays" in decode(b"<p>ASCII stays</p>", f"text/html; charset={label}")[0]


@pytest.mark.parametrize("size", range(8_188, 8_197))
@pytest.mark.parametrize("tail", ["я", "中", "😀", "z"])
def test_utf8_is_told_across_the_pieces_it_is_checked_in(size: int, tail: str) -> None:
    body = b"a" * size + tail.encode() * 3
    assert is_utf8(body)
    assert is_utf8(body[:-1]) is (tail == "z")
    assert not is_utf8(body + b"\xff")
    assert not is_utf8(b"\xef\xbb\xbf" + body)


@pytest.mark.parametrize(
    "body", [SAMPLES["ru"].encode(), SAMPLES["ru"].encode("utf-8-sig"), SAMPLES["ru"].encode("cp1251")]
)
def test_source_is_the_decoded_text(body: bytes) -> None:
    tree = Tree.of(body + b"\0", "text/html; charset=windows-1251")
    assert tree.source == SAMPLES["ru"] == text(tree.one("body"))
    assert Tree.of(body, "text/html; charset=windows-1251").source == SAMPLES["ru"]


def test_text_joins_inline_and_parts_blocks() -> None:
    tree = Tree.of(b"<body><h3>face<em>book</em>/react<br>docs<div>next</div></h3></body>")
    assert text(tree.one("h3")) == "facebook/react docs next"


def test_text_drops_what_nobody_sees() -> None:
    tree = Tree.of(
        "<h3>A<span style='display: none'>x</span><span class='visually-hidden'>opens in new window</span>"
        "<script>y</script><span hidden>z</span>\u200b\u202eB</h3>".encode()
    )
    assert text(tree.one("h3")) == "AB"


def test_matches_and_below_never_look_the_wrong_way() -> None:
    tree = Tree.of(b"<div class=a><div class=a id=inner><h3>t</h3></div></div>")
    outer = tree.one("div.a")
    assert outer is not None
    assert not tree.matches(outer, "h3")
    assert [attr(node, "id") for node in below(outer, "div.a")] == ["inner"]
    assert attr(tree.closest(tree.one("h3"), "div.a"), "id") == "inner"


def test_fallbacks_are_counted() -> None:
    tree = Tree.of(b"<li><b>t</b></li><li><i>u</i></li><li></li>")
    for node in tree.all("li"):
        tree.first("title", node, "b", "i")
    assert tree.tally == {"title:0": 1, "title:1": 1, "title:miss": 1}


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"<div>" * 500_000, "TooManyNodes"), (b"<div>" * 50_000, "PageTooDeep"), (b"x" * (17 * 2**20), "TooLarge")],
)
def test_hostile_size_is_refused(body: bytes, kind: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        guard(body)
    assert caught.value.kind == kind


def test_a_long_line_with_few_foreign_bytes_is_read_in_linear_time() -> None:
    """The stretches begin at a foreign byte: a search that could start anywhere took minutes on 900 KB."""
    text, encoding = decode(b"\x92" + b"x" * 900_000 + "é, é".encode("cp1252"))
    assert (len(text), encoding.lower()) == (900_005, "cp1252")


def test_unlabelled_latin_is_not_taken_for_chinese() -> None:
    french = "Les vélos de Lumivelo ont été testés à l’été, côté pente; l’autonomie a déçu."
    assert decode(french.encode("cp1252"))[0] == french
    russian = "Люмивело: отзывы покупателей об электровелосипедах, которые ездят весь год"
    assert decode(russian.encode("cp1251"))[0] == russian
    chinese = "露米维洛电动自行车的电池续航让很多用户满意"
    assert decode(chinese.encode("gb18030"))[0] == chinese


def test_text_may_stop_behind_what_is_kept() -> None:
    tree = Tree.of(b"<div>" + b"<p>  one \n two  </p>" * 50 + b"</div>")
    box = tree.one("div")
    whole = text(box)
    for most in (1, 7, 60, 10_000):
        assert text(box, most=most)[:most] == whole[:most]
    assert len(text(box, most=20)) < len(whole)


def test_outermost_keeps_page_order_and_each_node_once() -> None:
    tree = Tree.of(b"<ul><li id=a><ul><li id=b></ul></li><li id=c></ul><p><b><li id=d></b>")
    items = tree.all("li")
    assert [attr(node, "id") for node in outermost([*items, *items])] == ["a", "c", "d"]


def test_holders_are_the_matches_and_all_around_them() -> None:
    tree = Tree.of(b"<div id=x><p><b class=mark>m</b></p></div><div id=y></div>")
    held = tree.holders(".mark, .other")
    assert [attr(node, "id") for node in tree.all("div") if node.mem_id in held] == ["x"]
    assert all(node.mem_id in held for node in tree.all("html, p, b"))


def test_a_card_is_what_leads_to_one_page() -> None:
    tree = Tree.of(
        b"<div id=box><div id=one><p><a href=/a>a</a><a href=/a>a</a></p></div><div><a href=/b>b</a></div></div>"
    )
    box, links = tree.one("#box"), tree.all("a")
    assert box is not None
    held = holding([(attr(link, "href"), link) for link in links], box)
    assert attr(card_of(links[0], box, held, 5), "id") == "one"
    assert card_of(links[0], box, held, 1).tag == "p"


def test_names_and_first_below() -> None:
    tree = Tree.of(b"<div id=x class='a b'><div class=a id=y></div></div>")
    outer = tree.one("#x")
    assert outer is not None
    assert names(outer) == ["div", ".a", ".b", "#x"]
    assert attr(first_below(outer, "div.a"), "id") == "y"
    assert first_below(outer, ".b") is None
