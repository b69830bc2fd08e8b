"""WARC in and out, replay, WACZ: the only importer of warcio. Bytes are kept here before anyone reads them."""

from spiders.archive.bodies import decode, inflate
from spiders.archive.reading import Record, is_wacz, read_wacz, read_warc

__all__ = ["Record", "decode", "inflate", "is_wacz", "read_wacz", "read_warc"]
