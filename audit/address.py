"""One spelling for every address: labels are carried from snapshot to snapshot by it.

The form is for comparing, never for opening: the scheme is dropped, so http and https are one page.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

LONGEST = 8192
"""Longer addresses are cut: no browser sends more, and a stranger's title may hold anything."""

_INVISIBLE = re.compile(r"[\x00-\x20\x7f]+")
_PLAIN = re.compile(r"[A-Za-z0-9/:@!$'()*,;~._-]*")
"""Signs that both parts of an address leave as they are."""
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:(?=//)|^https?:", re.IGNORECASE)
_MOBILE = frozenset({"www", "m", "mobile", "amp", "touch", "wap", "ww", "web"})
_WWW_NUMBER = re.compile(r"^www?\d{0,2}$")
_DEFAULT_PORTS = frozenset({"80", "443"})
_SAFE_PATH = "/:@!$&'()*+,;=~-._"
_SAFE_QUERY = "/:@!$'()*,;~-._"
_TRACKING_PREFIXES = ("utm_", "utm-", "pk_", "mtm_", "hsa_", "_hs", "at_", "vero_", "oly_", "spm_", "_openstat")
_TRACKING = frozenset(
    re.findall(
        r"\S+",
        """fbclid gclid gclsrc dclid gbraid wbraid yclid ysclid ymclid msclkid twclid ttclid li_fat_id igshid igsh
        mc_cid mc_eid ref ref_ ref_src ref_url referrer referer refid source_ref srsltid ved ei sa usg si _ga _gl
        gs_lcp spm scm from_source share_source share_medium share_token share_from feature trk trackingid cmpid
        campaign_id ncid ocid smid sr_share cvid n_media n_query n_rank n_ad_group n_ad n_keyword napm wt_mc xtor
        s_cid etext openstat rb_clickid roistat vk_click zanpid admitad_uid fb_action_ids fb_source""",
    )
)


@lru_cache(maxsize=4096)
def normal_address(url: str) -> str:
    """`example.com/a/b?x=1` for any spelling of it; "" for an empty or hopeless one. Never raises."""
    text = _INVISIBLE.sub("", url[:LONGEST])
    text = _SCHEME.sub("", text, count=1).removeprefix("//").partition("#")[0]
    rest, _, query = text.partition("?")
    host, slash, path = rest.replace("\\", "/").partition("/")
    host = _host(host)
    if not host:
        return ""
    address = host + (_quoted(slash + path, _SAFE_PATH).rstrip("/"))
    kept = _query(query)
    return f"{address}?{kept}" if kept else address


@lru_cache(maxsize=4096)
def host_of(url: str) -> str:
    """The host of an address as `normal_address` writes it: lower case, punycode, without www. and m."""
    return normal_address(url).partition("/")[0].partition("?")[0]


@lru_cache(maxsize=4096)
def path_of(url: str) -> str:
    """The path of an address, with its leading slash, query left out."""
    return "/" + normal_address(url).partition("?")[0].partition("/")[2]


def _host(raw: str) -> str:
    name, _, port = raw.rpartition("@")[2].partition(":")
    labels = [_ascii(label) for label in name.rstrip(".").lower().replace("。", ".").split(".")]
    while len(labels) > 2 and (labels[0] in _MOBILE or _WWW_NUMBER.match(labels[0])):
        labels.pop(0)
    host = ".".join(labels)
    return f"{host}:{port}" if port.isdigit() and port not in _DEFAULT_PORTS and host else host


def _ascii(label: str) -> str:
    if label.isascii():
        return label
    try:
        return label.encode("idna").decode("ascii")
    except UnicodeError:
        return label


def _quoted(part: str, safe: str) -> str:
    """Percent-encode once, whatever it was: decode to bytes, then quote what must be."""
    if _PLAIN.fullmatch(part):
        return part
    return quote(unquote_to_bytes(part.encode("utf-8", "surrogatepass")), safe=safe)


def _query(query: str) -> str:
    pairs = (item.partition("=") for item in query.replace(";", "&").split("&") if item)
    kept = (
        _quoted(name, _SAFE_QUERY) + ("=" + _quoted(value, _SAFE_QUERY) if equals else "")
        for name, equals, value in pairs
        if not _tracks(name)
    )
    return "&".join(sorted(kept))


def _tracks(name: str) -> bool:
    lowered = name.lower()
    return lowered in _TRACKING or lowered.startswith(_TRACKING_PREFIXES)
