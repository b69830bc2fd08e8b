"""What kind of page a result is, where its address leaves it open: told from how the result speaks.

An unknown host may be a newspaper, a diary, a list or the firm's own page. Each speaks in its way: a newspaper
reports what others said, a diary says I (once: somebody in a forum), a list gives hours and prices, a firm says you
and please. A place on a map is a directory entry until somebody's opinion stands there.
"""

from __future__ import annotations

import re
from functools import lru_cache

from audit.models import PageType

_SPEECH = {
    "en": (
        r"\bour (?:\w+ )?(?:team|range|products?|clinic|services?|customers?|stores?|policy|website|app|staff)\b"
        r"|\bwe(?:'ll| offer| provide| aim| use| are| will| take| recommend)\b|\byou (?:can|must|may|will)\b|\bplease\b"
        r"|\byour (?:order|account|booking|policy|child|plan|free)\b|\bcontact us\b|\bcopyright\b|©",
        r"\b(?:said|says|told|according to|announced?|reported|reports|officials?|police|court|spokes\w+|sources|shares"
        r"|regulators?|mayor|council|minister|lawsuit|sues?|sued|investigat\w+|residents|million|billion|percent|ceo"
        r"|acquires?|merger|raises|layoffs|plans to|has opened|opens|closes)\b",
        r"\b(?:I|I'm|I've|my|me|we went|our (?:trip|visit|stay|house|experience)|mine)\b",
    ),
    "ru": (
        r"\b(?:вы|вас|вам|вами|ваш\w*|наш\w*|позвоните|оформите|закажите|узнайте|обратитесь|под ключ|консультаци\w+)\b",
        r"\b(?:сообщил\w*|заявил\w*|рассказал\w*|по данным|пресс-служб\w*|суд\w*|прокуратур\w*|следств\w*|полици\w*"
        r"|ФАС|Роспотребнадзор\w*|млн|млрд|инвест\w*|жител\w*|компания|откро\w+|разместит\w*|холдинг\w*|выручк\w*"
        r"|прибыль|акции|губернатор\w*|чиновник\w*|эксперт\w*|подал\w* в суд|оштраф\w*)\b",
        r"\b(?:я|мне|меня|мой|моя|моё|мою|мы|нам|нас)\b",
    ),
    "uk": (
        r"\b(?:ви|вас|вам|вами|ваш\w*|наш\w*|зателефонуйте|оформіть|замовте|дізнайтесь|зверніться|під ключ)\b",
        r"\b(?:повідомил\w*|заявил\w*|розповіл\w*|за даними|пресслужб\w*|суд\w*|прокуратур\w*|слідств\w*|поліці\w*"
        r"|АМКУ|Держпродспоживслужб\w*|млн|млрд|інвест\w*|мешканц\w*|компанія|відкри\w+|холдинг\w*|виручк\w*|прибут\w*"
        r"|акції|експерт\w*|оштраф\w*|кримінальн\w*|депутат\w*)\b",
        r"\b(?:я|мені|мене|мій|моя|моє|мою|ми|нам|нас)\b",
    ),
    "ko": (
        r"고객님|바랍니다|해 ?주세요|하세요|드립니다|하십시오|당사|이용하실|신청하|문의|제공합니다|안내",
        r"밝혔다|전했다|따르면|했다\.|됐다\.|한다\.|혐의|기자|경찰|검찰|법원|과징금|투자 유치|매출|억 ?원|관계자",
        r"제가|저는|나는|우리 ?(?:집|아이|가족)|했어요|네요|더라고요|했습니다|같아요|후기|다녀왔",
    ),
    "zh": (
        r"我司|我行|本公司|您|请(?!问)|敬请|我们不|我们为|专注|致力于|欢迎|在线客服|官方",
        r"记者|据悉|日前|近日|消息|公告|表示|警方|监管|法院|发布|融资|净利润|营收|处罚|通报|股价|消费者协会|宣布|获批",
        r"我(?!们|司|行)|咱|我家|亲测|踩坑|分享|体验",
    ),
}
_LISTED = re.compile(
    r"\d{1,2}[:.]\d\d\s*[-–—~]\s*\d{1,2}[:.]\d\d|\b(?:tel|phone|address|hours|directions|domain age|registrar|lookup"
    r"|compare|ranking|list of|top \d+)\b|\bтел\b|адрес|часы работы|график|рейтинг|реестр|маршрут|отзывов|"
    r"адреса|графік|реєстр|довідник|영업시간|전화번호|주소|목록|순위|비교|地址|电话|营业时间|排行|大全|查询|名单|评分",
    re.IGNORECASE,
)
_MAP = re.compile(
    r"(?:^|[./])(?:maps?|place|amap|2gis|zoon|wikimapia)(?:[./]|$)|/maps|^(?:google|yandex)\.[a-z.]+/?$", re.IGNORECASE
)
_PHOTOS = re.compile(
    r"\b\d[\d., ]*\s?(?:photos|pictures|images)\b|\b\d[\d., ]*\s?фото(?:граф\w*)?\b|— фото|\bphotos of\b"
    r"|사진 ?[\d,]+ ?장|\d ?[张幅](?:照片|图片|实拍)",
    re.IGNORECASE,
)
"""A title that counts pictures."""
_PLACE = re.compile(r"·[^·]*·")
"""A row of facts between dots: trade, street, hours."""
_PRICED = re.compile(
    r"\b(?:pricing|plans?|costs?|prices?)\b|цен[аы]\b|тариф|ставк|стоимость|вартість|ціни?\b|요금|가격|多少钱|价格|报价|收费",
    re.IGNORECASE,
)
"""A title that asks what something costs: a list, wherever it stands."""
_MANY_FIGURES = 3
_FIGURE = re.compile(r"\d[\d.,]*")
_ASKS = re.compile(r"[?？]|吗|还是")
_PATTERNS = {
    code: tuple(re.compile(shape, re.IGNORECASE if code != "en" else 0) for shape in shapes)
    for code, shapes in _SPEECH.items()
}


def page_type_of_words(kind: PageType, address: str, title: str, snippet: str, language: str, rated: bool) -> PageType:
    """The kind an address told, made more exact by the result's words; `rated` where a rating stands in them. What
    the words leave open stays OTHER: how a text is to be weighed is not guessed."""
    if language not in _PATTERNS or not address or kind not in (PageType.OTHER, PageType.REVIEW_SITE):
        return kind
    if kind is PageType.REVIEW_SITE and not _MAP.search(address):
        return kind
    text = f"{title} ¦ {snippet}"
    own, press, diary = _spoken(language, text)
    if kind is PageType.REVIEW_SITE:
        return kind if rated or diary else PageType.DIRECTORY
    if rated and not press:
        return PageType.REVIEW_SITE
    if _LISTED.search(text) and not diary and press < 2:
        return PageType.DIRECTORY
    if diary > press and diary >= own:
        return PageType.BLOG if diary > 1 else PageType.FORUM
    if own >= 2 and own > press:
        return PageType.OFFICIAL
    return PageType.NEWS if press else PageType.OTHER


def likeliest_page_type(told: PageType, address: str, title: str, snippet: str, language: str, rated: bool) -> PageType:
    """What a reader would call the page, for the report: beyond `page_type_of_words`, told by titles that count
    pictures or ask a price, by facts in a row, and where nothing speaks by what such pages mostly are."""
    if language not in _PATTERNS or not address:
        return told
    open_ones = (PageType.OTHER, PageType.REVIEW_SITE, PageType.DIRECTORY)
    if told in open_ones and _PHOTOS.search(title):
        return PageType.PHOTO
    text = f"{title} ¦ {snippet}"
    own, _, diary = _spoken(language, text)
    if told is PageType.REVIEW_SITE and not diary:
        place = bool(_MAP.search(address) and _PLACE.search(text))
        return PageType.DIRECTORY if place or (not rated and _PRICED.search(title)) else told
    return _of_silence(own, title, text) if told is PageType.OTHER else told


@lru_cache(maxsize=64)
def _spoken(language: str, text: str) -> tuple[int, int, int]:
    """Words of a firm, of a newspaper, of a diary."""
    own, press, diary = (len(pattern.findall(text)) for pattern in _PATTERNS[language])
    return own, press, diary


def _of_silence(own: int, title: str, text: str) -> PageType:
    """Nothing speaks clearly: who says "you" once is mostly the firm, who counts a list; a question stands where
    people answer. Counted on the project's labelled results."""
    if _ASKS.search(title):
        return PageType.QUESTION_ANSWER
    if own:
        return PageType.OFFICIAL
    return PageType.DIRECTORY if len(_FIGURE.findall(text)) >= _MANY_FIGURES else PageType.NEWS
