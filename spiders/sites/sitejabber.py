"""Sitejabber, also Smart Customer: reviews of web shops by domain.

Its figure is its own: half all reviews, a quarter each the last year and month, 3.0 standing in for an empty period.
"""

from __future__ import annotations

from urllib.parse import quote

from spiders.site import ReviewSite


class Sitejabber(ReviewSite):
    name = "sitejabber"
    homepage = "https://www.sitejabber.com/"
    hosts = ("sitejabber.com", "smartcustomer.com")
    marks = ("meta[property='og:site_name'][content=Sitejabber]",)
    absence = "[class*=no-reviews], [class*=empty-reviews], .summary__reviews, #reviews"
    verified = None

    def url(self, subject: str) -> str:
        return f"https://www.sitejabber.com/reviews/{quote(subject, safe='')}"
