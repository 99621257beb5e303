"""Pruning: what is clearly worse on the same folds is given up, and hardly anything else."""

from __future__ import annotations

import random

from agentk.tuning.pruning import hopeless


def draw(dice: random.Random, shift: float, folds: list[float]) -> list[float]:
    return [fold + shift + dice.gauss(0, 0.05) for fold in folds]


def looks(shift: float, runs: int = 400) -> float:
    """How often a trial that is worse by `shift` is pruned, at any of its looks."""
    dice = random.Random(1)
    pruned = 0
    for _ in range(runs):
        folds = [dice.gauss(0, 1) for _ in range(5)]
        best, *others = (draw(dice, 0.0, folds) for _ in range(7))
        losses = draw(dice, shift, folds)
        pruned += any(hopeless(losses[:seen], best, others, 5) for seen in range(1, 5))
    return pruned / runs


def test_a_trial_as_good_as_the_best_is_rarely_pruned():
    assert looks(0.0) < 0.08


def test_a_clearly_better_trial_is_never_pruned():
    assert looks(-0.2) == 0


def test_a_clearly_worse_trial_is_nearly_always_pruned():
    assert looks(0.4) > 0.95


def test_identical_trials_are_not_pruned():
    assert not hopeless([1.0, 2.0], [1.0, 2.0, 3.0], [[1.0, 2.0, 3.0]] * 5, 3)
