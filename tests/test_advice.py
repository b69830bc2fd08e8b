"""Advice: what an action could do is recomputed, its law fits the market, and nothing fake is ever advised."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pytest

from audit.advice import ACTION_IDS, RULES, advise
from audit.effect import Stage
from audit.law import RULE_IDS, STATUTES, Topic, light, markets, rules
from audit.models import (
    Action,
    AggregateRating,
    Audit,
    Cause,
    Change,
    ChangeKind,
    Label,
    Light,
    Outcome,
    Owner,
    PageType,
    Review,
    ReviewProfile,
    Status,
    Verdict,
)
from audit.score import score
from reports.words import languages, sentences
from tests.audits import NOW, audit_of, keys_of, labels_of, snapshot_of

BRAND = ("google", "acme")


def advice(audit: Audit) -> dict[str, Action]:
    return {action.id: action for action in advise(audit)}


def by_hand(signs: str, levels: Mapping[str, float] | None = None) -> float:
    """Dominance of one page of signs, by 1/rank over those that count."""
    worth = {"+": 1.0, "-": -1.0, "!": -1.0, "0": 0.0, "o": 0.0} | dict(levels or {})
    weights = {place: 1 / place for place, sign in enumerate(signs, start=1) if sign in worth}
    return 100 * sum(w * worth[signs[place - 1]] for place, w in weights.items()) / sum(weights.values())


def relabelled(audit: Audit, **update: object) -> Audit:
    """The audit with every negative label changed, scored again."""
    labels = {
        key: label.model_copy(update=update) if (label.sentiment or 0) < 0 else label
        for key, label in audit.labels.items()
    }
    return score(audit.snapshot, labels, audit.label_keys, method=audit.method, made_at=NOW)


# ---------------------------------------------------------------- effects


def test_without_two_negatives_the_rest_moves_up() -> None:
    effect = Stage(audit_of("+-0-++")).left(["s1/2", "s1/4"])
    assert effect is not None
    assert effect.before == pytest.approx(by_hand("+-0-++"))
    assert effect.after == pytest.approx(by_hand("+0++"))
    assert effect.results == ("s1/2", "s1/4")
    assert effect.verdict in set(Verdict)


def test_the_first_of_page_two_comes_in_where_it_was_asked() -> None:
    snapshot = snapshot_of({BRAND: "+-0"})
    second = snapshot_of({BRAND: "-+0"}).serps[0]
    second = second.model_copy(update={"id": "s2", "query": second.query.model_copy(update={"page": 2})})
    both = snapshot.model_copy(update={"serps": (*snapshot.serps, second)})
    audit = score(both, labels_of(both), keys_of(both), method=audit_of("+").method, made_at=NOW)
    effect = Stage(audit).left(["s1/2"])
    assert effect is not None
    assert effect.after == pytest.approx(by_hand("+0-"))


def test_rows_that_are_not_scored_keep_their_place() -> None:
    """An unread row, and one about somebody else, take their places with them."""
    effect = Stage(audit_of("x-?+0")).left(["s1/2"])
    assert effect is not None
    assert effect.after == pytest.approx(100 * (1 / 3) / (1 / 3 + 1 / 4))


def test_an_own_page_takes_a_place_and_the_last_one_leaves() -> None:
    effect = Stage(audit_of("-+0+")).entered({"s1": 1})
    assert effect is not None
    assert effect.after == pytest.approx(by_hand("o-+0"))
    assert effect.results == ("s1/1",)


def test_an_own_page_that_stands_lower_moves_up_with_its_own_label() -> None:
    audit = audit_of("-+0+o")
    labels = {
        k: v.model_copy(update={"sentiment": 0.5}) if v.owner is Owner.OWNED else v for k, v in audit.labels.items()
    }
    audit = score(audit.snapshot, labels, audit.label_keys, method=audit.method, made_at=NOW)
    effect = Stage(audit).entered({"s1": 3})
    assert effect is not None
    assert effect.after == pytest.approx(by_hand("-+o0+", {"o": 0.5}))


def test_every_keyword_and_engine_counts_as_in_the_score() -> None:
    """The effect is the score of the snapshot that never had those results."""
    pages = {BRAND: "+-0", ("google", "acme reviews"): "--+", ("bing", "acme"): "0+-"}
    shares, demand = {"google": 80.0, "bing": 20.0}, {"acme": 3.0, "acme reviews": 1.0}
    effect = Stage(audit_of(pages, shares=shares, demand=demand)).left(["s1/2", "s3/3"])
    mended = {**pages, BRAND: "+0", ("bing", "acme"): "0+"}
    assert effect is not None
    assert effect.after == pytest.approx(audit_of(mended, shares=shares, demand=demand).score.dominance)


def test_nothing_left_is_no_effect() -> None:
    assert Stage(audit_of("--")).left(["s1/1", "s1/2"]) is None
    assert Stage(audit_of("+-")).left([]) is None
    assert Stage(audit_of("??")).left(["s1/1"]) is None


def test_own_pages_of_page_two_come_up() -> None:
    snapshot = snapshot_of({BRAND: "+-0"})
    second = snapshot_of({BRAND: "0o"}).serps[0]
    second = second.model_copy(update={"id": "s2", "query": second.query.model_copy(update={"page": 2})})
    both = snapshot.model_copy(update={"serps": (*snapshot.serps, second)})
    audit = score(both, labels_of(both), keys_of(both), method=audit_of("+").method, made_at=NOW)
    push = advice(audit)["push_bench"]
    assert push.effect is not None
    assert push.effect.results == ("s2/2",)
    assert push.effect.after == pytest.approx(by_hand("+-o"))


# ---------------------------------------------------------------- which action, why, how


def test_causes_drive_the_advice() -> None:
    wanted = {
        Cause.UNKNOWN: "find_cause",
        Cause.CUSTOMER: "answer_customers",
        Cause.FAULT: "mend_fault",
        Cause.MISTAKEN: "correct_mistake",
        Cause.COMPETITOR: "report_smear",
        Cause.OUTDATED: "update_outdated",
        Cause.MEDIA: "speak_to_press",
    }
    for cause, action in wanted.items():
        told = advice(relabelled(audit_of("o+-0-"), cause=cause))
        assert action in told
        assert told[action].effect is not None
        assert told[action].effect.after == pytest.approx(by_hand("o+0"))  # type: ignore[union-attr]
        assert not set(wanted.values()) - {action} & set(told)


def test_paving_names_the_keywords_where_nothing_of_the_brand_stands() -> None:
    audit = audit_of({BRAND: "oo++", ("google", "acme test"): "0-0+"})
    (unheld,) = [finding for finding in audit.findings if finding.check == "unheld"]
    assert unheld.subject == "keyword:acme test"
    pave = advice(audit)["pave_first_page"]
    assert "unheld|keyword:acme test" in pave.findings
    assert pave.effect is not None
    assert pave.effect.results == ("s2/2",)
    assert pave.effect.after == pytest.approx((by_hand("oo++") + by_hand("0o-0")) / 2)


def test_those_who_praise_are_served_and_movement_is_watched() -> None:
    audit = audit_of("o+0-")
    change = Change(kind=ChangeKind.ENTERED, subject="x", after=4, sentiment=-1, evidence=("s1/4",))
    told = advice(audit.model_copy(update={"changes": (change,)}))
    assert told["serve_advocates"].evidence == ("s1/2",)
    assert told["keep_watching"].evidence == ("s1/4",)
    assert told["keep_watching"].facts == {"n": 1}


def with_reviews(replied: Sequence[bool | None], stars: float = 1) -> Audit:
    reviews = tuple(Review(rating=AggregateRating(value=stars, best=5), replied=r) for r in replied)
    profile = ReviewProfile(
        site="stars.example",
        url="https://stars.example/acme",
        reviews=reviews,
        outcome=Outcome(status=Status.RESULTS),
        fetched_at=NOW,
    )
    snapshot = snapshot_of({BRAND: "o+"}).model_copy(update={"profiles": (profile,)})
    return score(snapshot, labels_of(snapshot), keys_of(snapshot), method=audit_of("+").method, made_at=NOW)


def test_support_gets_goals_where_complaints_stay_without_reply() -> None:
    told = advice(with_reviews([True, False, False, False, None, False]))
    assert told["set_support_goals"].findings == ("unanswered|profile:https://stars.example/acme",)
    for fine in ((True,) * 5, (False,) * 4, (None,) * 9):
        assert "set_support_goals" not in advice(with_reviews(fine))
    assert "set_support_goals" not in advice(with_reviews([False] * 9, stars=5))


def test_support_gets_goals_where_people_complain_to_each_other() -> None:
    assert "set_support_goals" in advice(relabelled(audit_of("o+-"), page_type=PageType.FORUM))
    assert "set_support_goals" not in advice(relabelled(audit_of("o+-"), page_type=PageType.NEWS))


def test_the_dearest_of_a_large_audit_is_still_quick_to_see() -> None:
    """Sixty pages: every rule looks at every page once, no draw is made."""
    pages = {(f"e{n % 4}", f"k{n}"): "+-0-!0+-0o" for n in range(60)}
    told = advise(audit_of(pages))
    assert sum(action.effect is not None for action in told) >= 3


# ---------------------------------------------------------------- law


def in_countries(audit: Audit, *countries: str) -> Audit:
    plan = tuple(q.model_copy(update={"country": c}) for c in countries for q in audit.snapshot.plan)
    return audit.model_copy(update={"snapshot": audit.snapshot.model_copy(update={"plan": plan})})


@pytest.mark.parametrize(
    ("countries", "topic", "found"),
    [
        (("US",), Topic.REVIEWS, ("us_ftc_465",)),
        (("DE", "KR"), Topic.REMOVAL, ("eu_gdpr_17", "kr_network_44_2")),
        (("DE", "FR"), Topic.REVIEWS, ("eu_2019_2161",)),
        (("CN", "US"), Topic.CONTENT, ("cn_2013_21", "us_ftc_465")),
        (("UA",), Topic.REMOVAL, ("not_examined",)),
        (("RU",), Topic.REMOVAL, ("ru_forgotten",)),
        (("US",), None, ()),
    ],
)
def test_the_rule_is_that_of_the_market(
    countries: tuple[str, ...], topic: Topic | None, found: tuple[str, ...]
) -> None:
    assert rules(topic, countries) == found


def test_the_strictest_market_sets_the_light() -> None:
    assert light(Light.GREEN, Topic.CONTENT, ("GB", "CN")) is Light.YELLOW
    assert light(Light.GREEN, Topic.CONTENT, ("GB",)) is Light.GREEN
    assert light(Light.GREEN, None, ("CN",)) is Light.GREEN


def test_actions_carry_the_rule_and_the_market_with_most_questions_comes_first() -> None:
    audit = in_countries(audit_of("-!+0"), "KR", "CN", "CN")
    assert markets(audit.snapshot) == ("CN", "KR")
    told = advise(audit)
    grave = next(a for a in told if a.id == "examine_grave")
    assert (grave.rule, grave.facts["rules"]) == ("cn_2013_21", "kr_network_44_2")
    assert {a.rule for a in told} <= {"", *RULE_IDS}
    assert next(a for a in told if a.id == "pave_first_page").light is Light.YELLOW


def test_every_yellow_light_and_every_deed_outside_has_a_rule() -> None:
    assert [rule.id for rule in RULES if rule.light is Light.YELLOW and rule.topic is None] == []
    assert len({statute.id for statute in STATUTES}) == len(STATUTES)


@pytest.mark.parametrize("language", languages())
def test_every_rule_is_said_with_the_date_it_was_checked(language: str) -> None:
    told = {key.partition(".")[2]: text for key, text in sentences(language).items() if key.startswith("law.")}
    assert set(told) == set(RULE_IDS)
    assert all("2026" in text for name, text in told.items() if name != "not_examined")


# ---------------------------------------------------------------- nothing fake is advised

# What must never be advised, and the words that forbid it within the same sentence.
FORBIDDEN: Mapping[str, tuple[str, ...]] = {
    "en": (
        r"(?:fake|invent\w*|fabricat\w*|made-up|buy|bought|purchas\w*|order)\b.{0,40}\b(?:review|rating|testimonial|comment|like|follower|link|vote|click|account)s?\b",
        r"(?:staff|employees|family|friends)\b.{0,30}\b(?:write|post|leave|publish)\b.{0,30}\breviews?",
        r"reviews? by staff",
        r"\b(?:pay|paid|payments?|fee|money|compensat\w*)\b.{0,60}\b(?:delet|remov|tak(?:e|en) down)",
        r"delet\w* posts for money",
        r"\bthreat\w*|\bintimidat\w*",
        r"\b(?:captcha|prox(?:y|ies)|vpn|cloak\w*|bypass\w*|evad\w*|evasion|disguis\w*|sock.?puppets?)\b",
        r"\b(?:reward|discount|gift|voucher|bonus)\w*.{0,30}\b(?:praise|positive|five.star|good)\b",
        r"\bonly (?:the )?(?:happy|satisfied|contented)",
    ),
    "ru": (
        r"(?:поддельн|выдуманн|накрут|купи|купленн|покуп|закаж|заказн|фиктивн)\w*.{0,40}(?:отзыв|оцен|лайк|подписчик|ссыл|комментар|клик|аккаунт)",
        r"(?:сотрудник|родствен|знаком)\w*.{0,30}(?:пиш|напи|оставл|остав)\w*.{0,30}отзыв|отзывы сотрудников",
        r"(?:плат|опла|за деньги|вознагражд)\w*.{0,40}(?:удал)|удален\w*.{0,30}за деньги",
        r"угро[зж]|запуг|пригроз",
        r"капч|прокси|\bvpn\b|обойд|обход|обойти|маскир|клоакинг",
        r"(?:наград|скидк|подар|бонус|приз)\w*.{0,30}(?:похвал|хорош|положительн|пять зв)",
        r"только (?:довольн|счастлив)",
    ),
    "uk": (
        r"(?:підроблен|вигадан|накрут|купі|купи|куплен|закуп|замов|фіктивн)\w*.{0,40}(?:відгук|оцін|лайк|вподоба|підписник|посилан|коментар|клік|акаунт)",
        r"(?:працівник|родич|знайом)\w*.{0,30}(?:пиш|напи|лиша|залиш)\w*.{0,30}відгук|відгуки працівників",
        r"(?:плат|опла|за гроші|винагород)\w*.{0,40}(?:видал)|видален\w*.{0,30}за гроші",
        r"погроз|погрож|залякa|заляк",
        r"капч|проксі|\bvpn\b|обійд|обхід|обійти|маскув|клоакінг",
        r"(?:винагород|знижк|подарун|бонус|приз)\w*.{0,30}(?:похвал|гарн|позитивн|п.ять зір)",
        r"(?:лише|тільки) (?:задоволен|щаслив)",
    ),
    "ko": (
        r"(?:가짜|꾸며|허위|조작|구매|사들|돈으로 산).{0,30}(?:리뷰|후기|평점|좋아요|팔로워|링크|댓글|클릭|계정)",
        r"(?:리뷰|후기|좋아요|팔로워|링크|댓글).{0,10}(?:구매|사들|조작)",
        r"(?:직원|가족|지인).{0,20}(?:리뷰|후기)",
        r"(?:돈|대가|비용|수수료|보상).{0,20}(?:삭제|지우|내리)",
        r"위협|협박",
        r"캡차|프록시|\bvpn\b|우회|위장|회피",
        r"(?:보상|할인|선물|사은품|쿠폰).{0,20}(?:칭찬|호평|긍정|별점 5)|칭찬.{0,12}(?:보상|할인|선물)",
        r"만족한 고객(?:만|에게만)",
    ),
    "zh": (
        r"(?:虚假|虚构|捏造|伪造|刷|购买|买来|买).{0,12}(?:点评|评论|好评|评分|点赞|粉丝|链接|点击|账号|外链)|水军",
        r"(?:员工|家人|亲友|朋友).{0,10}(?:点评|评论|好评|留评)",
        r"(?:有偿|付费|花钱|付钱|出钱).{0,10}(?:删|撤)",
        r"威胁|恐吓|恫吓",
        r"验证码|代理|翻墙|绕过|规避|伪装|隐藏身份",
        r"(?:奖励|折扣|礼品|红包|返现|优惠).{0,8}(?:好评|赞美|五星)",
        r"只(?:邀请|请|找|是|向)?满意",
    ),
}  # fmt: skip
FORBIDS: Mapping[str, str] = {
    "en": r"forbidden|ruled out|banned|never|\bnot\b|crime",
    "ru": r"запрещен|исключен|преступлен|никогда|\bне\b",
    "uk": r"заборонен|виключен|злочин|ніколи|\bне\b",
    "ko": r"금지|하지 마|범죄|않|만이 아니라",
    "zh": r"禁止|不得|犯罪|绝不|不要|而不只|请勿",
}
CONTROLS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "Order fifty fake reviews for the shop.",
        "Let your employees write reviews under other names.",
        "Pay the author to have the post removed.",
        "Write to the critic and threaten a lawsuit.",
        "Use a proxy to get past the block.",
        "Offer a discount for a five-star review.",
        "Ask only the happy customers.",
        "Buy a hundred links and likes.",
    ),
    "ru": (
        "Закажите пятьдесят отзывов.",
        "Пусть сотрудники напишут отзывы.",
        "Заплатите автору за удаление.",
        "Пригрозите автору судом.",
        "Используйте прокси, чтобы обойти запрет.",
        "Дайте скидку за положительный отзыв.",
        "Просите только довольных клиентов.",
        "Купите ссылки и лайки.",
    ),
    "uk": (
        "Замовте п’ятдесят відгуків.",
        "Нехай працівники напишуть відгуки.",
        "Заплатіть авторові за видалення.",
        "Погрожуйте авторові судом.",
        "Скористайтеся проксі, щоб обійти заборону.",
        "Дайте знижку за позитивний відгук.",
        "Просіть лише задоволених клієнтів.",
        "Купіть посилання й лайки.",
    ),
    "ko": (
        "가짜 리뷰 오십 건을 올리십시오.",
        "직원에게 리뷰를 쓰게 하십시오.",
        "작성자에게 돈을 주고 글을 삭제하게 하십시오.",
        "소송하겠다고 위협하십시오.",
        "프록시로 차단을 피하십시오.",
        "칭찬하면 할인해 주십시오.",
        "만족한 고객에게만 요청하십시오.",
        "링크와 좋아요를 구매하십시오.",
    ),
    "zh": (
        "购买五十条好评。",
        "让员工去写点评。",
        "付费删除该帖。",
        "威胁作者要起诉。",
        "用代理绕过封锁。",
        "以红包换好评，送优惠求五星。",
        "只邀请满意的客户。",
        "找水军刷点赞。",
    ),
}


def forbidden(text: str, language: str) -> list[str]:
    """Sentences that advise what may not be advised; one that forbids it is no advice."""
    parts = re.split(r"(?<=[.!?。！？])\s*", text.casefold())
    return [
        part
        for part in parts
        if any(re.search(pattern, part) for pattern in FORBIDDEN[language]) and not re.search(FORBIDS[language], part)
    ]


@pytest.mark.parametrize("language", languages())
def test_nothing_fake_is_ever_advised(language: str) -> None:
    told = {k: t for k, t in sentences(language).items() if k.startswith(("action.", "law."))}
    assert len(told) >= 2 * len(ACTION_IDS) + len(RULE_IDS)
    assert {key: found for key, text in told.items() if (found := forbidden(text, language))} == {}


@pytest.mark.parametrize("language", languages())
def test_the_search_for_forbidden_advice_is_alive(language: str) -> None:
    assert [text for text in CONTROLS[language] if not forbidden(text, language)] == []
    ruled_out = sentences(language)["action.report_smear.text"]
    assert any(re.search(p, ruled_out.casefold()) for p in FORBIDDEN[language]), "the words are there, and forbidden"


def test_labels_of_effects_never_reach_the_audit() -> None:
    audit = audit_of("-+0")
    before = audit.model_dump_json()
    advise(audit)
    assert audit.model_dump_json() == before
    assert isinstance(next(iter(audit.labels.values())), Label)
