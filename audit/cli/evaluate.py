"""`repaudit evaluate`: how well an engine of meaning reads results somebody has labelled."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer  # noqa: TID251

from audit.cli.base import AsJson, app, emit, say
from audit.errors import UsageError

_GIVEN = ("id", "lang", "brand", "title", "snippet", "domain", "rating")


@app.command()
def evaluate(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Labelled results: JSON lines, or a label sheet.")],
    engine: Annotated[str, typer.Option(help="shipped, textblob, vader, onnx, snownlp or endpoint.")] = "shipped",
    lang: Annotated[str, typer.Option(help="Only rows of this language.")] = "",
    brand: Annotated[str, typer.Option(help="The brand, where the rows do not say.")] = "",
    model: Annotated[str, typer.Option(help="Folder of an ONNX model, or the endpoint's model.")] = "",
    address: Annotated[str, typer.Option(help="Address of an OpenAI-compatible endpoint.")] = "",
    consent: Annotated[str, typer.Option(help='"texts may leave this machine: ..." (endpoint only).')] = "",
    alone: Annotated[bool, typer.Option(help="The engine's word only, without owner, venue and stars.")] = False,
    as_json: AsJson = False,
) -> None:
    """Score an engine on labelled results. Owner, venue and stars decide first, as in an audit, but with --alone."""
    from audit.cli.judging import judge_of
    from audit.evaluation import Told, figures, rows_of
    from audit.rows import label_alone, label_of_row
    from audit.tables_meaning import MeaningTable

    judge = judge_of(MeaningTable(engine=engine, model=model, address=address, consent=consent))
    rows = rows_of(_text(path), str(path), brand, lang)
    given = [{name: row[name] for name in _GIVEN if row.get(name) is not None} for row in rows]
    labels = [label_alone(row, judge) if alone else label_of_row(row, judge) for row in given]
    read = [Told(row, label) for row, label in zip(rows, labels, strict=True)]
    told = {"file": str(path), "engine": engine, "alone": alone, "language": lang} | figures(read)
    if as_json:
        emit(told)
    else:
        for line in sentences(told):
            say(line)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise UsageError("there is no such file.", where=str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot be read ({error}).", where=str(path), mend="Save it as UTF-8 text.") from None


def sentences(told: Mapping[str, Any]) -> list[str]:
    """The figures in English, for people."""
    hard, sure, null = told["hard"], told["sure"], told["null"]
    lines = [
        f"{told['engine']}: {told['accuracy']:.0%} of {told['rows']} results right, macro-F1 {told['macro_f1']:.3f}.",
        f"Of {hard['rows']} hard ones {hard['accuracy']:.0%}." if hard["rows"] else "No row is marked hard.",
        f"Probabilities are off by {told['ece']:.3f} on average (expected calibration error).",
        f"Where it is {sure['from']:.0%} sure or more ({sure['coverage']:.0%} of the rows) it is right in "
        f"{sure['right']:.0%}.",
        f"After a person settles the most uncertain {told['settled']['share']:.0%}, {told['settled']['accuracy']:.0%} "
        "of the whole are right.",
    ]
    if null["rows"] or null["called"]:
        lines.append(f"Not about the brand: {null['found']} of {null['rows']} found, {null['called']} called so.")
    for name, words in (("page_type", "page type"), ("cause", "cause, where one is claimed")):
        if told[name]["rows"]:
            lines.append(f"Right {words}: {told[name]['accuracy']:.0%} of {told[name]['rows']}.")
    return [*lines, "", *_reliability(told), "", *_confusion(told), "", *_errors(told)]


def _reliability(told: Mapping[str, Any]) -> list[str]:
    rows = [f"{b['confidence']:10.2f} {b['right']:10.2f} {b['rows']:6}" for b in told["reliability"]]
    return ["confidence      right   rows", *rows]


def _confusion(told: Mapping[str, Any]) -> list[str]:
    table = told["confusion"]
    head = f"{'labelled / read':16}" + "".join(f"{name:>14}" for name in table)
    return [head, *(f"{name:16}" + "".join(f"{count:14}" for count in row.values()) for name, row in table.items())]


def _errors(told: Mapping[str, Any]) -> list[str]:
    return [
        "kind of difficulty                rows  wrong",
        *(f"{name[:32]:32} {counts['rows']:5} {counts['wrong']:6}" for name, counts in told["errors_by_kind"].items()),
    ]
