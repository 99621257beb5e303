"""The main job as a person does it: one command, a submission, and everything that can be done with the run afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from agentk.graph.journal import read

from .conftest import Called, call

ARGUMENTS = ("run", "builtin:iris", "--attempts", "4", "--workers", "2", "--seed", "0", "--memory", "off", "--json")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Called]:
    place = tmp_path_factory.mktemp("ran")
    return place, call(*ARGUMENTS, cwd=place)


def test_stdout_holds_one_json_object_and_progress_goes_to_stderr(ran: tuple[Path, Called]) -> None:
    _, called = ran
    assert called.code == 0, called.err
    assert len(called.out.strip().splitlines()) == 1
    wanted = "run submission metric direction cv_score cv_std test_score attempts failed seconds cost tokens stopped_by"
    assert set(wanted.split()) <= set(called.json)
    assert "setup: read" in called.err and "finished: attempts" in called.err


def test_the_score_is_one_that_iris_deserves_and_the_hidden_test_agrees(ran: tuple[Path, Called]) -> None:
    found = ran[1].json
    assert (found["metric"], found["direction"]) == ("log_loss", "minimize")
    assert found["cv_score"] < 0.3 < 1.0 < found["sound_score"]
    assert found["test_score"] < 0.4 < found["sample_score"]
    assert (found["cost"], found["tokens"], found["failed"]) == (0, 0, 0)


def test_the_submission_has_the_form_of_the_sample(ran: tuple[Path, Called]) -> None:
    place, called = ran
    submission = pd.read_csv(place / called.json["submission"])
    sample = pd.read_csv(place / called.json["run"] / "competition" / "sample_submission.csv")
    assert list(submission.columns) == list(sample.columns)
    assert list(submission.iloc[:, 0]) == list(sample.iloc[:, 0])


def test_a_valid_submission_is_there_before_any_attempt_ends(ran: tuple[Path, Called]) -> None:
    place, called = ran
    events = [line["event"] for line in read(place / called.json["run"] / "journal.jsonl")]
    assert events.index("submission_replaced") < events.index("attempt_finished")


def test_every_attempt_left_its_program_parameters_and_predictions(ran: tuple[Path, Called]) -> None:
    place, called = ran
    for folder in (place / called.json["run"] / "attempts").iterdir():
        assert {"solution.py", "params.json", "outcome.json", "log.txt", "oof.parquet", "test.parquet"} <= {
            f.name for f in folder.iterdir()
        }


def test_the_program_that_is_taken_away_makes_the_submission_again(ran: tuple[Path, Called], tmp_path: Path) -> None:
    place, called = ran
    run = place / called.json["run"]
    arguments = [sys.executable, str(run / "solution" / "solution.py"), "--data", str(run / "competition"), "--out", "again.csv"]
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "again.csv"), pd.read_csv(run / "submission.csv"))


def test_new_rows_are_predicted_with_the_winner(ran: tuple[Path, Called], tmp_path: Path) -> None:
    place, called = ran
    run = place / called.json["run"]
    rows = pd.read_csv(run / "competition" / "test.csv").head(7)
    rows.to_csv(tmp_path / "new.csv", index=False)
    said = call("predict", run.name, str(tmp_path / "new.csv"), "--output", str(tmp_path / "out.csv"), cwd=place)
    assert said.code == 0, said.err
    expected = pd.read_csv(run / "submission.csv").head(7)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "out.csv"), expected, rtol=1e-6)


def test_show_and_list_tell_of_the_run(ran: tuple[Path, Called], say: Callable[..., Called]) -> None:
    place, called = ran
    runs = ("--out", str(place / "runs"))
    shown = say("show", "last", *runs)
    assert shown.code == 0
    for word in ("multiclass", "log_loss", "stratified", "★", "submission.csv"):
        assert word in shown.out
    assert Path(called.json["run"]).name[:20] in say("list", *runs).out
    listed = json.loads(say("list", "--json", *runs).out)
    assert [run["cv_score"] for run in listed] == [called.json["cv_score"]]


def test_the_same_seed_gives_the_same_submission_byte_for_byte(ran: tuple[Path, Called], tmp_path: Path) -> None:
    place, called = ran
    again = call(*ARGUMENTS, cwd=tmp_path)
    assert again.code == 0, again.err
    first, second = (where / one.json["submission"] for where, one in ((place, called), (tmp_path, again)))
    assert first.read_bytes() == second.read_bytes()


def test_a_finished_run_goes_on_with_more_attempts(ran: tuple[Path, Called]) -> None:
    place, called = ran
    more = call("resume", "last", "--attempts", "5", "--json", cwd=place)
    assert more.code == 0, more.err
    assert more.json["attempts"] > called.json["attempts"]
    numbers = [
        line["number"] for line in read(place / called.json["run"] / "journal.jsonl") if line["event"] == "attempt_finished"
    ]
    assert len(numbers) == len(set(numbers))
