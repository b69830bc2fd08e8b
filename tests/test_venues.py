"""Every venue the word-of-mouth field names has its entry; other addresses tell their kind by their shape."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.models import PageType
from audit.pagekind import likeliest_page_type
from audit.venues import is_government, page_type_of, registrable, telling_part, venue, venues

NAMED = """
baidu.com directory | zhidao.baidu.com question_answer | tieba.baidu.com forum | koubei.baidu.com review_site
koubei.com review_site | dianping.com review_site | weibo.com social | blog.sina.com.cn blog | hi.baidu.com blog
xiangce.baidu.com photo | photo.163.com photo | flickr.com photo | youku.com video | tudou.com video
bilibili.com video | douyin.com video | tianya.cn forum | mop.com forum | 36kr.com news
zol.com.cn industry_media | baike.baidu.com encyclopedia | zhihu.com question_answer | xiaohongshu.com social
tousu.sina.com.cn complaint_site | 12315.cn complaint_site | facebook.com social | twitter.com social | x.com social
yelp.com review_site | yelp.co.uk review_site | vk.com social | ok.ru social | odnoklassniki.ru social
otzovik.com review_site | irecommend.ru review_site | blog.naver.com blog | cafe.naver.com forum
kin.naver.com question_answer | place.naver.com review_site | reddit.com forum | old.reddit.com forum
quora.com question_answer | youtube.com video | youtu.be video | tripadvisor.com review_site
tripadvisor.ru review_site | trustpilot.com review_site | de.trustpilot.com review_site | glassdoor.com job_board
glassdoor.co.uk job_board | wikipedia.org encyclopedia | ru.wikipedia.org encyclopedia | namu.wiki encyclopedia
bbb.org complaint_site | pissedconsumer.com complaint_site | ripoffreport.com complaint_site
sitejabber.com review_site | g2.com review_site | capterra.com review_site | apps.apple.com app_store
play.google.com app_store | amazon.de shop | ozon.ru shop | rozetka.com.ua shop | banki.ru review_site
2gis.ru review_site | pikabu.ru forum | dzen.ru blog | livejournal.com blog | vc.ru blog
hh.ru job_board | work.ua job_board | dou.ua job_board | saramin.co.kr job_board | otzyvua.net review_site
hotline.ua review_site | dcinside.com forum | ppomppu.co.kr forum | clien.net forum | tistory.com blog
instagram.com social | tiktok.com video | t.me social | linkedin.com social | indeed.com job_board
reuters.com news | ftc.go.kr government | sec.gov government
"""


@pytest.mark.parametrize("line", [entry.strip() for line in NAMED.strip().split("\n") for entry in line.split("|")])
def test_named_venues(line: str) -> None:
    host, kind = line.split()
    place = venue(host)
    assert place is not None, f"{host} has no entry"
    assert page_type_of(host) == PageType(kind)


@pytest.mark.parametrize(
    ("host", "path", "kind"),
    [
        ("yandex.ru", "/maps/org/x/1", PageType.REVIEW_SITE),
        ("yandex.ru", "/q/question/1", PageType.QUESTION_ANSWER),
        ("yandex.ru", "/", PageType.REVIEW_SITE),
        ("google.com", "/maps/place/x", PageType.REVIEW_SITE),
        ("vk.com", "/video-1_2", PageType.VIDEO),
        ("vk.com", "/wall-1_2", PageType.SOCIAL),
        ("linkedin.com", "/jobs/view/1", PageType.JOB_BOARD),
        ("linkedin.com", "/jobsite", PageType.SOCIAL),
        ("career.habr.com", "/x", PageType.JOB_BOARD),
        ("habr.com", "/x", PageType.INDUSTRY_MEDIA),
        ("guba.eastmoney.com", "/", PageType.FORUM),
    ],
)
def test_the_most_exact_entry_wins(host: str, path: str, kind: PageType) -> None:
    assert page_type_of(host, path) is kind


@pytest.mark.parametrize(
    ("host", "path", "kind"),
    [
        ("forum.lumivelo.example", "/", PageType.FORUM),
        ("city-news.example", "/", PageType.NEWS),
        ("herald.example", "/2026/11/20/x", PageType.NEWS),
        ("paper.example", "/news/1", PageType.NEWS),
        ("velo.example", "/forum/topic-1", PageType.FORUM),
        ("velo.example", "/reviews/lumivelo", PageType.REVIEW_SITE),
        ("velo.example", "/otzyvy/", PageType.REVIEW_SITE),
        ("otzyvy-magazinov.example", "/", PageType.REVIEW_SITE),
        ("scam-list.example", "/", PageType.COMPLAINT_SITE),
        ("jobs.example.com", "/", PageType.JOB_BOARD),
        ("velo.example", "/wiki/Frame", PageType.ENCYCLOPEDIA),
        ("shop.example.com", "/", PageType.SHOP),
        ("blog.example.com", "/", PageType.BLOG),
        ("court.example", "/", PageType.OTHER),
        ("www.lumivelo.example", "/", PageType.OTHER),
        ("", "", PageType.OTHER),
    ],
)
def test_an_unknown_host_tells_its_kind_by_its_shape(host: str, path: str, kind: PageType) -> None:
    assert page_type_of(host, path) is kind


@pytest.mark.parametrize("host", ["irs.gov", "nbu.gov.ua", "police.go.kr", "mps.gov.cn", "service.gov.uk", "europa.eu"])
def test_hosts_only_a_state_can_have(host: str) -> None:
    assert is_government(host)
    assert page_type_of(host) is PageType.GOVERNMENT


@pytest.mark.parametrize("host", ["gov.example", "mygov.example", "governance.com", "court-shop.com"])
def test_a_name_alone_makes_no_state(host: str) -> None:
    assert not is_government(host)


def test_entries_are_sound() -> None:
    entries = venues()
    assert len(entries) > 500
    assert len({entry.name for entry in entries}) == len({(entry.name, entry.page_type) for entry in entries})
    for entry in entries:
        assert all(host == host.lower() and " " not in host and "//" not in host for host in entry.hosts), entry.name
    assert {entry.page_type for entry in entries} >= set(PageType) - {PageType.OFFICIAL}
    assert {"cn", "kr", "ru", "ua", "us", "gb", ""} <= {entry.region for entry in entries}


def test_complaint_sites_and_works() -> None:
    assert any(entry.complaint for entry in venues() if entry.page_type is PageType.COMPLAINT_SITE)
    assert not any(entry.complaint for entry in venues() if entry.page_type is not PageType.COMPLAINT_SITE)
    place = venue("imdb.com")
    assert place is not None
    assert place.works


def test_the_label_an_owner_chose() -> None:
    assert telling_part("shop.lumivelo.co.uk") == "lumivelo"
    assert telling_part("lumivelo.example") == "lumivelo"
    assert telling_part("www.lumivelo.example") == "lumivelo"
    assert telling_part("localhost") == "localhost"
    assert registrable("shop.lumivelo.co.uk") == "lumivelo.co.uk"


@given(host=st.text(max_size=60), path=st.text(max_size=60))
def test_any_address_has_a_kind(host: str, path: str) -> None:
    assert page_type_of(host, path) in set(PageType)


@pytest.mark.parametrize(
    ("told", "address", "title", "snippet", "language", "likely"),
    [
        (PageType.OTHER, "a.example", "Camp Lumivelo: 48 photos", "", "en", PageType.PHOTO),
        (
            PageType.REVIEW_SITE,
            "a.example/maps",
            "Lumivelo",
            "4.6 (12) · Bike shop · High St",
            "en",
            PageType.DIRECTORY,
        ),
        (PageType.REVIEW_SITE, "a.example", "Lumivelo pricing and plans", "From 9 a seat", "en", PageType.DIRECTORY),
        (PageType.REVIEW_SITE, "a.example", "Lumivelo reviews", "I love my bike", "en", PageType.REVIEW_SITE),
        (PageType.OTHER, "a.example", "Люмивело: стоит ли брать?", "Разберём", "ru", PageType.QUESTION_ANSWER),
        (PageType.OTHER, "", "Lumivelo: 48 photos", "", "en", PageType.OTHER),
    ],
)
def test_the_likeliest_page_type(
    told: PageType, address: str, title: str, snippet: str, language: str, likely: PageType
) -> None:
    assert likeliest_page_type(told, address, title, snippet, language, False) is likely
