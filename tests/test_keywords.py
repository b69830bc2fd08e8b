"""Keyword templates: five languages and more, questions only, filled right."""

from __future__ import annotations

import pytest

from audit.keywords import languages, matrix, templates
from audit.models import KeywordKind

WORLD = ("en", "ru", "uk", "ko", "zh")


@pytest.mark.parametrize("language", WORLD)
def test_every_class_of_every_language_of_ours(language: str) -> None:
    kinds = {kind.value for kind in KeywordKind} - {"other"}
    assert kinds == set(templates()[language])


@pytest.mark.parametrize("language", languages())
def test_templates_fill(language: str) -> None:
    made = list(matrix("Acme", language, list(KeywordKind), products=["Rocket", "Anvil"], per_class=20))
    assert all("{" not in keyword.text for keyword in made)
    assert all("Acme" in k.text or k.product in k.text for k in made)
    assert len({k.text for k in made}) == len(made)
    assert sum(k.kind is KeywordKind.PRODUCT for k in made) == 2 * len(templates()[language]["product"])


def test_product_templates_need_a_product() -> None:
    assert not list(matrix("Acme", "en", [KeywordKind.PRODUCT]))


def test_chinese_has_no_spaces_and_keeps_the_modifier() -> None:
    keyword = next(iter(matrix("露米", "zh", [KeywordKind.COMPLAINT], per_class=1)))
    assert (keyword.text, keyword.modifier) == ("露米投诉", "投诉")


def test_unknown_language_asks_the_bare_brand() -> None:
    assert [k.text for k in matrix("Acme", "eo", [KeywordKind.BRAND, KeywordKind.COMPLAINT])] == ["Acme"]
