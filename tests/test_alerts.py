"""Alerts: the rules on audits, quiet hours, and delivery to a real SMTP server and a real HTTP listener on loopback."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from audit import cli
from audit.alerts import Alert, alerts, one_message, quiet
from audit.brief import parse_brief
from audit.errors import BriefError
from audit.models import Audit, Change, ChangeKind, Comparison, Moved
from audit.store import Store
from audit.tables_alerts import AlertRule, AlertsTable
from spiders.gate.post import Mailbox, UndeliveredError, hook, mail, slack, telegram
from tests.audits import audit_of
from tests.test_movement_cli import BAD, BRIEF, KIND, taken

USER, PASSWORD = "desk", "never-print-me-7431"


def told(audit: Audit, **table: Any) -> list[Alert]:
    return list(alerts(audit, AlertsTable(**table)))


def with_changes(*changes: Change, **more: Any) -> Audit:
    return audit_of({("google", "acme"): "++-+"}).model_copy(update={"changes": changes, **more})


def entered(after: float = 5, sentiment: float = -1, **more: Any) -> Change:
    kind: dict[str, Any] = {"kind": ChangeKind.ENTERED, "subject": "bad.example/x", "engine": "google"}
    return Change(**{**kind, "keyword": "acme", "title": "T", "after": after, "sentiment": sentiment, **more})


# ---------------------------------------------------------------- rules


def test_a_new_negative_in_the_first_ten() -> None:
    rules = {"rules": ("new_negative",)}
    assert [a.subject for a in told(with_changes(entered(evidence=("s1/3",))), **rules)] == ["bad.example/x"]
    assert told(with_changes(entered(evidence=("s1/3",))), **rules)[0].hashes == ("0" * 64,)
    quiet_ones = (entered(after=11), entered(sentiment=1), entered(sentiment=0), entered(persistent=False))
    assert told(with_changes(*quiet_ones), **rules) == []


def test_the_first_negative_above_position_four() -> None:
    found = told(audit_of({("google", "acme"): "++-+", ("google", "acme x"): "+++-"}), rules=("first_negative",))
    assert [(a.keyword, a.after, a.evidence) for a in found] == [("acme", 3, ("s1/3",))]


def test_a_fall_is_told_only_where_it_may_be_claimed() -> None:
    fell = Comparison(verdict=Moved.CHANGED, before=20, after=-4, effect=-24, p=0.01)
    unsure = fell.model_copy(update={"verdict": Moved.NO_CHANGE_SHOWN})
    rose = fell.model_copy(update={"effect": 24.0, "before": -4.0, "after": 20.0})
    found = told(with_changes(comparisons=(fell, unsure, rose)), rules=("score_fell",))
    assert [(a.before, a.after) for a in found] == [(20, -4)]


@pytest.mark.parametrize(("after", "count"), [(4.0, 1), (4.1, 0), (4.4, 1)])
def test_a_rating_that_moved_by_two_tenths(after: float, count: int) -> None:
    moved = Change(kind=ChangeKind.RATING_MOVED, subject="t.example/acme", title="trustpilot", before=4.2, after=after)
    assert len(told(with_changes(moved), rules=("rating_moved",))) == count


def test_suggestions_removed_pages_and_coverage() -> None:
    words = {"engine": "google", "keyword": "acme"}
    bad = Change(kind=ChangeKind.SUGGESTION_APPEARED, subject="acme scam", sentiment=-1, **words)
    fine = Change(kind=ChangeKind.SUGGESTION_APPEARED, subject="acme shop", sentiment=0, **words)
    gone = Change(kind=ChangeKind.LEFT, subject="old.example/y", before=2, **words)
    audit = with_changes(bad, fine, gone)
    label = next(iter(audit.labels.values()))
    still = Change(kind=ChangeKind.LEFT, subject=label.address, before=2, **words)
    less = Change(kind=ChangeKind.COVERAGE, subject="brand", before=0.9, after=0.7)
    more = Change(kind=ChangeKind.COVERAGE, subject="brand", before=0.7, after=0.9)
    found = told(audit.model_copy(update={"changes": (*audit.changes, still, less, more)}))
    by_rule = {rule: [a.subject for a in found if a.rule is rule] for rule in AlertRule}
    assert by_rule[AlertRule.BAD_SUGGESTION] == ["acme scam"]
    assert by_rule[AlertRule.PAGE_REMOVED] == ["old.example/y"]
    assert by_rule[AlertRule.COVERAGE_FELL] == ["brand"]


@pytest.mark.parametrize(
    ("hours", "clock", "wanted"),
    [
        ("22:00-07:00", "2026-11-01T22:30+02:00", True),
        ("22:00-07:00", "2026-11-01T06:59+02:00", True),
        ("22:00-07:00", "2026-11-01T07:00+02:00", False),
        ("12:00-13:00", "2026-11-01T12:30+02:00", True),
        ("12:00-13:00", "2026-11-01T12:30+00:00", False),
        ("", "2026-11-01T03:00+02:00", False),
    ],
)
def test_quiet_hours_are_those_of_the_briefs_time_zone(hours: str, clock: str, wanted: bool) -> None:
    table = AlertsTable(quiet=hours, timezone="Europe/Kyiv")
    assert quiet(table, datetime.fromisoformat(clock)) is wanted


@pytest.mark.parametrize(
    "line",
    [
        'quiet = "at night"',
        'timezone = "Europe/Nowhere"',
        'rules = ["every_thing"]',
        'mail = { server = "mail", sender = "a@b.example", to = ["c@d.example"] }',
        'mail = { server = "mail:25", sender = "a@b.example\\nBcc: x@y.example", to = ["c@d.example"] }',
        'hooks = [{ url = "file:///etc/passwd" }]',
        'hooks = [{ url = "env:HOOK", shape = "telegram" }]',
    ],
)
def test_a_wrong_table_is_answered_with_its_key(line: str) -> None:
    with pytest.raises(BriefError, match="alerts"):
        parse_brief(f"{BRIEF}\n[alerts]\n{line}\n")


# ---------------------------------------------------------------- delivery


class Desk:
    """Keeps what is delivered, or refuses it."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.posts: list[tuple[str, Any]] = []
        self.refuse = False

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.refuse:
            return "451 not now"
        self.mails.append(message_from_bytes(envelope.content or b"", policy=policy.default))  # type: ignore[arg-type]
        return "250 taken"


def knows(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    fits = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=fits)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def smtp(desk: Desk) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    options: dict[str, Any] = {"authenticator": knows, "auth_require_tls": False}
    controller = Controller(desk, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@pytest.fixture
def listener(desk: Desk) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if not desk.refuse:
                desk.posts.append((self.path, body))
            self.send_response(500 if desk.refuse else 302 if self.path == "/elsewhere" else 200)
            if self.path == "/elsewhere":
                self.send_header("Location", "/other")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def box(port: int, **changed: Any) -> Mailbox:
    return Mailbox("127.0.0.1", port, "none", "audits@agency.example", ["desk@acme.example"])._replace(**changed)


def test_a_mail_arrives_as_it_was_written(smtp: int, desk: Desk) -> None:
    mail(box(smtp), "Acme: упал рейтинг", "строка\nвторая 리뷰\n")
    (got,) = desk.mails
    assert got["Subject"] == "Acme: упал рейтинг"
    assert got["To"] == "desk@acme.example"
    assert got.get_content().splitlines() == ["строка", "вторая 리뷰"]


def test_a_mail_that_is_not_taken_says_so_without_the_password(smtp: int, desk: Desk) -> None:
    mail(box(smtp, user=USER, password=PASSWORD), "s", "t")
    assert len(desk.mails) == 1
    with pytest.raises(UndeliveredError) as wrong:
        mail(box(smtp, user=USER, password=PASSWORD + "x"), "s", "t")
    desk.refuse = True
    with pytest.raises(UndeliveredError, match="451") as refused:
        mail(box(smtp), "s", "t")
    with pytest.raises(UndeliveredError):
        mail(box(smtp, tls="starttls"), "s", "t")  # the server has no TLS: nothing goes out in clear
    assert PASSWORD not in f"{wrong.value}{refused.value}"
    assert len(desk.mails) == 1


def test_a_hook_takes_the_three_shapes_and_follows_no_redirect(listener: str, desk: Desk) -> None:
    hook(f"{listener}/a", slack("<!channel> & co"))
    hook(f"{listener}/b", telegram("*x*", "42"))
    assert desk.posts[0] == ("/a", {"text": "&lt;!channel&gt; &amp; co"})
    assert desk.posts[1] == ("/b", {"chat_id": "42", "text": "*x*", "disable_web_page_preview": True})
    with pytest.raises(UndeliveredError, match="302"):
        hook(f"{listener}/elsewhere", {})
    assert [path for path, _ in desk.posts] == ["/a", "/b", "/elsewhere"]


# ---------------------------------------------------------------- the command


@pytest.fixture
def folder(tmp_path: Path, smtp: int, listener: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    mail_table = f'{{ server = "127.0.0.1:{smtp}", sender = "a@b.example", to = ["c@d.example"], tls = "none" }}'
    hooks = f'[{{ url = "env:HOOK" }}, {{ url = "{listener}/slack", shape = "slack" }}]'
    brief = f'{BRIEF}\n[alerts]\nrules = ["score_fell"]\nmail = {mail_table}\nhooks = {hooks}\n'
    (tmp_path / "brief.toml").write_text(brief, "utf-8")
    with Store.open(str(tmp_path / "repaudit.sqlite")) as store:
        for day, text in enumerate((KIND, BAD)):
            for capture in (1, 2):
                store.save_snapshot(taken(text, day, f"2026-11-0{day + 1}", capture))
    monkeypatch.setenv("HOOK", f"{listener}/json")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["repaudit", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def test_every_channel_is_told_once_and_what_failed_again(
    folder: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.refuse = True
    assert run(monkeypatch, "alerts", "brief.toml", "--json") == cli.alerts.NEW_ALERTS
    facts = json.loads(capsys.readouterr().out)
    assert [alert["rule"] for alert in facts["alerts"]] == ["score_fell"]
    assert len(facts["undelivered"]) == 3
    desk.refuse = False
    assert run(monkeypatch, "alerts", "brief.toml") == 0  # nothing new, but what failed goes out now
    assert "Nothing new to tell." in capsys.readouterr().out
    assert run(monkeypatch, "alerts", "brief.toml") == 0
    assert len(desk.mails) == 1
    assert "The score of the brand fell" in desk.mails[0].get_content()
    assert sorted(path for path, _ in desk.posts) == ["/json", "/slack"]
    sent = next(body for path, body in desk.posts if path == "/json")
    assert sent["alerts"][0]["brand"] == "Acme"


def test_in_quiet_hours_nothing_is_sent_and_nothing_is_lost(
    folder: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = datetime(2026, 11, 3, 23, tzinfo=UTC)
    with_quiet = (folder / "brief.toml").read_text("utf-8").replace("[alerts]", '[alerts]\nquiet = "22:00-07:00"')
    (folder / "brief.toml").write_text(with_quiet, "utf-8")
    monkeypatch.setattr(cli.alerts, "now", lambda: night)
    assert run(monkeypatch, "alerts", "brief.toml") == cli.alerts.NEW_ALERTS
    assert (desk.mails, desk.posts) == ([], [])
    monkeypatch.setattr(cli.alerts, "now", lambda: night + timedelta(hours=9))
    assert run(monkeypatch, "alerts", "brief.toml") == 0
    assert (len(desk.mails), len(desk.posts)) == (1, 2)


def test_one_message_names_brand_evidence_and_hash() -> None:
    found = told(with_changes(entered(evidence=("s1/3",)), entered(subject="worse.example/z")), rules=("new_negative",))
    subject, text = one_message(found)
    assert subject == "Acme: 2 alerts"
    assert "evidence: s1/3, sha256 " + "0" * 64 in text
    assert "worse.example/z" in text
