"""A brand is found by name in five languages, and in a host; nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.lexicon import BRAND, lexicon
from audit.names import host_carries, in_full, mask, mentions, romanised, scripts_of, short_forms


@pytest.mark.parametrize(
    ("language", "name", "text"),
    [
        ("en", "Lumivelo", "Is LUMIVELO any good?"),
        ("en", "Lumivelo", "Lumivelo's new frame"),
        ("en", "Brackenford Bank", "brackenford raised its fees"),
        ("en", "Marlow & Finch", "a Marlow and Finch sofa by Marlow & Finch"),
        ("ru", "Лумивело", "обзор Лумивело"),
        ("ru", "Быстрогруз", "жалоба на Быстрогруза и с Быстрогрузом"),
        ("ru", "Ладожец", "у Ладожца сменился владелец"),
        ("ru", "Берёза", "магазин «Береза»"),
        ("ru", "Беркут-банк", "о Беркуте говорят"),
        ("uk", "Швидковіз", "скарга на Швидковоза? ні, на Швидковіза"),
        ("uk", "Мар'їнка", "у Мар’їнці відкрили склад"),
        ("ko", "루미벨로", "루미벨로에서 샀어요"),
        ("ko", "다온숲은행", "다온숲 우대금리"),
        ("ko", "호텔 물안재", "물안재 조식"),
        ("zh", "流光单车", "我的流光 单车"),
        ("zh", "苍溪银行", "苍溪把利率降了"),
        ("ru", "Lumivelo", "велосипед Lumivelo из магазина"),
    ],
)
def test_a_name_is_met(language: str, name: str, text: str) -> None:
    lex = lexicon(language)
    ready = lex.prepare(text)
    assert mentions(ready, (name,), lex)
    assert BRAND in mask(ready, (name,), lex)


@pytest.mark.parametrize(
    ("language", "name", "text"),
    [
        ("en", "Lumivelo", "Lumivelour curtains"),
        ("en", "Brackenford Bank", "a bank in town"),
        ("en", "Hotel One", "one night in a hotel"),
        ("ru", "Беркут-банк", "любой банк"),
        ("ko", "다온숲은행", "은행 영업시간"),
        ("zh", "苍溪银行", "银行营业时间"),
        ("en", "", "anything"),
    ],
)
def test_a_common_word_is_no_name(language: str, name: str, text: str) -> None:
    lex = lexicon(language)
    assert not mentions(lex.prepare(text), (name,) if name else (), lex)


def test_short_forms_come_longest_first_and_drop_what_names_nobody() -> None:
    assert short_forms(("Brackenford Bank",), lexicon("en")) == ("brackenford bank", "brackenford")
    assert short_forms(("苍溪银行",), lexicon("zh")) == ("苍溪银行", "苍溪")


@pytest.mark.parametrize(
    ("language", "name", "text", "whole"),
    [
        ("en", "Oakstead Homes", "Oakstead Homes snag list", True),
        ("en", "Oakstead Homes", "a walk to Oakstead village", False),
        ("en", "Lumivelo", "Lumivelo again", False),
        ("en", "Silver Birch", "Silver Birch (1889)", False),
        ("zh", "青檐置业", "青檐置业交房", True),
        ("zh", "青檐置业", "青檐村下雨", False),
    ],
)
def test_named_with_its_trade(language: str, name: str, text: str, whole: bool) -> None:
    lex = lexicon(language)
    assert in_full(lex.prepare(text), (name,), lex) is whole


@pytest.mark.parametrize(
    ("label", "name", "language", "carried"),
    [
        ("lumivelo", "Lumivelo", "en", True),
        ("lumivelo-shop", "Lumivelo", "en", True),
        ("mylumivelo", "Lumivelo", "en", True),
        ("shvydkoviz", "Швидковіз", "uk", True),
        ("bystrogruz", "Быстрогруз", "ru", True),
        ("muranjae", "물안재", "ko", True),
        ("liuguang-express", "流光", "zh", True),
        ("liuguangcar", "流光单车", "zh", True),
        ("opusdei", "Opus", "en", False),
        ("opus-shop", "Opus", "en", True),
        ("brackenfordbank", "Brackenford Bank", "en", True),
        ("bank", "Brackenford Bank", "en", False),
        ("reviews", "Lumivelo", "en", False),
        ("", "Lumivelo", "en", False),
        ("ab", "ab", "en", False),
    ],
)
def test_a_host_carries_the_name(label: str, name: str, language: str, carried: bool) -> None:
    assert host_carries(label, (name,), lexicon(language)) is carried


def test_romanised() -> None:
    assert romanised("Швидковіз") == "shvidkoviz"
    assert romanised("루미") == "rumi"
    assert romanised("流光") == "liuguang"


def test_scripts_of() -> None:
    assert scripts_of(("Lumivelo",)) == ("en",)
    assert scripts_of(("Лумивело", "루미벨로")) == ("ru", "uk", "ko")
    assert scripts_of(("流光",)) == ("zh",)


@given(name=st.text(max_size=30), text=st.text(max_size=60))
def test_any_name_may_be_looked_for(name: str, text: str) -> None:
    """A name is a stranger's text too: brackets and stars are signs, never a pattern."""
    for language in ("en", "ko"):
        lex = lexicon(language)
        mask(lex.prepare(text), (name,), lex)
        in_full(lex.prepare(text), (name,), lex)
