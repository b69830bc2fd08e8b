"""The rules of the house, held by machine: shelves, docs, sizes, what may never be written."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner  # noqa: TID251

from audit.cli import app
from spiders.registry import engines, providers, sites

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("audit", "spiders", "reports")
LONGEST_FILE, LONGEST_FUNCTION = 400, 50


def sources() -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted((ROOT / room).rglob("*.py"))


@pytest.mark.parametrize("path", list(sources()), ids=lambda p: str(p.relative_to(ROOT)))
def test_size(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < LONGEST_FUNCTION, f"{node.name} is too long"


@pytest.mark.parametrize("path", list(sources()), ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_says_what_it_is_for(path: Path) -> None:
    text = path.read_text("utf-8").strip()
    assert not text or ast.get_docstring(ast.parse(text)), "begin the file with what it is for"


def test_import_contracts_hold() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_readme_names_every_command_and_plug() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    commands = [
        command.name or (command.callback.__name__ if command.callback else "") for command in app.registered_commands
    ]
    assert [name for name in commands if f"repaudit {name}" not in readme] == []
    assert [name for name in (*engines(), *providers(), *sites()) if name not in readme] == []
    for task in ("./run demo", "./run test"):
        assert task in readme


def test_every_command_has_help() -> None:
    for command in app.registered_commands:
        name = command.name or (command.callback.__name__ if command.callback else "")
        done = CliRunner().invoke(app, [name, "--help"])
        assert done.exit_code == 0
        assert command.callback is not None
        assert command.callback.__doc__


def test_lock_and_constraints_agree() -> None:
    """One truth in two places, for `./run` users and for plain uv users; names and versions only."""
    pins = (ROOT / "requirements.lock").read_text("utf-8").split("\n")[:-1]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["tool"]["uv"]["constraint-dependencies"] == pins
    assert not [pin for pin in pins if "://" in pin or "@" in pin]
    wanted = {re.split(r"[>\[]", line)[0] for line in project["project"]["dependencies"]}
    assert wanted <= {re.split(r"[=\[ ]", pin)[0] for pin in pins}


def test_templates_never_switch_escaping_off() -> None:
    for path in (ROOT / "reports").rglob("*.html"):
        text = path.read_text("utf-8")
        assert "|safe" not in text.replace(" ", ""), path.name
        assert "xmlattr" not in text, path.name


def test_shelves_name_their_plugs() -> None:
    for shelf in (engines(), providers()):
        for name, plug in shelf.items():
            assert plug.name == name, f"the class in {name}.py calls itself {plug.name!r}"


def test_help_is_quick_to_import() -> None:
    """`repaudit --help` must not pull in the heavy rooms."""
    heavy = ("scrapy", "textblob", "sqlalchemy", "playwright", "extruct", "babel")
    code = f"import sys, audit.cli; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
