"""A session opens a run from a request or from its folder, alone, and is ended by the person without harm."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from agentk.agent.ending.summary import summarize
from agentk.agent.request import Request
from agentk.agent.session import all_runs, begin, find, request_of, session, work
from agentk.competitions.draft import Overrides
from agentk.errors import RunError, SettingError
from agentk.graph.folder import RunFolder
from agentk.graph.journal import read


def test_a_request_that_cannot_be_met_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "binary.py").write_bytes(b"\xff\xfe\x00")
    for wrong, words in (
        ({"budget": 1.0}, "too short"),
        ({"folds": tmp_path / "none.csv"}, "no such file"),
        ({"solution": tmp_path / "binary.py"}, "no Python program"),
        ({"overrides": {"metric": str(tmp_path / "none.py:cost")}}, "there is no file"),
    ):
        with pytest.raises(SettingError, match=words):
            begin(Request.model_validate({"competition": "builtin:iris", "out": tmp_path / "runs"} | wrong))
    assert not (tmp_path / "runs").exists()


def test_a_run_can_be_resumed_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("mine.py", "more.csv", "data.csv"):
        Path(name).write_text("x = 1\n")
    Path("own.py").write_text("def cost(truth, answer):\n    return 0.0\n")
    files = {"solution": Path("mine.py"), "extra": Path("more.csv"), "overrides": Overrides(metric="own.py:cost")}
    folder = begin(Request.model_validate({"competition": "data.csv", "out": tmp_path / "runs", **files}))
    Path("mine.py").unlink()
    monkeypatch.chdir("/")
    asked = request_of(folder)
    assert (asked.competition, asked.extra) == (str(tmp_path / "data.csv"), tmp_path / "more.csv")
    assert asked.overrides.metric == f"{tmp_path / 'own.py'}:cost"
    assert folder.given.read_text() == "x = 1\n", "the person's program is kept as it was"


@pytest.mark.slow
def test_a_metric_of_ones_own_goes_with_the_run(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text("def cost(truth, labels):\n    return float((truth != labels).mean()) * 10\n")
    request = Request(
        competition="builtin:wine",
        attempts=2,
        budget=None,
        memory="off",
        out=tmp_path / "runs",
        overrides=Overrides(metric=f"{file}:cost"),
    )
    folder = begin(request)
    with session(folder, request) as bench:
        work(bench)
    first = summarize(folder)
    assert (first.metric, first.direction) == ("own.py:cost", "minimize")
    assert first.test_score is not None and first.baseline_score is not None and first.baseline_score < 5
    file.unlink()
    longer = request.model_copy(update={"attempts": 3})
    with session(folder, longer) as bench:
        work(bench)
    assert summarize(folder).attempts > first.attempts


def test_runs_of_the_same_second_have_folders_of_their_own(tmp_path: Path) -> None:
    request = Request(competition="builtin:iris", out=tmp_path)
    made = {begin(request).path for _ in range(3)}
    assert len(made) == 3 and all(path.name.startswith("iris-") for path in made)


def test_a_run_is_found_by_folder_by_name_and_as_the_last(tmp_path: Path) -> None:
    first, second = (begin(Request(competition=f"builtin:{name}", out=tmp_path)) for name in ("iris", "wine"))
    assert find("last", tmp_path).path == second.path
    assert find(first.path.name, tmp_path).path == find(str(first.path), Path("elsewhere")).path == first.path
    with pytest.raises(RunError, match=f"did you mean {second.path.name}"):
        find(second.path.name[:-1] + "x", tmp_path)


def test_a_run_of_another_version_is_refused_also_as_the_last(tmp_path: Path) -> None:
    folder = begin(Request(competition="builtin:iris", out=tmp_path))
    folder.facts_file.write_text(json.dumps(folder.facts() | {"version": 99}))
    with pytest.raises(RunError, match="layout version 99"):
        find("last", tmp_path)
    assert [run.path for run in all_runs(tmp_path)] == [folder.path]


def test_a_request_that_nobody_can_read_is_named(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", {"request": {"competition": 3}})
    with pytest.raises(RunError, match=r"run\.json cannot be read: request.*copy"):
        request_of(folder)


def test_a_person_may_interrupt_at_any_time_and_go_on_later(tmp_path: Path) -> None:
    request = Request(competition="builtin:iris", budget=60, out=tmp_path, memory="off", hints=("trees",))
    folder = begin(request)

    def interrupt(at: str) -> None:
        def notice(node: str, text: str) -> None:
            if at in (node, text):
                os.kill(os.getpid(), signal.SIGINT)

        bench.notice = notice

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), session(folder, request) as bench:
        interrupt("metric")
        work(bench)
    assert not folder.submission.exists(), "with no submission there is nothing to wait for"

    with session(folder, request) as bench:
        with pytest.raises(RunError, match="another process"):
            RunFolder(folder.path).lock()
        interrupt("collect")
        work(bench)
    assert signal.getsignal(signal.SIGINT) is before
    assert folder.submission.exists()
    found = summarize(folder)
    assert (found.stopped_by, found.submission) == ("interrupted", str(folder.submission))
    told = [line["event"] for line in read(folder.journal)]
    assert (told.count("run_started"), told.count("resumed"), told.count("edited")) == (1, 1, 1)
    RunFolder(folder.path).lock()


def test_what_a_killed_process_left_half_written_is_removed(tmp_path: Path) -> None:
    folder = begin(Request(competition="builtin:iris", out=tmp_path))
    (folder.attempts / ".draft-abc").mkdir()
    (folder.path / ".draft-submission.csv.77").write_text("half")
    (folder.path / ".mine").write_text("a person's own")
    folder.tidy()
    assert list(folder.attempts.iterdir()) == []
    assert {path.name for path in folder.path.glob(".*")} == {".mine"}
