"""When a brief is due: every zone, every change of the clock, every month's end; and which due times were missed."""

from __future__ import annotations

import json
import random
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from audit.brief import parse_brief
from audit.cli import main
from audit.cli.schedule import (
    KINDS,
    Ran,
    Timer,
    cron,
    install_cron,
    install_systemd,
    install_windows,
    known_kind,
    systemd,
    timer_of,
    windows,
)
from audit.errors import BriefError, RepauditError, UsageError
from audit.schedule import MOST_MISSED, due, following, missed, read
from audit.tables_schedule import ScheduleTable

DAILY = ScheduleTable(every="daily", at="02:30", timezone="Europe/Kyiv")
WEEKLY = ScheduleTable(every="weekly", at="06:30", timezone="Europe/Kyiv", weekday="mon")
BRIEF = '[brand]\nname = "Acme"\n[[markets]]\ncountry = "GB"\nlanguage = "en"\nengines = ["google"]\n'


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("table", "now", "slot"),
    [
        (WEEKLY, "2026-11-24T12:00", "2026-11-23T04:30Z"),
        (WEEKLY, "2026-11-23T04:29", "2026-11-16T04:30Z"),
        (WEEKLY, "2026-11-23T04:30", "2026-11-23T04:30Z"),
        (WEEKLY, "2026-07-07T00:00", "2026-07-06T03:30Z"),  # summer: an hour earlier in UTC
        (DAILY.model_copy(update={"at": "03:30"}), "2026-03-29T12:00", "2026-03-29T01:30Z"),  # skipped: 03:00 is 04:00
        (DAILY.model_copy(update={"at": "03:30"}), "2026-10-25T12:00", "2026-10-25T00:30Z"),  # doubled: the first
        (DAILY.model_copy(update={"at": "03:30"}), "2026-10-25T01:31", "2026-10-25T00:30Z"),  # and not the second
        (ScheduleTable(every="monthly", day=31, at="00:00"), "2026-03-01T00:00", "2026-02-28T00:00Z"),
        (ScheduleTable(every="monthly", day=30, at="00:00"), "2028-03-01T00:00", "2028-02-29T00:00Z"),
        (ScheduleTable(every="monthly", day=29, at="23:59"), "2028-02-29T23:59", "2028-02-29T23:59Z"),
        (ScheduleTable(every="monthly", day=1, at="00:00"), "2026-12-31T23:59", "2026-12-01T00:00Z"),
        (
            ScheduleTable(every="daily", at="00:30", timezone="Pacific/Kiritimati"),
            "2026-01-01T00:00",
            "2025-12-31T10:30Z",
        ),
        (
            ScheduleTable(every="daily", at="23:45", timezone="Pacific/Pago_Pago"),
            "2026-01-01T10:44",
            "2025-12-31T10:45Z",
        ),
    ],
)
def test_the_latest_due_time(table: ScheduleTable, now: str, slot: str) -> None:
    assert due(table, at(now)) == slot


@pytest.mark.parametrize("zone", ["UTC", "Europe/Kyiv", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"])
@pytest.mark.parametrize("every", ["daily", "weekly", "monthly"])
def test_due_times_are_one_a_period_in_order_and_never_ahead(zone: str, every: str) -> None:
    chance, start = random.Random(f"{zone}{every}"), at("2027-12-20T00:00")
    gaps = {"daily": (23, 25), "weekly": (167, 169), "monthly": (27 * 24, 31 * 24 + 1)}[every]
    for _ in range(4):
        time = f"{chance.randrange(24):02}:{chance.randrange(60):02}"
        table = ScheduleTable(every=every, at=time, timezone=zone, weekday="sun", day=31)
        moments, now = [], start
        for _ in range(70):
            slot = read(due(table, now))
            assert slot is not None
            assert slot <= now, "no negative age"
            after = following(table, now)
            assert read(due(table, after)) == after
            assert read(due(table, after - timedelta(minutes=1))) == slot, "one slot until the next begins"
            moments.append(after)
            now = after
        hours = [(b - a) / timedelta(hours=1) for a, b in pairwise(moments)]
        assert gaps[0] <= min(hours)
        assert max(hours) <= gaps[1]


def test_a_clock_set_back_finds_a_due_time_that_was_taken() -> None:
    now = at("2026-11-24T12:00")
    slots = {due(WEEKLY, now - timedelta(hours=hours)) for hours in range(24)}
    assert slots == {"2026-11-23T04:30Z"}
    local = now.astimezone(ZoneInfo("Asia/Seoul"))
    assert due(WEEKLY, local) == due(WEEKLY, now), "the zone of the machine changes nothing"


def test_missed_due_times_are_counted_and_named() -> None:
    taken = ["2026-10-26T04:30Z", "2026-11-02T04:30Z", "a name of somebody's own"]
    now = at("2026-11-24T12:00")
    told = missed(WEEKLY, taken, now, starting=True)
    assert told.slots == ("2026-11-09T04:30Z", "2026-11-16T04:30Z")
    assert str(told) == ("2 due times since 2026-11-02T04:30Z have no snapshot (2026-11-09T04:30Z, 2026-11-16T04:30Z).")
    assert missed(WEEKLY, taken, now).slots == (*told.slots, "2026-11-23T04:30Z"), "and the present one is late"
    assert missed(WEEKLY, taken, at("2026-11-09T05:00")).slots == (), "half an hour late is not missed yet"
    assert missed(WEEKLY, [*taken, *told.slots, "2026-11-23T04:30Z"], now).slots == ()
    assert missed(WEEKLY, [], now).slots == ()
    assert missed(WEEKLY, ["2027-01-01T00:00Z"], now).slots == (), "a snapshot to come is of a clock that was wrong"


def test_a_changed_schedule_leaves_no_holes() -> None:
    taken = [f"2026-11-{day:02}T04:30Z" for day in (2, 9, 16, 23)]
    thursday = ScheduleTable(weekday="thu", at="10:00", timezone="Europe/Kyiv")
    assert missed(thursday, taken, at("2026-11-25T00:00")).slots == ()
    assert len(missed(DAILY, ["2020-01-01T00:30Z"], at("2026-11-25T00:00")).slots) <= MOST_MISSED


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('at = "6:30"', "is no time of day"),
        ('timezone = "Kyiv"', "is no time zone"),
        ('every = "hourly"', "schedule.every"),
        ("day = 32", "schedule.day"),
        ('evry = "daily"', "Did you mean 'every'"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(line: str, said: str) -> None:
    with pytest.raises(BriefError, match=said):
        parse_brief(f"{BRIEF}[schedule]\n{line}\n")


def test_what_asks_nothing_new_leaves_the_plan_its_identity() -> None:
    rival = '[[competitors]]\nname = "Veloria"\n'
    plain = parse_brief(BRIEF + rival)
    more = '[schedule]\nevery = "daily"\n[collect]\nrepeat = 3\n[alerts]\ntop = 5\n[money]\nrevenue = 5e6\n'
    more += 'looked_up = 0.4\ncurrency = "EUR"\nsource = "the client, 2026"\n[meaning]\nengine = "shipped"\n'
    assert parse_brief(BRIEF + rival + "measure = true\n" + more).digest() == plain.digest()
    assert parse_brief(BRIEF).digest() != plain.digest()


# ---------------------------------------------------------------- timers


class Machine:
    """A crontab in memory and a list of what was called: the real ones are never touched."""

    def __init__(self) -> None:
        self.crontab: str | None = None
        self.called: list[tuple[str, ...]] = []

    def __call__(self, command: Sequence[str], text: str) -> Ran:
        self.called.append(tuple(command))
        if tuple(command) == ("crontab", "-l"):
            return Ran(1, "no crontab for you") if self.crontab is None else Ran(0, self.crontab)
        if tuple(command) == ("crontab", "-"):
            self.crontab = text
        return Ran(0, "")


def timer(folder: Path, every: str = "weekly", zone: str = "Europe/Kyiv", more: str = "") -> Timer:
    folder.mkdir(exist_ok=True, parents=True)
    path = folder / "brief.toml"
    table = f'[schedule]\nevery = "weekly"\nat = "06:30"\ntimezone = "Europe/Kyiv"\n{more}'
    path.write_text(BRIEF + table, "utf-8")
    return timer_of(path, every, zone, ("/opt/re paudit/bin/repaudit",))


def test_a_cron_line_says_when_and_survives_any_path(tmp_path: Path) -> None:
    folder = tmp_path / "it's 100% $HOME; `x`"
    line = cron(timer(folder))
    assert line.startswith("30 6 * * 1 ")
    command = line.removeprefix("30 6 * * 1 ").replace("\\%", "%")
    told = shlex.split(command, comments=True)
    assert told == ["/opt/re paudit/bin/repaudit", "run", str(folder / "brief.toml"), "--due"]
    assert "%" not in line.replace("\\%", "")
    assert cron(timer(folder, "daily")).startswith("30 6 * * * ")
    assert "--due --every daily" in cron(timer(folder, "daily"))
    assert cron(timer(folder, "monthly")).startswith("30 6 1 * * ")
    assert cron(timer(folder, "monthly", more="day = 31\n")).startswith("30 6 28-31 * * ")
    assert cron(timer(folder, more='weekday = "sun"\n')).startswith("30 6 * * 0 ")
    assert cron(timer(folder, zone="UTC")).startswith("30 * * * * "), "another clock: asked every hour"
    made = timer(folder, zone="Etc/UTC")
    assert made._replace(table=made.table.model_copy(update={"timezone": "UTC"})).same_clock
    assert not made._replace(zone="").same_clock


def test_installing_twice_replaces_and_leaves_the_rest_alone(tmp_path: Path) -> None:
    machine = Machine()
    assert install_cron(timer(tmp_path / "a"), machine) == "Added to your crontab."
    machine.crontab = f"MAILTO=desk@acme.example\n{machine.crontab}0 1 * * * backup # repaudit\n"
    install_cron(timer(tmp_path / "b"), machine)
    assert install_cron(timer(tmp_path / "a", "daily"), machine) == "Replaced in your crontab."
    lines = (machine.crontab or "").splitlines()
    assert [line.split(" ")[0] for line in lines] == ["MAILTO=desk@acme.example", "0", "30", "30"]
    assert sum(str(tmp_path / "a") in line for line in lines) == 1


def test_a_systemd_timer_knows_the_zone_and_catches_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    machine, made = Machine(), timer(tmp_path / 'a "b" $c 5%', zone="")
    assert install_systemd(made, machine).startswith("Installed")
    assert install_systemd(made, machine).startswith("Replaced")
    folder = tmp_path / "config" / "systemd" / "user"
    service, when = ((folder / f"{made.name}.{kind}").read_text("utf-8") for kind in ("service", "timer"))
    assert "OnCalendar=Mon *-*-* 06:30:00 Europe/Kyiv\nPersistent=true\n" in when
    path = str(tmp_path / 'a "b" $c 5%' / "brief.toml").replace('"', '\\"').replace("$", "$$").replace("%", "%%")
    assert f'ExecStart="/opt/re paudit/bin/repaudit" "run" "{path}" "--due"\n' in service
    assert ("systemctl", "--user", "enable", "--now", f"{made.name}.timer") in machine.called
    assert "*-*-28..30 06:30:00" in systemd(timer(tmp_path / "m", "monthly", more="day = 30\n"))


def test_a_windows_task_replaces_its_older_self(tmp_path: Path) -> None:
    machine, made = Machine(), timer(tmp_path / "x y")
    short = made._replace(command=("C:\\p q\\repaudit.exe", "run", "C:\\b\\brief.toml", "--due"))
    install_windows(short, machine)
    (task,) = machine.called
    assert task[:6] == (
        "schtasks",
        "/Create",
        "/TN",
        made.name,
        "/TR",
        '"C:\\p q\\repaudit.exe" run C:\\b\\brief.toml --due',
    )
    assert task[6:] == ("/SC", "WEEKLY", "/D", "MON", "/ST", "06:30", "/F")
    assert "/SC HOURLY" in windows(short._replace(zone="UTC"))
    with pytest.raises(UsageError, match="characters"):
        windows(short._replace(command=("C:\\" + "x" * 300,)))


def test_schedule_prints_and_touches_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hook = '[[alerts.hooks]]\nurl = "env:HOOK"\n'
    timer(tmp_path, more=hook)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("audit.cli.schedule.run_program", lambda *_: pytest.fail("nothing is to be run"))
    monkeypatch.setattr("sys.argv", ["repaudit", "schedule", "brief.toml", "--weekly", "--kind", "cron", "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["installed"] is False
    assert f"{tmp_path / 'brief.toml'} --due --alerts # {facts['name']}" in facts["text"]
    assert facts["next"].endswith("Z")


def test_a_timer_that_is_refused_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RepauditError, match=r"^crontab: refused \(not allowed\)"):
        install_cron(timer(tmp_path), lambda command, text: Ran(1, "not allowed\n"))
    with pytest.raises(UsageError, match="no kind of timer"):
        known_kind("at")
    assert known_kind("") in KINDS
