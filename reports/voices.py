"""What customers say: review sites with the worth of their figures, themes with quotes, and open questions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from audit.models import Finding, Quote, Review, ReviewProfile, Theme
from reports import panels, safety
from reports.charts import Svg, histogram
from reports.moves import rating_line
from reports.rows import Failed, Place, Reader, places, site_name

Z = 1.96
"""95 per cent (scoring section 6)."""
RECENT = 90
"""Days (scoring section 6)."""
LOW = 2
"""Stars up to which a rating is low."""
QUOTES, QUOTE = 2, 200
QUESTION = "suspicion"
"""The check whose findings are asked, not stated."""


@dataclass(frozen=True)
class Star:
    stars: str
    count: str
    percent: str


@dataclass(frozen=True)
class Fact:
    """A line of a review card: its name, its value, what it rests on."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Said:
    """A quotation of a review: the least that proves the theme."""

    text: str
    lang: str
    trace: str


@dataclass(frozen=True)
class ThemeView:
    word: str
    profile: str
    anchor: str
    mentions: str
    negative: int
    positive: int
    quotes: tuple[Said, ...]


@dataclass(frozen=True)
class ReviewSite:
    """A review profile: the site's own figure first, what we make of it after."""

    anchor: str
    site: str
    subject: str
    url: str
    address: str
    figure: str
    rating_count: str
    review_count: str
    histogram: tuple[Star, ...]
    chart: Svg | None
    facts: tuple[Fact, ...]
    few: str
    line: Svg | None
    themes: tuple[ThemeView, ...]
    trace: str
    """What was read of it, when and how."""
    failed: Failed | None


@dataclass(frozen=True)
class Question:
    """Something unusual in reviews, asked with its figures; never an accusation."""

    text: str
    subject: str
    figures: tuple[Fact, ...]
    places: tuple[Place, ...]


# ---------------------------------------------------------------- review sites


def review_sites(reader: Reader) -> tuple[ReviewSite, ...]:
    return tuple(_site(reader, at, p) for at, p in enumerate(reader.audit.snapshot.profiles, start=1))


def _site(reader: Reader, at: int, profile: ReviewProfile) -> ReviewSite:
    words, rating = reader.words, profile.rating
    stars = sorted((profile.histogram or {}).items(), reverse=True)
    return ReviewSite(
        anchor=f"p{at}",
        site=site_name(profile.site),
        subject=safety.clip(profile.subject, 100),
        url=safety.link(profile.url),
        address=safety.shown_address(profile.url),
        figure=reader.figure(rating),
        rating_count=words.number(rating.rating_count if rating else None),
        review_count=words.number(rating.review_count if rating else None),
        histogram=tuple(_stars(reader, stars)),
        chart=_bars(reader, profile, stars),
        facts=tuple(_facts(reader, profile)),
        few=words.say("reviews.few") if _is_few(reader, profile) else "",
        line=rating_line(reader, profile),
        themes=tuple(theme(reader, t) for t in reader.audit.themes if belongs(t, profile)),
        trace=" · ".join(_trace(reader, profile)),
        failed=None if profile.outcome.answered else reader.failed(profile.outcome),
    )


def belongs(theme: Theme, profile: ReviewProfile) -> bool:
    return theme.profile in (profile.url, profile.site)


def _bars(reader: Reader, profile: ReviewProfile, stars: Sequence[tuple[str, int]]) -> Svg | None:
    if not any(count for _, count in stars):
        return None
    told = reader.words.list([reader.words.say("chart.stars_row", stars=s, n=n) for s, n in stars])
    title = reader.words.say("chart.stars", site=site_name(profile.site), list=told)
    return histogram([float(count) for _, count in stars], title)


def _stars(reader: Reader, stars: Sequence[tuple[str, int]]) -> Iterator[Star]:
    total = sum(count for _, count in stars)
    for name, count in stars:
        share = reader.words.percent(count / total if total else 0.0)
        yield Star(safety.clip(name, 8), reader.words.number(count), share)


def _is_few(reader: Reader, profile: ReviewProfile) -> bool:
    subject = f"profile:{profile.url}"
    return any(f.subject == subject and f.check == "review_rating_few" for f in reader.audit.findings)


def _facts(reader: Reader, profile: ReviewProfile) -> Iterator[Fact]:
    """Everything the figure is worth, each with what it rests on."""
    words = reader.words
    shrunk = next((f.value for f in reader.audit.findings if _worth(f, profile)), None)
    if shrunk is not None:
        yield Fact(words.say("reviews.shrunk"), words.say("reviews.of_five", value=shrunk), words.say("reviews.prior"))
    if (mean := mean_of(profile.histogram)) is not None:
        low, high = (words.say("reviews.bare", value=v) for v in mean)
        yield Fact(words.say("reviews.interval"), f"{low}–{high}", words.say("reviews.interval_note"))
    if (low_stars := low_share(profile.histogram)) is not None:
        share, low_end, high_end = (words.percent(v) for v in low_stars)
        yield Fact(words.say("reviews.low_stars"), share, f"{low_end}–{high_end}")
    yield from _of_reviews(reader, profile)


def _worth(finding: Finding, profile: ReviewProfile) -> bool:
    return finding.subject == f"profile:{profile.url}" and finding.check in ("review_rating", "review_rating_few")


def _of_reviews(reader: Reader, profile: ReviewProfile) -> Iterator[Fact]:
    words, read = reader.words, reader.words.say("reviews.read", n=len(profile.reviews))
    dated = [day for r in profile.reviews if (day := _day(r)) is not None]
    if dated:
        newest, now = max(dated), profile.fetched_at.date()
        yield Fact(words.say("reviews.newest"), words.date(newest), words.age_days((now - newest).days))
        recent = sum(day >= now - timedelta(days=RECENT) for day in dated)
        yield Fact(words.say("reviews.recent", days=RECENT), words.percent(recent / len(dated)), read)
    known = [r for r in profile.reviews if r.replied is not None]
    if known:
        rate = words.percent(sum(bool(r.replied) for r in known) / len(known))
        yield Fact(words.say("reviews.replies"), rate, words.say("reviews.read", n=len(known)))
    unhappy = [r for r in known if r.rating and (r.rating.on_five or 5) <= LOW]
    if unhappy:
        rate = words.percent(sum(bool(r.replied) for r in unhappy) / len(unhappy))
        yield Fact(words.say("reviews.replies_low"), rate, words.say("reviews.read", n=len(unhappy)))


def _day(review: Review) -> date | None:
    try:
        return date.fromisoformat(review.date or "")
    except ValueError:
        return None


def mean_of(stars: dict[str, int] | None) -> tuple[float, float] | None:
    """Borders of the mean at 95 %: mean -+ 1.96 standard errors; None without a histogram of numbers."""
    votes = {float(k): n for k, n in (stars or {}).items() if k.replace(".", "", 1).isdecimal() and k.isascii()}
    total = sum(votes.values())
    if total < LOW:
        return None
    mean = sum(k * n for k, n in votes.items()) / total
    spread = math.sqrt(sum(n * (k - mean) ** 2 for k, n in votes.items()) / (total - 1))
    half = Z * spread / math.sqrt(total)
    return max(min(votes), mean - half), min(max(votes), mean + half)


def low_share(stars: dict[str, int] | None) -> tuple[float, float, float] | None:
    """Share of one and two stars with its Wilson interval (scoring section 6)."""
    total = sum((stars or {}).values())
    if not stars or not total:
        return None
    share, squared = (stars.get("1", 0) + stars.get("2", 0)) / total, Z * Z
    centre = (share + squared / (2 * total)) / (1 + squared / total)
    half = Z * math.sqrt(share * (1 - share) / total + squared / (4 * total * total)) / (1 + squared / total)
    return share, max(0.0, centre - half), min(1.0, centre + half)


def _trace(reader: Reader, profile: ReviewProfile) -> Iterator[str]:
    words = reader.words
    if profile.reviews:
        yield words.say("reviews.read", n=len(profile.reviews))
    yield words.say("common.captured_at", when=words.time(profile.fetched_at))
    yield words.name("source", profile.source.partition(":")[0])


# ---------------------------------------------------------------- themes


def themes(reader: Reader) -> tuple[ThemeView, ...]:
    """All themes of all profiles, those with most unfavourable mentions first."""
    order = sorted(reader.audit.themes, key=lambda t: (-t.negative, -t.mentions, t.name))
    return tuple(theme(reader, t) for t in order)


def theme(reader: Reader, said: Theme) -> ThemeView:
    words = reader.words
    place = next((f"p{at}" for at, p in enumerate(reader.audit.snapshot.profiles, 1) if belongs(said, p)), "")
    site = next((p.site for p in reader.audit.snapshot.profiles if belongs(said, p)), said.profile)
    return ThemeView(
        word=words.name("theme", said.name),
        profile=site_name(site),
        anchor=place,
        mentions=words.number(said.mentions),
        negative=said.negative,
        positive=said.positive,
        quotes=tuple(_said(reader, quote) for quote in said.quotes[:QUOTES]),
    )


def _said(reader: Reader, quote: Quote) -> Said:
    stars = "" if quote.stars is None else f"{reader.words.say('reviews.stars', value=quote.stars)} ★"
    trace = " · ".join(part for part in (stars, reader.words.iso_date(quote.date)) if part)
    return Said(safety.clip(quote.text, QUOTE), safety.language_tag(quote.language), trace)


# ---------------------------------------------------------------- questions


def questions(reader: Reader) -> tuple[Question, ...]:
    return tuple(_question(reader, f) for f in reader.audit.findings if f.check == QUESTION)


def _question(reader: Reader, finding: Finding) -> Question:
    words, kind = reader.words, str(finding.facts.get("kind", ""))
    known = kind if words.has(f"question.{kind}") else "other"
    place = reader.profiles.get(finding.subject.partition(":")[2])
    facts = {k: v for k, v in finding.facts.items() if k not in ("kind", "site", "title") and v is not None}
    return Question(
        text=words.say(f"question.{known}"),
        subject="" if place else panels.subject(reader, finding),
        figures=tuple(Fact(words.name("question_figure", k), words.fact(k, v)) for k, v in facts.items()),
        places=(place,) if place else places(reader, finding.evidence, 4),
    )
