"""A rating a site printed into its title or snippet: "4.6 (3,871)", "3,3 из 5", "★1.4 후기 2,318", "好评度 98%".

Only what the words prove: a number alone is never a rating. Pure functions of the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from audit.models import AggregateRating

FEWEST = 5
"""Fewer ratings than this say nothing (scoring reference, section 6)."""
_NUMBER = r"(\d{1,2}(?:[.,]\d{1,2})?)(?!\d)"
_DECIMAL = r"(\d{1,2}[.,]\d{1,2})(?!\d)"
_COUNT = r"(\d{1,3}(?:[ ,.\u00a0\u202f]\d{3})+|\d+(?:[.,]\d+)?)\s*([kкт만万]|тис|тыс)?[.+]?"
_VOTES = (
    r"(?:global\s|customer\s|user\s|google\s|verified\s)?(?:reviews?|ratings?|votes|отзыв\w*|оцен\w*|голос\w*|відгук\w*|оцін\w*|голосів|"
    r"개?\s*(?:의\s)?(?:이용\s)?(?:리뷰|후기|평가)|条?个?(?:点评|评价|评分|评论)|人评价|个评分|건|명)"
)
_STARS = r"[★⭐☆]"
_STAR = re.compile(r"[★⭐☆]|star", re.IGNORECASE)
_DIGITS, _POINT = re.compile(r"\d+"), re.compile(r"\d[.,]\d")
_WORD = (
    r"(?:rating|rated|score|trustscore|stars|рейтинг|оценка|средн\w+ балл|балл|отзыв\w*|оцінка|бал[аів]*|"
    r"평점|별점|총점|총\s?만족도|만족도|评分|综合评分|口碑|得分)"
)
_SCALED = re.compile(
    rf"{_NUMBER}\s*점?\s*(?:/|out of|of|из|з|із|中|점?\s?/)\s*(5|10|100)(?![\d.,]*\d|%)", re.IGNORECASE
)
_BASE_FIRST = re.compile(rf"(5|10|100)\s?(?:점\s?만점에|分中|分制)\s*{_NUMBER}", re.IGNORECASE)
_BESIDE_STAR = re.compile(
    rf"{_STARS}+\s*{_NUMBER}(?!\s*[\d%])|(?<![\d.,]){_NUMBER}\s*{_STARS}|(?<![\d.,]){_DECIMAL}[\s-]stars?\b",
    re.IGNORECASE,
)
_AFTER_WORD = re.compile(rf"{_WORD}(?:\s|:|-|—|–|\")*{_NUMBER}(?![\d.,]*[\d%])", re.IGNORECASE)
_UNITS = rf"(?:\s*(?:分|점|星|бала|балла|балів|{_STARS}+|/\s*(?:5|10)(?!\d)))"
_BETWEEN = r"[\s,;·•|/(«»“”\"—–-]*(?:[^\W\d]+[»”\"]?[\s,;·•|/(“—–-]+){0,2}"
_BEFORE_COUNT = re.compile(
    rf"(?<![\d.,])(?:{_DECIMAL}{_UNITS}?|{_NUMBER}{_UNITS}){_BETWEEN}{_COUNT}\s*{_VOTES}", re.IGNORECASE
)
_VOTES_FIRST = re.compile(
    rf"(?<![\d.,])(?:{_DECIMAL}{_UNITS}?|{_NUMBER}{_UNITS}|{_NUMBER}(?=\s*[,·|(]?\s*(?:리뷰|후기|reviews?|отзыв)))"
    rf"{_BETWEEN}(?:리뷰|후기|평가|reviews?|отзыв\w*|відгук\w*)\s*{_COUNT}",
    re.IGNORECASE,
)
_BRACKETED = re.compile(rf"(?<![\d.,$£€₽¥₴]){_NUMBER}\s*\({_COUNT}\)", re.IGNORECASE)
_GRADE = (
    r"(?:excellent|fabulous|superb|wonderful|exceptional|very good|great|good|pleasant|великолепно|превосходно|"
    r"потрясающе|очень хорошо|хорошо|чудово|прекрасно|дуже добре|добре|"
    r"우수함|훌륭함|최고|아주 좋음|좋음|超棒|很棒|极好|很好|好)"
)
_GRADED = re.compile(rf"(?<![\d.,$£€₽¥₴]){_DECIMAL}{_UNITS}?[\s·,|-]*{_GRADE}(?=\s*(?:$|[·|,(«“¦]|\d))", re.IGNORECASE)
"""8.7 Excellent: a number with the word a site has for it."""
_UNIT = re.compile(r"(?:^|[\s|·—–-])(\d[.,]\d{1,2})\s*(?:分|점)(?!\s*[钟前内钟])")
_TRAILING = re.compile(r"(?:—|–|-|·|,|:)\s*([1-5][.,]\d)\s*(?:$|[¦,·(«]|\s[·«])")
_DRAWN = re.compile(r"([★⭐]{1,5})(☆{0,4})(?![★⭐☆\d])")
_PERCENT = re.compile(
    r"(\d{1,3})\s?%\s*(?:of\s(?:the\s)?[\d,]+\s(?:user\s)?(?:reviews|ratings)|recommend\w*|would recommend|"
    r"рекоменду\w*|советуют|(?:користувач\w* )?радять|用户推荐|好评|推荐|的?[\d,万]+篇?评测为好评|추천)"
    r"|(?:好评[度率]|推荐[度率]|满意[度率]|추천[율률]|만족[도율]|рекоменду\w+|советуют|радять друзям)"
    r"\s*:?\s*(\d{1,3})\s?%"
    r"|(\d{1,3})\s?%\spositive|positive\s\((\d{1,3})\s?%\sof\s[\d,]+\)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Printed:
    """A printed rating; `share` (0..1) instead where the site prints a share of the content."""

    rating: AggregateRating | None = None
    share: float | None = None
    shown: str = ""


@lru_cache(maxsize=256)
def printed_rating(title: str, snippet: str) -> Printed | None:
    """The first rating the title prints, else the snippet; None where the words prove none."""
    for text in (title, snippet):
        found = _stars_of(" ".join(text[:2000].split()))
        if found:
            return found
    return None


def step_of(on_five: float) -> float:
    """The level of a rating on 1-5 (scoring reference, section 4)."""
    for least, level in ((4.5, 1.0), (4.0, 0.5), (3.5, 0.0), (3.0, -0.5)):
        if round(on_five, 2) >= least:
            return level
    return -1.0


def step_of_share(share: float) -> float:
    """The level of a share of the content: what a rating of as many stars would say."""
    for least, level in ((0.85, 1.0), (0.7, 0.5), (0.55, 0.0), (0.4, -0.5)):
        if share >= least:
            return level
    return -1.0


def _stars_of(text: str) -> Printed | None:
    """The gates only save time: no pattern behind one can match where it is shut."""
    starred = bool(_STAR.search(text))
    numbers = len(_DIGITS.findall(text))
    if not (starred or numbers):
        return None
    if met := _SCALED.search(text):
        return _printed(met.group(1), met.group(2), _count_near(text, met.end()), met.group())
    if met := _BASE_FIRST.search(text):
        return _printed(met.group(2), met.group(1), _count_near(text, met.end()), met.group())
    for pattern in (_BEFORE_COUNT, _VOTES_FIRST, _BRACKETED) if numbers > 1 else ():
        if (met := pattern.search(text)) and (found := _counted(met)):
            return found
    decimal = bool(numbers > 1 and _POINT.search(text))
    gates = ((_BESIDE_STAR, starred), (_AFTER_WORD, True), (_GRADED, decimal), (_UNIT, decimal))
    for pattern in (pattern for pattern, open_ in gates if open_):
        if met := pattern.search(text):
            value = next(group for group in met.groups() if group)
            if found := _printed(value, "", _count_near(text, met.end()), met.group()):
                return found
    return _drawn_or_share(text, decimal)


def _counted(met: re.Match[str]) -> Printed | None:
    *numbers, count, unit = met.groups()
    value = next(number for number in numbers if number)
    if not re.search(r"[.,]", value) and not re.search(_VOTES, met.group(), re.IGNORECASE):
        return None
    return _printed(value, "", _whole(count, unit), met.group())


def _drawn_or_share(text: str, decimal: bool) -> Printed | None:
    if "%" in text and (met := _PERCENT.search(text)):
        share = int(next(group for group in met.groups() if group))
        return Printed(share=share / 100, shown=met.group().strip()) if share <= 100 else None
    if met := _DRAWN.search(text):
        return _printed(str(len(met.group(1))), "5", None, met.group())
    if decimal and (met := _TRAILING.search(text)):
        return _printed(met.group(1), "5", None, met.group(1))
    return None


def _printed(value: str, best: str, count: int | None, shown: str) -> Printed | None:
    number = float(value.replace(",", "."))
    top = float(best) if best else (5.0 if number <= 5 else 10.0)
    if number > top or number == 0 or (not best and number > 10):
        return None
    rating = AggregateRating(value=number, best=top, rating_count=count)
    return Printed(rating=rating, shown=" ".join(shown.split())[:60]) if rating.on_five else None


def _count_near(text: str, at: int) -> int | None:
    met = re.match(rf"[^\d.!?]{{0,24}}{_COUNT}\s*{_VOTES}", text[at : at + 80], re.IGNORECASE)
    return _whole(met.group(1), met.group(2)) if met else None


def _whole(digits: str, unit: str | None) -> int | None:
    if unit:
        scale = {"만": 10_000, "万": 10_000}.get(unit, 1000)
        return int(float(digits.replace(",", ".").replace(" ", "")) * scale)
    plain = re.sub(r"\D", "", digits)
    return int(plain) if plain else None
