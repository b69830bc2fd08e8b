"""Dates as search pages write them, read against the page's own time.

Read are numbers ("2025-12-28", "28.12.2025", "10/23/2015"), names of months in en, ru, uk, de, fr, es, it and pt,
Chinese and Korean dates, and distances ("3 days ago", "3주 전", "昨天", "2 месяца назад"). A date says a day, never
an hour: search pages round, and their time zone is unknown.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, timedelta

MAX_RAW = 120  # characters; a date stands in a few words
EARLIEST = 1900
AHEAD = timedelta(days=400)  # an event next year is a date, a day in ten years is a slip
CENTURY_BREAK = 70  # "69" is 2069 (and refused as future), "70" is 1970, as POSIX reads two digits

_MONTH_NAMES = (
    "jan january янв января январь січ січня січень januar jänner janv janvier ene enero gen gennaio janeiro",
    "feb february фев февр февраля февраль лют лютого лютий februar févr fév février febr febrero febbraio "
    "fev fevereiro",
    "mar march мар марта март бер берез березня березень märz mär mars marzo março",
    "apr april апр апреля апрель кві квіт квітня квітень avr avril abr abril aprile",
    "may мая май трав травня травень mai mayo maggio mag maio",
    "jun june июн июня июнь черв червня червень juni juin junio giugno giu junho",
    "jul july июл июля июль лип липня липень juli juil juillet julio luglio lug julho",
    "aug august авг августа август серп серпня серпень août aoû ago agosto",
    "sep sept september сен сент сентября сентябрь вер верес вересня вересень septembre septiembre "
    "set settembre setembro",
    "oct october окт октября октябрь жовт жовтня жовтень oktober okt octobre octubre ottobre ott out outubro",
    "nov november ноя нояб ноября ноябрь лист листоп листопада листопад novembre noviembre novembro",
    "dec december дек декабря декабрь груд грудня грудень dezember dez déc décembre dic diciembre dicembre dezembro",
)
_MONTHS = {word: number for number, words in enumerate(_MONTH_NAMES, start=1) for word in words.split()}

# Words for whole days back; "today" and its kin are 0.
_DAY_WORDS = {
    0: "today сегодня сьогодні heute aujourd'hui aujourd’hui hoy oggi 오늘 방금 今天 今日 刚刚 剛剛 just now",
    1: "yesterday вчера вчора gestern hier ayer ieri 어제 昨天 昨日",
    2: "позавчера позавчора vorgestern avant-hier anteayer 그저께 그제 前天",
}
_DAYS_BACK = {word: days for days, words in _DAY_WORDS.items() for word in words.replace("just now", "").split()}
_DAYS_BACK["just now"] = 0

_UNIT_WORDS = {
    "second": r"sec(?:ond)?s?|сек\w*|sekunden?|segundos?|secondes?|초|秒钟?|秒鐘",
    "minute": r"min(?:ute)?s?|мин\w*|хв\w*|minuten?|minutos?|分钟|分鐘|분",
    "hour": r"h(?:ou)?rs?|h|час\w*|ч|год(?:ин\w*)|stunden?|std|heures?|horas?|ore|시간|小时|小時|个小时",
    "day": r"days?|d|дн\w*|день|ден\w*|сут\w*|tag(?:en?)?|jours?|días?|dias?|giorni|일|天|日",
    "week": r"w(?:ee)?ks?|w|недел\w*|тиж\w*|нед|wochen?|semaines?|semanas?|settiman[ae]|주일?|周|週|个?星期",
    "month": r"mon(?:th)?s?|mo|месяц\w*|мес|місяц\w*|міс|monat(?:en?)?|mois|mes(?:es)?|개월|달|个月|個月",
    "year": r"y(?:ea)?rs?|y|год(?:а|у)?|лет|р(?:ік|оки|оків|оку)?|jahr(?:en?)?|ans?|años?|년|年",
}
_UNITS = "|".join(f"(?P<{name}>{words})" for name, words in _UNIT_WORDS.items())
_ONE = r"an?|one|einer|einem|ein|une?|un[ao]?|одну|один"
_HOW_MANY = rf"(?:(?P<count>\d{{1,4}})|(?:{_ONE})\b)"
_BACK = r"ago|назад|тому|fa|전|前|以前|之前"
_AGO = rf"(?:{_HOW_MANY}\s?)?(?:{_UNITS})\.?\s?(?:тому\sназад|{_BACK})"
_SINCE = rf"(?:vor|hace|il\sy\sa|há)\s(?:(?:environ|etwa|unos)\s)?{_HOW_MANY}\s?(?:{_UNITS})\b"

_CLOCK = r"(?:[T ,]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?\s?(?:[ap]m\b|Z|[+-]\d{2}:?\d{2})?)?"
_YMD = (
    r"(?<!\d)(?P<y>\d{4})\s?(?:[./-]|年|년)\s?(?P<m>\d{1,2})\s?(?:[./-]|月|월)\s?(?P<d>\d{1,2})(?!\d)(?:\s?[日일号號])?"
)
_DMY = r"(?<![\d.])(?P<a>\d{1,2})(?P<sign>[./-])(?P<b>\d{1,2})(?P=sign)(?P<c>\d{4}|\d{2})(?!\d)(?P<dot>\.?)"
_WORD = r"(?P<name>[^\W\d_]{3,10})"
_YEAR = r"(?P<y>\d{4})(?!\d)"
_NAME_DAY = rf"(?<!\w){_WORD}\.?\s(?P<d>\d{{1,2}})(?:st|nd|rd|th|º)?(?![\w:])(?:,?\s{_YEAR})?"
_DAY_NAME = (
    rf"(?<![\d:])(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|º)?\.?[\s-](?:de\s|of\s)?{_WORD}\b\.?"
    rf"(?:,?[\s-](?:de\s|del\s)?{_YEAR}(?:\s?(?:года|року|г|р)\b\.?)?)?"
)
_MD_CJK = r"(?<!\d)(?P<m>\d{1,2})\s?[月월]\s?(?P<d>\d{1,2})\s?[日일号號]"
_DAY_WORD = "|".join(sorted(map(re.escape, _DAYS_BACK), key=len, reverse=True))

_R_YMD, _R_DMY, _R_MD = (re.compile(pattern) for pattern in (_YMD, _DMY, _MD_CJK))
_R_NAME_DAY, _R_DAY_NAME = re.compile(_NAME_DAY), re.compile(_DAY_NAME)
_R_BACK = re.compile(rf"(?:{_BACK})")
_R_AGO = re.compile(rf"(?<![^\W\d_])(?:{_AGO})")
_R_SINCE = re.compile(rf"\b(?:{_SINCE})")
_R_DAY_WORD = re.compile(rf"(?<!\w)(?:{_DAY_WORD})")


def read_date(raw: str, now: datetime) -> str | None:
    """ISO date of "3 days ago", "28.12.2025", "3주 전", "昨天"; None where the words are no date.

    A day without year is the last such day up to `now`. Numbers parted by slashes are month/day/year, as US pages
    write them, unless only the other order is a date.
    """
    words = " ".join(raw[:MAX_RAW].lower().split())
    if not words:
        return None
    found = _numbers(words, now.date()) if any("0" <= char <= "9" for char in words) else None
    if found is None:
        found = _distance(words, now)
    if found is None or found.year < EARLIEST or found > now.date() + AHEAD:
        return None
    return found.isoformat()


def _numbers(words: str, today: date) -> date | None:
    match = _R_YMD.search(words)
    if match is not None:
        return _day(int(match["y"]), int(match["m"]), int(match["d"]))
    match = _R_DMY.search(words)
    if match is not None:
        return _three_numbers(match)
    match = _R_MD.search(words)
    if match is not None:
        return _last(int(match["m"]), int(match["d"]), today)
    return _named(words, today)


def _three_numbers(match: re.Match[str]) -> date | None:
    first, second, year = int(match["a"]), int(match["b"]), _year(match["c"])
    if match["sign"] == "/":
        return _day(year, first, second) or _day(year, second, first)
    if match["dot"] and len(match["c"]) == 2:  # Korean "25.12.28."
        return _day(_year(match["a"]), second, int(match["c"])) or _day(year, second, first)
    return _day(year, second, first)


def _named(words: str, today: date) -> date | None:
    for pattern in (_R_NAME_DAY, _R_DAY_NAME):
        for match in pattern.finditer(words):
            month = _MONTHS.get(match["name"])
            if month is not None:
                day = int(match["d"])
                return _day(int(match["y"]), month, day) if match["y"] else _last(month, day, today)
    return None


def _distance(words: str, now: datetime) -> date | None:
    match = (_R_AGO.search(words) if _R_BACK.search(words) else None) or _R_SINCE.search(words)
    if match is not None:
        return _before(now, match)
    match = _R_DAY_WORD.search(words)
    return None if match is None else now.date() - timedelta(days=_DAYS_BACK[match.group()])


def _before(now: datetime, match: re.Match[str]) -> date | None:
    count = int(match["count"] or 1)
    unit = next(name for name in _UNIT_WORDS if match[name])
    if unit in ("month", "year"):
        return _months_before(now.date(), count * (12 if unit == "year" else 1))
    try:
        return (now - timedelta(**{unit + "s": count})).date()
    except OverflowError:
        return None


def _months_before(today: date, months: int) -> date | None:
    """Same day some months back; 31 March minus one month is the last of February."""
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    if year < EARLIEST:
        return None
    return date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))


def _last(month: int, day: int, today: date) -> date | None:
    """The last such day up to today; 29 February goes back to a leap year."""
    for year in range(today.year, today.year - 9, -1):
        found = _day(year, month, day)
        if found is not None and found <= today:
            return found
    return None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _year(written: str) -> int:
    year = int(written)
    return year if len(written) == 4 else year + (1900 if year >= CENTURY_BREAK else 2000)


# ---------------------------------------------------------------- the date in front of a snippet

_NAMED_YEAR = (
    r"(?P<n1>[^\W\d_]{3,10})\.?\s\d{1,2}(?:st|nd|rd|th)?,?\s\d{4}(?!\d)|"
    r"\d{1,2}(?:st|nd|rd|th|er|º)?\.?[\s-](?:de\s|of\s)?(?P<n2>[^\W\d_]{3,10})\.?,?[\s-](?:de\s|del\s)?\d{4}(?!\d)"
    r"(?:\s?(?:года|року|г\.|р\.|г(?=\s|$)|р(?=\s|$)))?"
)
_NAMED_DAY = r"(?P<n3>[^\W\d_]{3,10})\.?\s\d{1,2}(?![\w:])|\d{1,2}\.?\s(?:de\s)?(?P<n4>[^\W\d_]{3,10}(?<!\.))(?!\w)\.?"
_PLAIN_YMD = r"\d{4}\s?(?:[./-]|年|년)\s?\d{1,2}\s?(?:[./-]|月|월)\s?\d{1,2}(?!\d)(?:\s?[日일号號]|\.(?!\d|\.))?"
_PLAIN_DMY = r"\d{1,2}([./-])\d{1,2}\1\d{4}(?!\d)\.?(?!\d)|\d{2}\.\d{1,2}\.\d{1,2}\.(?!\d)"


def _unnamed(pattern: str) -> str:
    """The same pattern without group names, so that patterns can stand in one alternation."""
    return re.sub(r"\?P<\w+>", "?:", pattern)


_LEAD_SURE = re.compile(rf"\s*(?:(?:{_PLAIN_YMD}|{_PLAIN_DMY}){_CLOCK}|{_NAMED_YEAR})", re.IGNORECASE)
_LEAD_AGO = re.compile(rf"\s*(?:{_unnamed(_AGO)}|{_unnamed(_SINCE)})", re.IGNORECASE)
_LEAD_WEAK = re.compile(rf"\s*(?:{_unnamed(_MD_CJK)}|{_DAY_WORD}|{_NAMED_DAY})", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s*(?:[·•—–|:…]|\.{2,}|-(?=\s))[\s·•—–|:….-]*")
_GAP = re.compile(r"\s*(?:(?:[·•—–|:…]|\.{2,}|-(?=\s))[\s·•—–|:….-]*)?")
_LONG_UNIT = re.compile(
    r"개월|달|년|月|年|mon|mo\b|мес|міс|year|yr|\dy|год(?!ин)|лет|р[іо]к|mois|mes|ans?\b|añ|jahr",
    re.IGNORECASE,
)
_PARTICLE = re.compile(r"에|까지|부터|의|보다|이|만|쯤")  # "3일 전에 샀다" is a sentence, "3일 전안녕" a date


def leading_date(snippet: str) -> tuple[str, str]:
    """Raw date words at the very start of a snippet and the rest without separator; ("", snippet) when none.

    A full date is taken also when glued to the text. Words that may begin a sentence ("Yesterday", "May 12",
    "3 days ago") need a separator, or for a distance of days or weeks glue or a new sentence behind them.
    """
    head = snippet[:MAX_RAW]
    match = _LEAD_SURE.match(head)
    if match is not None and _real_month(match):
        return _cut(snippet, match.end())
    match = _LEAD_AGO.match(head)
    if match is not None and _is_label(head[match.end() :], match.group()):
        return _cut(snippet, match.end())
    match = _LEAD_WEAK.match(head)
    if match is not None and _real_month(match) and _ends(head[match.end() :]):
        return _cut(snippet, match.end())
    return "", snippet


def _cut(snippet: str, end: int) -> tuple[str, str]:
    gap = _GAP.match(snippet, end)
    return snippet[:end].strip(), snippet[gap.end() if gap else end :].strip()


def _ends(rest: str) -> bool:
    return not rest.strip() or _SEPARATOR.match(rest) is not None


def _real_month(match: re.Match[str]) -> bool:
    names = [name for name in match.groupdict().values() if name]
    return not names or names[0].lower() in _MONTHS


def _is_label(rest: str, words: str) -> bool:
    """True when the distance is the engine's label, not the first words of a sentence."""
    if _ends(rest):
        return True
    if _LONG_UNIT.search(words) or _PARTICLE.match(rest):
        return False
    following = rest.lstrip()
    caseless = following[0].isalpha() and following[0].lower() == following[0].upper()
    return caseless or (following[0].isupper() and not following.startswith("I "))
