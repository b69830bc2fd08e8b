"""Forgetting, by request or by age: the store, the archives of its runs, and the reports made from it.

The database is told first and the archives take their places after it: stopped between the two, `verify` names the
archive, and the same command again finishes the work. Files that other commands wrote (label sheets, exported evidence,
copies given to others) are not known here; the message says so.
"""

from __future__ import annotations

import os
import re
import secrets
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer  # noqa: TID251

from audit.cli.base import AsJson, BriefPath, app, current_audit, emit, evidence_root, now, open_brief, open_store, say
from audit.errors import StoreError, UsageError

if TYPE_CHECKING:
    from collections import Counter

    from audit.brief import Brief
    from audit.forgetting import Named
    from audit.store import Store
    from audit.store.forget import Gone, Held, Request
    from spiders.archive.forget import Rewritten

_AGE = re.compile(r"(\d{1,5})\s*(d|w|m|y)?", re.IGNORECASE)
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
KEY_BYTES = 32
ELSEWHERE = "Label sheets, exported evidence and copies made elsewhere are not known here: look for them yourself."


class Asked(NamedTuple):
    """One request, with everything it may touch."""

    brief: Brief
    root: Path
    store: Store
    request: Request
    named: Named | None = None
    before: datetime | None = None
    held: Held | None = None

    def gone(self, rewritten: Iterable[Rewritten] = (), *, dry: bool = False) -> Gone:
        """What goes from the database."""
        from audit.store.forget import RewrittenArchive

        work, brand = self.store.forgetting, self.brief.brand.name
        if self.named is not None and self.held is not None:
            archives = [RewrittenArchive(r.path.name, r.size, r.sha256) for r in rewritten]
            return work.author(self.named, self.request, self.held, archives=archives, dry=dry)
        if self.before is not None:
            return work.older(brand, self.before, self.request, dry=dry)
        return work.brand(brand, self.request, dry=dry)


@app.command()
def forget(
    brief_path: BriefPath,
    author: Annotated[
        list[str] | None,
        typer.Option("--author", help="Name of a person who wrote a review; once for every spelling."),
    ] = None,
    brand: Annotated[bool, typer.Option("--brand", help="Everything of the brief's brand.")] = False,
    older_than: Annotated[
        str, typer.Option("--older-than", help="Snapshots older than that: 180d, 26w, 6m, 1y, or `brief` for its own.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take a person, an age or a brand out of the store, the archives and the reports; nothing brings it back."""
    if sum(map(bool, (author, brand, older_than))) != 1:
        raise UsageError("say what to forget.", mend="One of: --author NAME, --brand, --older-than 180d.")
    brief = open_brief(brief_path)
    root = evidence_root(brief, brief_path)
    with _alone(root, brief), open_store(brief, brief_path) as store:
        asked = _asked(brief, root, store, author or (), older_than)
        preview = asked.gone(dry=True)
        counts = _counts(asked, preview)
        if not sum(counts.values()):
            _tell(as_json, counts, [], "Nothing of it is here.")
            return
        if not yes:
            _confirm(counts)
        left = _forgotten(asked, preview)
    done = "Forgotten: " + _words(counts) + "."
    _tell(as_json, counts, left, f"{done} {ELSEWHERE}")
    if left:
        raise StoreError(f"not removed: {', '.join(left)}.", mend="Remove these yourself.")


def _asked(brief: Brief, root: Path, store: Store, author: Sequence[str], older_than: str) -> Asked:
    from audit.forgetting import Named, pseudonym
    from audit.store.forget import AGE, AUTHOR, BRAND, Request

    name, at = brief.brand.name, now()
    if older_than:
        return Asked(brief, root, store, Request(AGE, "", at), before=at - _age(older_than, brief))
    key = author_key(root)
    if not author:
        return Asked(brief, root, store, Request(BRAND, pseudonym(key, name, name), at))
    pseudonyms = [pseudonym(key, name, spelling) for spelling in author]
    named = Named(author, pseudonyms)
    _not_the_brief(named, brief)
    asked = Asked(brief, root, store, Request(AUTHOR, pseudonyms[0], at), named)
    return asked._replace(held=store.forgetting.look(named))


def _not_the_brief(named: Named, brief: Brief) -> None:
    told = [*brief.the_brand().names, *(k.text for k in brief.keywords()), *(c.name for c in brief.competitors)]
    hit = next((text for text in told if named.in_text(text)), None)
    if hit is not None:
        mend = "Forget the brand with --brand, or take the name out of the brief first."
        raise UsageError(f"the brief itself asks for {hit!r}.", where="--author", mend=mend)


def _age(text: str, brief: Brief) -> timedelta:
    if text == "brief":
        return timedelta(days=brief.collect.retention_days)
    found = _AGE.fullmatch(text.strip())
    if not found:
        raise UsageError(f"{text[:20]!r} is no age.", where="--older-than", mend="Write it like 180d, 26w, 6m or 1y.")
    return timedelta(days=int(found[1]) * _DAYS[(found[2] or "d").lower()])


def author_key(root: Path) -> bytes:
    """The key of pseudonyms, beside the store and outside of the archives; made when it is first needed."""
    path = root.with_suffix(".authors-key")
    try:
        return bytes.fromhex(path.read_text("ascii"))
    except FileNotFoundError:
        key = secrets.token_bytes(KEY_BYTES)
    except (OSError, ValueError):
        mend = "Restore it from a copy; pseudonyms made with it cannot be told without it."
        raise StoreError("the key of authors cannot be read.", where=str(path), mend=mend) from None
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
        out.write(key.hex())
    return key


@contextmanager
def _alone(root: Path, brief: Brief) -> Iterator[None]:
    """No run of the brand, and none that is open in its folder, goes on meanwhile."""
    from spiders.locks import hold, only_run
    from spiders.run import LOCK

    with ExitStack() as held:
        held.enter_context(only_run(root, brief.brand.name, now))
        for folder in _runs(root):
            held.enter_context(hold(folder / LOCK, "this run is open", now))
        yield


def _runs(root: Path) -> list[Path]:
    return sorted(folder for folder in root.glob("*") if folder.is_dir())


def _warcs(root: Path) -> list[Path]:
    return [path for folder in _runs(root) for path in sorted(folder.glob("*.warc.gz"))]


# ---------------------------------------------------------------- what would go


def _counts(asked: Asked, gone: Gone) -> Counter[str]:
    from spiders.archive.forget import concerned

    counts = gone.counts.copy()
    counts["archive"] = len(_whole(asked, gone))
    if asked.named is not None:
        counts["archive"] += sum(concerned(path, asked.named) > 0 for path in _warcs(asked.root))
    concerned_at_all = sum(counts.values()) > 0
    counts["report"] = len(_reports(asked, gone)) if concerned_at_all or asked.before else 0
    counts["old copy of the store"] = len(asked.store.forgetting.copies()) if sum(counts.values()) else 0
    return counts


def _whole(asked: Asked, gone: Gone) -> list[Path]:
    """Archives that go whole: those of forgotten snapshots, and runs of this brief that never came to one."""
    if asked.named is not None:
        return []
    kept = {entry.file for entry in asked.store.archives()}
    mine = asked.brief.digest()
    found = []
    for path in _warcs(asked.root):
        loose = path.name not in kept and path.parent.name.endswith(f"-{mine}")
        if path.name in gone.files or (loose and (asked.before is None or _begun(path.parent) < asked.before)):
            found.append(path)
    return found


def _begun(folder: Path) -> datetime:
    """A run's folder begins with its time; one that does not is as young as can be."""
    try:
        return datetime.strptime(f"{folder.name[:15]}+0000", "%Y%m%dT%H%M%S%z")
    except ValueError:
        return now()


def _reports(asked: Asked, gone: Gone) -> list[str]:
    """Reports that may hold it. A person's request concerns every brand's: pages are shared."""
    brand = "" if asked.named is not None else asked.brief.brand.name
    told = asked.store.forgetting.reports(brand)
    if asked.before is not None:
        return [path for path, made in told if made < asked.before]
    return [path for path, made in told if gone.since is None or made >= gone.since]


def _words(counts: Counter[str]) -> str:
    told = {("snapshot" if kind == "dropped" else kind): count for kind, count in counts.items() if count}
    return ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in told.items())


def _confirm(counts: Counter[str]) -> None:
    if not sys.stdin.isatty():
        mend = "Give --yes where nobody can be asked."
        raise UsageError(f"nothing was forgotten; it would take {_words(counts)}.", mend=mend)
    say(f"This takes {_words(counts)}; nothing brings it back.")
    if input("Forget it? Type yes: ").strip().casefold() != "yes":
        raise UsageError("nothing was forgotten.", mend="Type yes to forget.")


# ---------------------------------------------------------------- doing it


def _forgotten(asked: Asked, preview: Gone) -> list[str]:
    """Do it; returns the files that could not be removed."""
    from spiders.archive.forget import drop, put_in_place, rewrite

    whole, doomed = _whole(asked, preview), _reports(asked, preview)
    named, at = asked.named, asked.request.at
    anew = [r for path in _warcs(asked.root) if (r := rewrite(path, named, at))] if named is not None else []
    if asked.before is not None and asked.store.latest(asked.brief.brand.name) is not None:
        current_audit(asked.brief, asked.store)  # a snapshot that goes leaves its points to the trend
    asked.gone(anew)
    for rewritten in anew:
        put_in_place(rewritten)
    for path in whole:
        drop(path)
        _empty_run(path.parent)
    _renew({r.path.parent for r in anew})
    left = [path for path in doomed if not _removed(asked.store, path)]
    for copy in asked.store.forgetting.copies():
        with suppress(OSError):
            copy.unlink()
    left += [str(copy) for copy in asked.store.forgetting.copies()]
    asked.store.forgetting.shrink()
    return left


def _renew(folders: Iterable[Path]) -> None:
    from spiders.archive.forget import renew_promises
    from spiders.run import COLLECTED, SEALED, sha256

    for folder in folders:
        digests = {path.name: sha256(path) for path in folder.glob("*.warc.gz")}
        renew_promises(folder, (COLLECTED, SEALED), digests)


def _empty_run(folder: Path) -> None:
    """The folder of a run without archives: its promises go; the lock is held until we are done."""
    from spiders.run import COLLECTED, SEALED

    if not list(folder.glob("*.warc.gz")):
        for name in (COLLECTED, SEALED):
            (folder / name).unlink(missing_ok=True)


def _removed(store: Store, path: str) -> bool:
    try:
        Path(path).unlink(missing_ok=True)
    except OSError:
        return False
    store.forgetting.forget_report(path)
    return True


def _tell(as_json: bool, counts: Counter[str], left: Sequence[str], words: str) -> None:
    if as_json:
        emit({"forgotten": {kind: count for kind, count in counts.items() if count}, "left": list(left)})
    else:
        say(words)
