"""The sampler by a Gaussian process: it finds what chance does not, keeps to the space, and bears any losses."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState, create_trial

from agentk.tuning.dimensions import distribution, suggest
from agentk.tuning.mace import MaceSampler
from agentk.types.space import ChoiceDimension, FloatDimension, IntDimension, Params, Space

SPACE: Space = {
    "rate": FloatDimension(type="float", low=0.01, high=0.3, log=True, default=0.1),
    "leaves": IntDimension(type="int", low=7, high=255, log=True, default=31),
    "encoding": ChoiceDimension(type="choice", choices=("codes", "target"), default="codes"),
    "smoothing": FloatDimension(type="float", low=1, high=100, log=True, default=10, when={"encoding": "target"}),
}


def params_of(trial: optuna.Trial) -> Params:
    params: Params = {}
    for name, dimension in SPACE.items():
        if all(params.get(key) == value for key, value in dimension.when.items()):
            params[name] = suggest(trial, name, dimension)
    return params


def error_of(params: Params) -> float:
    """Best at rate 0.05, leaves 63, target encoding smoothed by 20."""
    smoothing = abs(math.log(float(str(params["smoothing"])) / 20)) if params["encoding"] == "target" else 3.0
    return abs(math.log(float(str(params["rate"])) / 0.05)) + abs(math.log(int(str(params["leaves"])) / 63)) + smoothing


def study(seed: int = 0, direction: str = "minimize") -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(sampler=MaceSampler(SPACE, seed), direction=direction)


def trial_of(params: Params, error: float) -> FrozenTrial:
    return create_trial(value=error, params=params, distributions={name: distribution(SPACE[name]) for name in params})


def searched(made: optuna.Study, trials: int, error: Callable[[Params], float] = error_of) -> list[Params]:
    made.optimize(lambda trial: error(params_of(trial)), n_trials=trials)
    return [dict(trial.params) for trial in made.trials]


def test_finds_what_chance_does_not_find():
    def best(sampler: optuna.samplers.BaseSampler) -> float:
        made = optuna.create_study(sampler=sampler)
        made.optimize(lambda trial: error_of(params_of(trial)), n_trials=30)
        return made.best_value

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    found = [best(MaceSampler(SPACE, seed)) for seed in range(2)]
    chance = [best(optuna.samplers.RandomSampler(seed=seed)) for seed in range(2)]
    assert sum(found) < 0.7 * sum(chance)


def test_goes_up_where_more_is_better():
    made = study(direction="maximize")
    searched(made, 18, lambda params: -error_of(params))
    values = [trial.value for trial in made.trials if trial.value is not None]
    assert sum(values[-6:]) / 6 > sum(values[:6]) / 6


def test_the_same_seed_and_trials_lead_to_the_same_points_another_seed_to_others():
    assert searched(study(5), 14) == searched(study(5), 14)
    assert searched(study(5), 3) != searched(study(6), 3)


def test_draws_conditional_dimensions_only_where_they_are_active():
    points = searched(study(1), 15)
    assert {point["encoding"] for point in points} == {"codes", "target"}
    assert all(("smoothing" in point) == (point["encoding"] == "target") for point in points)


def test_what_is_enqueued_comes_first_and_is_learned_from():
    made = study()
    made.enqueue_trial({"rate": 0.05, "leaves": 60, "encoding": "target", "smoothing": 18.0})
    made.enqueue_trial({"rate": 0.25})
    points = searched(made, 14)
    assert points[0] == {"rate": 0.05, "leaves": 60, "encoding": "target", "smoothing": 18.0}
    assert points[1]["rate"] == 0.25
    assert made.best_value < 0.5


@pytest.mark.parametrize("told", [0, 12])
def test_trials_under_way_are_not_asked_for_again(told: int):
    made = study(2)
    searched(made, told)
    open_ = [params_of(made.ask()) for _ in range(6)]
    assert len({str(point) for point in open_}) == 6


def test_pruned_trials_are_kept_away_from_failed_ones_are_forgotten():
    made = study(3)
    for number in range(24):
        trial = made.ask()
        params = params_of(trial)
        if params["encoding"] == "codes":
            made.tell(trial, state=TrialState.PRUNED)
        elif number % 6 == 5:
            made.tell(trial, state=TrialState.FAIL)
        else:
            made.tell(trial, error_of(params))
    late = [trial.params["encoding"] for trial in made.trials[-8:]]
    assert late.count("target") >= 5


def test_a_small_space_is_searched_through_without_repeats():
    space: Space = {
        "a": IntDimension(type="int", low=1, high=4, default=2),
        "b": ChoiceDimension(type="choice", choices=("x", "y", "z"), default="x"),
    }
    made = optuna.create_study(sampler=MaceSampler(space, 0))
    made.optimize(lambda trial: float(suggest(trial, "a", space["a"])) + len(str(suggest(trial, "b", space["b"]))), n_trials=9)
    assert len({str(trial.params) for trial in made.trials}) >= 8


@pytest.mark.parametrize(
    "losses",
    [[1.0] * 12, [1.0, 2.0, 1e300] * 4, [-5.0, -5.0 + 1e-9] * 6, [0.0, 1e-300] * 6],
    ids=["equal", "huge", "near", "tiny"],
)
def test_bears_losses_of_any_size_quietly(losses: list[float]):
    made = study()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
        made.add_trials([trial_of(params_of(drawn.ask()), loss) for loss in losses])
        assert params_of(made.ask())


def test_bears_many_trials():
    made = study()
    drawn = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(400):
        trial = drawn.ask()
        params = params_of(trial)
        made.add_trial(trial_of(params, error_of(params)))
    assert error_of(params_of(made.ask())) < 3.0


def test_names_that_are_not_of_its_space_are_drawn_at_random():
    made = study()
    assert 0 <= made.ask().suggest_float("another", 0, 1) <= 1


def test_one_objective_only():
    made = optuna.create_study(sampler=MaceSampler(SPACE, 0), directions=["minimize", "minimize"])
    with pytest.raises(ValueError, match="one objective"):
        params_of(made.ask())
