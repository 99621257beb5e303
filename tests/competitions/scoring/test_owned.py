"""A metric of the person's own in setup: what it is taken for, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.metrics.own import metric_of
from agentk.competitions.scoring.truth import perfect_answer
from agentk.errors import SettingError
from agentk.types.competition import TaskKind

N, M = 240, 80
RNG = np.random.default_rng(5)
ILL = RNG.integers(0, 2, N + M)
PRICE = RNG.gamma(2, 100, N + M).round(2)
TOWNS = RNG.choice(["oak", "elm", "fir"], N + M)
ERROR = "import numpy as np\ndef f(truth, answer):\n    return np.minimum(abs(truth - answer), 50).mean()\n"

Own = Callable[[str], str]


@pytest.fixture
def own(tmp_path: Path) -> Own:
    """Writes mine.py, and says how its function f is spelled."""

    def written(source: str) -> str:
        (tmp_path / "mine.py").write_text(source)
        return f"{tmp_path / 'mine.py'}:f"

    return written


def test_values(parts, write, understood, own: Own) -> None:
    c = understood(write(parts("price", PRICE)), metric=own(ERROR + "f.link = 'log1p'"))
    metric = metric_of(c)
    assert (c.task, c.metric, c.submission.kind) == (TaskKind.REGRESSION, "mine.py:f", "values")
    assert (metric.direction, metric.form, metric.link, metric.best) == ("minimize", "values", "log1p", 0)
    assert any("the truth scores 0, one answer for all rows" in reason for reason in c.reasons)


def test_the_run_needs_the_file_no_more(parts, write, understood, own: Own, tmp_path: Path) -> None:
    c = understood(write(parts("price", PRICE)), metric=own(ERROR))
    (tmp_path / "mine.py").unlink()
    again = type(c).model_validate_json(c.model_dump_json())
    assert metric_of(again).score(np.array([[1.0], [2.0]]), np.array([[1.0], [99.0]])) == 25


def test_labels_where_nothing_says_probabilities(parts, write, understood, own: Own) -> None:
    cost = "def f(truth, answer):\n    return float(sum(5 * (t > a) + (t < a) for t, a in zip(truth, answer)))"
    c = understood(write(parts("ill", ILL)), metric=own(cost))
    assert c.own_metric is not None
    assert (c.task, c.own_metric.form, c.own_metric.direction, c.submission.kind) == (
        TaskKind.BINARY,
        "labels",
        "minimize",
        "label",
    )


@pytest.mark.parametrize(
    ("parameter", "told", "sample"),
    [("answer", "", 0.5), ("y_prob", "", 0), ("answer", "f.form = 'probabilities'", 0)],
    ids=["sample", "parameter", "attribute"],
)
def test_probabilities(parts, write, understood, own: Own, parameter: str, told: str, sample: float) -> None:
    rate = (
        f"def f(truth, {parameter}):\n    return float(((truth == 1) * {parameter} - (truth == 0) * {parameter}).mean())\n{told}"
    )
    c = understood(write(parts("ill", ILL, sample)), metric=own(rate))
    assert c.own_metric is not None
    assert (c.own_metric.form, c.own_metric.direction, c.submission.kind) == ("probabilities", "maximize", "probability")


def test_what_it_was_given_is_told_where_that_was_a_guess(parts, write, understood, own: Own) -> None:
    source = "def f(truth, answer):\n    return (truth[:, 0] != answer).mean()"
    with pytest.raises(
        SettingError, match=r"IndexError.*\(it is given probabilities \(as the sample submission has them; f.form says"
    ):
        understood(write(parts("ill", ILL, 0.5)), metric=own(source))
    named = "def f(truth, labels):\n    return (truth != labels).mean()"
    c = understood(write(parts("ill", ILL, 1)), metric=own(named))
    assert c.own_metric is not None and c.own_metric.form == "labels"


def test_the_best_score_may_be_any(parts, write, understood, own: Own) -> None:
    c = understood(write(parts("price", PRICE)), metric=own("def f(truth, answer):\n    return 7 - abs(truth - answer).max()"))
    assert c.own_metric is not None
    assert (c.own_metric.direction, c.own_metric.best) == ("maximize", 7)


def test_the_form_tells_the_task(parts, write, understood, own: Own) -> None:
    """Few whole numbers would be classes, were they not scored as values."""
    counts = RNG.integers(0, 5, N + M)
    assert understood(write(parts("count", counts))).task is TaskKind.MULTICLASS
    assert understood(write(parts("count", counts)), metric=own(ERROR + "f.form = 'values'")).task is TaskKind.REGRESSION


@pytest.mark.parametrize("target", ["values", "labels", "a column a class"])
def test_kaggles_own_signature(parts, write, understood, own: Own, target: str) -> None:
    """What a competition publishes as score(solution, submission, row_id_column_name) gets its columns, the id first."""
    check = {
        "values": "abs(solution['price'] - submission['price']).mean()",
        "labels": "(solution['tree'] != submission['tree']).mean()",
        "a column a class": "((solution - submission) ** 2)[['fir', 'elm', 'oak']].to_numpy().mean()",
    }[target]
    files = parts("price", PRICE, 1.5) if target == "values" else parts("tree", TOWNS, "oak")
    if target == "a column a class":
        files["sample_submission.csv"] = pd.DataFrame({"id": files["test.csv"]["id"], "fir": 0.3, "elm": 0.3, "oak": 0.4})
    source = (
        f"def f(solution, submission, row_id_column_name):\n    assert row_id_column_name == 'id' == list(solution)[0]\n"
        f"    return float({check})"
    )
    c = understood(write(files), metric=own(source))
    metric = metric_of(c)
    truth = np.array([[1.5], [2.5]]) if target == "values" else np.array([0.0, 2.0])
    perfect = perfect_answer(c, truth, metric.form)
    assert (metric.direction, metric.score(truth, perfect)) == ("minimize", 0)
    assert metric.score(truth, perfect[::-1]) > 0


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("def f(truth):\n    return 1", r"f takes \(truth\)\. A metric takes two arrays"),
        ("def f(truth, answer, more):\n    return 1", r"f takes \(truth, answer, more\)"),
        ("def f(truth, answer, *, weight):\n    return 1", r"f takes \(truth, answer, weight\)"),
        ("def f(*arrays):\n    return 1", r"f takes \(\)"),
        ("import missing\ndef f(t, a):\n    return 1", r"cannot be loaded: ModuleNotFoundError: No module named .* \(line 1\)"),
        ("def f(t, a):\n    raise KeyError('x')", r"for the truth it gives no score: KeyError: 'x' \(line 2\)"),
        ("def f(t, a):\n    return [1]", "it returned list '\\[1\\]', not a number"),
        ("def f(t, a):\n    return float('nan')", "for the truth it gives nan; a score must be finite"),
        ("import time\ndef f(t, a):\n    time.sleep(1.2)\n    return abs(t - a).sum()", r"takes \d+\.\d s; a run asks"),
        ("import os\ndef f(t, a):\n    os._exit(4)", "it left with exit code 4"),
        ("def f(t, a):\n    return 3", "it does not tell the truth from what is wrong"),
        ("def f(t, a):\n    return float(a.sum() - t.sum())", "it does not tell the truth from what is wrong"),
        ("def f(t, a):\n    return float(abs(t - a).mean() + 9 * a.std())", "it is unclear which way is better"),
        ("def f(t, a):\n    return float(abs(t - a)[:50].sum())", "in another order of rows"),
        ("import random\ndef f(t, a):\n    return abs(t - a).sum() + random.random()", "it must not draw at random"),
        (ERROR + "f.direction = 'maximize'", "its direction is said to be maximize: the truth must score best"),
        (ERROR + "f.direction = 'up'", "f.direction is 'up': it may be maximize, minimize"),
        (ERROR + "f.form = 'labels'", "f.form is 'labels', but the task is regression, whose answers are values"),
        (ERROR + "f.link = 'sqrt'", "f.link is 'sqrt': it may be identity, log, log1p"),
    ],
)  # fmt: skip
def test_what_can_be_no_metric(parts, write, understood, own: Own, source: str, told: str) -> None:
    with pytest.raises(SettingError, match=told):
        understood(write(parts("price", PRICE)), metric=own(source))


def test_probabilities_of_nothing_must_be_clipped(parts, write, understood, own: Own) -> None:
    source = "import numpy as np\ndef f(truth, prob):\n    return -(truth * np.log(prob) + (1 - truth) * np.log(1 - prob)).mean()"
    with pytest.raises(SettingError, match="probabilities of exactly 0 and 1 occur: clip them"):
        understood(write(parts("ill", ILL)), metric=own(source))


def test_the_folder_may_name_it(parts, write, understood) -> None:
    folder = write({**parts("price", PRICE), "own.py": ERROR, "competition.toml": 'metric = "own.py:f"'})
    assert understood(folder).metric == "own.py:f"
