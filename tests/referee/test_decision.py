"""Decisions: plain data, applied by numpy alone; and the default, which needs no prediction."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter

from agentk.competitions.metrics import metric_named
from agentk.referee import apply
from agentk.referee.decision import Adjust, Argmax, AsIs, Calibrate, Cuts, Decision, Thresholds, default_decision
from agentk.referee.rules import Rules
from agentk.types.competition import TaskKind


def default(metric: str, task: TaskKind, classes: tuple[object, ...], truth: np.ndarray) -> Decision:
    return default_decision(Rules.of(metric_named(metric), task, classes, truth), truth)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "decision",
    [
        AsIs(),
        Argmax(weights=(1.0, 2.0)),
        Thresholds(thresholds=(0.3, 0.6)),
        Cuts(cuts=((0.2, 0.5), (0.1, 0.4)), grades=(1.0, 2.0, 3.0)),
        Calibrate(scale=0.5, bias=(0.1, -0.1)),
        Calibrate(scale=0.5, bias=(0.1, -0.1), floor=0.01, pairs=True),
        Adjust(link="log1p", slope=1.1, shift=0.1, low=0.0),
    ],
)
def test_a_decision_survives_json_and_is_applied_from_plain_dicts(decision: Decision) -> None:
    adapter: TypeAdapter[Decision] = TypeAdapter(Decision)
    again = adapter.validate_json(adapter.dump_json(decision))
    predictions = np.array([[0.3, 0.7], [0.8, 0.2]])
    assert again == decision
    assert np.array_equal(
        apply.decide(again.model_dump(mode="json"), predictions), apply.decide(decision.model_dump(), predictions)
    )


def test_what_an_exported_program_carries_imports_numpy_alone() -> None:
    tree = ast.parse(Path(apply.__file__).read_text())
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert modules == {"__future__", "typing", "numpy", "numpy.typing"}


def test_the_default_needs_no_predictions() -> None:
    truth = np.array([[1.0], [2.0], [4.0]])
    assert default("qwk", TaskKind.ORDINAL, (1, 2, 4), truth) == Cuts(cuts=((1.5, 3.0),), grades=(1.0, 2.0, 4.0))


def test_counts_are_never_answered_below_zero() -> None:
    counts = np.array([[0.0], [3.0], [1.0], [12.0]])

    def plain(metric: str, truth: np.ndarray) -> Decision:
        return default(metric, TaskKind.REGRESSION, (), truth)

    for metric in ("rmse", "mae"):
        assert apply.decide(plain(metric, counts).model_dump(), np.array([[-0.4], [2.5]])).tolist() == [[0.0], [2.5]]
    assert isinstance(plain("rmse", counts - 1.0), AsIs) and isinstance(plain("rmse", counts / 2.0), AsIs)
    assert isinstance(plain("spearman", counts), AsIs), "the order of what lies below zero would be lost"
