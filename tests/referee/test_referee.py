"""The referee: solutions go into a real sandbox fold by fold; scores, refusals and plain reasons come out."""

from __future__ import annotations

import pickle
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from agentk.competitions.metrics import metric_named
from agentk.errors import CompetitionError
from agentk.referee.evaluation import Evaluation, load, save
from agentk.referee.layout import Layout
from agentk.referee.referee import Referee
from agentk.sandbox.protocol import Guarantee, Limits, Sandbox
from agentk.types.competition import TaskKind
from agentk.types.outcome import Status
from agentk.types.solution import Solution

from .conftest import Rows, competition, outcome_of
from .solutions import GOOD, body, good


def test_a_good_solution_is_scored_by_the_referee_on_rows_it_was_not_trained_on(referee: Referee, cancer: Rows) -> None:
    evaluation = outcome_of(referee, good())
    assert evaluation.outcome.status is Status.SCORED
    assert evaluation.complete and evaluation.mask is not None and evaluation.mask.all()
    assert evaluation.oof is not None and evaluation.oof.shape == (300, 2)
    assert evaluation.test is not None and evaluation.test.shape == (150, 2)
    assert evaluation.answers is not None
    assert evaluation.score == pytest.approx(f1_score(cancer.truth, evaluation.answers))
    assert len(evaluation.fold_scores) == 3 and evaluation.std == pytest.approx(np.std(evaluation.fold_scores, ddof=1))
    assert f1_score(cancer.answers, referee.answers(evaluation)) > 0.8
    assert evaluation.seconds > 0


def test_predictions_reach_the_rows_they_belong_to(referee: Referee, cancer: Rows) -> None:
    number = 'test["id"].str.removeprefix("row-").astype(int).to_numpy() / 7919 / 1000'
    evaluation = outcome_of(referee, body(f"return {number}"))
    assert evaluation.oof is not None and evaluation.test is not None
    assert np.allclose(evaluation.oof[:, 1] * 1000, np.arange(300))
    assert np.allclose(evaluation.test[:, 1] * 1000, np.arange(300, 450))


def test_a_solution_sees_what_the_contract_promises(referee: Referee, sandbox: Sandbox) -> None:
    checks = body(
        'assert list(train.columns) == ["id", *(f"f{i}" for i in range(8)), "grade", "target"], list(train.columns)',
        'assert list(test.columns) == ["id", *(f"f{i}" for i in range(8))], list(test.columns)',
        'assert set(train["target"]) == {"B", "M"} and train["grade"].notna().all()',
        "assert len(train) == 200 and len(test) == 250 and list(train.index) == list(range(200))",
        'assert params == {"c": 2.0, "seed": 1, "threads": 1, "device": "cpu"}, params',
        "assert data_dir.is_dir() and not list(data_dir.iterdir())",
        "return np.full((len(test), 2), 0.5)",
    )
    referee.submit(checks, {"c": 2.0}, key="one")
    (evaluation,) = referee.collect(None)
    assert evaluation.outcome.status is Status.SCORED, evaluation.outcome.reason


def test_a_card_is_shown_to_programs_that_compute_on_one_alone(cancer: Rows, sandbox: Sandbox, tmp_path: Path) -> None:
    if Guarantee.FILES not in sandbox.guarantees:
        pytest.skip("nothing is hidden from programs here")
    place = (cancer.competition, cancer.train, cancer.test, cancer.truth, metric_named("f1"), sandbox, tmp_path)
    referee = Referee(*place, seed=1, devices=(Path("/dev/tty"),), device=lambda: "cuda")  # a device that every machine has
    look = [
        "try:",
        "    os.close(os.open('/dev/tty', os.O_RDWR))",
        "    shown = True",
        "except OSError as error:",
        "    shown = error.errno == errno.ENXIO",
    ]
    for name, expected in (("torch", ("cuda", True)), ("numpy", ("cpu", False))):
        last = (f'assert (params["device"], shown) == {expected}, params', "return np.full((len(test), 2), 0.5)")
        referee.submit(body(f"# {name}", *look, *last, before="import errno, os\nimport numpy as np"), {}, key=name)
    for evaluation in (*referee.collect(None), *referee.collect(None)):
        assert evaluation.outcome.status is Status.SCORED, evaluation.outcome.reason


def test_no_label_of_a_held_out_row_is_in_any_file_that_is_handed_over(referee: Referee, cancer: Rows, tmp_path: Path) -> None:
    files = sorted((tmp_path / "handed").rglob("*.pkl"))
    assert len(files) == 1 + 3
    for path in files:
        content = pickle.loads(path.read_bytes())
        if isinstance(content, pd.DataFrame):
            assert "target" not in content and "grade" not in content and len(content) == 450
            continue
        fold = int(path.stem.removeprefix("call-"))
        known = {int(value) for value in content["labels"]["grade"]}  # numbers each training row
        assert known == set(np.flatnonzero(referee.layout.assignment != fold))
        assert len(content["labels"]) == len(content["train_rows"]) == 200
        for row in referee.layout.held_out(fold):
            assert np.float64(row).tobytes() not in content["labels"]["grade"].to_numpy().tobytes()


def test_a_program_cannot_find_the_labels_anywhere_it_can_look(referee: Referee) -> None:
    spy = body(
        "import gc, os, sys",
        "held = len(test) - 150",
        "for thing in gc.get_objects():",
        "    if isinstance(thing, type(train)) and thing is not train and 'target' in thing.columns:",
        "        assert len(thing) <= len(train), 'found labels of more rows than it may know'",
        "found = [name for top in ('/inputs', data_dir) for _, _, names in os.walk(top) for name in names]",
        "assert not found, found",
        "return np.full((len(test), 2), 0.5)",
    )
    evaluation = outcome_of(referee, spy)
    assert evaluation.outcome.status is Status.SCORED, evaluation.outcome.reason


def test_an_exception_becomes_its_last_line_and_the_line_where_it_rose(referee: Referee) -> None:
    evaluation = outcome_of(referee, body("rows = len(train)", 'return train["absent"] / rows'))
    assert evaluation.outcome.status is Status.FAILED
    assert evaluation.outcome.reason == (
        "KeyError: 'absent' (solution.py line 6, in fit_predict: return train[\"absent\"] / rows)"
    )
    assert "Traceback" in evaluation.log and evaluation.score is None


WRONG = [
    ("return np.full((len(test), 2), np.nan)", Status.INVALID, "NaN or infinity"),
    ("return np.full((len(test), 3), 1 / 3)", Status.INVALID, r"shape \(250, 3\), expected \(250, 2\)"),
    ("return np.full(len(test) - 1, 0.5)", Status.INVALID, "expected"),
    ("return np.full((len(test), 2), 0.9)", Status.INVALID, "add up to"),
    ("return np.full((len(test), 2), [-0.5, 1.5])", Status.INVALID, "outside"),
    ('return np.full(len(test), "M")', Status.FAILED, "matrix of floats"),
    ("return None", Status.INVALID, "NaN|shape"),
    ("raise SystemExit(3)", Status.FAILED, "SystemExit"),
    ("raise MemoryError", Status.OUT_OF_MEMORY, "MemoryError"),
    ("import os; os._exit(0)", Status.INVALID, "without predictions"),
    ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", Status.CRASHED, "."),
]


@pytest.mark.parametrize(("line", "status", "reason"), WRONG, ids=[line[0][:40] for line in WRONG])
def test_what_goes_wrong_is_said_plainly(referee: Referee, line: str, status: Status, reason: str) -> None:
    import re

    evaluation = outcome_of(referee, body(line))
    assert evaluation.outcome.status is status, evaluation.outcome
    assert re.search(reason, evaluation.outcome.reason), evaluation.outcome.reason


def test_a_program_that_takes_too_long_is_ended(referee: Referee) -> None:
    began = time.monotonic()
    evaluation = outcome_of(referee, body("import time; time.sleep(60)"), seconds=0.5)
    assert evaluation.outcome.status is Status.TIMED_OUT
    assert time.monotonic() - began < 20


def test_a_program_that_takes_too_much_memory_is_ended(referee: Referee) -> None:
    hungry = body("held = [np.ones((1 << 18, 8)) for _ in range(200)]", "return np.full((len(test), 2), 0.5)")
    evaluation = outcome_of(referee, hungry, limits=Limits(wall_s=60, memory_bytes=600 << 20))
    assert evaluation.outcome.status is Status.OUT_OF_MEMORY, evaluation.outcome


def test_a_pickled_object_in_place_of_predictions_is_not_loaded(referee: Referee) -> None:
    evil = body(
        "import inspect, os",
        "output = inspect.stack()[1].frame.f_locals['output']",
        "np.save(output / 'predictions.npy', np.array([{'a': 1}] * len(test), dtype=object), allow_pickle=True)",
        "os._exit(0)",
    )
    evaluation = outcome_of(referee, evil)
    assert evaluation.outcome.status is Status.INVALID
    assert "float64" in evaluation.outcome.reason


def test_a_program_with_a_fault_that_can_be_read_is_refused_before_it_runs(referee: Referee) -> None:
    evaluation = outcome_of(referee, Solution("def fit_predict(train, test, params, data_dir): return (", "broken"))
    assert evaluation.outcome.status is Status.INVALID and "SyntaxError" in evaluation.outcome.reason
    assert evaluation.seconds == 0.0, "no slot was held"


def test_other_parameters_are_another_evaluation(referee: Referee) -> None:
    referee.submit(good(), {"c": 100.0}, key="loose")
    referee.submit(good(), {"c": 0.001}, key="tight")
    found: dict[str, Evaluation] = {}
    while referee.pending:
        found.update({evaluation.key: evaluation for evaluation in referee.collect(None)})
    assert not np.allclose(found["loose"].oof, found["tight"].oof)


def test_extra_rows_train_every_fold_and_are_never_scored(cancer: Rows, sandbox: Sandbox, tmp_path: Path) -> None:
    extra = cancer.train.iloc[:40].drop(columns="grade").assign(id=[f"extra-{i}" for i in range(40)])
    referee = Referee(
        cancer.competition, cancer.train, cancer.test, cancer.truth, metric_named("f1"), sandbox, tmp_path, seed=1, extra=extra
    )
    checks = body(
        'own = train["id"].str.startswith("extra")',
        'assert own.sum() == 40 and len(train) == 240 and train["target"].notna().all()',
        'assert not test["id"].str.startswith("extra").any() and len(test) == 250',
        "return np.full(len(test), 0.5)",
    )
    evaluation = outcome_of(referee, checks)
    assert evaluation.outcome.status is Status.SCORED, evaluation.outcome.reason
    assert evaluation.oof is not None and len(evaluation.oof) == 300


def test_a_forecast_learns_from_the_past_and_predicts_test_in_one_last_call(sandbox: Sandbox, tmp_path: Path) -> None:
    days = np.arange(120)
    train = pd.DataFrame({"id": days[:100], "day": days[:100], "target": np.exp(days[:100] / 50)})
    test = pd.DataFrame({"id": days[100:], "day": days[100:]})
    made = competition(TaskKind.REGRESSION, train, test, metric="rmsle")
    layout = Layout(np.repeat([-1, -1, -1, 0, 1], 20), 2, "rolling", 0, forward=True)
    truth = train[["target"]].to_numpy()
    referee = Referee(made, train, test, truth, metric_named("rmsle"), sandbox, tmp_path, seed=0, layout=layout)
    referee_says = outcome_of(
        referee,
        body(
            "assert train['day'].max() < test['day'].min() and len(test) == 20, (train['day'].max(), test['day'].min())",
            "line = np.polyfit(train['day'], np.log(train['target']), 1)",
            "return np.exp(np.polyval(line, test['day']))",
        ),
    )
    assert referee_says.outcome.status is Status.SCORED, referee_says.outcome.reason
    assert referee_says.complete and len(referee_says.fold_scores) == 2
    assert np.allclose(referee_says.test[:, 0], np.exp(days[100:] / 50), rtol=1e-6)
    assert referee_says.mask is not None and referee_says.mask.sum() == 40


def test_test_predictions_are_averaged_where_errors_are_even(sandbox: Sandbox, tmp_path: Path) -> None:
    train = pd.DataFrame({"id": range(30), "x": 1.0, "target": 5.0})
    test = pd.DataFrame({"id": range(3), "x": 1.0})
    made = competition(TaskKind.REGRESSION, train, test, metric="rmsle")
    layout = Layout(np.arange(30) % 2, 2, "random", 0)
    referee = Referee(
        made, train, test, train[["target"]].to_numpy(), metric_named("rmsle"), sandbox, tmp_path, seed=0, layout=layout
    )
    evaluation = outcome_of(referee, body("return np.full(len(test), 0.0 if 0 in set(train['id']) else 8.0)"))
    assert evaluation.test is not None and np.allclose(evaluation.test, 2.0)  # expm1 of the mean of log1p, not 4


def test_an_evaluation_is_kept_in_two_files_and_read_back(referee: Referee, tmp_path: Path) -> None:
    evaluation = outcome_of(referee, good())
    save(evaluation, tmp_path / "attempt")
    assert list(pd.read_parquet(tmp_path / "attempt" / "oof.parquet").columns) == ["B", "M"]
    assert len(pd.read_parquet(tmp_path / "attempt" / "test.parquet")) == 150
    again = load(tmp_path / "attempt")
    assert np.array_equal(again.oof, evaluation.oof) and np.array_equal(again.test, evaluation.test)
    assert replace(again, oof=None, test=None, mask=None) == replace(
        evaluation, oof=None, test=None, mask=None, answers=None, log=""
    )
    assert np.array_equal(referee.judge.answers(again), evaluation.answers)


def test_the_same_submission_twice_gives_the_same_numbers(cancer: Rows, sandbox: Sandbox, tmp_path: Path) -> None:
    found = []
    for folder in ("one", "two"):
        referee = Referee(
            cancer.competition, cancer.train, cancer.test, cancer.truth, metric_named("f1"), sandbox, tmp_path / folder, seed=1
        )
        found.append(outcome_of(referee, Solution(GOOD, "logistic")))
    assert np.array_equal(found[0].oof, found[1].oof) and np.array_equal(found[0].test, found[1].test)


def test_frames_that_do_not_fit_are_an_error(cancer: Rows, sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(CompetitionError, match="f3"):
        Referee(
            cancer.competition,
            cancer.train,
            cancer.test.drop(columns="f3"),
            cancer.truth,
            metric_named("f1"),
            sandbox,
            tmp_path,
            seed=1,
        )
