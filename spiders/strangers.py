"""Pages of sources that no plug reads: still told apart from good ones, so that none is taken for an empty page.

Words alone are no mark ("captcha" stands in one good page of eight), so they count only on a page that says little
else: short visible text and hardly a link out.
"""

from __future__ import annotations

import re

from audit.models import Outcome, Status
from spiders.address import host, http
from spiders.tree import Tree, attr, text

SHORT_TEXT = 2_000  # characters; challenge and absence pages of the recorded set say at most 900
FEW_LINKS = 6
TITLE = 20  # characters

_SENTENCES: tuple[tuple[Status, str, str], ...] = (
    (
        Status.BLOCKED,
        "captcha",
        r"verif(?:y|ying) (?:that )?you(?:r request)?|(?:are you|not) a robot|unusual traffic|security check|"
        r"unusual activity|(?:вы|ви) не робот|подтвердите, что|безопасн\w+ провер|안전한 접속|로봇이 아닙니다|"
        r"자동입력 방지|安全验证|人机验证|请完成验证",
    ),
    (
        Status.BLOCKED,
        "geo",
        r"not (?:yet )?available in your (?:country|region|location)|недоступ\w+ в вашей стране|"
        r"недоступн\w+ у вашій країні|해당 국가에서|您所在的(?:国家|地区)",
    ),
    (
        Status.NO_RESULTS,
        "",
        r"(?:did(?:n[’']t| not)|could(?:n[’']t| not)) find any results|no results (?:were )?found|did not match any|"
        r"keine ergebnisse|aucun résultat|no se (?:han )?encontra\w+ resultados|ничего не найдено|нічого не знайдено|"
        r"검색결과가 없습니다|没有找到|未找到相关结果",
    ),
)


def judge(tree: Tree) -> Outcome | None:
    """BLOCKED or NO_RESULTS for a stranger's page that says so and little else; None where it does not."""
    words = text(tree.one("body"))
    if len(words) > SHORT_TEXT or _links_out(tree) > FEW_LINKS:
        return None
    for status, kind, pattern in _SENTENCES:
        found = re.search(pattern, words, re.IGNORECASE)
        if found and (status is Status.BLOCKED or tree.has("form input, input[type=search]")):
            return Outcome(status=status, kind=kind, why=f"the page says {found.group(0)!r} and little else")
    return None


def _links_out(tree: Tree) -> int:
    """Different hosts linked to by words long enough for a title; the names of tabs and footers are shorter."""
    titled = (link for link in tree.all("a[href^=http]") if len(text(link)) >= TITLE)
    return len({host(http(attr(link, "href"))) for link in titled})
