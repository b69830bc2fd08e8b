"""Care of an installation and its store: is everything as it was written, and what is there to work with?"""

from __future__ import annotations

from audit.cli.base import AsJson, BriefPath, app, emit, evidence_root, open_brief, open_store, say


@app.command()
def verify(brief_path: BriefPath, as_json: AsJson = False) -> None:
    """Check every kept byte, seal and archive; exit 3 when something was altered, swapped or is missing."""
    from audit.errors import StoreError
    from spiders.run import Finished, check_files

    brief = open_brief(brief_path)
    with open_store(brief, brief_path) as store:
        troubles = store.verify()
        archives = [Finished(entry.file, entry.size, entry.sha256) for entry in store.archives()]
    troubles += check_files(evidence_root(brief, brief_path), archives)
    if as_json:
        emit({"troubles": troubles})
    if troubles:
        raise StoreError(
            "; ".join(troubles), mend="Restore the store from a copy; the reports made from it cannot be proved."
        )
    if not as_json:
        say("Every kept page, snapshot and archive is as it was written.")


@app.command()
def browser() -> None:
    """Say which browser was found, or in one sentence what to do."""
    from spiders.browser import find_browser

    say(find_browser().words)
