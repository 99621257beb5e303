"""Importance: how much of the trials' spread in score each parameter explains."""

from __future__ import annotations

from collections.abc import Sequence

from agentk.tuning.dimensions import contains, distribution
from agentk.tuning.trials import Trial
from agentk.types.outcome import Status
from agentk.types.space import Space

FEWEST = 8
"""Scored trials below which importances would be noise."""


def importances(space: Space, trials: Sequence[Trial], *, seed: int = 0) -> dict[str, float]:
    """The share of each parameter, most important first, summing to 1; empty with too few trials or none that differ.

    Functional ANOVA on a forest (Hutter, Hoos, Leyton-Brown, ICML 2014), inactive dimensions standing at their default.
    """
    scored = [trial for trial in trials if trial.status is Status.SCORED and trial.score is not None and _within(space, trial)]
    if len(scored) < FEWEST or len({trial.score for trial in scored}) == 1:
        return {}
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study()
    distributions = {name: distribution(dimension) for name, dimension in space.items()}
    for trial in scored:
        params = {name: trial.params.get(name, dimension.default) for name, dimension in space.items()}
        study.add_trial(optuna.trial.create_trial(value=trial.score, params=params, distributions=distributions))
    evaluator = optuna.importance.FanovaImportanceEvaluator(n_trees=32, seed=seed)
    return {name: float(share) for name, share in optuna.importance.get_param_importances(study, evaluator=evaluator).items()}


def _within(space: Space, trial: Trial) -> bool:
    return all(contains(space[name], value) for name, value in trial.params.items() if name in space)
