"""Audit -> one HTML file that opens from disk: no script, no request, nothing to install. Only importer of jinja2."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError  # noqa: TID251
from markupsafe import Markup

from audit.errors import RenderError
from audit.models import Audit, HouseStyle
from reports import portfolio as portfolios
from reports import safety
from reports.accent import for_dark
from reports.embed import embedded
from reports.portfolio import Entry
from reports.view import build
from reports.words import Words

ROOM = Path(__file__).parent


@dataclass(frozen=True)
class Section:
    """One file of the shelf: `20_first_page.html` is the section `first_page`."""

    name: str
    file: str


def html(
    audit: Audit,
    *,
    style: HouseStyle | None = None,
    language: str = "en",
    expanded: bool = False,
    pictures: Mapping[str, str] | None = None,
) -> str:
    """The report as one file. `expanded` opens every fold, for paper: a closed <details> does not print.

    `pictures` are captured pages by serp id, each a `data:image/jpeg;base64,` address: opt-in, made small by whoever
    gives them. Raises `UsageError` for a language without a file, `RenderError` when a template fails.
    """
    words = Words(language)
    report = build(audit, words, expanded=expanded, pictures=pictures)
    house = harmless(style or HouseStyle())
    running = words.say("report.running_head", brand=report.head.brand, date=report.head.date)
    try:
        return (
            _environment()
            .get_template("base.html")
            .render(
                r=report,
                say=words.say,
                language=language,
                expanded=expanded,
                house=house,
                sections=[section for section in sections() if section.name not in report.absent],
                css=stylesheet(house.accent, running),
                generator=report.tool,
                data=embedded(audit),
            )
        )
    except TemplateError as error:
        raise RenderError(f"the report could not be made ({error}).") from error


def portfolio(
    entries: Sequence[Entry],
    *,
    tool: str,
    made_at: datetime,
    style: HouseStyle | None = None,
    language: str = "en",
) -> Iterator[str]:
    """All brands on one page, piece by piece; the same rules as the report. Raises as `html` does."""
    words, house = Words(language), harmless(style or HouseStyle())
    try:
        yield from (
            _environment()
            .get_template("portfolio.html")
            .generate(
                p=portfolios.build(entries, words, made_at),
                say=words.say,
                language=language,
                house=house,
                css=stylesheet(house.accent, words.say("portfolio.title")),
                generator=safety.clip(tool, 60),
            )
        )
    except TemplateError as error:
        raise RenderError(f"the portfolio could not be made ({error}).") from error


@cache
def sections() -> tuple[Section, ...]:
    return tuple(
        Section(path.stem.partition("_")[2], f"sections/{path.name}")
        for path in sorted((ROOM / "sections").glob("*_*.html"))
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(ROOM),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _sheet() -> str:
    """The style sheet without comments and needless blanks."""
    text = re.sub(r"/\*.*?\*/", "", (ROOM / "style.css").read_text("utf-8"), flags=re.DOTALL)
    return re.sub(r"\s*([{};,>/+])\s*|(?<=:) ", r"\1", re.sub(r"\s+", " ", text)).strip().replace(";}", "}")


def stylesheet(accent: str, running: str) -> Markup:
    """Our style sheet, the house's colour, and the running head of paper; a stranger's text is only hex escapes."""
    head = safety.css_string(running)
    night = f"@media screen and (prefers-color-scheme:dark){{:root{{--accent:{for_dark(accent)}}}}}"
    text = f"{_sheet()}:root{{--accent:{accent}}}{night}@page{{@top-left{{content:{head}}}}}"
    return Markup(text)  # noqa: S704 - ours, a checked colour, and an escaped string


def harmless(style: HouseStyle) -> HouseStyle:
    """The white label, made harmless: a colour is a colour, a logo is embedded, texts are one line."""
    return HouseStyle(
        agency=safety.clip(style.agency, 80),
        logo=safety.logo(style.logo),
        accent=safety.colour(style.accent, HouseStyle().accent),
        footer=safety.clip(style.footer, 300),
        contact=safety.clip(style.contact, 200),
        disclaimer=safety.clip(style.disclaimer, 600),
        language=style.language,
    )
