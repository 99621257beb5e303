"""Short runs of all kinds are judged by what they leave behind."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from agentk.bench.competitions import Bench
from agentk.bench.robust import ShortRun, short_run, short_runs, submission_faults, summary_of
from agentk.bench.setup import chosen
from agentk.bench.synthetic.cases import make
from agentk.competitions.draft import Overrides
from agentk.competitions.setup import set_up


def test_a_submission_is_held_against_what_its_maker_knows(tmp_path: Path) -> None:
    truth = make(chosen(["binary-auc"])[0], 0, tmp_path / "made")
    run = tmp_path / "run"
    run.mkdir()
    competition = set_up(tmp_path / "made", Overrides(), run)
    (run / "competition.json").write_text(competition.model_dump_json())
    sample = pd.read_csv(tmp_path / "made" / "sample_submission.csv")
    sample.to_csv(run / "submission.csv", index=False)
    assert submission_faults(run, truth) == []
    sample.iloc[:-1].to_csv(run / "submission.csv", index=False)
    assert any("rows" in fault for fault in submission_faults(run, truth))
    sample.assign(**{truth.answers[0]: [None, *sample[truth.answers[0]][1:]]}).to_csv(run / "submission.csv", index=False)
    assert any("empty" in fault for fault in submission_faults(run, truth))


def test_ids_are_compared_as_they_are_spelled(tmp_path: Path) -> None:
    truth = make(chosen(["binary-leading-zeros"])[0], 0, tmp_path / "made")
    (tmp_path / "run").mkdir()
    competition = set_up(tmp_path / "made", Overrides(), tmp_path / "run")
    (tmp_path / "run" / "competition.json").write_text(competition.model_dump_json())
    sample = (tmp_path / "made" / "sample_submission.csv").read_text()
    (tmp_path / "run" / "submission.csv").write_text(sample)
    assert submission_faults(tmp_path / "run", truth) == []
    (tmp_path / "run" / "submission.csv").write_text(sample.replace("\n0", "\n"))
    assert any("ids" in fault for fault in submission_faults(tmp_path / "run", truth))


@pytest.mark.slow
def test_short_runs_leave_a_models_submission(tmp_path: Path) -> None:
    (row,) = short_runs(chosen(["numbers-rmse"])[:1], [0], "15s", tmp_path)
    assert row.verdict in ("modelled", "plain"), row.reason  # on a busy machine no model may be scored in time


@pytest.mark.slow
def test_a_question_of_setup_is_told_apart(tmp_path: Path) -> None:
    truth = make(chosen(["numbers-rmse"])[0], 0, tmp_path / "made" / "untold-0")
    for path in (tmp_path / "made" / "untold-0").iterdir():
        if path.name != "train.csv":
            path.unlink()
    row = short_run(Bench(tmp_path / "made", tmp_path, "15s"), "untold", 0, truth, tmp_path / "untold")
    assert row.verdict == "asked" and "--target" in row.reason


def test_the_table_counts() -> None:
    rows = [
        ShortRun(case="text-a", seed=0, verdict="modelled", first_seconds=2.0),
        ShortRun(case="text-b", seed=0, verdict="failed", reason="no submission"),
    ]
    table = summary_of(rows)
    assert table.row_count == 2 and list(table.columns[-1].cells) == ["1", "1"]
