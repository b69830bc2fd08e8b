"""Money at risk: the client's figures, the survey's shares, and no word of it unless it was asked for."""

from __future__ import annotations

import pytest

from audit.brief import parse_brief
from audit.errors import BriefError
from audit.models import Audit, KeywordKind
from audit.money import SURVEY, money
from audit.tables_schedule import MoneyTable
from reports.panels import sentence
from reports.rows import Reader
from reports.words import Words, languages
from tests.audits import audit_of

TABLE = MoneyTable(revenue=2_000_000, looked_up=0.5, currency="EUR", source="the client, 2026")


def share_of(audit: Audit) -> object:
    (finding,) = money(audit, TABLE)
    return finding.facts["share"]


@pytest.mark.parametrize(("signs", "share"), [("+-0", 0.22), ("--+", 0.44), ("---+", 0.592), ("-----", 0.7)])
def test_the_survey_goes_by_the_negatives_of_the_page(signs: str, share: float) -> None:
    assert share_of(audit_of({("google", "acme"): signs})) == pytest.approx(share)


def test_pages_are_averaged_as_the_score_does_and_one_without_negatives_counts() -> None:
    audit = audit_of({("google", "acme"): "-+0", ("bing", "acme"): "+++"})
    assert share_of(audit) == pytest.approx(SURVEY[0] / 2)
    (finding,) = money(audit, TABLE)
    assert finding.value == 110_000
    assert finding.facts["amount"] == 110_000
    assert len(finding.evidence) == 1


def test_nothing_is_said_without_figures_negatives_or_evidence() -> None:
    bad, good = (audit_of({("google", "acme"): signs}) for signs in ("-+0", "+++"))
    assert money(bad, None) == ()
    assert money(good, TABLE) == ()
    assert money(audit_of({("google", "acme"): "---", ("bing", "acme"): None, ("brave", "acme"): None}), TABLE) == ()
    other = audit_of({("google", "acme"): "+0+", ("google", "scam"): "---"}, kinds={"scam": KeywordKind.COMPLAINT})
    assert money(other, TABLE) == ()


@pytest.mark.parametrize("language", languages())
def test_every_language_says_where_the_figures_come_from_and_that_it_is_no_loss(language: str) -> None:
    audit = audit_of({("google", "acme"): "-+0"})
    (finding,) = money(audit, TABLE)
    said = sentence(Reader(audit, Words(language)), finding)
    for word in ("the client, 2026", "EUR", "Moz 2015", "22"):
        assert word in said, word
    caveat = {"en": "no observed loss", "ru": "не наблюдавшийся убыток", "uk": "не спостережений збиток"}
    caveat |= {"ko": "관찰된 손실도 예측도 아닙니다", "zh": "既不是已观察到的损失，也不是预测"}
    assert caveat[language] in said


@pytest.mark.parametrize("line", ["revenue = 0", "looked_up = 1.5", 'currency = "euro"', 'source = ""'])
def test_figures_that_cannot_be_are_refused(line: str) -> None:
    given = {"revenue": "1", "looked_up": "0.5", "currency": '"EUR"', "source": '"x"'}
    given |= dict([line.split(" = ")])
    table = "\n".join(f"{key} = {value}" for key, value in given.items())
    market = '[[markets]]\ncountry = "GB"\nlanguage = "en"\nengines = ["google"]\n'
    with pytest.raises(BriefError):
        parse_brief(f'[brand]\nname = "Acme"\n{market}[money]\n{table}\n')
