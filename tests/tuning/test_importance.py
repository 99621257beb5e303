"""Importance: which dimensions move the score, as far as the trials can tell."""

from __future__ import annotations

import random

import pytest

from agentk.tuning.importance import importances
from agentk.tuning.trials import Trial
from agentk.types.outcome import Status
from agentk.types.space import ChoiceDimension, FloatDimension, Space

SPACE: Space = {
    "strong": FloatDimension(type="float", low=0, high=1, default=0.5),
    "weak": FloatDimension(type="float", low=0, high=1, default=0.5),
    "switch": ChoiceDimension(type="choice", choices=(False, True), default=False),
    "hidden": FloatDimension(type="float", low=0, high=1, default=0.5, when={"switch": True}),
}


def tried(count: int) -> list[Trial]:
    dice = random.Random(0)
    trials = []
    for number in range(count):
        switch = dice.random() < 0.5
        params = {"strong": dice.random(), "weak": dice.random(), "switch": switch} | (
            {"hidden": dice.random()} if switch else {}
        )
        score = 10 * params["strong"] + params["weak"] + 0.5 * switch
        trials.append(Trial(number=number, params=params, score=score, status=Status.SCORED))
    return trials


def test_ranks_what_moves_the_score_and_counts_conditional_dimensions():
    shares = importances(SPACE, tried(60))
    assert next(iter(shares)) == "strong" and shares["strong"] > 0.8
    assert set(shares) == set(SPACE)
    assert sum(shares.values()) == pytest.approx(1)


def test_says_nothing_with_few_trials_or_trials_that_do_not_differ():
    assert importances(SPACE, tried(5)) == {}
    assert importances(SPACE, [trial.model_copy(update={"score": 1.0}) for trial in tried(20)]) == {}


def test_passes_over_failed_trials_and_values_outside_of_the_space():
    odd = [
        Trial(number=90, params={"strong": 7.0, "weak": 0.1, "switch": False}, score=99.0, status=Status.SCORED),
        Trial(number=91, params={"strong": 0.5}, status=Status.FAILED),
    ]
    assert importances(SPACE, tried(30) + odd) == importances(SPACE, tried(30))
