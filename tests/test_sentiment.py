"""What a text means for the brand: invented lines by cause, and floors per language that never fall."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.combine import Evidence, model, probabilities
from audit.evaluation import accuracy, calibration, side
from audit.lexicon import languages
from audit.moods import textblob_polarity
from audit.sentiment import Reading, read
from audit.tongue import language_of
from tests.gold import GOLD, SETS, measure, measure_set, read_row, rows_of

LINES = Path(__file__).parent / "fixtures" / "lexicons"
FLOORS: dict[str, dict[str, float]] = tomllib.loads((LINES / "floors.toml").read_text("utf-8"))
NAMES = {"en": "Lumivelo", "ru": "Лумивело", "uk": "Лумівело", "ko": "루미벨로", "zh": "流光单车"}


def said(language: str, title: str, snippet: str = "", kind: str = "") -> Reading:
    return read(title, snippet, language, (NAMES[language], "Lumivelo"), kind)


def sign(reading: Reading) -> int | None:
    return side(reading.level)


# ---------------------------------------------------------------- floors


@pytest.mark.parametrize("language", languages())
def test_own_lines_stay_above_their_floor(language: str) -> None:
    rows = rows_of(LINES / f"{language}.jsonl")
    assert len(rows) >= 60, "every language has its labelled lines"
    pairs = [(side(row["label"]), read_row(row)[0]) for row in rows]
    assert accuracy(pairs) >= FLOORS[language]["lines"]


@pytest.mark.parametrize("language", languages())
def test_gold_stays_above_its_floor(language: str) -> None:
    path = GOLD / f"{language}.jsonl"
    if not path.exists():
        pytest.skip("the labelled search results are not at hand")
    figures = measure(rows_of(path))
    assert figures["macro_f1"] >= FLOORS[language]["gold"]
    assert figures["macro_f1"] > figures["textblob_f1"] + 0.3, "or else a user would take TextBlob"


@pytest.mark.parametrize("language", languages())
def test_fresh_results_stay_above_their_floor(language: str) -> None:
    """Written blind by somebody who knew neither lexicons nor gold, and never read since: the honest figure."""
    rows = [row for row in rows_of(LINES.parent / "fresh" / f"{language}.jsonl") if row["split"] == "test"]
    floor = tomllib.loads((Path(__file__).parent / "gold_floors.toml").read_text("utf-8"))["test"][language]
    assert measure(rows)["macro_f1"] >= floor


@pytest.mark.parametrize("language", languages())
def test_results_of_brands_kept_apart_stay_above_their_floor(language: str) -> None:
    """No list, head or coefficient has seen a row of these brands."""
    rows = rows_of(LINES.parent / "results" / "apart" / f"{language}.jsonl")
    floor = tomllib.loads((Path(__file__).parent / "gold_floors.toml").read_text("utf-8"))["apart"][language]
    assert measure(rows)["macro_f1"] >= floor


@pytest.mark.parametrize("language", languages())
def test_brands_kept_apart_stand_nowhere_else(language: str) -> None:
    folder = LINES.parent / "results"
    told = {part: rows_of(folder / part / f"{language}.jsonl") for part in ("seen", "unseen", "apart")}
    learnt = {row["brand"] for part in ("seen", "unseen") for row in told[part]}
    assert not learnt & {row["brand"] for row in told["apart"]}
    ids = [row["id"] for rows in told.values() for row in rows]
    assert len(ids) == len(set(ids))
    assert all(row["lang"] == language and row["label"] in (-2, -1, 0, 1, 2, None) for r in told.values() for row in r)


@pytest.mark.parametrize("name", FLOORS["sets"])
def test_general_sets_stay_above_their_floor(name: str) -> None:
    if not (SETS / f"{name}.jsonl").exists():
        pytest.skip("the labelled sets are not at hand")
    assert measure_set(name)[1] >= FLOORS["sets"][name]


def test_every_language_of_the_shelf_has_a_floor() -> None:
    assert set(FLOORS) - {"sets"} == set(languages())


# ---------------------------------------------------------------- by cause


@pytest.mark.parametrize(
    ("language", "against", "by"),
    [
        ("en", "Lumivelo sued over faulty brakes", "Lumivelo sues rival over copied frame design"),
        ("ru", "На Лумивело подали в суд из-за обмана", "Лумивело подала в суд на конкурента за подделку"),
        ("uk", "Суд оштрафував Лумівело за обман", "Лумівело подала до суду на конкурента за підробку"),
        ("ko", "루미벨로 사기 혐의로 피소", "루미벨로, 짝퉁 업체 상대로 소송 제기"),
        ("zh", "流光单车因虚假宣传被起诉", "流光单车起诉山寨厂商侵权"),
    ],
)
def test_who_sues_whom(language: str, against: str, by: str) -> None:
    assert sign(said(language, against, kind="news")) == -1
    assert sign(said(language, by, kind="news")) != -1
    assert "accuser" in said(language, by).context


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Scammers pose as Lumivelo staff, police warn"),
        ("ru", "Мошенники от имени Лумивело обманывают пенсионеров, предупредила полиция"),
        ("uk", "Шахраї від імені Лумівело ошукують людей, попереджає кіберполіція"),
        ("ko", "루미벨로를 사칭한 사기 문자 주의"),
        ("zh", "冒充流光单车客服诈骗，警方提醒"),
    ],
)
def test_who_misuses_the_name_is_not_the_brand(language: str, text: str) -> None:
    reading = said(language, text, kind="news")
    assert "victim" in reading.context
    assert sign(reading) == 0


@pytest.mark.parametrize(
    ("language", "bad", "denied"),
    [
        ("en", "Lumivelo is a scam", "Lumivelo is not a scam, no hidden fees"),
        ("en", "The frame broke", "The frame never broke, zero problems"),
        ("ru", "Лумивело — обман", "Лумивело: никакого обмана, без скрытых платежей"),
        ("uk", "Лумівело — обман", "Лумівело: жодного обману, без прихованих платежів"),
        ("ko", "루미벨로 고장 났어요", "루미벨로 고장 한번 없이 잘 써요"),
        ("zh", "流光单车坑人", "流光单车不坑人，没有套路"),
    ],
)
def test_denied_blame_is_no_blame(language: str, bad: str, denied: str) -> None:
    assert sign(said(language, bad, kind="forum")) == -1
    assert sign(said(language, denied, kind="forum")) == 1


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Not good, not helpful, never again"),
        ("ru", "Не советую, не понравилось"),
        ("uk", "Не раджу, не сподобалось"),
        ("ko", "추천하지 않아요, 친절하지 않았어요"),
        ("zh", "不推荐，不好用"),
    ],
)
def test_denied_praise_is_blame(language: str, text: str) -> None:
    assert sign(said(language, text, kind="review_site")) == -1


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Is Lumivelo a scam?"),
        ("ru", "Лумивело — лохотрон?"),
        ("uk", "Лумівело — лохотрон?"),
        ("ko", "루미벨로 사기인가요?"),
        ("zh", "流光单车是骗子吗？"),
    ],
)
def test_a_question_accuses_nobody_surely(language: str, text: str) -> None:
    reading = said(language, text)
    assert reading.level != -1.0
    assert reading.confidence < 0.8


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Court throws out fraud case against Lumivelo: no wrongdoing found"),
        ("ru", "Обвинения в мошенничестве с Лумивело сняты, нарушений не нашли"),
        ("uk", "Звинувачення у шахрайстві з Лумівело зняли, порушень не виявили"),
        ("ko", "'사기 혐의' 루미벨로 무죄 확정"),
        ("zh", "“流光单车自燃”系谣言，警方辟谣"),
    ],
)
def test_what_was_cleared_is_not_held_against_it(language: str, text: str) -> None:
    reading = said(language, text, kind="news")
    assert "cleared" in reading.context
    assert sign(reading) != -1


@pytest.mark.parametrize(
    ("language", "title", "snippet"),
    [
        (
            "en",
            "How to make a complaint",
            "If something goes wrong, fill in the complaint form. Refund policy applies.",
        ),
        (
            "ru",
            "Как подать претензию",
            "Заполните бланк, приложите чек. Порядок возврата описан в пользовательском соглашении.",
        ),
        ("uk", "Як подати скаргу", "Заповніть бланк, додайте чек. Умови повернення описано в угоді користувача."),
        ("ko", "불만 접수 방법", "환불 규정과 접수 절차 안내입니다. 문의는 고객센터로 해주세요."),
        ("zh", "投诉流程", "如您不满意，请填写投诉登记表，客服将在15个工作日内答复。"),
    ],
)
def test_instructions_are_neutral(language: str, title: str, snippet: str) -> None:
    assert sign(said(language, title, snippet, "official")) == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Other couriers lost everything and lied. These people deliver on time.", 1),
        ("I was worried about delays and damage. Arrived early, perfect.", 1),
        ("Lovely staff, great location, but the room was filthy and the refund was refused", -1),
        ("The old bugs are fixed, service restored, really happy with it", 1),
    ],
)
def test_scope_in_a_sentence(text: str, expected: int) -> None:
    assert sign(said("en", "Lumivelo", text, "forum")) == expected


def test_the_name_itself_is_out_of_sight() -> None:
    reading = read("Scamper Bank opens a branch", "", "en", ("Scamper Bank",))
    assert sign(reading) == 0
    assert not any(entry.startswith("cue:scam") for entry in reading.because)


def test_quoted_praise_is_doubtful() -> None:
    plain, quoted = said("en", "Lumivelo support is excellent"), said("en", 'Lumivelo "excellent" support')
    assert quoted.score < plain.score


def test_the_words_that_decided_are_told_and_the_brand_is_named_so() -> None:
    reading = said("en", "Lumivelo sued: scam, says regulator")
    assert "cue:scam" in reading.because
    assert reading.categories[:1] == ("legal",) or "fraud" in reading.categories
    assert not any("\ue000" in entry for entry in reading.because)


# ---------------------------------------------------------------- silence, and what cannot be read


@pytest.mark.parametrize("kind", ["", "forum", "news", "complaint_site", "review_site"])
def test_silence_is_neutral_and_unsure(kind: str) -> None:
    """No phrase met: neutral, whatever the page, and marked for a person to look at."""
    reading = said("en", "Lumivelo", "Part four of seven.", kind)
    assert (reading.level, reading.score) == (0.0, 0.0)
    assert reading.confidence < model().certain_from


@pytest.mark.parametrize("language", ["", "de", "ja", "xx"])
def test_a_language_nobody_reads_is_unread_not_neutral(language: str) -> None:
    reading = read("Betrug! Nie wieder!", "", language)
    assert reading.level is None
    assert reading.confidence == 0.0


def test_textblob_is_the_packages_own() -> None:
    """Only its analyser is loaded, not the package; it must say the same."""
    from textblob.en import sentiment  # noqa: TID251 - the comparison

    for row in rows_of(LINES / "en.jsonl"):
        text = f"{row['title']}. {row['snippet']}"
        assert textblob_polarity(text) == pytest.approx(sentiment(text)[0], abs=0.006)


@pytest.mark.parametrize("text", ["Parcel arrives in two parts", "meh, o.O", "xD", "8-D", "Not good!", "It is :("])
def test_readers_are_spared_only_where_they_have_nothing_to_say(text: str) -> None:
    with patch("audit.moods._PLAIN", re.compile("(?!)")):
        asked = read(text, "", "en").evidence.moods
    assert read(text, "", "en").evidence.moods == asked


def test_a_trained_head_is_heard_where_phrases_are_silent_and_its_word_is_told() -> None:
    text = "Day two and my Lumivelo sounds like a coffee grinder, into the bin it goes"
    heard = read("", text, "en", ("Lumivelo",), "review_site")
    assert heard.evidence.head is not None
    assert any(each.startswith("head:") for each in heard.because)
    assert read("", text, "en", ("Lumivelo",), "forum").evidence.head is None


@pytest.mark.parametrize("language", ["en", "ru", "uk", "ko", "zh"])
def test_the_head_of_results_is_asked_about_titles_with_snippets_alone(language: str) -> None:
    words = "Lumivelo opens a workshop in the old mill where five people mend what others throw away every day"
    assert read(words, words, language, ("Lumivelo",), "news").evidence.result is not None
    assert read(words, "", language, ("Lumivelo",), "news").evidence.result is None
    assert read("Lumivelo", "Part four.", language, ("Lumivelo",), "news").evidence.result is None


def test_where_no_phrase_explains_a_side_the_words_of_the_head_do() -> None:
    reading = read("Lumivelo shuts its doors", "Staff found the gates chained on Monday and nobody answers.", "en")
    told = [each for each in reading.because if each.startswith(("cue:", "word:"))]
    assert told
    assert any(each.startswith("result:") for each in reading.because)


def test_textblob_is_heard_in_english_only() -> None:
    assert textblob_polarity("a wonderful day") > 0.5
    assert textblob_polarity("") == 0.0
    assert any(entry.startswith("textblob:") for entry in said("en", "A wonderful day").because)
    assert not any(entry.startswith("textblob:") for entry in said("ru", "wonderful Лумивело").because)


@pytest.mark.parametrize(
    ("text", "hint", "language"),
    [
        ("Is this shop any good?", "", "en"),
        ("Отзывы о компании и её услугах", "", "ru"),
        ("Відгуки про компанію та її послуги", "", "uk"),
        ("루미벨로 후기 모음", "", "ko"),
        ("流光单车怎么样", "", "zh"),
        ("Der Kundendienst ist nicht zu erreichen und das Geld ist weg", "", ""),
        ("Je ne recommande pas, le service est nul", "", ""),
        ("このホテルはとても良かったです", "", ""),
        ("Ово је најгора услуга у граду", "", ""),
        ("Бұл дүкен өте жақсы", "", ""),
        ("خدمة العملاء سيئة جدا", "", ""),
        ("12345 !!!", "", ""),
        ("", "ru", ""),
        ("Лумивело", "uk", "uk"),
        ("Lumivelo", "en", "en"),
        ("Lumivelo", "de", ""),
    ],
)
def test_what_language(text: str, hint: str, language: str) -> None:
    assert language_of(text, hint) == language


# ---------------------------------------------------------------- numbers


@given(text=st.text(max_size=300), language=st.sampled_from(languages()), kind=st.sampled_from(["", "news", "forum"]))
def test_any_text_has_a_level_and_shares_that_add_up(text: str, language: str, kind: str) -> None:
    reading = read(text, text[::-1], language, ("Lumivelo",), kind)
    assert reading.level in (-1.0, -0.5, 0.0, 0.5, 1.0)
    assert abs(sum(reading.p) - 1) < 1e-9
    assert all(0 <= share <= 1 for share in reading.p)


def test_more_blame_is_never_less_negative() -> None:
    shares = [probabilities(Evidence(body_blame=blame, end=-blame, kind="forum"))[0] for blame in (1, 2, 4, 8, 16)]
    assert shares == sorted(shares)


def test_confidence_means_what_it_says_on_own_lines() -> None:
    """Surer answers are righter ones; the figures of unseen lines are in the fit of audit/combine.toml."""
    told = []
    for language in languages():
        for row in rows_of(LINES / f"{language}.jsonl"):
            read_as, p = read_row(row)
            told.append((read_as == side(row["label"]), p))
    sure = [right for right, p in told if p >= 0.85]
    unsure = [right for right, p in told if p < 0.65]
    assert sum(sure) / len(sure) > sum(unsure) / len(unsure)
    assert calibration([(True, 0.9)] * 9 + [(False, 0.9)])[0] == pytest.approx(0.0)


def test_a_long_hostile_text_is_cut() -> None:
    text: Any = "scam " * 200_000
    assert said("en", "Lumivelo", text).level == -1.0
