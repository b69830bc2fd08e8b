"""Charts: what is drawn is what was measured; what was not measured is not drawn."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from reports.charts import Dot, dots, effort_effect, histogram
from reports.lines import Names, Spot, across, figures, runs, scale, trend

NAMES = Names("a title", "first", "last", "break")


def spot(month: int, value: float | None, *, breaks: bool = False, doubt: float | None = 5.0) -> Spot:
    when = datetime(2026, month, 1, tzinfo=UTC)
    if value is None or doubt is None:
        return Spot(when, value, breaks=breaks)
    return Spot(when, value, value - doubt, value + doubt, breaks=breaks)


LINE = (spot(1, 10), spot(2, 20), spot(3, None), spot(4, 30), spot(5, 35), spot(6, 5, breaks=True), spot(7, 6))


def test_no_line_through_what_is_missing_and_none_over_a_break() -> None:
    assert runs(LINE) == [[0, 1], [3, 4], [5, 6]]
    chart = trend(LINE, NAMES)
    assert chart.count("<polyline") == 3
    assert chart.count("<polygon") == 3, "a band for each stretch"
    assert chart.count("<circle") == 6
    assert chart.count("✕") == 1
    assert chart.count('class="break"') == 1


def test_a_time_that_stands_alone_keeps_its_range_and_has_no_line() -> None:
    chart = trend([spot(1, None), spot(2, 10), spot(3, None)], NAMES)
    assert "<polyline" not in chart
    assert chart.count("<polygon") == 1


def test_without_a_range_there_is_no_band() -> None:
    assert "<polygon" not in trend([spot(1, 10, doubt=None), spot(2, 12, doubt=None)], NAMES)


def test_times_stand_by_the_clock() -> None:
    places = across([spot(1, 1), spot(2, 1), spot(12, 1)])
    assert places == sorted(places)
    assert places[1] - places[0] < (places[2] - places[1]) / 5


@pytest.mark.parametrize(
    ("values", "low", "high"), [((12, 38), 10, 40), ((3.7, 4.2), 3.6, 4.2), ((-95, 95), -100, 100), ((7,), 7, 7.1)]
)
def test_the_scale_has_round_ends_and_holds_everything(values: tuple[float, ...], low: float, high: float) -> None:
    spots = [spot(at, value, doubt=None) for at, value in enumerate(values, start=1)]
    ruler = scale(spots)
    assert (round(ruler.low, 6), round(ruler.high, 6)) == (low, high)
    assert len(figures(spots)) <= 6


def test_imported_points_are_hollow() -> None:
    chart = trend([Spot(datetime(2026, 1, 1, tzinfo=UTC), 3.0, hollow=True), spot(2, 4)], NAMES)
    assert chart.count("dot hollow") == 1


def test_bars_are_in_proportion() -> None:
    chart = histogram([50, 25, 0], "stars")
    assert re.findall(r'width="([\d.]+)%" height="12"', chart) == ["100.0", "50.0", "0.0"]


def test_a_rival_nobody_measured_has_no_mark_and_the_brand_is_told_by_shape() -> None:
    rows = [
        Dot("Acme", 10, 5, 15, "+10", own=True),
        Dot("Other", -20, None, None, "-20"),
        Dot("Mute", None, None, None, "?"),
    ]
    chart = dots(rows, "a title")
    assert chart.count("<circle") == 1
    assert chart.count("<polygon") == 1
    assert chart.count('class="f-bar band"') == 1


def test_every_action_is_on_the_map_once() -> None:
    names = (("low", "medium", "high"), ("strong", "some", "unknown"))
    chart = effort_effect({(0, 2): [1], (2, 0): [2, 3, 4, 5]}, names, "a title")
    assert re.findall(r'class="on"[^>]*>(\d+)<', chart) == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("words", ["<script>alert(1)</script>", 'a" onload="x', "a & b"])
def test_words_of_strangers_are_escaped(words: str) -> None:
    charts = (
        trend([Spot(datetime(2026, 1, 1, tzinfo=UTC), 1.0, told=words)], Names(words, words, words, words)),
        dots([Dot(words, 1.0, None, None, words)], words),
        histogram([1.0], words),
    )
    for chart in charts:
        assert words not in chart
        assert 'role="img"' in chart
        assert "<title>" in chart
