"""A function of one's own, called in a sandbox: how truth and answers reach it, and every way in which it can fail."""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np
import pytest

from agentk.competitions.metrics.own import Caller, MetricFailedError, MetricGoneError, metric_of, spelling
from agentk.types.competition import OwnMetric, TaskKind


def own(source: str, form: str = "values", **facts: Any) -> OwnMetric:
    return OwnMetric.model_validate(
        {"file": "mine.py", "function": "f", "source": source, "direction": "minimize", "form": form, "best": 0.0, **facts}
    )


def caller(source: str, form: str = "values", task: TaskKind = TaskKind.REGRESSION, classes: Any = (), **facts: Any) -> Caller:
    return Caller("mine.py", "f", source, spelling(own(source, form, **facts), task, classes))


VALUES = np.array([[1.0], [2.0], [4.0]])
CODES = np.array([0.0, 1.0, 1.0])


def test_one_target_comes_as_vectors_several_as_matrices() -> None:
    source = "def f(truth, answer):\n    return truth.ndim * 100 + answer.ndim * 10 + float(abs(truth - answer).sum())"
    assert caller(source).called(VALUES, VALUES + 1) == 113
    assert caller(source).called(np.ones((2, 2)), np.zeros((2, 2))) == 224


def test_labels_come_as_the_files_spell_them() -> None:
    source = "def f(truth, answer):\n    return float(sum((t, a) == ('ill', 'well') for t, a in zip(truth, answer)))"
    assert caller(source, "labels", TaskKind.BINARY, ("ill", "well")).called(np.array([0.0, 0, 1]), np.array([1.0, 0, 0])) == 1


@pytest.mark.parametrize("classes", [(False, True), (0, 1), (0.5, 1.5)])
def test_labels_keep_their_type(classes: tuple[Any, ...]) -> None:
    source = "def f(truth, answer):\n    return {'b': 0, 'i': 1, 'f': 2}[truth.dtype.kind]"
    found = caller(source, "labels", TaskKind.BINARY, classes).called(CODES, CODES)
    assert found == [bool, int, float].index(type(classes[0]))


def test_probabilities_are_of_the_positive_class_or_of_every_class() -> None:
    source = "from sklearn.metrics import log_loss\ndef f(truth, probabilities):\n    return log_loss(truth, probabilities)"
    given = np.array([[0.8, 0.2], [0.4, 0.6], [0.5, 0.5]])
    expected = -(math.log(0.8) + math.log(0.6) + math.log(0.5)) / 3
    assert caller(source, "probabilities", TaskKind.BINARY, ("a", "b")).called(CODES, given) == pytest.approx(expected)
    three = np.column_stack([given * 0.5, [0.5, 0.5, 0.5]])
    truth = np.array([0.0, 1.0, 2.0])
    expected = -(math.log(0.4) + math.log(0.3) + math.log(0.5)) / 3
    assert caller(source, "probabilities", TaskKind.MULTICLASS, ("a", "b", "c")).called(truth, three) == pytest.approx(expected)


class TestTables:
    """Kaggle's own signature: score(solution, submission, row_id_column_name)."""

    def test_values_in_the_columns_of_the_submission(self) -> None:
        source = (
            "def f(solution, submission, row_id_column_name, power=2):\n"
            "    assert list(solution) == list(submission) == ['key', 'y', 'x'] and row_id_column_name == 'key'\n"
            "    return float(((solution['x'] - submission['x']).abs() ** power).mean())"
        )
        call = caller(source, task=TaskKind.MULTIOUTPUT, columns=("key", "y", "x"), places=(1, 0))
        assert call.called(np.array([[1.0, 0.0], [5.0, 0.0]]), np.array([[3.0, 7.0], [5.0, 7.0]])) == 2

    def test_labels(self) -> None:
        source = "def f(solution, submission, row_id_column_name):\n    return float((solution.kind == 'b').sum() * 10 + (submission.kind == 'b').sum())"  # noqa: E501
        call = caller(source, "labels", TaskKind.BINARY, ("a", "b"), columns=("id", "kind"), places=(0,))
        assert call.called(CODES, np.zeros(3)) == 20

    def test_a_column_a_class(self) -> None:
        source = "def f(solution, submission, row_id_column_name):\n    return float((solution.b * submission.b).sum())"
        call = caller(source, "probabilities", TaskKind.BINARY, ("a", "b"), columns=("id", "b"), places=(1,))
        assert call.called(CODES, np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]])) == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("def f(t, a):\n    raise ValueError('bad row')", r"ValueError: bad row \(line 2\)"),
        ("def f(t, a):\n    return 'high'", "it returned str 'high', not a number"),
        ("def f(t, a):\n    return t", "it returned ndarray"),
        ("def f(t, a):\n    return None", "it returned NoneType 'None', not a number"),
        ("import sys\ndef f(t, a):\n    sys.exit(3)", "SystemExit: 3"),
        (
            "import no_such_module\ndef f(t, a):\n    return 1",
            r"ModuleNotFoundError: No module named 'no_such_module' \(line 1\)",
        ),
        ("f = 3", "TypeError: f is int, not a function"),
    ],
)
def test_what_is_no_number(source: str, told: str) -> None:
    with pytest.raises(MetricFailedError, match=told):
        caller(source).called(VALUES, VALUES)


@pytest.mark.parametrize("value", ["float('nan')", "float('inf')", "np.float32(0.5)", "np.array(0.5)", "np.int64(3)", "7"])
def test_numbers_of_every_kind(value: str) -> None:
    found = caller(f"import numpy as np\ndef f(t, a):\n    return {value}").called(VALUES, VALUES)
    assert found == pytest.approx(float(eval(value, {"np": np})), nan_ok=True)


def test_it_goes_on_after_an_error_and_after_a_death() -> None:
    source = (
        "import os\n"
        "def f(truth, answer):\n"
        "    if answer[0] == 1:\n        raise ValueError('one')\n"
        "    if answer[0] == 2:\n        os._exit(7)\n"
        "    return float(answer.sum())"
    )
    call = caller(source)
    assert call.called(VALUES, VALUES * 3) == 21
    assert math.isnan(call.score(VALUES, VALUES))
    with pytest.raises(MetricGoneError, match=r"mine\.py:f could not be called: it left with exit code 7"):
        call.score(VALUES, VALUES * 2)
    assert call.called(VALUES, VALUES * 3) == 21


def test_what_takes_too_long_is_ended() -> None:
    call = caller("def f(t, a):\n    while a[0]:\n        pass\n    return 5")
    with pytest.raises(MetricGoneError, match=r"took longer than 0\.5 s"):
        call.called(VALUES, VALUES, within_s=0.5)
    assert call.called(VALUES, VALUES * 0) == 5


def test_it_can_neither_write_nor_speak_nor_see_the_data(tmp_path) -> None:
    secret = tmp_path / "train.csv"
    secret.write_text("label")
    source = (
        "import os, socket, pathlib\n"
        "def f(truth, answer):\n"
        "    found = 0\n"
        f"    found += pathlib.Path({str(secret)!r}).exists()\n"
        "    try:\n        socket.create_connection(('127.0.0.1', 9), 1)\n"
        "    except ConnectionRefusedError:\n        found += 10\n"
        "    except OSError:\n        pass\n"
        "    try:\n        pathlib.Path('/usr/mark').write_text('x')\n        found += 100\n"
        "    except OSError:\n        pass\n"
        "    return found"
    )
    from agentk.sandbox.open import describe_sandbox

    if describe_sandbox().missing:
        pytest.skip(describe_sandbox().line())
    assert caller(source).called(VALUES, VALUES) == 0


def test_threads_may_call_at_once() -> None:
    call = caller("def f(truth, answer):\n    return float(answer.sum())")
    found: list[float] = []
    threads = [threading.Thread(target=lambda n=n: found.append(call.called(VALUES, VALUES * n))) for n in range(1, 9)]  # type: ignore[misc]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [7 * n for n in range(1, 9)]


def test_the_metric_of_a_contract() -> None:
    class Contract:
        metric, task, classes, cells = "mine.py:f", TaskKind.REGRESSION, (), None
        own_metric = own("def f(truth, answer):\n    return float(abs(truth - answer).max())", link="log1p")

    metric = metric_of(Contract())
    assert (metric.name, metric.direction, metric.form, metric.link) == ("mine.py:f", "minimize", "values", "log1p")
    assert metric.score(VALUES, VALUES + np.array([[1.0], [0.0], [3.0]])) == 3
    assert metric.losses(VALUES, VALUES) is None
    assert metric_of(Contract()) is metric
