"""Doors for other programs, stable from 0.1 on: pages to JSON, rows to labels."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer  # noqa: TID251

from audit.cli.base import AsJson, app, emit, known_engine, now, say
from audit.errors import UsageError


@app.command()
def parse(
    paths: Annotated[list[Path], typer.Argument(metavar="FILES...")],
    engine: Annotated[str, typer.Option(help="Read as a page of this engine.")] = "",
    site: Annotated[str, typer.Option(help="Read as a page of this review site.")] = "",
    url: Annotated[str, typer.Option(help="Address of the page.")] = "",
    as_json: AsJson = False,
) -> None:
    """Read pages without a brief: one line a file, in order, whatever the file holds."""
    from spiders.parsed import parse_file

    known_engine(engine)
    missing = False
    for path in paths:
        line = parse_file(path, engine=engine, site=site, url=url, now=now())
        missing = missing or line["kind"] == "Missing"
        if as_json:
            emit(line)
        else:
            say(f"{path}: {' '.join(filter(None, _words(line)))}")
    if missing:
        raise UsageError("some files are not there.", mend="Check the names.")


def _words(line: dict[str, Any]) -> list[str]:
    count = len(line["results"])
    return [line["source"], line["outcome"], line["kind"], line["query"], f"{count} results" if count else ""]


@app.command()
def classify(as_json: AsJson = False) -> None:
    """Label JSON lines from standard input; keys: id, and any of lang brand title snippet domain text rating."""
    from audit.rows import classify_row

    for number, line in enumerate(sys.stdin, start=1):
        if not line.strip():
            continue
        try:
            answer = classify_row(json.loads(line))
        except (ValueError, TypeError, AttributeError) as error:
            raise UsageError(
                f"is no row that can be labelled ({error}).", where=f"line {number}", mend="One JSON object a line."
            ) from None
        if as_json:
            emit(answer)
        else:
            say(f"{answer['id']}: {_sentence(answer)}")


def _sentence(answer: dict[str, Any]) -> str:
    names = {2: "positive", 1: "rather positive", 0: "neutral", -1: "rather negative", -2: "negative"}
    if "language:unread" in answer["because"]:
        return "unread: no lexicon of this language."
    if answer["label"] is None:
        return f"not about the brand ({'; '.join(answer['because'])})."
    doubt = ", please check" if answer["uncertain"] else ""
    return f"{names[answer['label']]} ({max(answer['p'].values()):.0%} sure{doubt}): {'; '.join(answer['because'])}."
