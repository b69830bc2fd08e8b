"""The command line, end to end on the demonstration's pages: what a user types, sees and gets wrong."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from audit.models import Audit, Scope, Verdict

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "examples" / "demo"


def run(*arguments: str | Path, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """The real program in a process of its own: exit code, both streams, nothing mocked."""
    environment = {k: v for k, v in os.environ.items() if k != "REPAUDIT_DEBUG"} | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", "from audit.cli import main; main()", *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, input=stdin, capture_output=True, text=True, encoding="utf-8", check=False, env=environment
    )


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo's brief and one import done."""
    folder = tmp_path_factory.mktemp("job")
    (folder / "brief.toml").write_bytes((DEMO / "brief.toml").read_bytes())
    done = run("import", "brief.toml", DEMO / "pages", "--at", "2026-11-20T09:00Z", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "15 of 18 planned pages answered" in done.stdout
    return folder


def audit_of(folder: Path) -> Audit:
    done = run("score", "brief.toml", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    return Audit.model_validate_json(done.stdout)


def test_import_says_what_every_file_became(job: Path) -> None:
    page = DEMO / "pages" / "baidu-zh-complaints.html"
    done = run("import", "brief.toml", page, "--json", "--at", "2026-11-19T09:00Z", cwd=job)
    facts = json.loads(done.stdout)
    assert facts["files"][0]["outcome"] == "BLOCKED"
    assert facts["files"][0]["kind"] == "captcha"
    assert len(facts["files"][0]["sha256"]) == 64
    again = run("import", "brief.toml", DEMO / "pages", "--at", "2026-11-20T09:00Z", cwd=job)
    assert "google-en-brand.html: google 'Lumivelo' RESULTS" in again.stdout


def test_score_is_an_audit_with_range_and_coverage(job: Path) -> None:
    audit = audit_of(job)
    assert audit.score.coverage == pytest.approx(sum_answered(audit), abs=0.02)
    assert audit.score.low is not None
    assert audit.score.high is not None
    assert audit.score.dominance is not None
    assert audit.score.low <= audit.score.dominance <= audit.score.high
    assert Verdict.NOT_ENOUGH not in audit.verdicts
    assert {s.engine for s in audit.scores if s.scope is Scope.ENGINE} >= {"google", "bing", "yandex", "naver", "baidu"}


def sum_answered(audit: Audit) -> float:
    """Coverage by hand: demand of answered cells over demand of planned cells, per engine, then by equal shares."""
    answered = {s.query for s in audit.snapshot.serps if s.outcome.answered}
    demand = {k.text: k.demand for k in audit.snapshot.keywords}
    shares = []
    for engine in {q.engine for q in audit.snapshot.plan}:
        cells = [q for q in audit.snapshot.plan if q.engine == engine]
        shares.append(sum(demand[q.keyword] for q in cells if q in answered) / sum(demand[q.keyword] for q in cells))
    return sum(shares) / len(shares)


def test_score_for_people(job: Path) -> None:
    done = run("score", "brief.toml", cwd=job)
    assert "Lumivelo" in done.stdout
    assert "…" in done.stdout


def test_explain_adds_up(job: Path) -> None:
    for what in ("brand", "google", "Lumivelo reviews", "s1"):
        done = run("explain", "brief.toml", what, cwd=job)
        assert done.returncode == 0, done.stderr
        assert len(done.stdout.splitlines()) > 3
    wrong = run("explain", "brief.toml", "nonsense", cwd=job)
    assert wrong.returncode == 2
    assert "nonsense" in wrong.stderr


def test_report_in_five_languages(job: Path) -> None:
    for language in ("en", "ru", "uk", "ko", "zh"):
        done = run("report", "brief.toml", "--lang", language, "-o", f"r.{language}.html", cwd=job)
        assert done.returncode == 0, done.stderr
        text = (job / f"r.{language}.html").read_text("utf-8")
        assert f'<html lang="{language}"' in text
        assert "Lumivelo" in text
    wrong = run("report", "brief.toml", "--lang", "xx", cwd=job)
    assert wrong.returncode in (2, 6)
    assert "Traceback" not in wrong.stderr


def test_a_person_wins_and_stays(job: Path) -> None:
    before = audit_of(job)
    assert run("label", "brief.toml", "--out", "labels.csv", cwd=job).returncode == 0
    rows = list(csv.DictReader(io.StringIO((job / "labels.csv").read_text("utf-8-sig"))))
    chosen = next(r for r in rows if "cyclingjournal.example/reviews" in r["address"])
    chosen["sentiment"] = "negative"
    with (job / "mine.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows([chosen])
    done = run("label", "brief.toml", "--read", "mine.csv", "--who", "tester", cwd=job)
    assert done.returncode == 0, done.stderr
    assert "1 label" in done.stdout
    run("import", "brief.toml", DEMO / "pages", "--at", "2026-11-27T09:00Z", cwd=job)
    after = audit_of(job)
    label = next(v for v in after.labels.values() if v.by == "person")
    assert (label.who, label.sentiment) == ("tester", -1.0)
    assert after.score.dominance is not None
    assert before.score.dominance is not None
    assert after.score.dominance < before.score.dominance


def test_wrong_sheet_names_line_and_mend(job: Path) -> None:
    (job / "bad.csv").write_text('"key","address","sentiment"\n"k","a.example","wonderful"\n', "utf-8")
    done = run("label", "brief.toml", "--read", "bad.csv", cwd=job)
    assert done.returncode == 2
    assert "wonderful" in done.stderr


def test_verify(job: Path) -> None:
    done = run("verify", "brief.toml", cwd=job)
    assert done.returncode == 0, done.stderr


def test_doctor_says_the_mend(job: Path, tmp_path: Path) -> None:
    done = run("doctor", "brief.toml", cwd=job)
    assert "store opens and is as it was written" in done.stdout
    assert done.returncode == (1 if "MEND" in done.stdout else 0)
    wrong = run("doctor", tmp_path / "none.toml", cwd=tmp_path)
    assert wrong.returncode == 1
    assert "repaudit init" in wrong.stdout


def test_keywords_offers_what_the_engines_propose(job: Path) -> None:
    done = run("keywords", "brief.toml", "--json", cwd=job)
    told = json.loads(done.stdout)
    assert "Lumivelo reviews" in told["keywords"]
    assert any("lumivelo" in offer["text"].casefold() and offer["seen"] for offer in told["offered"])


def test_machines_get_what_people_read(job: Path) -> None:
    for arguments, key in (
        (["explain", "brief.toml", "brand"], "lines"),
        (["report", "brief.toml", "-o", "machine.html"], "report"),
        (["label", "brief.toml", "--out", "machine.csv"], "written"),
        (["browser"], "path"),
    ):
        done = run(*arguments, "--json", cwd=job)
        assert done.returncode == 0, done.stderr
        assert key in json.loads(done.stdout)
    assert (job / "machine.html").exists()


def test_parse_contract(tmp_path: Path) -> None:
    good, bad = DEMO / "pages" / "google-en-brand.html", tmp_path / "none.html"
    (tmp_path / "noise.bin").write_bytes(bytes(range(256)))
    done = run("parse", good, bad, tmp_path / "noise.bin", "--json", cwd=tmp_path)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [set(line) for line in lines] == [
        {"file", "source", "outcome", "kind", "query", "results", "profile", "warnings"}
    ] * 3
    assert (lines[0]["source"], lines[0]["outcome"], lines[0]["query"]) == ("google", "RESULTS", "Lumivelo")
    assert set(lines[0]["results"][0]) == {
        "feature", "rank", "position", "title", "url", "displayed_url", "snippet", "date", "rating",
    }  # fmt: skip
    rated = next(r["rating"] for r in lines[0]["results"] if r["rating"])
    assert set(rated) == {"value", "best", "worst", "rating_count", "review_count"}
    assert lines[1]["outcome"] == "FAILED"
    assert lines[2]["outcome"] in ("FAILED", "UNRECOGNISED")
    assert done.returncode == 2, "a missing file is said by the exit code too"
    profile = run("parse", DEMO / "pages" / "trustpilot-lumivelo.html", "--json", cwd=tmp_path)
    assert json.loads(profile.stdout)["profile"]["rating"]["value"] == 4.6


def test_classify_contract(tmp_path: Path) -> None:
    rows = [
        {"id": 1, "lang": "en", "brand": "Acme", "title": "Acme scam: they took my money", "domain": "forum.example"},
        {"id": "b", "title": "Отличный сервис, рекомендую Acme", "lang": "ru", "brand": "Acme"},
        {"id": "c", "title": "Zgłoszenie", "lang": "pl", "brand": "Acme"},
    ]
    done = run("classify", "--json", cwd=tmp_path, stdin="\n".join(json.dumps(r) for r in rows))
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [a["id"] for a in answers] == [1, "b", "c"]
    assert answers[0]["label"] < 0 < answers[1]["label"]
    assert answers[2]["label"] is None, "a language that cannot be read is unread, never neutral"
    assert all({"id", "label", "p", "because"} <= set(a) for a in answers)
    broken = run("classify", "--json", cwd=tmp_path, stdin="{nonsense\n")
    assert broken.returncode == 2
    assert "line 1" in broken.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["score", "none.toml"], 2, "repaudit init"),
        (["parse", "x.html", "--engine", "gogle"], 2, "Known: "),
        (["report", "brief.toml"], 4, "repaudit import"),
        (["init", "brief.toml"], 2, "exists already"),
        (["import", "brief.toml", "nothing.html"], 2, "nothing.html"),
        (["import", "brief.toml", "brief.toml", "--at", "yesterday"], 2, "2026-11-20T09:00Z"),
    ],
)
def test_wrong_use_gets_one_sentence(tmp_path: Path, arguments: list[str], code: int, words: str) -> None:
    run("init", "brief.toml", cwd=tmp_path)
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_demo_prints_the_path_of_its_report(tmp_path: Path) -> None:
    done = run("demo", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    path = Path(done.stdout.strip().splitlines()[-1].removeprefix("Report: "))
    assert path.stat().st_size > 50_000
