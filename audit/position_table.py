"""A rank tracker's export as a table: encoding, delimiter, header, and what a cell of it says.

Columns are told by their headings in several languages, as Ahrefs, Semrush, SE Ranking, Topvisor, Serpstat and
AccuRanker write them, or as a person names them; lines above the header (a project's name, a period) are passed over.
A table may also be wide: one column a date, positions in the cells. Nothing is guessed where two readings are possible.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from audit.errors import UsageError

MOST_BYTES = 64 * 1024 * 1024
"""Of one file: about a million rows."""
HIGHEST = 1000
"""A position beyond it is no position: trackers look at 100 places, some at 1,000."""
_PREAMBLE = 25  # lines looked at for the header
_SAMPLE = 4096  # bytes that tell an encoding
_DELIMITERS = ",;\t"
_EXPECTED = {"cp1251": (re.compile(r"[\u0400-\u04ff]"), 0.95), "cp949": (re.compile(r"[\uac00-\ud7a3]"), 0.9)}
_EXPECTED |= {"gb18030": (re.compile(r"[\u4e00-\u9fff\u3000-\u303f\uff00-\uffef]"), 0.9)}
_PLAIN = re.compile(r"[\x00-\x7f\u00a0«»“”„’—–№…]")  # tell no script

FIELDS: Mapping[str, tuple[str, ...]] = {
    "keyword": (
        *("keyword", "keywords", "query", "queries", "search query", "search term", "search phrase", "phrase"),
        *("фраза", "запрос", "запросы", "поисковый запрос", "ключевое слово", "ключевая фраза", "ключевые слова"),
        *("запит", "ключове слово", "키워드", "검색어", "关键词", "关键字", "搜索词"),
    ),
    "position": (
        *("position", "current position", "rank", "current rank", "ranking", "pos", "google position", "place"),
        *("позиция", "текущая позиция", "место", "позиція", "순위", "현재 순위", "排名", "名次", "当前排名"),
    ),
    "url": (
        *("url", "current url", "ranking url", "landing page", "highest ranking url", "page", "address", "link"),
        *("page url", "адрес", "ссылка", "страница", "релевантный url", "url страницы", "посилання", "주소", "网址"),
        *("链接", "url address"),
    ),
    "title": ("title", "page title", "заголовок", "название", "제목", "标题"),
    "snippet": ("snippet", "description", "сниппет", "описание", "опис", "요약", "摘要", "描述"),
    "engine": (
        *("search engine", "engine", "se", "searcher", "поисковая система", "поисковик", "пс", "пошукова система"),
        *("검색엔진", "검색 엔진", "搜索引擎"),
    ),
    "country": (
        *("country", "country code", "region", "location", "locale", "geo", "database", "регион", "страна"),
        *("місце", "регіон", "країна", "국가", "지역", "国家", "地区"),
    ),
    "language": ("language", "lang", "язык", "мова", "언어", "语言"),
    "device": ("device", "device type", "устройство", "пристрій", "기기", "设备"),
    "date": (
        *("date", "current date", "search date", "timestamp", "checked", "updated", "day", "дата", "дата проверки"),
        *("날짜", "일자", "日期"),
    ),
    "label": (
        *("label", "sentiment", "tone", "tonality", "colour", "color", "rating label", "тональность", "метка", "цвет"),
        *("оценка", "мітка", "тональність", "감성", "라벨", "情感", "标签"),
    ),
}
_MONTHS: tuple[str, ...] = ("jan янв січ", "feb фев лют", "mar мар бер", "apr апр кві", "may май мая тра")
_MONTHS += ("jun июн чер",)
_MONTHS += ("jul июл лип", "aug авг сер", "sep сен вер", "oct окт жов", "nov ноя лис", "dec дек гру")
_MONTH = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_CLOCK = re.compile(r"[T ]\s*\d{1,2}:\d{2}.*$")
_NUMERIC = re.compile(r"(\d{1,4})\s*([./年년-])\s*(\d{1,2})\s*[./月월-]\s*(\d{1,4})\s*[.日일]?(?:\s*г\.?)?")
_POSITION = re.compile(r"#?\s*(\d{1,4})(?:[.,]0+)?\s*(?:[(\[↑↓▲▼].*)?")
_UNRANKED = re.compile(r"|[-–—−]+|-1|0|>\s*\d+|\d+\s*\+|n/?a|nan|null|none|x|×|∞")
_UNRANKED_WORDS = frozenset(
    {
        *("not ranked", "unranked", "not found", "not in top 100", "not in top", "out of top", "no rank", "lost"),
        *("нет", "не найдено", "не найден", "не в топе", "вне топа", "немає", "없음", "순위 없음", "无", "未上榜"),
    }
)


class Table(NamedTuple):
    """`columns` by field, `days` by the column that is one; rows with the line they begin on."""

    columns: Mapping[str, int]
    days: Mapping[int, str]
    width: int
    rows: tuple[tuple[int, list[str]], ...]
    unread: tuple[str, ...]
    """Headings that nothing is read from: told, never lost in silence."""


def decoded(data: bytes, encoding: str = "") -> str:
    """The text of a file in UTF-8, UTF-16, cp1251, cp949 or gb18030; `UsageError` where it cannot be told."""
    if len(data) > MOST_BYTES:
        raise UsageError(f"has more than {MOST_BYTES // 2**20} MiB.", mend="Split the file by dates.")
    try:
        if encoding:
            return data.decode(encoding).removeprefix("\ufeff")
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return data.decode("utf-16")
        if b"\0" in data[:_SAMPLE]:  # UTF-16 without its mark: what is ASCII leaves one byte of two empty
            odd, even = data[1:_SAMPLE:2].count(0), data[:_SAMPLE:2].count(0)
            return data.decode("utf-16-le" if odd >= even else "utf-16-be")
        return data.decode("utf-8-sig")
    except LookupError:
        raise UsageError(f"{encoding!r} is no encoding.", where="--encoding", mend="Write utf-8 or cp1251.") from None
    except UnicodeDecodeError:
        if encoding:
            raise UsageError(f"is not {encoding}.", mend="Leave --encoding out, or name another one.") from None
    return _by_script(data)


def _by_script(data: bytes) -> str:
    """An old encoding is told by the script it gives: nearly every sign beyond ASCII must be of it."""
    for encoding, (script, share) in _EXPECTED.items():
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        telling = _PLAIN.sub("", text)
        if telling and len(script.findall(telling)) >= share * len(telling):
            return text
    raise UsageError("is in an unknown encoding.", mend="Save it as UTF-8, or name it: --encoding NAME.")


# ---------------------------------------------------------------- header and rows


def read_table(text: str, mapping: Mapping[str, str]) -> Table:
    """Header and rows. `mapping`: heading -> field, before any heading of ours. `UsageError` without a keyword."""
    lines = list(io.StringIO(text.replace("\0", ""), newline=""))
    for first in range(min(len(lines), _PREAMBLE)):
        for delimiter in sorted(_DELIMITERS, key=lines[first].count, reverse=True):
            header = next(_cells(lines[first:], delimiter), (0, []))[1]
            columns, days = _columns(header, mapping)
            if "keyword" in columns and ("position" in columns or days):
                return _table(lines, first, delimiter, header, (columns, days))
    found = ", ".join(dict.fromkeys(cell.strip()[:40] for line in lines[:1] for cell in re.split("[,;\t]", line)))
    mend = f"Name the columns: --map 'HEADING=keyword' --map 'HEADING=position'. The first line has: {found[:300]}."
    raise UsageError("has no column of keywords with one of positions.", mend=mend)


def _table(
    lines: Sequence[str], first: int, delimiter: str, header: Sequence[str], told: tuple[dict[str, int], dict[int, str]]
) -> Table:
    columns, days = told
    read = {*columns.values(), *days}
    rows = list(_cells(lines[first:], delimiter, first))[1:]
    kept = tuple((line, cells) for line, cells in rows if any(cell.strip() for cell in cells))
    unread = tuple(name.strip() for at, name in enumerate(header) if at not in read and name.strip())
    return Table(columns, days, len(header), kept, unread)


def _cells(lines: Sequence[str], delimiter: str, offset: int = 0) -> Iterator[tuple[int, list[str]]]:
    reader, before = csv.reader(lines, delimiter=delimiter), 0
    while True:
        line = offset + before + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UsageError(f"is no CSV ({error}).", where=f"line {line}", mend="Mend the quotes there.") from None
        before = reader.line_num
        yield line, cells


def _columns(header: Sequence[str], mapping: Mapping[str, str]) -> tuple[dict[str, int], dict[int, str]]:
    """Field -> column, by the person's word first and then by the first known heading; and columns that are a day."""
    names = [_heading(cell) for cell in header]
    columns = {mapping[name]: at for at, name in enumerate(names) if name in mapping}
    taken = set(columns.values())
    for field, known in FIELDS.items():
        at = next((names.index(name) for name in known if name in names and names.index(name) not in taken), None)
        if at is not None:
            columns.setdefault(field, at)
    days = {at: cell for at, cell in enumerate(header) if at not in columns.values() and looks_like_day(cell)}
    return columns, {} if "position" in columns else days


def _heading(cell: str) -> str:
    return " ".join(cell.strip(" \ufeff\"'*").casefold().replace("_", " ").split())


def mapped(options: Iterable[str]) -> dict[str, str]:
    """`heading=field` of --map; `UsageError` for an unknown field."""
    found = {}
    for option in options:
        heading, _, field = option.rpartition("=")
        if not heading or field.strip() not in FIELDS:
            mend = f"Write it like --map 'Heading=position'; fields: {', '.join(FIELDS)}."
            raise UsageError(f"{option[:60]!r} maps nothing.", where="--map", mend=mend)
        found[_heading(heading)] = field.strip()
    return found


# ---------------------------------------------------------------- days


def looks_like_day(cell: str) -> bool:
    return bool(_day_parts(cell)) and len(cell) <= 40


def day_order(cells: Iterable[str], asked: str = "") -> str:
    """`DMY`, `MDY` or the pattern asked for: of all cells together. `UsageError` where both readings are possible."""
    if asked:
        if asked.upper() in ("DMY", "MDY"):
            return asked.upper()
        if "%" not in asked:
            mend = "Write DMY, MDY, or a pattern like %d/%m/%Y."
            raise UsageError(f"{asked!r} is no order of a date.", where="--date-format", mend=mend)
        return asked
    open_ = {(a, b, cell) for cell in cells if (parts := _day_parts(cell)) and parts[0] == "?" for a, b in [parts[1:3]]}
    day_first, month_first = any(a > 12 for a, _, _ in open_), any(b > 12 for _, b, _ in open_)
    doubtful = next((cell for a, b, cell in sorted(open_) if a != b), "")
    if doubtful and day_first == month_first:
        what = f"{doubtful.strip()!r} may be day/month or month/day."
        raise UsageError(what, where="dates", mend="Say which: --date-format DMY (or MDY).")
    return "MDY" if month_first else "DMY"


def day_of(cell: str, order: str) -> date | None:
    """The day a cell names; None where it names none."""
    try:
        if "%" in order:
            return datetime.strptime(cell.strip(), order).date()  # noqa: DTZ007 - a day has no zone
        parts = _day_parts(cell)
        if not parts:
            return None
        sure, a, b, year = parts
        day, month = (b, a) if sure == "?" and order == "MDY" else (a, b)
        return date(year, month, day)
    except ValueError:
        return None


def _day_parts(cell: str) -> tuple[str, int, int, int] | None:
    """("!" or "?", day, month, year); with "?" the first two may be exchanged. Dots are day first everywhere."""
    text = _CLOCK.sub("", cell.strip()).strip().casefold()
    if re.fullmatch(r"(19|20)\d{6}", text):
        return ("!", int(text[6:]), int(text[4:6]), int(text[:4]))
    found = _NUMERIC.fullmatch(text)
    if not found:
        return _named_month(text)
    first, sign, second, third = found.groups()
    if len(first) == 4:
        return ("!", int(third), int(second), int(first)) if len(third) <= 2 else None
    if len(first) > 2 or len(third) not in (2, 4) or sign in "年년":
        return None
    return ("!" if sign == "." else "?", int(first), int(second), int(third) + (2000 if len(third) == 2 else 0))


def _named_month(text: str) -> tuple[str, int, int, int] | None:
    words = re.findall(r"[^\W\d_]+|\d+", text)
    months = [_MONTH[word[:3]] for word in words if not word.isdigit() and word[:3] in _MONTH]
    years = [int(word) for word in words if re.fullmatch(r"(19|20)\d\d", word)]
    days = [int(word) for word in words if re.fullmatch(r"\d{1,2}", word)]
    if len(months) == len(years) == len(days) == 1 and len(words) <= 5:
        return ("!", days[0], months[0], years[0])
    return None


# ---------------------------------------------------------------- positions


def position_of(cell: str) -> int | None:
    """A place from 1 on; None for a mark of "not ranked". ValueError for anything else."""
    text = " ".join(cell.casefold().split())
    if _UNRANKED.fullmatch(text) or text in _UNRANKED_WORDS:
        return None
    found = _POSITION.fullmatch(text)
    if found and 1 <= int(found.group(1)) <= HIGHEST:
        return int(found.group(1))
    if re.fullmatch(r"\d+[.,]\d+", text):
        raise ValueError(f"{text[:20]!r} is an average, not a position")
    raise ValueError(f"{cell.strip()[:20]!r} is no position")
