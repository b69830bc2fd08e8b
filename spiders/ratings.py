"""Star ratings and counts as people write them, in en, ru, uk, ko, zh, de, fr, es.

A rating needs a witness: a scale, a star, a rating or review word, or a count in parentheses directly behind a
value up to 5. Prices, dates, versions and distances have none. A shown scale is kept; where the text names none,
`best` is 5, which search engines and schema.org mean by it (sites R4), and `worst` stays None. A rating count is
not a review count (sites R1).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from audit.models import AggregateRating
from spiders.tree import fold

DEFAULT_BEST = 5.0  # schema.org: bestRating omitted means 5
SCALES = frozenset({4, 5, 6, 7, 10, 20, 100})  # what sites use; "24/7" and "1/2" are no scales
MAX_TEXT = 2_000  # characters read of one text; a row's rating stands in a line of its own
BEFORE, AFTER = 60, 100  # how far from the value its count may stand, in characters
_YEARS = range(1900, 2100)

_THOUSAND = {
    "mil": 1e3,
    "tsd": 1e3,
    "k": 1e3,
    "т": 1e3,
    "천": 1e3,
    "千": 1e3,
    "мл": 1e6,
    "m": 1e6,
    "만": 1e4,
    "万": 1e4,
    "萬": 1e4,
}
_GROUPED = r"\d{1,3}(?:[., '’]\d{3}){1,3}(?![\d]|[.,]\d)"
_SHORT = r"(?:\d{1,3}(?:[.,]\d{1,2})?)\s?(?:тыс|тис|млн|tsd|mil(?=\s)|[km](?![^\W\d_])|천|千|만|万|萬)\.?"
_COUNT = rf"(?<![\d.,/])(?:{_SHORT}|{_GROUPED}|\d{{1,9}}(?![\d]|[.,]\d))\+?"
# What may not stand before the value is looked at behind its first digit: a pattern that begins with a digit is
# searched for many times faster than one that begins with a look back.
_VALUE = r"(?P<value>\d(?<![\w.,/$€£¥₩₽₴-]\d)(?:\d{0,2}[.,]\d{1,2}|\d{0,2}(?![ '’]\d{3}(?!\d))))(?![\d]|[.,]\d)"

_REVIEW = (
    r"reviews?|отзыв\w*|відгук\w*|리뷰|후기|评论|評論|点评|點評|条评价|條評價|评价|評價|rezension\w*|erfahrungsbericht\w*|"
    r"berichte?|avis|commentaires?|reseñas?|opiniones|comentarios|recensioni"
)
_VOTE = (
    r"ratings?|votes?|голос\w*|оцен\w*|оцін\w*|평점|별점|평가|참여|人评[价分]|人評[價分]|人打分|[个個][评評]分|abstimmung\w*|"
    r"stimmen?|\w*bewertung(?:en)?|évaluations?|notes|votos?|valoraciones|calificaciones|voti"
)
_RATING_WORD = (
    r"store rating|ratings?|rated|score|рейтинг|оценка|оцінка|평점|별점|评分|評分|得分|bewertung|wertung|note|"
    r"évaluation|valoración|calificación|puntuación"
)
_STAR = r"[★⭐🌟]|stars?\b|sterne?\b|étoiles?\b|estrellas?\b|зв[её]зд\w*|зір\w*|颗星|星(?!级|級)"
_MIDDLE = (
    r"(?:(?:customer|user|verified|global|total|google|guest|개의|개|건의|건|명의|명|名|则|則|条|條|个|個)\s?){0,2}"
)
_JOINT = r"[\s·•|,;:(\-–—/]{0,5}"
_LODGING = r"(?![\s-]*(?:hotel|hôtel|resort|отел|готел|호텔|酒店))"

_SUFFIXED = re.compile(rf"(?P<number>{_COUNT})\s?{_MIDDLE}(?:(?P<vote>{_VOTE})|(?P<review>{_REVIEW}))", re.IGNORECASE)
_PREFIXED = re.compile(rf"(?:(?P<vote>{_VOTE})|(?P<review>{_REVIEW}))\s?[:：(]?\s?(?P<number>{_COUNT})", re.IGNORECASE)
_BARE = re.compile(rf"^\s?[★⭐]?\s?(?:(?:{_RATING_WORD})\s?)?\(\s?({_COUNT})\s?\)", re.IGNORECASE)
_OVER = re.compile(
    _VALUE + r"\s?(?:점|分|stars?|звёзд\w*|звезд\w*)?\s?(?P<sign>/|out of|of|из|з|із|von|auf|sur|de|su)\s?"
    r"(?P<best>\d{1,3})(?:[.,]0)?(?![\d/%]|[.,\-]\d)",
    re.IGNORECASE,
)
_OUT_OF_KO = re.compile(
    r"(?<!\d)(?P<best>\d{1,3})점\s?만점\s?(?:에|중)?\s?" + _VALUE.replace("[\\w.", "[\\d."),
    re.IGNORECASE,
)
_OUT_OF_ZH = re.compile(
    _VALUE.replace("[\\w.", "[\\d.") + r"分?\s?[(,，]?\s?[满滿]分\s?(?P<best>\d{1,3})",
    re.IGNORECASE,
)
_PERCENT = re.compile(_VALUE + rf"\s?%(?=\s?\(\s?{_COUNT}\s?\))", re.IGNORECASE)
_WORD_FIRST = re.compile(
    rf"(?:{_RATING_WORD})\s?(?:[:：=]|is|of|at|von)?\s?" + _VALUE.replace("[\\w.", "[\\d."),
    re.IGNORECASE,
)
_STAR_BEHIND = re.compile(
    _VALUE + rf"[\s-]?(?:{_STAR}|(?:(?:average|overall|store)\s)?rating\b|[점分](?=\s|\()){_LODGING}",
    re.IGNORECASE,
)
_STAR_BEFORE = re.compile(r"[★⭐🌟]\s?" + _VALUE.replace("[\\w.", "[\\d."), re.IGNORECASE)
_COUNT_BEHIND = re.compile(
    _VALUE
    + rf"(?={_JOINT}{_COUNT}\s?{_MIDDLE}(?:{_VOTE}|{_REVIEW})|{_JOINT}(?:{_REVIEW}|{_VOTE})\s?[:：(]?\s?{_COUNT})",
    re.IGNORECASE,
)
_PAREN_BEHIND = re.compile(_VALUE + rf"(?=\s?\(\s?(?P<count>{_COUNT})\s?\))", re.IGNORECASE)
_SIGN = re.compile(r"[\d★⭐]")  # a line without any of these shows no rating
_STAR_SIGN = re.compile(r"[★⭐🌟☆✩]")
_ROW_OF_STARS = re.compile(r"(?P<full>[★⭐🌟]*)(?P<half>[½⯪⯨]?)(?P<empty>[☆✩]*)")
_WITNESS = re.compile(rf"{_RATING_WORD}|{_STAR}|{_REVIEW}|{_VOTE}", re.IGNORECASE)
_VERSION_WORD = re.compile(
    r"(?:version|ver|chapter|section|kapitel|figure|fig|table|версия|глава|раздел|§)\.?\s*$",
    re.IGNORECASE,
)
_UNIT = re.compile(r"\s?(?:%|°|[$€£¥₩₽₴]|km\b|kg\b|mm\b|cm\b|gb\b|mb\b|кг\b|км\b|руб|грн|元|원)", re.IGNORECASE)

Marked = tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]
"""Patterns in the order they are tried, each with marks (case folded) of which it needs one: they cost far less."""

_SCALED: Marked = ((_OVER, ("",)), (_OUT_OF_KO, ("만점",)), (_OUT_OF_ZH, ("满分", "滿分")))
_UNSCALED: Marked = (
    (
        _WORD_FIRST,
        (
            *("rat", "score", "рейтинг", "оценка", "оцінка", "평점", "별점", "评分", "評分", "得分", "wertung", "note"),
            *("valuation", "valoraci", "calificaci", "puntuaci"),
        ),
    ),
    (_STAR_BEFORE, ("★", "⭐", "🌟")),
    (_STAR_BEHIND, ("",)),
    (_COUNT_BEHIND, ("",)),
    (_PAREN_BEHIND, ("(",)),
)


def read_rating(text: str) -> AggregateRating | None:
    """The rating a line of text shows ("4,7 · 1 815 отзывов"), or None where nothing proves that it is one."""
    line = _plain(text)
    if _SIGN.search(line) is None:
        return None
    found = _scaled(line) or _percent(line) or _unscaled(line)
    if found is None:
        return _row_of_stars(line)
    start, end, value, best = found
    if value > best:
        return None
    votes, reviews = _counts(line[max(0, start - BEFORE) : start], line[end : end + AFTER])
    if value == 0 and not votes and not reviews:
        return None  # "0.0 (0)" is not rated, not bad (sites R3)
    worst = 0.0 if best == 100 else None
    return AggregateRating(value=value, best=best, worst=worst, rating_count=votes, review_count=reviews)


def read_number(text: str) -> float | None:
    """First number of a text: "4,7" is 4.7, "1 815" and "1,815" are 1815, "1.815,5" is 1815.5, "4.500" is 4.5."""
    match = _NUMBER.search(_plain(text))
    if match is None:
        return None
    digits = re.sub(r"[ '’]", "", match.group())
    dot, comma = digits.rfind("."), digits.rfind(",")
    if dot >= 0 and comma >= 0:
        decimal, other = (".", ",") if dot > comma else (",", ".")
        return float(digits.replace(other, "").replace(decimal, "."))
    if digits.count(".") > 1 or digits.count(",") > 1 or _COMMA_GROUP.fullmatch(digits):
        return float(re.sub(r"(?!^-)[.,]", "", digits))
    return float(digits.replace(",", "."))


_NUMBER = re.compile(
    r"-?\d{1,3}(?:[.,]\d{3}){2,5}(?:[.,]\d{1,15})?(?!\d)|"
    r"-?\d{1,15}(?:[ '’]\d{3}(?!\d))*(?:[.,]\d{3}(?=[.,]\d))?(?:[.,]\d{1,15})?"
)
_COMMA_GROUP = re.compile(r"-?[1-9]\d{0,2},\d{3}")  # a dot before three digits stays decimal: machines write 4.500


def read_count(text: str) -> int | None:
    """First whole count of a text: "1 815" is 1815, "17K" 17000, "5.2만" 52000, "2,3 тыс." 2300; "4.5" is none."""
    match = _FIRST_COUNT.search(_plain(text))
    return None if match is None else _count(match.group())


_FIRST_COUNT = re.compile(_COUNT, re.IGNORECASE)


def _count(written: str) -> int:
    digits = written.rstrip("+ .").lower()
    for suffix, factor in _THOUSAND.items():
        head, found, _ = digits.partition(suffix)
        if found:
            return round(float(head.strip().replace(",", ".")) * factor)
    return int(re.sub(r"\D", "", digits))


def _plain(text: str) -> str:
    """Compatibility forms become plain ("（", "％", narrow blanks), direction marks and emoji variants go."""
    return fold(unicodedata.normalize("NFKC", text[:MAX_TEXT].replace("½", "⯪"))).replace("\ufe0f", "")


Found = tuple[int, int, float, float]
"""Where the value stands, the value, its best."""


def _scaled(line: str) -> Found | None:
    """ "4.5/5", "Rated 4.5 out of 5", "5점 만점에 4.5점". A whole number needs a witness: "page 1 of 10" has none."""
    for pattern in _hopeful(_SCALED, line):
        for match in pattern.finditer(line):
            value, best = _float(match["value"]), float(match["best"])
            if best not in SCALES or value > best:
                continue
            fraction = not match["value"].isdigit() or pattern is not _OVER
            if fraction or match.span() == (0, len(line)) or _witnessed(line, match):
                return match.start(), match.end(), value, best
    return None


def _hopeful(patterns: Marked, line: str) -> Iterator[re.Pattern[str]]:
    """Patterns of which one mark stands in the line, in their order."""
    for pattern, marks in patterns:
        for mark in marks:
            if mark in line:
                yield pattern
                break


def _witnessed(line: str, match: re.Match[str]) -> bool:
    if _BARE.match(line[match.end() :]) and match["sign"] == "/":
        return True
    near = line[max(0, match.start() - 25) : match.start()] + " | " + line[match.end() : match.end() + 30]
    return bool(_WITNESS.search(near))


def _percent(line: str) -> Found | None:
    match = _PERCENT.search(line) if "%" in line else None
    return None if match is None else (match.start(), match.end(), _float(match["value"]), 100.0)


def _unscaled(line: str) -> Found | None:
    """A value without scale: at most 5, with a star, a word or a count."""
    for pattern in _hopeful(_UNSCALED, line.casefold()):
        for match in pattern.finditer(line):
            if _float(match["value"]) <= DEFAULT_BEST and _believable(line, match, pattern):
                return match.start(), match.end("value"), _float(match["value"]), DEFAULT_BEST
    return None


def _believable(line: str, match: re.Match[str], pattern: re.Pattern[str]) -> bool:
    """Whole numbers need a count or a line of their own ("4 star hotel"); years and versions are no counts."""
    rest = line[match.end("value") :]
    if pattern is _PAREN_BEHIND:
        count, first = match["count"], match.start() == 0
        if count.isdigit() and int(count) in _YEARS and not first:
            return False
        if _VERSION_WORD.search(line[: match.start()]):
            return False
        return not match["value"].isdigit() or (first and rest.strip().endswith(")"))
    if _UNIT.match(rest):
        return False
    if not match["value"].isdigit() or match.span() == (0, len(line)):
        return True
    return any(count is not None for count in _counts("", rest[:AFTER]))


def _counts(before: str, after: str) -> tuple[int | None, int | None]:
    """Rating count and review count around a value; what stands behind it wins."""
    votes, reviews = _worded(after)
    if votes is None and reviews is None:
        votes, reviews = _worded(before)
    bare = _BARE.match(after)
    if bare is not None and votes is None:
        votes = _count(bare.group(1))
    return votes, reviews


def _worded(part: str) -> tuple[int | None, int | None]:
    votes = reviews = None
    rest = part
    for pattern in (_SUFFIXED, _PREFIXED):
        for match in pattern.finditer(rest):
            if match["vote"] and votes is None:
                votes = _count(match["number"])
            elif match["review"] and reviews is None:
                reviews = _count(match["number"])
        rest = pattern.sub(" | ", rest)
    return votes, reviews


def _row_of_stars(line: str) -> AggregateRating | None:
    """ "★★★★☆": five or ten signs. Five full ones alone among other words are an ornament unless a word says more."""
    for match in _ROW_OF_STARS.finditer(line) if _STAR_SIGN.search(line) else ():
        signs = match.group()
        if len(signs) not in (5, 10):
            continue
        rest = line[: match.start()] + " " + line[match.end() :]
        if not match["empty"] and not match["half"] and rest.strip() and not _worthy(rest):
            continue
        value = len(match["full"]) + (0.5 if match["half"] else 0.0)
        votes, reviews = _counts(line[: match.start()], line[match.end() :][:AFTER])
        return AggregateRating(
            value=value,
            best=float(len(signs)),
            rating_count=votes,
            review_count=reviews,
        )
    return None


def _worthy(rest: str) -> bool:
    return bool(_BARE.match(rest.lstrip())) or any(count is not None for count in _worded(rest))


def _float(written: str) -> float:
    return float(written.replace(",", "."))


def read_counts(text: str) -> tuple[int | None, int | None]:
    """Ratings and reviews a line counts by their words: "1 815 отзывов" is (None, 1815)."""
    return _worded(_plain(text))


# ---------------------------------------------------------------- sentences and rows of review sites

_NONE_BEFORE = (
    r"(?<![\d.,])0|(?<!\w)(?:no|not any|without|нет|без|немає|keine|aucune?|sin|no hay|nessuna)|"
    r"(?:还|暂时?|目前)?(?:没有?|无|無)|尚無|暂无|暫無"
)
_NONE = re.compile(
    rf"(?:{_NONE_BEFORE})\s?{_MIDDLE}(?:{_REVIEW}|{_VOTE})|(?:{_REVIEW}|{_VOTE})\s?[:：(]?\s?0(?![\d.,])|"
    r"(?:отзывов|оценок|відгуків|оцінок)\s(?:(?:об?|про)\s.{1,60}\s)?(?:пока|ещё|еще|поки|ще)?\s?(?:нет|немає)|"
    r"(?:리뷰|후기|평가|평점)[이가은는]?\s?(?:아직\s?)?없|be the first to (?:write a |leave a )?review|"
    r"(?:станьте первым|будьте первым|оставьте первый отзыв)|not (?:yet )?(?:been )?(?:rated|reviewed)(?: yet)?",
    re.IGNORECASE,
)
LONGEST_NOTICE = 240  # characters; a sentence of absence stands in a node of its own


def says_none(text: str) -> bool:
    """True for a short notice that there are no ratings or reviews: "No reviews yet", "0 отзывов", "暂无评价"."""
    line = _plain(text)
    return 0 < len(line) <= LONGEST_NOTICE and _NONE.search(line) is not None


_BAR = re.compile(
    rf"(?<![\d.,])(?P<stars>[1-5])[\s-]?(?:{_STAR}|점|星)(?:\s?(?:represents?|reviews?|ratings?|[:,–(-]))?\s{{0,3}}\(?\s?"
    rf"(?P<count>{_COUNT})\s?(?P<share>%)?",
    re.IGNORECASE,
)


def read_bars(rows: Iterable[str], total: int | None) -> dict[str, int] | None:
    """A histogram from its rows: "5 star 50%", "4 звезды: 12". Shares become counts of `total`; without one, None.

    Counts made of whole percent are exact to half a percent of the total.
    """
    found: dict[str, int] = {}
    for row in rows:
        match = _BAR.search(_plain(row))
        if match is None or match["stars"] in found:
            continue
        number = _count(match["count"])
        if match["share"] and total is None:
            return None
        found[match["stars"]] = round(number * (total or 0) / 100) if match["share"] else number
    return found if len(found) >= 2 else None
