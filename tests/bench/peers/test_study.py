"""A comparison: who meets on which split, what is run again after a kill, and what is told at the end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from agentk.bench.peers.cells import Cell, Cells
from agentk.bench.peers.study import Planned, Study, Watcher, planned, run_study
from agentk.errors import SettingError, StoreError


class Heard(Watcher):
    def __init__(self) -> None:
        self.started: list[str] = []
        self.there: list[Cell] = []

    def starts(self, cell: Planned, done: int, total: int) -> None:
        self.started.append(f"{cell.task.name} {cell.number} {cell.system.name}, {done} of {total}")

    def cell(self, cell: Cell, done: int, total: int) -> None:
        self.there.append(cell)


def kept(system: str, split: int = 0) -> Cell:
    return Cell(
        task="iris", split=split, system=system, budget=1.0, cores=1, metric="log_loss", direction="minimize",
        constant=1.1, score=0.2,
    )  # fmt: skip


def test_systems_meet_on_one_split_after_the_other_the_short_budget_first(tmp_path: Path):
    study = Study(tmp_path, [60.0, 30.0], splits=2, systems=["agentk", "flaml"], only=["wine", "iris"])
    order = [(one.budget, one.number, one.task.name, one.system.name) for one in planned(study)]
    assert order[:5] == [
        (30.0, 0, "wine", "agentk"),
        (30.0, 0, "wine", "flaml"),
        (30.0, 0, "iris", "agentk"),
        (30.0, 0, "iris", "flaml"),
        (30.0, 1, "wine", "agentk"),
    ]
    assert len(order) == 16 and order[-1][0] == 60.0


def test_agentk_takes_part_even_where_only_a_peer_is_named(tmp_path: Path):
    assert [system.name for system in Study(tmp_path, [1.0], systems=["lightgbm"]).chosen()] == ["agentk", "lightgbm"]


def test_only_the_cell_that_a_kill_cut_off_is_run_again(tmp_path: Path):
    journal = tmp_path / "cells.jsonl"
    cut = kept("lightgbm").model_dump_json()[:60]
    journal.write_text(kept("agentk").model_dump_json() + "\n" + cut)
    study, heard = Study(tmp_path, [1.0], splits=1, systems=["agentk", "lightgbm"], only=["iris"]), Heard()
    ours, theirs = run_study(study, heard)
    assert heard.started == ["iris 0 lightgbm, 1 of 2"]
    assert heard.there == [ours, theirs]
    assert ours.score == 0.2 and theirs.score is not None and theirs.score < theirs.constant
    assert theirs.metric == "log_loss" and 0 < theirs.working < theirs.seconds
    assert theirs.curve[-1][1] == theirs.score
    assert list(pd.read_csv(tmp_path / theirs.submission).columns) == ["id", "setosa", "versicolor", "virginica"]
    again = Heard()
    assert run_study(study, again) == [ours, theirs]
    assert again.started == []


def test_a_peer_that_reads_no_text_is_left_out_of_a_task_of_text(tmp_path: Path):
    ours = kept("agentk").model_copy(update={"task": "notes"})
    Cells(tmp_path / "cells.jsonl").keep(ours)
    study = Study(tmp_path, [1.0], splits=1, systems=["agentk", "lightgbm"], only=["notes"])
    assert run_study(study) == [ours]


def test_the_last_line_of_a_key_counts_and_other_files_are_refused(tmp_path: Path):
    cells = Cells(tmp_path / "cells.jsonl")
    cells.keep(kept("flaml"))
    cells.keep(better := kept("flaml").model_copy(update={"score": 0.1}))
    assert list(Cells(tmp_path / "cells.jsonl").done.values()) == [better]
    (tmp_path / "other.jsonl").write_text('{"a": 1}\n')
    with pytest.raises(StoreError, match=r"other.jsonl, line 1 is no cell"):
        Cells(tmp_path / "other.jsonl")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"systems": ["h2o"]}, "--systems h2o: there are agentk, autogluon"),
        ({"only": ["nothing"]}, "--only nothing: there are friedman-1"),
        ({"data": Path("here")}, "--data and --answers belong together"),
        ({"data": Path("nowhere"), "answers": Path("nowhere")}, "--data nowhere is no folder"),
    ],
)
def test_what_cannot_be_compared_is_said_before_anything_runs(tmp_path: Path, options: dict[str, object], words: str):
    with pytest.raises(SettingError, match=words):
        run_study(Study(tmp_path, [1.0], **options))  # type: ignore[arg-type]
    assert not (tmp_path / "cells.jsonl").exists()


@pytest.mark.slow
def test_the_command_compares_and_tells(tmp_path: Path):
    command = [
        sys.executable,
        "-m",
        "agentk",
        "bench",
        "peers",
        "--systems",
        "agentk,lightgbm",
        "--only",
        "iris",
        "--splits",
        "1",
    ]
    done = subprocess.run([*command, "--budget", "12s", "--out", str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "agentk against its peers" in done.stdout and "iris" in done.stdout
    figures = json.loads((tmp_path / "figures.json").read_text())
    (against,) = figures["against"]
    assert against["peer"] == "lightgbm" and against["cells"] == 1
    assert {run["system"]: run["failures"] for run in figures["runs"]} == {"agentk": 0, "lightgbm": 0}
    assert "| task |" in (tmp_path / "peers.md").read_text()
