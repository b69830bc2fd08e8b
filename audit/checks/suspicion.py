"""Unusual figures in reviews, praise and blame alike: questions for the house and the site, never accusations.

Every pattern has ordinary explanations (a campaign, an incident, a site that asks buyers for a star), so each is
told only by its figures and only where it stands out against the profile's own habit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from audit.alike import alike
from audit.board import Board
from audit.models import Finding, Review, ReviewProfile, Severity
from audit.stars import wilson

WINDOW = 3
"""Days of a burst: what a campaign or an incident fills (convention)."""
FEWEST_DATED = 15
"""Dated reviews, and `FEWEST_DAYS` they span, below which a profile has no usual rate (convention)."""
FEWEST_DAYS = 30
FEWEST_IN_BURST = 5
NEARLY_ALL = 0.9
TIMES_USUAL = 4.0
"""Times the usual rate; reviews come in waves by nature, so chance alone is not enough (convention)."""
CHANCE = 0.001
"""A burst this unlikely at the usual rate, over all windows of the profile (Poisson, Bonferroni)."""
FEWEST_ALIKE = 3
"""Near copies that make a question: two may be one person who wrote twice (convention)."""
RECENT = 30
"""Days whose share of wordless ratings is held against the time before (convention)."""
FEWEST_RECENT, FEWEST_BEFORE = 10, 20
MORE_WORDLESS = 0.3
"""Share by which wordless ratings must have grown, their intervals apart (convention)."""
FEWEST_STARS = 50
EXTREMES = 0.9
"""Share of top and bottom stars together. J-shaped histograms are common where only the moved write (Hu, Zhang &
Pavlou 2009, CACM 52(10)), so only those with hardly any middle are asked about, and only where both ends are held:"""
EACH_END = 0.1
FAVOURABLE, UNFAVOURABLE = 4.0, 2.0
"""Stars on 1-5 that count as praise and as blame."""


Facts = dict[str, str | int | float | None]


class Voice(NamedTuple):
    """A review and the profile it stands on."""

    profile: ReviewProfile
    review: Review


def check(board: Board) -> Iterator[Finding]:
    for profile in board.snapshot.profiles:
        for found in (burst(profile), near_duplicates(profile), rating_only(profile), j_shape(profile)):
            if found:
                yield found
    across = copies_across(board.snapshot.profiles)
    if across:
        yield across


# ---------------------------------------------------------------- many at once


def burst(profile: ReviewProfile) -> Finding | None:
    """The fullest few days against the rate of all the others."""
    days = _run_of_days(profile)
    span = (days[-1] - days[0]).days + 1 if days else 0
    if len(days) < FEWEST_DATED or span < FEWEST_DAYS:
        return None
    begin, number = max(((day, _within(days, day)) for day in set(days)), key=lambda found: (found[1], found[0]))
    usual = (len(days) - number) / (span - WINDOW) * WINDOW
    unlikely = _at_least(number, usual) * span <= CHANCE
    if number < FEWEST_IN_BURST or number < TIMES_USUAL * usual or not unlikely:
        return None
    end = begin + timedelta(days=WINDOW - 1)
    among = [r for r in profile.reviews if r.rating and (day := _day(r)) and begin <= day <= end]
    facts: Facts = {"n": number, "days": WINDOW, "since": begin.isoformat(), "usual": round(usual, 2)}
    return _finding(profile, "burst", number / len(days), facts | _ends(among))


def _run_of_days(profile: ReviewProfile) -> list[date]:
    """Days of the rated reviews, the oldest first, where they are a whole run: in order of date on the page, or nearly
    all there are. A page of the most helpful ones beside the newest has holes that are nobody's burst."""
    days = [day for review in profile.reviews if review.rating and (day := _day(review))]
    there = profile.rating.review_count if profile.rating else None
    in_order = days in (sorted(days), sorted(days, reverse=True))
    return sorted(days) if in_order or (there and len(days) >= NEARLY_ALL * there) else []


def _within(days: Sequence[date], begin: date) -> int:
    return sum(begin <= day < begin + timedelta(days=WINDOW) for day in days)


def _at_least(number: int, usual: float) -> float:
    """Probability of this many or more where `usual` are expected (Poisson)."""
    term, below = math.exp(-usual), 0.0
    for count in range(number):
        below += term
        term *= usual / (count + 1)
    return max(0.0, 1 - below)


# ---------------------------------------------------------------- near copies


def near_duplicates(profile: ReviewProfile) -> Finding | None:
    """Reviews of one profile that read almost alike, by different authors."""
    copied = _copied([Voice(profile, review) for review in profile.reviews], across=False)
    if len(copied) < FEWEST_ALIKE:
        return None
    share = len(copied) / len(profile.reviews)
    facts: Facts = {"n": len(copied)}
    return _finding(profile, "near_duplicates", share, facts | _ends(voice.review for voice in copied))


def copies_across(profiles: Sequence[ReviewProfile]) -> Finding | None:
    """Reviews that read almost alike on several profiles; the same review shown twice is one."""
    voices = [Voice(profile, review) for profile in profiles for review in profile.reviews]
    copied = _copied(voices, across=True)
    if len(copied) < FEWEST_ALIKE:
        return None
    addresses = tuple(dict.fromkeys(voice.profile.url for voice in copied if voice.profile.url))
    facts: Facts = {"kind": "near_duplicates", "n": len(copied)}
    facts |= {"profiles": len({id(voice.profile) for voice in copied})} | _ends(voice.review for voice in copied)
    return Finding(
        check="suspicion",
        subject="brand",
        value=len(copied) / len(voices),
        severity=Severity.WATCH,
        evidence=addresses,
        facts=facts,
    )


def _copied(voices: Sequence[Voice], *, across: bool) -> list[Voice]:
    groups = alike([f"{voice.review.title} {voice.review.text}" for voice in voices])
    found = []
    for group in groups:
        members = _different([voices[at] for at in group])
        if len(members) > 1 and (len({id(voice.profile) for voice in members}) > 1) is across:
            found += members
    return found


def _different(voices: Sequence[Voice]) -> list[Voice]:
    """One of an author; and of a review that several profiles show alike to the day and the star."""
    found: list[Voice] = []
    seen: set[tuple[object, ...]] = set()
    for voice in voices:
        review = voice.review
        author = ("author", review.author or f"{id(review)}")
        same = ("review", review.text, review.date, _stars(review))
        if author in seen or (same in seen and all(known.profile is not voice.profile for known in found)):
            continue
        seen |= {author, same}
        found.append(voice)
    return found


# ---------------------------------------------------------------- stars without words


def rating_only(profile: ReviewProfile) -> Finding | None:
    """Wordless ratings of the last weeks against the profile's own time before."""
    dated = [(day, review) for review in profile.reviews if review.rating and (day := _day(review))]
    newest = max((day for day, _ in dated), default=None)
    if newest is None:
        return None
    recent = [review for day, review in dated if (newest - day).days < RECENT]
    before = [review for day, review in dated if (newest - day).days >= RECENT]
    if len(recent) < FEWEST_RECENT or len(before) < FEWEST_BEFORE:
        return None
    mute, usual = [r for r in recent if _mute(r)], [r for r in before if _mute(r)]
    now, then = wilson(len(mute), len(recent)), wilson(len(usual), len(before))
    if now is None or then is None or now.share - then.share < MORE_WORDLESS or now.low <= then.high:
        return None
    facts: Facts = {"n": len(mute), "all": len(recent), "days": RECENT, "usual_share": round(then.share, 3)}
    return _finding(profile, "rating_only", now.share, facts | _ends(mute))


def _mute(review: Review) -> bool:
    return not review.text.strip() and not review.title.strip()


# ---------------------------------------------------------------- only ends


def j_shape(profile: ReviewProfile) -> Finding | None:
    """A histogram of top and bottom with hardly any middle."""
    stars = profile.histogram or {}
    whole = sum(stars.values())
    if whole < FEWEST_STARS or not set(stars) <= set("12345"):
        return None
    top, bottom = stars.get("5", 0), stars.get("1", 0)
    ends = wilson(top + bottom, whole)
    if ends is None or ends.low < EXTREMES or min(top, bottom) < EACH_END * whole:
        return None
    facts: Facts = {"n": whole, "top_share": round(top / whole, 3), "bottom_share": round(bottom / whole, 3)}
    return _finding(profile, "j_shape", ends.share, facts)


# ---------------------------------------------------------------- common


def _finding(profile: ReviewProfile, kind: str, value: float, facts: Facts) -> Finding:
    return Finding(
        check="suspicion",
        subject=f"profile:{profile.url}",
        value=value,
        severity=Severity.WATCH,
        evidence=(profile.url,) if profile.url else (),
        facts={"kind": kind, "site": profile.site, "share": round(value, 3)} | facts,
    )


def _ends(reviews: Iterable[Review]) -> Facts:
    """How many of them praise and how many blame, so that nobody has to guess whom it would serve."""
    stars = [found for review in reviews if (found := _stars(review)) is not None]
    favourable = sum(value >= FAVOURABLE for value in stars)
    return {"favourable": favourable, "unfavourable": sum(value <= UNFAVOURABLE for value in stars)}


def _stars(review: Review) -> float | None:
    return review.rating.on_five if review.rating else None


def _day(review: Review) -> date | None:
    try:
        return date.fromisoformat((review.date or "")[:10])
    except ValueError:
        return None
