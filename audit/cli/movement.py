"""Movement: the history of a brand, the difference of two times, and what a new audit says about the time before."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer  # noqa: TID251

from audit.cli.base import AsJson, BriefPath, app, emit, now, open_brief, open_store, say
from audit.cli.periodic import told_missed
from audit.errors import NotEnoughError, UsageError

if TYPE_CHECKING:
    from audit.brief import Brief
    from audit.compare import Captured
    from audit.judges import Judge
    from audit.models import Audit, Change, Comparison, Label, Method, Point, Rival, Snapshot
    from audit.store import Store
    from audit.store.series import CaptureEntry

Labelled = tuple["dict[str, Label]", "dict[str, str]"]
SHOWN = 20
"""Changes printed for people; `--json` prints all."""
FEWEST_OF_AN_ID = 8
"""An id begins with its date; a shorter number counts back."""


class Readers(NamedTuple):
    """Who says what a result means: people first, then the engine of the brief (None: the shipped one)."""

    people: Sequence[Label]
    judge: Judge | None = None

    def labelled(self, snapshot: Snapshot, method: Method) -> Labelled:
        from audit.classify import label_snapshot

        return label_snapshot(snapshot, self.people, method=method, judge=self.judge)


def over_time(audit: Audit, store: Store, by: Readers) -> Audit:
    """The audit with what moved since the set before its own, and with the trend. Keeps its points in the store.

    The older captures are labelled and weighed anew by the newer audit's method, so that a change of method is
    never taken for a movement.
    """
    from audit.changes import changes, labels_of
    from audit.compare import compare
    from audit.history import Dot, carried, method_of, points, trend

    brand = audit.snapshot.brand.name
    sets = captures_of(store.series.captures(brand))
    here = next(at for at, group in enumerate(sets) if any(_same(entry, audit.snapshot) for entry in group))
    name = next(entry.id for entry in sets[here] if _same(entry, audit.snapshot))
    store.series.save_points(brand, name, method_of(audit), points(audit))
    _catch_up(audit, store, by, [entry.id for group in sets[: here + 1] for entry in group])
    past = captures_of(store.series.captures(brand, gone=True))
    groups = {entry.id: group[0].id for group in (*past, *sets[: here + 1]) for entry in group}
    dots = [Dot(groups[e.snapshot], e.method, e.point) for e in store.series.points(brand) if e.snapshot in groups]
    moved: dict[str, object] = {"trend": carried(trend(dots))}
    if here:
        before, after = weighed(store, (sets[here - 1], sets[here]), by, audit.method)
        labels = {id_: audit.labels[key] for id_, key in audit.label_keys.items() if key in audit.labels}
        moved["comparisons"] = compare(before, after, seed=audit.method.seed)
        moved["changes"] = labels_of(changes(before, after), labels)
    return audit.model_copy(update=moved)


def _renew(brief: Brief, store: Store) -> None:
    """Points for the newest snapshot, by labels and method as they are now, and for all that nobody scored yet."""
    from audit.cli.judging import judge_of
    from audit.history import method_of, points
    from audit.score import score

    brand, method = brief.brand.name, brief.method()
    snapshot = store.latest(brand)
    if snapshot is None:
        return
    by, entries = Readers(store.labels(brand), judge_of(brief.meaning)), store.series.captures(brand)
    labels, keys = by.labelled(snapshot, method)
    made = score(snapshot, labels, keys, method=method, made_at=now())
    name = next(entry.id for entry in reversed(entries) if _same(entry, snapshot))
    store.series.save_points(brand, name, method_of(made), points(made))
    _catch_up(made, store, by, [entry.id for entry in entries])


def _catch_up(audit: Audit, store: Store, by: Readers, names: Sequence[str]) -> None:
    """Score the snapshots that nobody scored when they were new: a trend has no holes where there are pages."""
    from audit.history import method_of, points
    from audit.score import score

    brand = audit.snapshot.brand.name
    known = {entry.snapshot for entry in store.series.points(brand, "brand")}
    for name in names:
        if name not in known:
            snapshot = store.snapshot(name)
            labels, keys = by.labelled(snapshot, audit.method)
            made = score(snapshot, labels, keys, method=audit.method, made_at=audit.made_at)
            store.series.save_points(brand, name, method_of(made), points(made))


def rivals_of(brief: Brief, store: Store, snapshot: Snapshot, judge: Judge | None = None) -> tuple[Rival, ...]:
    """Every competitor of the brief with `measure = true`, by its snapshot of the same day; not measured, else."""
    from audit.rivals import SAME_DAY, rival, rival_briefs, unmeasured
    from audit.score import score

    found = []
    for asked in rival_briefs(brief):
        near = [
            entry
            for entry in store.series.captures(asked.brand.name)
            if entry.plan == asked.digest() and abs(entry.taken_at - snapshot.taken_at) <= SAME_DAY
        ]
        if near:
            theirs = store.snapshot(min(near, key=lambda entry: abs(entry.taken_at - snapshot.taken_at)).id)
            labels, keys = Readers(store.labels(asked.brand.name), judge).labelled(theirs, asked.method())
            found.append(rival(score(theirs, labels, keys, method=asked.method(), made_at=snapshot.taken_at)))
    return (*found, *unmeasured(brief, found))


def _same(entry: CaptureEntry, snapshot: Snapshot) -> bool:
    return entry.taken_at == snapshot.taken_at and (entry.slot, entry.capture) == (snapshot.slot, snapshot.capture)


def captures_of(entries: Sequence[CaptureEntry]) -> list[list[CaptureEntry]]:
    """Snapshots by the time they stand for: captures of one due time are one set, others are sets of their own."""
    return [
        list(group)
        for _, group in groupby(entries, key=lambda entry: (entry.plan, entry.slot) if entry.slot else entry.id)
    ]


def weighed(store: Store, sets: Sequence[Sequence[CaptureEntry]], by: Readers, method: Method) -> list[list[Captured]]:
    """Captures of several times, labelled and weighed by one method: what stands on many of them is read once."""
    from audit.compare import captured

    snapshots = [[store.snapshot(entry.id) for entry in entries] for entries in sets]
    labelled = iter(_labelled([snapshot for group in snapshots for snapshot in group], by, method))
    return [[captured(snapshot, *next(labelled), method) for snapshot in group] for group in snapshots]


def _labelled(snapshots: Sequence[Snapshot], by: Readers, method: Method) -> Iterator[Labelled]:
    """Labels and keys of each snapshot. Those of one plan are read as one: a label hangs on the row, the brand, the
    keywords, and on the pages behind the rows, where there are any."""

    first = snapshots[0]
    if any((s.brand, s.keywords) != (first.brand, first.keywords) or s.landings for s in snapshots):
        yield from (by.labelled(snapshot, method) for snapshot in snapshots)
        return
    serps = [
        serp.model_copy(update={"id": f"{number}:{serp.id}"})
        for number, snapshot in enumerate(snapshots)
        for serp in snapshot.serps
    ]
    labels, keys = by.labelled(first.model_copy(update={"serps": tuple(serps)}), method)
    apart: list[dict[str, str]] = [{} for _ in snapshots]
    for name, key in keys.items():
        number, _, result = name.partition(":")
        apart[int(number)][result] = key
    yield from ((labels, own) for own in apart)


# ---------------------------------------------------------------- commands


@app.command()
def history(
    brief_path: BriefPath,
    subject: Annotated[
        str, typer.Option(help="`brand`, `keyword:<text>`, `engine:<name>`, `profile:<address>`; `all` for every line.")
    ] = "brand",
    as_json: AsJson = False,
) -> None:
    """The brand's scores over all snapshots; a change of method is told as a break."""
    brief = open_brief(brief_path)
    with open_store(brief, brief_path) as store:
        _renew(brief, store)
        lines = _trend(store, brief.brand.name, "" if subject == "all" else subject)
        if told := told_missed(brief, store):
            sys.stderr.write(f"{told}\n")
    if not lines:
        raise NotEnoughError(f"there is no history of {subject!r} yet.", mend="Make snapshots, then score them.")
    for point in lines:
        if as_json:
            say(point.model_dump_json())
        else:
            say(_told(point))


def _trend(store: Store, brand: str, subject: str) -> tuple[Point, ...]:
    from audit.history import Dot, trend

    series = store.series
    sets = [group for gone in (True, False) for group in captures_of(series.captures(brand, gone=gone))]
    groups = {entry.id: group[0].id for group in sets for entry in group}
    dots = [
        Dot(groups[e.snapshot], e.method, e.point) for e in store.series.points(brand, subject) if e.snapshot in groups
    ]
    return trend(dots)


def _told(point: Point) -> str:
    value = "no score" if point.value is None else f"{point.value:+.0f}"
    rating = point.subject.startswith("profile:")
    if rating and point.value is not None:
        value = f"{point.value:g}"
    span = "" if point.low is None or point.high is None else f" ({point.low:.0f}..{point.high:.0f})"
    rest = "" if point.coverage is None else f", coverage {100 * point.coverage:.0f} %, negatives {point.negatives}"
    marks = [
        word
        for word, wanted in (("method or context changed here", point.breaks), ("imported", point.imported))
        if wanted
    ]
    told = f"  [{'; '.join(marks)}]" if marks else ""
    return f"{point.taken_at:%Y-%m-%d %H:%M}  {point.subject}: {value}{span}{rest}{told}"


@app.command()
def diff(
    brief_path: BriefPath,
    first: Annotated[
        str, typer.Argument(metavar="A", help="Id of a snapshot, or counted back: 2 is the one before the newest.")
    ] = "2",
    second: Annotated[str, typer.Argument(metavar="B", help="Id of a later snapshot; 1 is the newest.")] = "1",
    as_json: AsJson = False,
) -> None:
    """What moved between two times, and what of it may be claimed."""
    from audit.changes import changes
    from audit.cli.judging import judge_of
    from audit.compare import compare

    brief = open_brief(brief_path)
    method = brief.method()
    with open_store(brief, brief_path) as store:
        sets = captures_of(store.series.captures(brief.brand.name))
        by = Readers(store.labels(brief.brand.name), judge_of(brief.meaning))
        before, after = weighed(store, [_set(sets, name) for name in (first, second)], by, method)
    told, moved = compare(before, after, seed=method.seed), changes(before, after)
    if as_json:
        emit(
            {
                "comparisons": [comparison.model_dump(mode="json") for comparison in told],
                "changes": [change.model_dump(mode="json") for change in moved],
            }
        )
        return
    for line in (*map(_verdict, told), *map(_change, moved[:SHOWN])):
        say(line)
    if len(moved) > SHOWN:
        say(f"... and {len(moved) - SHOWN} more; --json prints all.")


def _set(sets: Sequence[Sequence[CaptureEntry]], name: str) -> Sequence[CaptureEntry]:
    """The set a snapshot belongs to, by id or counted from the end."""
    if name.isdigit() and len(name) < FEWEST_OF_AN_ID:
        if not 1 <= int(name) <= len(sets):
            mend = "Make more snapshots, or name one by its id."
            raise NotEnoughError(f"there are {len(sets)} snapshots, not {name}.", mend=mend)
        return sets[-int(name)]
    found = next((group for group in sets if any(entry.id.startswith(name) for entry in group)), None)
    if found is None:
        known = ", ".join(group[0].id for group in sets[-5:])
        raise UsageError(f"{name!r} is no snapshot of this brand.", mend=f"The newest are: {known or 'none'}.")
    return found


REASONS = {
    "few_captures": "too few captures of each time; take more with: repaudit run --repeat",
    "few_pages": "too few pages answered at both times",
    "context": "other engines, countries, languages or devices",
    "plan": "other keywords",
    "method": "other kinds of pages: one side is a table of past positions",
    "bounds": "the missing pages could undo it",
    "coverage": "too little was answered",
}


def _verdict(comparison: Comparison) -> str:
    words = comparison.verdict.value.replace("_", " ").upper()
    line = f"{comparison.keyword or 'brand'}: {words}"
    if comparison.effect is not None:
        line += f", {comparison.before:+.0f} to {comparison.after:+.0f} over {comparison.common_pages} common pages"
    if comparison.smallest_seen is not None and comparison.p is not None:
        unseen = f"a move of less than {comparison.smallest_seen:.0f} points would not have been seen"
        line += f" (p {comparison.p:.3f}; {unseen})"
    return f"{line}; {REASONS[comparison.why]}" if comparison.why else line


def _change(change: Change) -> str:
    level = change.sentiment
    sign = "○" if level is None else "●" if level == 0 else "▲" if level > 0 else "▼"
    places = " to ".join(f"{value:g}" for value in (change.before, change.after) if value is not None)
    where = f" ({change.engine}, {change.keyword})" if change.engine else ""
    return f"{sign} {change.kind.value.replace('_', ' ')}: {change.subject}{f' {places}' if places else ''}{where}"
