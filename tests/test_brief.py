"""The brief: what is asked, and every way of getting it wrong answered with file, key or line, and the mend."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from audit.brief import parse_brief, read_brief
from audit.errors import BriefError
from audit.models import KeywordKind

GOOD = """
[brand]
name = "Acme"
aliases = ["Акме"]

[[markets]]
country = "GB"
language = "en"
engines = ["google", "bing"]
per_class = 2
keywords = ["acme skates", { text = "acme boss", kind = "person", demand = 40 }]

[[markets]]
country = "KZ"
language = "ru"
engines = ["yandex"]
brand = "Акме"
kinds = ["brand"]

[demand]
"Acme" = 100
"""
WRONG = [
    ('name = "Acme"', 'nmae = "Acme"', "brief.toml:3: brand.nmae: is no key of a brief", "Did you mean 'name'?"),
    ('country = "GB"', 'country = "gb"', "brief.toml:7: markets[1].country", "two capital letters"),
    ('language = "ru"', 'language = "rus"', "brief.toml:15: markets[2].language", "two small letters"),
    ('"google", "bing"', '"gogle"', "brief.toml:9: markets[1].engines: 'gogle' is no engine", "known: google, bing"),
    ("per_class = 2", "per_class = 99", "brief.toml:10: markets[1].per_class", "less than or equal to 20"),
    ('"Acme" = 100', '"Acme" = -1', "demand.Acme", "greater than or equal to 0"),
    ('kind = "person"', 'kind = "perso"', "markets[1].keywords[2].kind", "'person'"),
    ('[brand]\nname = "Acme"', '[brand]\nname = ""', "brand.name", "at least 1 character"),
    ('name = "Acme"', "name = ", "brief.toml: is not valid TOML", "line 3"),
    ('aliases = ["Акме"]', 'domains = ["https://acme.example/"]', "brand.domains", "without https:// and path"),
    ('aliases = ["Акме"]', 'profiles = ["youtube.com/@acme"]', "brand.profiles", "write it whole"),
]


LIVE = """
[collect]
reviews = ["https://www.trustpilot.com/review/acme.example"]

[consent]
"www.google.com" = "the client, 2026-11-20"

[[figures]]
site = "yelp"
subject = "Acme"
value = 4.2
rating_count = 118
seen_at = 2026-11-20T09:00:00Z
"""


def test_live_tables_ask_nothing_new() -> None:
    brief = parse_brief(GOOD + LIVE)
    assert brief.digest() == parse_brief(GOOD).digest()
    assert brief.consent == {"www.google.com": "the client, 2026-11-20"}
    assert brief.figures[0].rating_count == 118


@pytest.mark.parametrize(
    ("old", "new", "where", "mend"),
    [
        ("value = 4.2", "value = 42", "figures[1]", "42 is not between 1 and 5"),
        ('= "the client, 2026-11-20"', '= ""', "consent.www.google.com", "at least 1 character"),
        ("reviews = [", "revews = [", "collect.revews", "Did you mean 'reviews'?"),
    ],
)
def test_wrong_live_table_is_answered(old: str, new: str, where: str, mend: str) -> None:
    with pytest.raises(BriefError) as caught:
        parse_brief((GOOD + LIVE).replace(old, new, 1))
    assert where in str(caught.value)
    assert mend in str(caught.value)


@pytest.mark.parametrize(("old", "new", "where", "mend"), WRONG, ids=[w[1][:30] for w in WRONG])
def test_wrong_brief_is_answered(old: str, new: str, where: str, mend: str) -> None:
    assert old in GOOD
    with pytest.raises(BriefError) as caught:
        parse_brief(GOOD.replace(old, new, 1), engines=("google", "bing", "yandex"))
    words = str(caught.value)
    assert where in words
    assert mend in words
    assert "\n" not in words


def test_missing_file_names_the_mend(tmp_path: Path) -> None:
    with pytest.raises(BriefError, match=r"no such file.*repaudit init"):
        read_brief(tmp_path / "nothing.toml")


def test_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "brief.toml"
    path.write_bytes(b"\xff\xfe\x00[brand]")
    with pytest.raises(BriefError, match="UTF-8"):
        read_brief(path)


def test_plan_and_demand() -> None:
    brief = parse_brief(GOOD)
    texts = [k.text for k in brief.keywords()]
    assert texts[:3] == ["Acme", "Acme reviews", "is Acme legit"]
    assert texts[-2:] == ["acme boss", "Акме"]
    assert len(brief.plan()) == 7 * 2 + 1
    demand = {k.text: k.demand for k in brief.keywords()}
    assert demand["Acme"] == 100
    assert demand["acme boss"] == 40
    assert demand["Acme reviews"] == 100, "an unknown demand is the mean of the known ones, never zero"
    assert brief.keywords()[-1].kind is KeywordKind.BRAND
    assert brief.keywords()[-1].language == "ru"


def test_digest_changes_with_the_question_only() -> None:
    brief = parse_brief(GOOD)
    assert parse_brief(GOOD + '\n[style]\nagency = "X"\n').digest() == brief.digest()
    assert parse_brief(GOOD.replace("bing", "brave")).digest() != brief.digest()


def test_written_example_is_a_brief() -> None:
    text = files("audit").joinpath("example.toml").read_text("utf-8")
    assert parse_brief(text).brand.name == "Acme"
    off = [line.startswith("# ") and ("=" in line or line.startswith("# [")) for line in text.splitlines()]
    switched_on = "\n".join(line[2:] if o else line for o, line in zip(off, text.splitlines(), strict=True))
    full = parse_brief(switched_on)
    assert full.competitors[0].name == "Bolt & Sons"
    assert full.style.agency == "Your Agency"
    assert full.demand["Acme"] == 2400
