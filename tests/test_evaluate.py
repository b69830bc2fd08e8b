"""The harness: any engine on any labelled file, and the optional engines behind one protocol."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from typer.testing import CliRunner  # noqa: TID251

from audit.cli import app
from audit.cli.judging import judge_of
from audit.errors import RepauditError, UsageError
from audit.evaluation import figures, kind_of, rows_of
from audit.judges import Options, Question, judge, names, of_polarity
from audit.judges.endpoint import shares_of
from audit.judges.onnx import classes_of
from audit.tables_meaning import MeaningTable
from spiders.gate.post import ask

ROWS = [
    {
        "id": 1,
        "lang": "en",
        "brand": "Lumivelo",
        "title": "Lumivelo is a scam",
        "domain": "a.example/forum",
        "label": -2,
    },
    {"id": 2, "lang": "en", "brand": "Lumivelo", "title": "Lumivelo is great", "domain": "a.example/forum", "label": 2},
    {"id": 3, "lang": "en", "brand": "Lumivelo", "title": "Lumivelo is a village in Kent", "label": None, "hard": "x"},
]
ASKED = Question("Lumivelo is a scam", "", "en", ("Lumivelo",))
AGREED = "texts may leave this machine: the client agreed in writing"


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in ROWS), encoding="utf-8")
    return path


def run(*arguments: str) -> Any:
    done = CliRunner().invoke(app, ["evaluate", *arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_figures_for_machines_and_for_people(labelled: Path) -> None:
    told = json.loads(run(str(labelled), "--json"))
    assert (told["engine"], told["rows"], told["accuracy"]) == ("shipped", 2, 1.0)
    assert told["confusion"]["negative"] == {"negative": 1, "neutral": 0, "positive": 0, "not about it": 0}
    assert told["null"]["rows"] == told["null"]["found"] == 1
    assert set(told) >= {"macro_f1", "ece", "reliability", "hard", "errors_by_kind", "settled", "sure"}
    said = run(str(labelled))
    assert "100% of 2 results right" in said
    assert "Not about the brand: 1 of 1 found" in said


def test_textblob_alone_is_the_comparison(labelled: Path) -> None:
    told = json.loads(run(str(labelled), "--engine", "textblob", "--alone", "--json"))
    assert told["alone"]
    assert told["confusion"]["negative"]["negative"] == 0


def test_a_sheet_counts_where_a_person_looked(tmp_path: Path) -> None:
    sheet = tmp_path / "labels.csv"
    sheet.write_text(
        "checked,sentiment,about_brand,title,snippet,address,language\n"
        "x,negative,yes,Lumivelo is a scam,,https://a.example/forum,en\n"
        ",positive,yes,Lumivelo is great,,https://a.example/forum,en\n",
        encoding="utf-8",
    )
    assert [row["label"] for row in rows_of(sheet.read_text("utf-8"), "s", "Lumivelo")] == [-2.0]
    assert json.loads(run(str(sheet), "--brand", "Lumivelo", "--json"))["rows"] == 1


@pytest.mark.parametrize("text", ["", "hello", '{"id": 1}', '{"title": "x", "label": 7}', "{nonsense"])
def test_what_is_no_labelled_file_is_said(text: str) -> None:
    with pytest.raises(UsageError):
        rows_of(text, "here")


def test_kinds_of_difficulty() -> None:
    assert kind_of({"hard": "rating is the only signal"}) == "rating only"
    assert kind_of({"hard": ""}) == "plain"
    assert figures([])["rows"] == 0


# ---------------------------------------------------------------- engines


def test_the_shelf() -> None:
    assert names() == ("endpoint", "onnx", "shipped", "snownlp", "textblob", "vader")
    with pytest.raises(UsageError, match="Known: endpoint"):
        judge("gut feeling")
    assert judge_of(MeaningTable()) is None


@pytest.mark.parametrize("name", ["shipped", "textblob", "vader"])
def test_engines_that_need_nothing(name: str) -> None:
    p = judge(name).p(Question("A wonderful, excellent, lovely bike from Lumivelo", "", "en", ("Lumivelo",)))
    assert p is not None
    assert p.index(max(p)) == 2
    assert sum(p) == pytest.approx(1.0)


@pytest.mark.parametrize("polarity", [-1.0, -0.2, 0.0, 0.2, 1.0])
def test_polarity_becomes_probabilities(polarity: float) -> None:
    p = of_polarity(polarity)
    assert sum(p) == pytest.approx(1.0)
    assert (p[2] - p[0]) * polarity >= 0


def test_a_chinese_package_reads_chinese_only() -> None:
    engine = judge("snownlp", Options(session=lambda _: 0.01))
    p = engine.p(Question("太差了", "", "zh"))
    assert p is not None
    assert p[0] > 0.5
    assert engine.p(ASKED) is None


def test_a_transformer_by_path_and_what_it_lacks(tmp_path: Path) -> None:
    def session(_: str) -> Sequence[float]:
        return (3.0, 0.0, -1.0)

    p = judge("onnx", Options(session=session)).p(ASKED)
    assert p is not None
    assert p[0] > 0.9
    with pytest.raises(UsageError, match="no model is named"):
        judge("onnx")
    with pytest.raises(UsageError, match="there is no model"):
        judge("onnx", Options(model=str(tmp_path)))
    config = tmp_path / "config.json"
    config.write_text('{"id2label": {"0": "1 star", "1": "2 stars", "2": "3 stars", "3": "4 stars", "4": "5 stars"}}')
    assert classes_of(config) == (0, 0, 1, 2, 2)
    config.write_text('{"id2label": {"0": "Positive", "1": "neutral", "2": "NEGATIVE"}}')
    assert classes_of(config) == (2, 1, 0)


class _Endpoint(BaseHTTPRequestHandler):
    seen: ClassVar[list[tuple[str, str, dict[str, Any]]]] = []
    answer: ClassVar[str] = ""
    status: ClassVar[int] = 200

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen.append((self.path, self.headers.get("Authorization", ""), body))
        told = json.dumps({"choices": [{"message": {"content": self.answer}}]}).encode()
        self.send_response(self.status)
        self.send_header("Location", "http://127.0.0.1:9/")
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Endpoint)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    _Endpoint.seen.clear()
    _Endpoint.status = 200
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()
    thread.join()


def test_no_text_leaves_without_the_sentence_of_consent(endpoint: str) -> None:
    for consent in ("", "yes", "sure, why not"):
        with pytest.raises(UsageError, match="nobody agreed"):
            judge_of(MeaningTable(engine="endpoint", address=endpoint, consent=consent))
    assert _Endpoint.seen == []


def test_an_endpoint_is_asked_with_the_masked_key(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPAUDIT_ENDPOINT_KEY", "sk-test-0123456789")
    _Endpoint.answer = 'Sure: {"neg": 0.9, "neu": 0.05, "pos": 0.05}'
    engine = judge_of(MeaningTable(engine="endpoint", address=endpoint, model="m", consent=AGREED))
    assert engine is not None
    assert engine.p(ASKED) == pytest.approx((0.9, 0.05, 0.05))
    path, key, body = _Endpoint.seen[0]
    assert (path, key, body["model"]) == ("/v1/chat/completions", "Bearer sk-test-0123456789", "m")
    assert json.loads(body["messages"][1]["content"])["title"] == ASKED.title
    assert "sk-test" not in repr(engine.__dict__)


def test_an_endpoint_that_sends_us_elsewhere_or_fails_is_an_error(endpoint: str) -> None:
    engine = judge_of(MeaningTable(engine="endpoint", address=endpoint, consent=AGREED))
    assert engine is not None
    for status in (302, 500):
        _Endpoint.status = status
        with pytest.raises(RepauditError, match="did not answer"):
            engine.p(ASKED)


def test_plain_http_goes_no_further_than_this_machine() -> None:
    with pytest.raises(UsageError, match="not encrypted"):
        ask("http://example.org/v1", {}, b"")


@pytest.mark.parametrize(
    "content", ["", "no", '{"neg": 2, "neu": 0, "pos": 0}', '{"neg": 0, "neu": 0, "pos": 0}', "{}"]
)
def test_an_answer_that_is_no_three_numbers_is_unread(content: str) -> None:
    assert shares_of(json.dumps({"choices": [{"message": {"content": content}}]}).encode()) is None
    assert shares_of(content.encode()) is None
