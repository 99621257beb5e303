"""What a bench prints: a line for each row as it comes, and the table of all of them."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pandas as pd
from rich.console import Console

from agentk.bench.competitions import Bench
from agentk.bench.results import Result
from agentk.bench.show import show_bench
from agentk.bench.table import line_of, table_of

GOOD = Result(
    competition="alpha",
    seed=0,
    budget="5s",
    exit_code=0,
    metric="rmse",
    direction="minimize",
    score=0.123456,
    gain=-0.01,
    gain_low=-0.02,
    gain_high=-0.001,
)
BAD = Result(competition="beta", seed=0, budget="5s", exit_code=2, reason="no [target] found")


def printed(console_width: int, *things: object) -> str:
    console = Console(width=console_width, file=io.StringIO())
    console.print(*things)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_row_is_shown_with_its_interval_and_a_failure_with_its_reason() -> None:
    text = printed(200, table_of([GOOD, BAD]))
    assert "1 of 2 graded" in text and "0.12346" in text and "rmse ↓" in text
    assert "-0.0200 … -0.0010" in text and "no [target] found" in text
    assert "90% interval" not in printed(200, table_of([BAD]))


def test_a_row_is_one_plain_line() -> None:
    assert line_of(BAD, 2, 2) == "[2/2] beta, seed 0: no score, no [target] found"
    assert "rmse 0.12346" in line_of(GOOD, 1, 2) and "-0.01000 (-0.0200 … -0.0010) over the reference" in line_of(GOOD, 1, 2)


def test_lines_go_where_progress_goes_and_the_table_where_results_go(tmp_path: Path) -> None:
    (tmp_path / "alpha").mkdir()
    (tmp_path / "alpha" / "behavior").write_text("0.75")
    pd.DataFrame({"id": range(200), "label": 0}).to_csv(tmp_path / "alpha" / "sample_submission.csv", index=False)
    pd.DataFrame({"id": range(200), "label": 1}).to_csv(tmp_path / "alpha.csv", index=False)
    progress, table = io.StringIO(), io.StringIO()
    stand_in = (sys.executable, str(Path(__file__).parent / "stand_in.py"))
    bench = Bench(tmp_path, tmp_path, "5s", command=stand_in)
    rows = show_bench(bench, Console(file=progress, width=80), Console(file=table, width=40))
    assert [row.score for row in rows] == [0.75]
    assert progress.getvalue().startswith("[1/1] alpha, seed 0: accuracy 0.75000")
    assert "1 of 1 graded" in table.getvalue()
    assert "0.75000" in table.getvalue(), "a file is as wide as it needs to be"
