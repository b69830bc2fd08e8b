"""Reddit: threads and comments. No ratings; opinions about what was searched, or about a thread's title."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from urllib.parse import quote_plus

from audit.models import Review
from spiders.markup import Claim, Node, Value, many, words
from spiders.site import ReviewSite
from spiders.state import dig, node
from spiders.tree import Tree, attr, below, fold, text


class Reddit(ReviewSite):
    name = "reddit"
    homepage = "https://www.reddit.com/"
    hosts = ("reddit.com", "redd.it")
    marks = (
        "shreddit-app, shreddit-post",
        ".thing[class*=id-t3_], .thing[data-fullname^=t3_]",
        "meta[property='og:site_name'][content*=eddit]",
    )
    walls = (("form[action*='/login'] #login-username, shreddit-blocked", "login"),)
    rated = False
    verified = date(2009, 3, 31)

    def url(self, subject: str) -> str:
        return f"https://www.reddit.com/search/?q={quote_plus(subject)}"

    def subject(self, tree: Tree) -> str:
        """A thread's title; on a list of threads the words searched, else the one community they are from."""
        posts = [attr(post, "post-title") for post in tree.all("shreddit-post")]
        if len(posts) == 1:
            return posts[0]
        if tree.has(".commentarea, shreddit-comment"):
            return text(tree.one(".thing.link a.title, h1"))
        asked = attr(tree.one("#search input[name=q], input[name=q][value]"), "value")
        if asked.casefold() not in tree.title.casefold():  # an empty box holds a hint
            asked = ""
        homes = {attr(link, "href").rstrip("/").rpartition("/")[2] for link in tree.all(".thing a.subreddit")}
        return asked or (f"r/{homes.pop()}" if len(homes) == 1 else "")

    def reviews(self, tree: Tree) -> Iterator[Review]:
        for post in tree.all("shreddit-post"):
            said = " ".join(filter(None, (text(part) for part in below(post, "[slot=text-body]"))))
            yield Review(title=attr(post, "post-title"), text=said, date=attr(post, "created-timestamp") or None)
        for comment in tree.all("shreddit-comment"):
            said = next((w for part in below(comment, "[slot=comment]") if (w := text(part))), "")
            yield Review(text=said, date=attr(comment, "created") or attr(comment, "created-timestamp") or None)
        yield from _old(tree)

    def document(self, data: Value) -> Sequence[Claim] | None:
        listings = [node(item) for item in many(data)]
        if not listings or any(item.get("kind") != "Listing" for item in listings):
            return None
        things = [node(dig(child, "data")) for item in listings for child in many(dig(item, "data", "children"))]
        titled = [thing for thing in things if "title" in thing]
        homes = {words(thing.get("subreddit")) for thing in things}
        subject = words(titled[0].get("title")) if len(titled) == 1 else f"r/{homes.pop()}" if len(homes) == 1 else ""
        return [Claim(subject, "", None, tuple(map(_thing, things)))] if things else []


def _old(tree: Tree) -> Iterator[Review]:
    """The markup from 2008 on, which old.reddit.com still has."""
    for thing in tree.all(".thing"):
        title = next((text(a) for a in below(thing, "a.title") if "link" in attr(thing, "class").split()), "")
        body = next((text(part) for part in below(thing, ".usertext-body, .md")), "")
        line = next(iter(below(thing, ".tagline")), None)
        stamp = next((attr(part, "datetime") for part in below(thing, "time")), "")
        skip = frozenset(part.mem_id for part in below(thing, ".tagline a"))
        when = stamp or (fold(text(line, skip=skip).replace("submitted", "")) if line is not None else "")
        if title or body:
            yield Review(title=title, text=body, date=when or None)


def _thing(thing: Node) -> Review:
    created = thing.get("created_utc")
    known = isinstance(created, int | float) and 0 < created < 4_102_444_800  # the year 2100
    when = (
        datetime.fromtimestamp(created, UTC).date().isoformat() if isinstance(created, int | float) and known else None
    )
    said = words(thing.get("selftext")) or words(thing.get("body"))
    return Review(title=words(thing.get("title")), text=said, date=when)
