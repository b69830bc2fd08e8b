"""Addresses on a Google page: wrappers undone, advertisements and Google's own tools told from results."""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.models import Link
from spiders.address import host, http, parameter, path
from spiders.tree import Node, ancestors, attr, below, text

HOMEPAGE = "https://www.google.com/"
CARD_HEIGHT = 5  # levels between a card's heading and the node that also holds its link

_AD_PATHS = ("/aclk", "/pagead/aclk", "/ads/")
_WRAPPERS = ("/url", "/interstitial")
_TOOL_PATHS = (
    *("/search", "/url", "/imgres", "/images", "/localservices", "/setprefs", "/preferences", "/advanced_search"),
    *("/webhp", "/intl/", "/history/", "/shopping/ratings", "/shopping/product"),
)
_BOX_PATHS = ("/flights", "/travel/", "/maps/dir", "/maps/search")  # with what was asked
_TOOL_HOSTS = {"support": "p", "accounts": "continue", "translate": "u"}  # only with this parameter
_OWN_HOST = re.compile(r"(?:^|\.)google\.(?:com?\.)?[a-z]{2,3}$")
# Nothing of Google's is in an address without one of these: the short way for nearly every link of a page.
_SUSPECT = re.compile(r"https?://[^/?#]*google|.*[?&]q=(?:cache|related)", re.IGNORECASE)
_FRAGMENT_OF_POSTS = re.compile(r"[?&]ref_src=twsrc(?:%5E|\^)google", re.IGNORECASE)
_TOOL_PARAMETERS = ("um", "sa", "oi", "tbm", "source", "ei")


def unwrap(href: str) -> str:
    """The real address of `/url?q=` and `/url?url=` (basic markup; the rendered page has direct addresses)."""
    if path(href) in _WRAPPERS and (not host(href) or own(href)):
        return parameter(href, "url") or parameter(href, "q") or href
    return href


def own(url: str) -> bool:
    """True on any host of Google itself, also www.google.com.ua; not on a stranger's google.acme.com."""
    return _OWN_HOST.search(host(url)) is not None


def is_ad(href: str) -> bool:
    if href[:4] == "http" and _SUSPECT.match(href) is None:
        return False
    name = host(href)
    return (not name or own(href) or name.endswith("googleadservices.com")) and path(href).startswith(_AD_PATHS)


def of_posts(href: str) -> bool:
    """True for the links of the box with a company's newest posts on X, which Google marks as its own referral."""
    return _FRAGMENT_OF_POSTS.search(href) is not None


def outside(node: Node | None) -> str:
    """Address of a link that leaves Google, unwrapped and absolute; "" for ads, tabs, tools and scripts."""
    return outward(attr(node, "href"))


def outward(href: str) -> str:
    if not href or href[0] == "#" or (href[0] == "/" and path(href) not in _WRAPPERS):
        return ""
    if href[:4] == "http" and _SUSPECT.match(href) is None:
        return http(href)
    if is_ad(href):
        return ""
    url = http(unwrap(href), HOMEPAGE)
    return "" if not url or is_tool(url) or is_ad(url) else url


def is_tool(url: str) -> bool:
    """A page of Google about this search (tab, cache, map, help), not a result that happens to be Google's."""
    if _SUSPECT.match(url) is None:
        return False
    if "webcache.googleusercontent.com" in url or parameter(url, "q").startswith(("cache:", "related:")):
        return True
    if not own(url):
        return False
    if path(url).startswith(_TOOL_PATHS) or (path(url).startswith(_BOX_PATHS) and ("?" in url or "#" in url)):
        return True
    tool = _TOOL_HOSTS.get(host(url).split(".")[0])
    if tool is not None:
        return bool(parameter(url, tool))
    return bool(parameter(url, "q")) and not parameter(url, "id") and bool(parameter(url, *_TOOL_PARAMETERS))


def link_around(node: Node) -> Node | None:
    """The link a heading stands in, or that stands in the heading."""
    if node.tag == "a":
        return node
    for height, above in enumerate(ancestors(node)):
        if above.tag == "a":
            return above
        if height > CARD_HEIGHT:
            break
    return next(iter(below(node, "a[href]")), None)


def outside_links(node: Node) -> list[tuple[str, Node]]:
    return list(_outside_links(node))


def first_outside(node: Node) -> str:
    return next((url for url, _ in _outside_links(node)), "")


def _outside_links(node: Node) -> Iterator[tuple[str, Node]]:
    for link in node.css("a[href]"):
        url = outward(attr(link, "href"))
        if url:
            yield url, link


def links(node: Node) -> tuple[Link, ...]:
    """Every address outside Google once, in page order, with the longest name its links give it."""
    names: dict[str, str] = {}
    for url, link in _outside_links(node):
        name = text(link) or attr(link, "aria-label")
        if len(name) > len(names.setdefault(url, "")):
            names[url] = name
    return tuple(Link(title=name, url=url) for url, name in names.items())


def ad_address(link: Node | None, item: Node) -> str:
    """Where an advertisement leads, without following it: the link, its `adurl`, or another link of the item."""
    href = attr(link, "href")
    named = parameter(href, "adurl") if is_ad(href) else outward(href)
    return http(named) or first_outside(item)
