"""The command `repaudit`: the only place that knows all rooms. Errors become one sentence and an exit code.

Heavy rooms are imported inside the commands, so that `repaudit --help` answers at once.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer  # noqa: TID251

from audit.cli import job, label, report, live, movement, positions, forget, alerts, schedule  # isort: skip  (the order of --help)
from audit.cli import portfolio, doors, evaluate, care, train  # isort: skip
from audit.cli.base import app, say, tool
from audit.errors import RepauditError

__all__ = [
    "alerts",
    "app",
    "care",
    "doors",
    "evaluate",
    "forget",
    "job",
    "label",
    "live",
    "main",
    "movement",
    "portfolio",
    "positions",
    "report",
    "schedule",
    "train",
]

INTERNAL_ERROR = 70  # sysexits.h EX_SOFTWARE
INTERRUPTED = 130


def main() -> None:
    """Entry point. No traceback reaches a user unless REPAUDIT_DEBUG is set."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app()
    except RepauditError as error:
        _stop(f"repaudit: {error}", error.exit_code)
    except KeyboardInterrupt:
        _stop("repaudit: stopped by you; what was finished is kept.", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if os.environ.get("REPAUDIT_DEBUG"):
            raise
        words = f"repaudit: an error of ours ({type(error).__name__}: {error})."
        _stop(f"{words} REPAUDIT_DEBUG=1 shows where; please report it.", INTERNAL_ERROR)


def _stop(sentence: str, code: int) -> None:
    sys.stderr.write(" ".join(sentence.split()) + "\n")
    sys.exit(code)


@app.callback(invoke_without_command=True)
def _root(show: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Search-reputation audits: does the good or the bad dominate what people meet when they look a brand up?"""
    if show:
        say(tool())
        raise typer.Exit
