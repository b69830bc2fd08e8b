"""G2: business software. Plain requests are answered by DataDome or Cloudflare; saved pages carry microdata."""

from __future__ import annotations

import re
from urllib.parse import quote, quote_plus

from spiders.site import ReviewSite


class G2(ReviewSite):
    name = "g2"
    homepage = "https://www.g2.com/"
    hosts = ("g2.com",)
    marks = ("meta[property='og:site_name'][content=G2]", "section#reviews article[itemprop=review]")
    absence = "#reviews, [class*=no-reviews], [data-testid=no-reviews]"
    verified = None

    def url(self, subject: str) -> str:
        if re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", subject):
            return f"https://www.g2.com/products/{quote(subject)}/reviews"
        return f"https://www.g2.com/search?query={quote_plus(subject)}"
