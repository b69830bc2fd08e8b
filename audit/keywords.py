"""The keyword matrix: brand x product x modifier, per language, from templates that are questions, not accusations."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files

from audit.models import Keyword, KeywordKind


@cache
def templates() -> dict[str, dict[str, tuple[str, ...]]]:
    """Language -> class -> templates with `{b}` for the brand and `{p}` for a product."""
    raw = tomllib.loads(files("audit").joinpath("keywords.toml").read_text("utf-8"))
    return {language: {kind: tuple(lines) for kind, lines in classes.items()} for language, classes in raw.items()}


def languages() -> tuple[str, ...]:
    """Languages that have templates."""
    return tuple(templates())


def matrix(
    brand: str, language: str, kinds: Sequence[KeywordKind], *, products: Sequence[str] = (), per_class: int = 3
) -> Iterator[Keyword]:
    """Keywords of one brand form in one language, class by class, `per_class` templates each.

    Product templates are filled once a product. A language without templates yields the bare brand only.
    """
    classes = templates().get(language, {"brand": ("{b}",)})
    for kind in kinds:
        for template in classes.get(kind.value, ())[:per_class]:
            for product in products if "{p}" in template else ("",):
                yield Keyword(
                    text=template.replace("{b}", brand).replace("{p}", product),
                    language=language,
                    kind=kind,
                    product=product,
                    modifier=" ".join(template.replace("{b}", " ").replace("{p}", " ").split()),
                )
