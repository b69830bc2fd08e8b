"""Small readers of nodes that every plug needs."""

from __future__ import annotations

from spiders.tree import Node, attr, below, text


def shown(node: Node, css: str) -> str:
    """Visible text of the first filled match below a node; the selectors of the list in their order."""
    for selector in css.split(", "):
        found = next((words for part in below(node, selector) if (words := text(part))), "")
        if found:
            return found
    return ""


def label(node: Node | None) -> str:
    """What a picture says: its label, title or replacement text; else its visible words."""
    return next((words for name in ("aria-label", "title", "alt") if (words := attr(node, name))), text(node))
