"""The bench of competitions: runs in processes of their own, graded, kept, and gone on with after Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from agentk.bench.competitions import Bench, Watcher, run_bench
from agentk.bench.results import Result
from agentk.errors import SettingError

STAND_IN = (sys.executable, str(Path(__file__).parent / "stand_in.py"))


def make(folder: Path, **behaviors: str) -> None:
    """Competition folders and their answers: the right label is always 1."""
    (folder / "answers").mkdir()
    for name, behavior in behaviors.items():
        (folder / name).mkdir()
        (folder / name / "behavior").write_text(behavior)
        pd.DataFrame({"id": range(200), "label": 0}).to_csv(folder / name / "sample_submission.csv", index=False)
        pd.DataFrame({"id": range(200), "label": 1}).to_csv(folder / "answers" / f"{name}.csv", index=False)


def calls(folder: Path, name: str) -> list[str]:
    path = folder / name / "calls"
    return path.read_text().splitlines() if path.exists() else []


def bench(folder: Path, **options: object) -> Bench:
    return Bench(folder=folder, answers=folder / "answers", budget="5s", command=STAND_IN, **options)  # type: ignore[arg-type]


def test_every_competition_is_run_and_graded(tmp_path: Path):
    make(tmp_path, alpha="0.9", beta="0.6")
    seen: list[tuple[str, int, int]] = []

    class Heard(Watcher):
        def starts(self, name: str, seed: int, done: int, total: int) -> None:
            seen.append((f"{name} starts", done, total))

        def row(self, row: Result, done: int, total: int) -> None:
            seen.append((row.competition, done, total))

    rows = run_bench(bench(tmp_path, file=tmp_path / "results.json"), Heard())
    assert [(row.competition, row.score, row.baseline, row.sample) for row in rows] == [
        ("alpha", 0.9, 0.5, 0.0),
        ("beta", 0.6, 0.5, 0.0),
    ]
    first = rows[0]
    assert (first.metric, first.direction, first.exit_code, first.attempts, first.failed) == ("accuracy", "maximize", 0, 7, 1)
    assert (first.cv_score, first.occupancy, first.stopped_by) == (0.9, 0.93, "budget")
    assert first.first_seconds is not None and 0 < first.first_seconds < first.seconds
    assert seen == [("alpha starts", 0, 2), ("alpha", 1, 2), ("beta starts", 1, 2), ("beta", 2, 2)]
    assert calls(tmp_path, "alpha") == ["0 5s"]
    assert [row["score"] for row in json.loads((tmp_path / "results.json").read_text())] == [0.9, 0.6]


def test_a_run_that_fails_is_a_row_with_the_reason(tmp_path: Path):
    make(tmp_path, alpha="fail", beta="0.7")
    failed, graded = run_bench(bench(tmp_path))
    assert failed.score is None and failed.exit_code == 1
    assert failed.reason == "error: no target column was found; name it with --target"
    assert graded.score == 0.7


def test_what_is_done_is_not_run_again(tmp_path: Path):
    make(tmp_path, alpha="0.9", beta="0.6")
    file = tmp_path / "results.json"
    run_bench(bench(tmp_path, file=file, only=["alpha"]))
    rows = run_bench(bench(tmp_path, file=file, seeds=[0, 1]))
    assert [(row.competition, row.seed) for row in rows] == [("alpha", 0), ("beta", 0), ("alpha", 1), ("beta", 1)]
    assert calls(tmp_path, "alpha") == ["0 5s", "1 5s"]
    assert calls(tmp_path, "beta") == ["0 5s", "1 5s"]


def test_references_are_compared_with_row_by_row_even_for_runs_that_are_done(tmp_path: Path):
    make(tmp_path, alpha="0.9")
    file, against = tmp_path / "results.json", tmp_path / "references"
    against.mkdir()
    pd.DataFrame({"id": range(200), "label": [1] * 120 + [0] * 80}).to_csv(against / "alpha.csv", index=False)
    (before,) = run_bench(bench(tmp_path, file=file))
    (row,) = run_bench(bench(tmp_path, file=file, against=against))
    assert before.gain is None
    assert row.gain == pytest.approx(0.3)
    assert row.gain_low is not None and row.gain_high is not None and 0.2 < row.gain_low < 0.3 < row.gain_high < 0.4
    assert calls(tmp_path, "alpha") == ["0 5s"]


def test_ctrl_c_ends_the_run_under_way_keeps_the_rows_and_the_next_bench_goes_on(tmp_path: Path):
    make(tmp_path, alpha="0.9", beta="hang")
    file = tmp_path / "results.json"
    program = (
        "import sys; from pathlib import Path; from agentk.bench.competitions import Bench, run_bench;"
        f"run_bench(Bench(folder=Path({str(tmp_path)!r}), answers=Path({str(tmp_path / 'answers')!r}), budget='5s',"
        f" file=Path({str(file)!r}), command={STAND_IN!r}))"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 60
    while not calls(tmp_path, "beta"):
        assert time.monotonic() < deadline, "the second run did not start"
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) != 0
    assert not _alive(str(tmp_path / "beta"))
    (tmp_path / "beta" / "behavior").write_text("0.8")
    assert [row.score for row in run_bench(bench(tmp_path, file=file))] == [0.9, 0.8]
    assert len(calls(tmp_path, "alpha")) == 1


def _alive(word: str) -> list[str]:
    """Command lines of this user's processes that name `word`."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it has ended meanwhile
            continue
        if word in line and path.parent.name != str(os.getpid()):
            found.append(line)
    return found


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"only": ["gamma"]}, "--only gamma: not among .* alpha"),
        ({"folder": Path("nowhere")}, "nowhere is no folder"),
        ({"answers": Path("nowhere")}, "no folder in"),
        ({"budget": "soon"}, "not a duration"),
    ],
)
def test_what_cannot_be_measured_is_said_before_anything_runs(tmp_path: Path, options: dict[str, object], words: str):
    make(tmp_path, alpha="0.9")
    given: dict[str, object] = {"folder": tmp_path, "answers": tmp_path / "answers", "command": STAND_IN} | options
    with pytest.raises(SettingError, match=words):
        run_bench(Bench(**given))  # type: ignore[arg-type]
    assert calls(tmp_path, "alpha") == []
