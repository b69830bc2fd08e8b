"""Care of an installation and its store: is everything as it was written, and what is there to work with?"""

from __future__ import annotations

from audit.cli.base import AsJson, BriefPath, app, emit, open_brief, open_store, say


@app.command()
def verify(brief_path: BriefPath, as_json: AsJson = False) -> None:
    """Check every kept byte and seal of the store; exit 3 when something was altered or is missing."""
    from audit.errors import StoreError

    with open_store(open_brief(brief_path), brief_path) as store:
        troubles = store.verify()
    if as_json:
        emit({"troubles": troubles})
    if troubles:
        raise StoreError(
            "; ".join(troubles), mend="Restore the store from a copy; the reports made from it cannot be proved."
        )
    if not as_json:
        say("Every kept page and snapshot is as it was written.")


@app.command()
def browser() -> None:
    """Say which browser was found, or in one sentence what to do."""
    from spiders.browser import find_browser

    say(find_browser().words)
