"""The report on paper, pictures made small, and the white label: by the real browser, without a request."""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.brief import Brief, parse_brief
from audit.cli.report import LOGO_BYTES, _kept, house_style
from audit.errors import BriefError, RenderError
from audit.models import Audit, HouseStyle, Page
from audit.tables import LONGEST_LOGO, contrast_with_white, darker
from reports import safety
from reports.accent import DARK_PAPER, LEGIBLE, contrast, for_dark
from reports.pdf import PICTURE_HEIGHT, PICTURE_WIDTH, pdf, thumbnails
from reports.render import html
from reports.words import languages
from spiders.archive.visits import Archive, Capture, Context, Purpose, Visit
from spiders.browser import find_browser
from tests.golden.make import AUDIT, STYLE
from tests.html_check import Document

BROWSER = find_browser()
SANDBOX = not (hasattr(os, "geteuid") and os.geteuid() == 0)
in_browser = pytest.mark.skipif(not BROWSER.path, reason="no browser on this machine")
reads_paper = pytest.mark.skipif(not shutil.which("pdftotext"), reason="no pdftotext on this machine")
A4 = (595, 842)  # points
STYLES = Path(__file__).resolve().parent.parent / "reports" / "style.css"
AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
BRIEF = '[brand]\nname = "Acme"\n\n[[markets]]\ncountry = "GB"\nlanguage = "en"\nengines = ["google"]\n\n[style]\n'


@pytest.fixture(scope="module")
def audit() -> Audit:
    return Audit.model_validate_json(AUDIT.read_text("utf-8"))


@pytest.fixture(scope="module")
def paper(audit: Audit) -> bytes:
    return pdf(html(audit, style=STYLE, expanded=True), program=BROWSER.path, sandbox=SANDBOX)


@pytest.fixture(scope="module")
def leaves(paper: bytes, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The text of each page."""
    file = tmp_path_factory.mktemp("paper") / "report.pdf"
    file.write_bytes(paper)
    done = subprocess.run(["pdftotext", "-raw", file, "-"], capture_output=True, text=True, check=True)
    return done.stdout.split("\f")[:-1]


# ---------------------------------------------------------------- paper


@in_browser
def test_paper_is_a4_tagged_outlined_and_keeps_its_links(paper: bytes) -> None:
    assert paper.startswith(b"%PDF-")
    boxes = {tuple(map(float, box.split())) for box in re.findall(rb"/MediaBox \[([\d. ]+)\]", paper)}
    assert {(round(box[2]), round(box[3])) for box in boxes} == {A4}
    for part in (b"/StructTreeRoot", b"/Marked true", b"/Outlines", b"/Lang"):
        assert part in paper, part
    assert len(re.findall(rb"/URI \(https://", paper)) > 50
    assert not re.search(rb"/URI \((?!https?://)", paper)
    assert b"/JavaScript" not in paper
    assert b"file:" not in paper


@in_browser
@reads_paper
def test_every_page_is_numbered_under_a_running_head(leaves: list[str]) -> None:
    assert len(leaves) > 10
    for number, text in enumerate(leaves, start=1):
        assert re.search(rf"^{number}\s/\s{len(leaves)}$", text, re.MULTILINE), f"page {number}"
        assert "Lumivelo · Search reputation audit · November 20, 2026" in text, f"page {number}"


@in_browser
@reads_paper
def test_folds_are_open_and_nothing_is_lost(audit: Audit, leaves: list[str]) -> None:
    words = re.sub(r"\s+", "", "".join(leaves))
    titles = {r.title for s in audit.snapshot.serps for r in s.organic if r.title.isascii()}
    assert len(titles) >= 15
    assert [title for title in titles if re.sub(r"\s+", "", title) not in words] == []


@in_browser
def test_printing_asks_for_nothing_and_runs_nothing() -> None:
    hostile = (
        "<!doctype html><title>x</title><img src='https://evil.example/x'><script>document.title = 'ran'</script>"
        "<link rel=stylesheet href='https://evil.example/x.css'><iframe src='https://evil.example/'></iframe>"
    )
    paper = pdf(hostile, program=BROWSER.path, sandbox=SANDBOX)
    assert b"/Title (x)" in paper or b"/Title <FEFF0078>" in paper.upper()


def test_a_browser_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="could not print"):
        pdf("<p>x", program=str(tmp_path / "nothing"))


# ---------------------------------------------------------------- pictures


def png(width: int, height: int) -> bytes:
    """A grey picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def size_of(address: str) -> tuple[int, int]:
    """Width and height of a JPEG data address, from its frame header."""
    import base64

    body = base64.b64decode(address.partition(",")[2])
    at = 2
    while body[at + 1] not in (0xC0, 0xC2):
        at += 2 + int.from_bytes(body[at + 2 : at + 4], "big")
    height, width = struct.unpack(">HH", body[at + 5 : at + 9])
    return int(width), int(height)


@in_browser
def test_screenshots_are_made_small(audit: Audit) -> None:
    pictures = [("s1", png(1280, 5000)), ("s2", png(1280, 720))]
    made = dict(thumbnails(pictures, program=BROWSER.path, sandbox=SANDBOX))
    assert size_of(made["s1"]) == (PICTURE_WIDTH, PICTURE_HEIGHT)
    assert size_of(made["s2"]) == (PICTURE_WIDTH, PICTURE_WIDTH * 720 // 1280)
    assert made["s1"] in html(audit, pictures=made)


@in_browser
def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(RenderError, match="neither PNG nor JPEG"):
        list(thumbnails([("s1", b"<svg onload=alert(1)>")], program=BROWSER.path, sandbox=SANDBOX))


def test_screenshots_come_out_of_the_archive(tmp_path: Path) -> None:
    folder = tmp_path / "run-1"
    folder.mkdir()
    picture = png(4, 4)
    page = Page(url="https://engine.example/", status=200, body=b"<p>x", fetched_at=AT)
    visit = Visit(run="run-1", number=1, purpose=Purpose.SERP, asked=page.url, context=Context(), at=AT)
    with Archive(folder / "run-1-001.warc.gz", run="run-1", tool="test", at=AT) as archive:
        kept, _ = archive.keep(visit, Capture(page, screenshot=picture))
    wanted = {kept.screenshot: "s1"}
    assert list(_kept(tmp_path, {"run-1-001.warc.gz"}, wanted)) == [("s1", picture)]
    assert list(_kept(tmp_path, {"other.warc.gz"}, wanted)) == []


# ---------------------------------------------------------------- white label


def brief(style: str) -> Brief:
    return parse_brief(BRIEF + style)


def test_a_logo_file_is_read_and_embedded(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(png(20, 10))
    (tmp_path / "logo.svg").write_text('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "utf-8")
    for name, start in (("logo.png", "data:image/png;base64,"), ("logo.svg", "data:image/svg+xml;base64,")):
        style = house_style(brief(f'logo = "{name}"'), tmp_path / "brief.toml")
        assert style.logo.startswith(start)
        report = html(Audit.model_validate_json(AUDIT.read_text("utf-8")), style=style)
        assert f'<img class="logo" src="{style.logo}"' in report
        assert "<svg xmlns" not in report, "a drawing of others is never inline"


def test_the_largest_logo_that_is_read_is_also_shown(tmp_path: Path) -> None:
    head = b"\x89PNG\r\n\x1a\n"
    (tmp_path / "logo.png").write_bytes(head + b"x" * (LOGO_BYTES - len(head)))
    style = house_style(brief('logo = "logo.png"'), tmp_path / "brief.toml")
    assert safety.logo(style.logo) == style.logo
    assert safety.LOGO_LIMIT == LONGEST_LOGO
    with pytest.raises(BriefError, match="save the picture smaller"):
        brief(f'logo = "data:image/png;base64,{"A" * LONGEST_LOGO}"')


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("none.png", None, "cannot be read"),
        ("big.png", b"\x89PNG\r\n\x1a\n" + b"x" * LOGO_BYTES, "more than"),
        ("page.png", b"<html>", "neither PNG, JPEG nor SVG"),
    ],
)
def test_what_is_no_logo_is_refused_with_the_mend(tmp_path: Path, name: str, body: bytes | None, said: str) -> None:
    if body is not None:
        (tmp_path / name).write_bytes(body)
    with pytest.raises(BriefError, match=said) as refused:
        house_style(brief(f'logo = "{name}"'), tmp_path / "brief.toml")
    assert "style.logo" in str(refused.value)
    assert refused.value.mend


@pytest.mark.parametrize(
    ("style", "said"),
    [
        ('accent = "#FFD400"', "too pale on white: contrast 1.4, at least 4.5; take a darker one, like '#"),
        ('accent = "navy"', "is no colour; write six"),
        ('logo = "https://acme.example/logo.png"', "would be fetched; save the picture"),
        ('logo = "data:text/html;base64,PHN2Zz4="', "is no embedded picture"),
        ('language = "English"', "is no language; write two"),
        ('colour = "#000000"', "is no key of a brief"),
    ],
)
def test_a_style_that_cannot_be_is_refused_with_line_and_mend(style: str, said: str) -> None:
    with pytest.raises(BriefError, match=re.escape(said)) as refused:
        brief(style)
    assert "brief.toml:10: style." in str(refused.value)


@pytest.mark.parametrize("colour", ["#FFD400", "#FF0000", "#00FF00", "#7F7F7F", "#FFFFFF"])
def test_the_mend_is_legible_and_near(colour: str) -> None:
    shade = darker(colour)
    assert contrast_with_white(shade) >= LEGIBLE
    assert contrast_with_white(shade) < LEGIBLE + 0.35


@pytest.mark.parametrize("colour", ["#00456F", "#000000", "#7A1F1F", "#1B5E20", HouseStyle().accent])
def test_in_dark_mode_the_accent_is_lightened_until_it_is_legible(colour: str) -> None:
    assert contrast(for_dark(colour), DARK_PAPER) >= LEGIBLE
    audit = Audit.model_validate_json(AUDIT.read_text("utf-8"))
    report = html(audit, style=HouseStyle(accent=colour))
    assert f"@media screen and (prefers-color-scheme:dark){{:root{{--accent:{for_dark(colour)}}}}}" in report


def test_dark_paper_is_that_of_the_style_sheet() -> None:
    dark = STYLES.read_text("utf-8").partition("prefers-color-scheme: dark")[2]
    assert f"--paper: {DARK_PAPER.lower()}" in dark.partition("}")[0].lower()
    assert contrast("#ffffff", "#000000") == pytest.approx(21)


@pytest.mark.parametrize("language", languages())
def test_our_own_name_is_never_seen(audit: Audit, language: str) -> None:
    report = html(audit, style=STYLE, language=language, expanded=True)
    document = Document.of(report)
    assert "repaudit" not in document.visible().lower()
    shown = [e for e in document.elements if e.tag != "meta" and "repaudit" in " ".join(e.attributes.values()).lower()]
    assert shown == []
    named = [e for e in document.elements if "repaudit" in e.attributes.get("content", "").lower()]
    assert [e.attributes.get("name") for e in named] == ["generator"]


@in_browser
@reads_paper
def test_our_own_name_is_not_on_paper_either(paper: bytes, leaves: list[str]) -> None:
    assert "repaudit" not in "".join(leaves).lower()
    assert b"repaudit" not in paper.lower()
