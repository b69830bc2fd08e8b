"""Pages of any site without a plug of its own: what their schema.org markup says about their main subject."""

from __future__ import annotations

from datetime import date

from spiders.address import http
from spiders.site import ReviewSite


class SchemaOrg(ReviewSite):
    """JSON-LD, then microdata, the hreview microformats and RDFa; of several subjects, the page's own."""

    name = "schema_org"
    homepage = "https://schema.org/AggregateRating"
    hosts = ()
    verified = date(2026, 4, 29)

    def url(self, subject: str) -> str:
        return http(subject)
