"""What `show`, `list` and `clean` say of runs, whatever their names and labels look like."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agentk.agent.ending.summary import Summary
from agentk.agent.request import Request
from agentk.cli.showing import print_summary
from agentk.graph.folder import RunFolder
from agentk.graph.journal import Journal
from agentk.types.competition import Competition, SubmissionFormat, TableFile, TaskKind, Validation

from .conftest import Called

Say = Callable[..., Called]
ODD = Competition(
    name="odd [/b] names",
    folder=Path("odd"),
    task=TaskKind.BINARY,
    train=TableFile(path="train [v2].csv"),
    test=TableFile(path="test.csv"),
    targets=("[kind]",),
    classes=("[/a]", "[red]"),
    columns=(),
    metric="accuracy",
    submission=SubmissionFormat(columns=("[kind]",), id_columns=(), kind="label"),
    validation=Validation(scheme="given", folds=3, reasons=("as [mine].csv says",)),
    rows=100,
    test_rows=50,
    findings=("the column [x] gives the target away",),
)
FAILED = {"status": "failed", "reason": "KeyError: '[/red]'"}


def run(out: Path, name: str, size: int = 0) -> RunFolder:
    """A run of two attempts that has ended, padded to a size."""
    folder = RunFolder.create(out / name, {"request": Request(competition="odd").model_dump(mode="json")})
    (folder.path / "competition.json").write_text(ODD.model_dump_json())
    journal = Journal(folder.journal, lambda: 61.0)
    common = {"kind": "draft", "name": "my [b]program[/b]", "origin": "person", "seconds": 2.0}
    scored = {"outcome": {"status": "scored"}, "score": 0.75, "std": 0.01, "chosen": True, "parent": None}
    for attempt in (common | scored | {"number": 1}, common | {"outcome": FAILED, "number": 2, "parent": 1}):
        journal.write("attempt_finished", number=attempt["number"], attempt=attempt)  # type: ignore[arg-type]
    journal.write("run_finished", stopped_by="budget", best=1)
    journal.close()
    (folder.work / "padding").write_bytes(b"x" * size)
    folder.unlock()
    return folder


def test_names_labels_and_reasons_are_shown_as_they_are(say: Say, tmp_path: Path) -> None:
    run(tmp_path / "runs", "a [run]")
    shown = say("show", "last")
    assert shown.code == 0, shown.err
    for words in (
        "odd [/b] names", "predict [kind], classes [/a], [red]", "train [v2].csv", "3 given", "as [mine].csv says",
        "the column [x]", "★ #1 draft my [b]program[/b] 0.75000", "failed: KeyError: '[/red]'", "#1 my [b]program[/b]", "1m01s",
    ):  # fmt: skip
        assert words in shown.out
    assert "a [run]" in say("list").out


def test_a_run_that_cannot_be_read_is_named_and_hides_no_other(say: Say, tmp_path: Path) -> None:
    run(tmp_path / "runs", "good")
    old = run(tmp_path / "runs", "old")
    old.facts_file.write_text(json.dumps({"version": 99, "agentk": "9.9"}))
    listed = say("list").out
    assert "good" in listed and "0.75000" in listed
    assert "unreadable" in listed and "layout version 99" in listed
    told = {Path(found["run"]).name: found for found in json.loads(say("list", "--json").out)}
    assert told["good"]["cv_score"] == 0.75 and "layout version 99" in told["old"]["error"]


def test_clean_deletes_the_oldest_runs_only_when_told_to_and_none_that_is_at_work(say: Say, tmp_path: Path) -> None:
    out, mebibyte = tmp_path / "runs", 1 << 20
    made = [run(out, name, size=mebibyte) for name in ("first", "second", "third")]
    dry = say("clean", "--cap", "2500K")
    assert "would delete first" in dry.out and "would delete second" not in dry.out
    assert all(folder.path.exists() for folder in made)
    made[0].lock()
    assert "first: at work, left alone" in say("clean", "--cap", "2500K", "--yes").out
    assert [folder.path.exists() for folder in made] == [True, False, True]
    made[0].unlock()
    assert say("clean", "--cap", "0M", "--yes").code == 0
    assert list(out.iterdir()) == []


def test_a_run_without_a_score_says_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(Summary(run="runs/x", competition="x", submission=None, program=None))
    assert "not ended; agentk resume goes on with it" in capsys.readouterr().out


def test_a_run_that_another_process_works_on_is_refused_and_left_alone(say: Say, tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "runs" / "busy", {"request": Request(competition="odd").model_dump(mode="json")})
    said = say("resume", "busy", "--budget", "1m")
    assert said.code == 2 and "another process" in said.err
    assert folder.facts_file.exists(), "the run of the other process is left alone"


def test_a_run_that_has_ended_is_shown_until_more_is_asked_for(say: Say, tmp_path: Path) -> None:
    folder = run(tmp_path / "runs", "done")
    request = Request(competition="odd", attempts=2, budget=None).model_dump(mode="json")
    folder.write_facts(folder.facts() | {"request": request})
    journal = Journal(folder.journal, lambda: 5.0)
    journal.write("run_finished", stopped_by="attempts", best=None)
    journal.close()
    folder.submission.write_text("[kind]\n")
    said = say("resume", "done", "--json")
    assert (said.code, said.json["cv_score"], said.json["stopped_by"]) == (0, 0.75, "attempts")
    assert "agentk resume done --budget +10m" in said.err
    spent = say("resume", "done", "--budget", "3s")
    assert spent.code == 2 and "has spent its budget of 3s" in spent.err


def test_doctor_names_what_to_install(say: Say) -> None:
    checks = json.loads(say("doctor", "--json").out)
    told = say("doctor").out
    for check in checks["checks"]:
        assert check["subject"] in told
        assert check["good"] or check["mend"] in told


def test_doctor_says_which_keys_are_there_but_never_what_they_are(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-verysecret")
    told = say("doctor", "--json").out
    checks = {check["subject"]: check for check in json.loads(told)["checks"]}
    assert "ANTHROPIC_API_KEY" in checks["models: keys"]["found"]
    assert "verysecret" not in told
    assert checks["models: anthropic"]["good"] and "(anthropic/…)" in checks["models: anthropic"]["found"]
