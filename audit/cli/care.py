"""Care of an installation and its store: is everything as it was written, and what is there to work with?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer  # noqa: TID251

from audit.cli.base import AsJson, BriefPath, app, emit, evidence_root, open_brief, open_store, say
from audit.errors import RepauditError


@app.command()
def verify(brief_path: BriefPath, as_json: AsJson = False) -> None:
    """Check every kept byte, seal and archive; exit 3 when something was altered, swapped or is missing."""
    from audit.errors import StoreError
    from audit.store.forget import forgotten_days
    from spiders.run import Finished, check_files

    brief = open_brief(brief_path)
    with open_store(brief, brief_path) as store:
        troubles = store.verify()
        archives = [Finished(entry.file, entry.size, entry.sha256) for entry in store.archives()]
        forgotten = list(forgotten_days(store.forgetting.tombstones()))
    troubles += check_files(evidence_root(brief, brief_path), archives)
    if as_json:
        emit({"troubles": troubles, "forgotten": forgotten})
    if troubles:
        raise StoreError(
            "; ".join(troubles), mend="Restore the store from a copy; the reports made from it cannot be proved."
        )
    if not as_json:
        say("Every kept page, snapshot and archive is as it was written.")
        for line in forgotten:
            say(line)


@app.command()
def browser(as_json: AsJson = False) -> None:
    """Say which browser was found, or in one sentence what to do."""
    from spiders.browser import find_browser

    found = find_browser()
    if as_json:
        emit(found._asdict())
    else:
        say(found.words)


@app.command()
def doctor(
    brief_path: Annotated[Path | None, typer.Argument(metavar="[brief.toml]", help="Also check its store.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check what the work needs, and say the mend for what is missing; exit 1 when something is."""
    from audit.cli.doctor import examine

    findings = list(examine(brief_path))
    for finding in findings:
        if as_json:
            emit(finding._asdict())
        else:
            say(f"{'ok  ' if finding.good else 'MEND'}  {finding.what}")
    if not all(finding.good for finding in findings):
        raise RepauditError("something is missing.", mend="See the lines marked MEND.")


@app.command()
def keywords(brief_path: BriefPath, as_json: AsJson = False) -> None:
    """List the keywords of the plan, and offer those the engines propose; a person decides."""
    from audit.proposals import propose

    brief = open_brief(brief_path)
    with open_store(brief, brief_path) as store:
        snapshot = store.latest(brief.brand.name)
    offered = propose(snapshot, brief.the_brand()) if snapshot else ()
    if as_json:
        emit({"keywords": [k.text for k in brief.keywords()], "offered": [o._asdict() for o in offered]})
        return
    for keyword in brief.keywords():
        say(f"asked    {keyword.text}")
    for offer in offered:
        say(f"offered  {offer.text}  ({', '.join(offer.seen)})")
