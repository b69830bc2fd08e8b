"""`repaudit history` and `repaudit diff` on snapshots of several times, in one process with the store."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from audit.cli import main
from audit.models import Moved, Snapshot
from audit.store import Store
from tests.audits import NOW, snapshot_of

BRIEF = """
[brand]
name = "Acme"
domains = ["acme.example"]
[[markets]]
country = "GB"
language = "en"
engines = ["google"]
"""
KEYWORDS = ("acme", "acme reviews", "acme scam")
KIND, BAD = ("Acme is excellent, five stars, recommended", "Acme is a scam, fraud, avoid, stole my money")


def taken(text: str, day: int, slot: str = "", capture: int = 1) -> Snapshot:
    """Pages whose every title is `text`: what the words mean is left to the reading."""
    base = snapshot_of({("google", keyword): "0000" for keyword in KEYWORDS})
    serps = tuple(
        serp.model_copy(
            update={
                "results": tuple(r.model_copy(update={"title": f"{text} ({r.rank})"}) for r in serp.results),
            }
        )
        for serp in base.serps
    )
    at = NOW + timedelta(days=day, minutes=capture)
    return base.model_copy(update={"serps": serps, "taken_at": at, "slot": slot, "capture": capture})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "brief.toml").write_text(BRIEF, "utf-8")
    with Store.open(str(tmp_path / "repaudit.sqlite")) as store:
        for day, text in enumerate((KIND, KIND, BAD)):
            for capture in (1, 2):
                store.save_snapshot(taken(text, day, f"2026-11-0{day + 1}", capture))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    monkeypatch.setattr("sys.argv", ["repaudit", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_diff_says_what_may_be_claimed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = json.loads(said(monkeypatch, capsys, "diff", "brief.toml", "--json"))
    brand = facts["comparisons"][0]
    assert brand["verdict"] == Moved.CHANGED
    assert brand["effect"] < -50
    assert (brand["captures_before"], brand["captures_after"], brand["common_pages"]) == (2, 2, 3)
    assert {change["kind"] for change in facts["changes"]} == {"relabelled"}
    words = said(monkeypatch, capsys, "diff", "brief.toml", "3", "2")
    assert words.startswith("brand: NO CHANGE SHOWN")
    assert "would not have been seen" in words


def test_history_has_a_point_a_time_scored_before_or_not(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = said(monkeypatch, capsys, "history", "brief.toml").splitlines()
    assert [line[:16] for line in lines] == [f"2026-11-0{day} 09:02" for day in (1, 2, 3)]
    assert [line.partition("brand: ")[2][0] for line in lines] == ["+", "+", "-"]
    audit = json.loads(said(monkeypatch, capsys, "score", "brief.toml", "--json"))
    assert audit["comparisons"][0]["verdict"] == Moved.CHANGED
    assert [change["kind"] for change in audit["changes"]] == ["relabelled"] * len(audit["changes"])
    assert {point["subject"] for point in audit["trend"]} == {
        "brand",
        "engine:google",
        *(f"keyword:{keyword}" for keyword in KEYWORDS),
    }


@pytest.mark.parametrize(("name", "code"), [("9", 4), ("nothing", 2)])
def test_a_snapshot_that_is_not_there(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    code: int,
) -> None:
    monkeypatch.setattr("sys.argv", ["repaudit", "diff", "brief.toml", name])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == code
    assert "snapshot" in capsys.readouterr().err
