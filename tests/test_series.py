"""The store over time: due times, points of the trend, alerts that went out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit.errors import StoreError
from audit.models import Brand, Point, Snapshot
from audit.store import Store

NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(str(tmp_path / "s.sqlite")) as opened:
        yield opened


def snapshot(day: int = 0, slot: str = "", capture: int = 1, brand: str = "Acme") -> Snapshot:
    return Snapshot(
        brand=Brand(name=brand),
        taken_at=NOW + timedelta(days=day, minutes=capture),
        tool="test",
        brief_digest="plan",
        keywords=(),
        plan=(),
        slot=slot,
        capture=capture,
    )


def test_a_due_time_has_one_snapshot_a_capture(store: Store) -> None:
    first = store.save_snapshot(snapshot(0, "2026-11-01", 1))
    second = store.save_snapshot(snapshot(0, "2026-11-01", 2))
    assert store.series.taken("Acme", "plan", "2026-11-01", 2) == second
    assert store.series.taken("Acme", "plan", "2026-11-01", 3) is None
    with pytest.raises(StoreError, match="exists already"):
        store.save_snapshot(snapshot(1, "2026-11-01", 1))
    assert store.save_snapshot(snapshot(0, "2026-11-01", 1)) == first  # the very same one, again
    assert [entry.id for entry in store.series.captures("Acme")] == [first, second]
    assert store.verify() == []


def test_snapshots_without_a_due_time_are_never_in_each_others_way(store: Store) -> None:
    names = [store.save_snapshot(snapshot(day)) for day in (2, 0, 1)]
    found = store.series.captures("Acme")
    assert [entry.id for entry in found] == [names[1], names[2], names[0]]
    assert {(entry.slot, entry.plan, entry.origin) for entry in found} == {("", "plan", "import")}
    store.save_snapshot(snapshot(brand="Other"))
    assert store.series.brands() == ["Acme", "Other"]


def test_points_of_a_snapshot_are_replaced_by_its_newer_scoring(store: Store) -> None:
    series = store.series
    old = [Point(taken_at=NOW, value=1.0), Point(taken_at=NOW, subject="keyword:a", value=2.0)]
    series.save_points("Acme", "x", "m1", old)
    series.save_points("Acme", "x", "m2", [Point(taken_at=NOW, value=3.0)])
    series.save_points("Acme", "w", "m1", [Point(taken_at=NOW - timedelta(days=7), value=None)])
    assert [(e.snapshot, e.method, e.point.value) for e in series.points("Acme")] == [("w", "m1", None), ("x", "m2", 3)]
    assert series.points("Acme", "keyword:a") == []
    assert series.points("Nobody") == []


def test_an_alert_goes_out_once_a_channel(store: Store) -> None:
    series = store.series
    assert series.first_alert("Acme", "new_negative|u", "mail", NOW, "{}")
    assert not series.first_alert("Acme", "new_negative|u", "mail", NOW, "{}")
    assert series.first_alert("Acme", "new_negative|u", "webhook", NOW, "{}")
    assert series.first_alert("Other", "new_negative|u", "mail", NOW, "{}")
    series.forget_alert("Acme", "new_negative|u", "mail")
    assert series.first_alert("Acme", "new_negative|u", "mail", NOW, "{}")
