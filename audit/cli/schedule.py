"""Timers: a cron line, a systemd user timer or a Windows task that runs a brief when it is due."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer  # noqa: TID251

from audit.cli.base import AsJson, BriefPath, app, emit, now, open_brief, say
from audit.cli.periodic import scheduled
from audit.errors import RepauditError, UsageError
from audit.files import file_name, write_text
from audit.seal import digest

if TYPE_CHECKING:
    from audit.tables_schedule import ScheduleTable

TASK_LIMIT = 261
"""Characters of a command that Windows' schtasks takes with /TR (its own documentation)."""
ANSWER_SECONDS = 30
NEW_ALERTS = 10
UTC_NAMES = frozenset({"UTC", "Etc/UTC", "UCT", "Etc/UCT", "Universal", "Etc/Universal", "Zulu", "Etc/Zulu"})
KINDS = ("cron", "systemd", "windows")


class Ran(NamedTuple):
    code: int
    out: str


Runner = Callable[[Sequence[str], str], Ran]
"""Runs a program with a text on its standard input. Tests bring their own."""


class Timer(NamedTuple):
    """What is to be run, when, and the name it is known and replaced by."""

    name: str
    brand: str
    command: tuple[str, ...]
    table: ScheduleTable
    zone: str
    """Of the machine; "" where it cannot be told."""

    @property
    def same_clock(self) -> bool:
        utc = {self.zone, self.table.timezone} <= UTC_NAMES
        return utc or self.zone == self.table.timezone


@app.command()
def schedule(
    brief_path: BriefPath,
    daily: Annotated[bool, typer.Option("--daily", help="Every day.")] = False,
    weekly: Annotated[bool, typer.Option("--weekly", help="Every week.")] = False,
    monthly: Annotated[bool, typer.Option("--monthly", help="Every month.")] = False,
    kind: Annotated[str, typer.Option(help="cron, systemd or windows; default: that of this machine.")] = "",
    install: Annotated[bool, typer.Option("--install", help="Install it; an older one of this brief goes.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print or install what runs a brief when it is due. Time, zone and day are those of its [schedule].

    The timer calls `repaudit run --due`: a due time has one snapshot, however often it is called.
    """
    from audit.schedule import following, written

    every = [name for name, on in (("daily", daily), ("weekly", weekly), ("monthly", monthly)) if on]
    if len(every) > 1:
        raise UsageError("name one rhythm.", where="--daily --weekly --monthly", mend="Leave out the others.")
    chosen = known_kind(kind)
    timer = timer_of(brief_path, every[0] if every else "", zone())
    text = FORMS[chosen](timer)
    told = INSTALLERS[chosen](timer, run_program) if install else ""
    first = written(following(timer.table, now()))
    if as_json:
        emit({"kind": chosen, "text": text, "installed": install, "next": first, "name": timer.name})
        return
    say(text)
    say(f"{told or 'Not installed; --install does it.'} Next due time: {first}.")


def known_kind(kind: str) -> str:
    if kind and kind not in KINDS:
        raise UsageError(f"{kind!r} is no kind of timer.", where="--kind", mend=f"Known: {', '.join(KINDS)}.")
    usual = "systemd" if Path("/run/systemd/system").is_dir() else "cron"
    return kind or ("windows" if os.name == "nt" else usual)


def timer_of(brief_path: Path, every: str, zone: str, program: Sequence[str] = ()) -> Timer:
    """The timer of a brief; known by the brief's place, so that installing twice replaces."""
    brief, path = open_brief(brief_path), brief_path.resolve()
    if any(not sign.isprintable() for sign in str(path)):
        raise UsageError("no timer can name such a path.", where=repr(str(path)), mend="Rename the folder or the file.")
    table = scheduled(brief, every)
    rhythm = ("--every", every) if every and (brief.schedule is None or brief.schedule.every != every) else ()
    alerts = ("--alerts",) if brief.alerts.mail or brief.alerts.hooks else ()
    command = (*(program or own_program()), "run", str(path), "--due", *rhythm, *alerts)
    name = f"repaudit-{file_name(brief.brand.name).encode('ascii', 'ignore').decode()[:30]}-{digest(path)[:8]}"
    return Timer(name.replace("--", "-"), brief.brand.name, command, table, zone)


def own_program() -> tuple[str, ...]:
    """This very installation, by its whole path: a timer knows no PATH."""
    for name in ("repaudit", "repaudit.exe"):
        beside = Path(sys.executable).parent / name
        if beside.exists():
            return (str(beside),)
    return (sys.executable, "-c", "from audit.cli import main; main()")


def zone() -> str:
    """The time zone this machine's timers go by, as IANA names it; "" where it cannot be told."""
    if name := os.environ.get("TZ", "").removeprefix(":"):
        return name
    link = Path("/etc/localtime")
    if os.name != "nt" and not link.exists():
        return "UTC"  # what the C library takes then
    try:
        return str(link.resolve()).partition("/zoneinfo/")[2].removeprefix("posix/")
    except OSError:
        return ""


# ---------------------------------------------------------------- cron


def cron(timer: Timer) -> str:
    """One line with its mark. Where the machine's clock is another zone's, it asks every hour whether it is due."""
    command = shlex.join(timer.command).replace("%", "\\%")
    return f"{_fields(timer)} {command} {_mark(timer)}"


def _fields(timer: Timer) -> str:
    table = timer.table
    hour, minute = (int(part) for part in table.at.split(":"))
    if not timer.same_clock:
        return f"{minute} * * * *"
    days = {
        "daily": "* * *",
        "weekly": f"* * {(table.weekday.number + 1) % 7}",
        # A month may end before the day: cron asks on each of its last days, and only one of them is due.
        "monthly": f"{table.day if table.day <= 28 else f'28-{table.day}'} * *",
    }[table.every.value]
    return f"{minute} {hour} {days}"


def _mark(timer: Timer) -> str:
    return f"# {timer.name}"


def install_cron(timer: Timer, runner: Runner) -> str:
    listed = runner(("crontab", "-l"), "")
    lines = listed.out.splitlines() if listed.code == 0 else []  # 1: there is no crontab yet
    kept = [line for line in lines if not line.endswith(_mark(timer))]
    _done(runner(("crontab", "-"), "\n".join([*kept, cron(timer)]) + "\n"), "crontab")
    return "Replaced in your crontab." if len(kept) < len(lines) else "Added to your crontab."


# ---------------------------------------------------------------- systemd


def systemd(timer: Timer) -> str:
    """Both units, as they are installed for the user."""
    return "\n".join(f"# {name}\n{text}" for name, text in _units(timer).items())


def _units(timer: Timer) -> dict[str, str]:
    about = " ".join(f"repaudit: {timer.brand}".split()).replace("%", "%%").replace("\\", "")
    service = (
        f"[Unit]\nDescription={about}\n\n[Service]\nType=oneshot\n"
        f"ExecStart={' '.join(map(_quoted, timer.command))}\nSuccessExitStatus={NEW_ALERTS}\n"
    )
    when = (
        f"[Unit]\nDescription={about}\n\n[Timer]\nOnCalendar={_calendar(timer)}\nPersistent=true\n"
        "RandomizedDelaySec=60\n\n[Install]\nWantedBy=timers.target\n"
    )
    return {f"{timer.name}.service": service, f"{timer.name}.timer": when}


def _quoted(word: str) -> str:
    """A word of ExecStart: systemd reads backslashes, quotes, % and $."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def _calendar(timer: Timer) -> str:
    """systemd knows zones: the very due time."""
    table = timer.table
    date = {
        "daily": "*-*-*",
        "weekly": f"{table.weekday.value.capitalize()} *-*-*",
        "monthly": f"*-*-{table.day:02}" if table.day <= 28 else f"*-*-28..{table.day}",
    }[table.every.value]
    return f"{date} {table.at}:00 {table.timezone}"


def install_systemd(timer: Timer, runner: Runner) -> str:
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot be made ({error.strerror}).", where=str(folder), mend="Take --kind cron.") from None
    known = (folder / f"{timer.name}.timer").exists()
    for name, text in _units(timer).items():
        write_text(folder / name, text)
    _done(runner(("systemctl", "--user", "daemon-reload"), ""), "systemctl")
    _done(runner(("systemctl", "--user", "enable", "--now", f"{timer.name}.timer"), ""), "systemctl")
    return (
        f"{'Replaced' if known else 'Installed'}: {timer.name}.timer (loginctl enable-linger keeps it on after logout)."
    )


# ---------------------------------------------------------------- Windows


def windows(timer: Timer) -> str:
    return subprocess.list2cmdline(_task(timer))


def _task(timer: Timer) -> tuple[str, ...]:
    """/F replaces a task of the same name. Its times are the machine's own."""
    command = " ".join(_for_task(word) for word in timer.command)
    if len(command) > TASK_LIMIT:
        what = f"the command has {len(command)} characters, a Windows task takes {TASK_LIMIT}."
        raise UsageError(what, where=str(timer.command[0]), mend="Move the brief or the program to a shorter path.")
    table = timer.table
    rhythm: tuple[str, ...] = {
        "daily": ("/SC", "DAILY"),
        "weekly": ("/SC", "WEEKLY", "/D", table.weekday.value.upper()),
        "monthly": ("/SC", "MONTHLY", "/D", str(table.day)) if table.day <= 28 else ("/SC", "DAILY"),
    }[table.every.value]
    if not timer.same_clock:
        rhythm = ("/SC", "HOURLY")
    return ("schtasks", "/Create", "/TN", timer.name, "/TR", command, *rhythm, "/ST", table.at, "/F")


def _for_task(word: str) -> str:
    return word if word and not any(sign in word for sign in ' \t&()^;,="') else f'"{word}"'


def install_windows(timer: Timer, runner: Runner) -> str:
    _done(runner(_task(timer), ""), "schtasks")
    return f"Installed: task {timer.name}."


# ---------------------------------------------------------------- how it is done

FORMS: dict[str, Callable[[Timer], str]] = {"cron": cron, "systemd": systemd, "windows": windows}
INSTALLERS: dict[str, Callable[[Timer, Runner], str]] = {
    "cron": install_cron,
    "systemd": install_systemd,
    "windows": install_windows,
}


def run_program(command: Sequence[str], text: str) -> Ran:
    try:
        done = subprocess.run(  # noqa: S603 - a program of the system, its words are a list
            list(command), input=text, capture_output=True, text=True, timeout=ANSWER_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        mend = "Take another --kind, or install the printed text yourself."
        raise UsageError(f"does not answer ({error}).", where=command[0], mend=mend) from None
    return Ran(done.returncode, done.stdout if done.returncode == 0 else done.stderr or done.stdout)


def _done(ran: Ran, what: str) -> None:
    if ran.code:
        said = " ".join(ran.out.split())[:200]
        raise RepauditError(f"refused ({said or ran.code}).", where=what, mend="Install the printed text yourself.")
