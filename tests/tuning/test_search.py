"""A search: what it asks for, what it learns from, what it prunes, and how it goes on after a kill."""

from __future__ import annotations

import logging
import math
import subprocess
import sys
import warnings

import pytest

from agentk.tuning.samplers import Sampler
from agentk.tuning.search import Search
from agentk.tuning.trials import Trial
from agentk.types.outcome import Status
from agentk.types.space import ChoiceDimension, FloatDimension, IntDimension, Params, Space

SPACE: Space = {
    "rate": FloatDimension(type="float", low=0.01, high=0.3, log=True, default=0.1),
    "leaves": IntDimension(type="int", low=7, high=255, log=True, default=31),
    "encoding": ChoiceDimension(type="choice", choices=("codes", "target"), default="codes"),
    "smoothing": FloatDimension(type="float", low=1, high=100, log=True, default=10, when={"encoding": "target"}),
}


def error_of(params: Params) -> float:
    """Best at rate 0.05, leaves 63, target encoding smoothed by 20."""
    smoothing = abs(math.log(float(str(params["smoothing"])) / 20)) if params["encoding"] == "target" else 3.0
    return abs(math.log(float(str(params["rate"])) / 0.05)) + abs(math.log(int(str(params["leaves"])) / 63)) + smoothing


def step(search: Search) -> Trial:
    trial = search.ask()
    assert trial is not None
    return search.tell(trial.number, score=error_of(trial.params), fold_scores=[error_of(trial.params)] * 5, status=Status.SCORED)


def test_tries_the_given_sets_first_completed_with_defaults_and_cut_to_the_space():
    search = Search(
        SPACE, direction="minimize", seed=0, first=[{}, {"encoding": "target", "seed": 7}, {"leaves": 15, "smoothing": 2.0}]
    )
    assert [trial.params for trial in (search.ask(), search.ask(), search.ask()) if trial] == [
        {"rate": 0.1, "leaves": 31, "encoding": "codes"},
        {"rate": 0.1, "leaves": 31, "encoding": "target", "smoothing": 10.0},
        {"rate": 0.1, "leaves": 15, "encoding": "codes"},
    ]


def test_draws_inside_the_space_with_conditional_dimensions_only_where_they_are_active():
    search = Search(SPACE, direction="minimize", seed=1)
    trials = [step(search) for _ in range(25)]
    assert {trial.params["encoding"] for trial in trials} == {"codes", "target"}
    for trial in trials:
        assert ("smoothing" in trial.params) == (trial.params["encoding"] == "target")
        assert 0.01 <= float(str(trial.params["rate"])) <= 0.3
        assert isinstance(trial.params["leaves"], int)


def test_keeps_within_bounds_but_for_what_it_was_given():
    within = {"rate": (0.02, 0.05), "leaves": (20.5, 40.9), "encoding": (0.0, 0.0), "unheard of": (1.0, 2.0)}
    search = Search(SPACE, direction="minimize", seed=1, first=[{}], within=within)
    first, *others = [step(search).params for _ in range(25)]
    assert first == {"rate": 0.1, "leaves": 31, "encoding": "codes"}
    assert all(0.02 <= float(str(params["rate"])) <= 0.05 and 21 <= int(str(params["leaves"])) <= 40 for params in others)
    assert {params["encoding"] for params in others} == {"codes", "target"}
    later = Search(SPACE, direction="minimize", seed=1, past=search.trials)  # the next search goes through all of it
    assert any(float(str(step(later).params["rate"])) > 0.05 for _ in range(25))


def test_learns_where_the_good_values_are():
    search = Search(SPACE, direction="minimize", seed=3, first=[{}])
    losses = [error_of(step(search).params) for _ in range(60)]
    assert search.best is not None and search.best.score == min(losses)
    assert sum(losses[-15:]) < 0.6 * sum(losses[1:16])


def test_goes_up_when_the_metric_is_maximized():
    search = Search(SPACE, direction="maximize", seed=0)
    for _ in range(5):
        trial = search.ask()
        assert trial is not None
        search.tell(trial.number, score=-error_of(trial.params), status=Status.SCORED)
    assert search.best is not None and search.best.score == max(trial.score for trial in search.trials if trial.score is not None)


def test_the_same_seed_and_tells_lead_to_the_same_asks():
    def asked(seed: int) -> list[Params]:
        search = Search(SPACE, direction="minimize", seed=seed, first=[{}])
        return [step(search).params for _ in range(15)]

    assert asked(5) == asked(5)
    assert asked(5) != asked(6)


@pytest.mark.parametrize("sampler", ["tpe", "mace"])
def test_a_resumed_search_goes_on_exactly_as_the_one_that_was_killed(sampler: Sampler):
    def told(search: Search, count: int) -> list[Trial]:
        trials = []
        for _ in range(count):
            trial = search.ask()
            assert trial is not None
            if trial.number % 5 == 2:
                trials.append(search.tell(trial.number, score=None, status=Status.FAILED))
            elif trial.number % 5 == 3:
                trials.append(search.tell(trial.number, score=None, fold_scores=[9.0, 9.0], status=Status.PRUNED))
            else:
                trials.append(
                    search.tell(trial.number, score=error_of(trial.params), fold_scores=[1.0] * 5, status=Status.SCORED)
                )
        return trials

    first: list[Params] = [{}, {"leaves": 15}, {"leaves": 127, "rate": 0.02}]
    straight = told(Search(SPACE, direction="minimize", seed=2, first=first, sampler=sampler), 24)
    for killed_after in (2, 9, 17):
        past = [Trial.model_validate_json(trial.model_dump_json()) for trial in reversed(straight[:killed_after])]
        resumed = Search(SPACE, direction="minimize", seed=2, first=first, past=past, sampler=sampler)
        assert told(resumed, 24 - killed_after) == straight[killed_after:]


def test_parallel_asks_differ_and_may_be_told_in_any_order():
    search = Search(SPACE, direction="minimize", seed=0, first=[{}])
    for _ in range(6):
        batch = [trial for trial in (search.ask(), search.ask(), search.ask(), search.ask()) if trial]
        assert len({trial.model_dump_json(include={"params"}) for trial in batch}) == 4
        for trial in reversed(batch):
            search.tell(trial.number, score=error_of(trial.params), status=Status.SCORED)
    assert [trial.number for trial in search.trials] == list(range(24))


def test_never_asks_for_the_same_parameters_twice_and_says_when_nothing_is_left():
    space: Space = {
        "a": IntDimension(type="int", low=1, high=3, default=2),
        "b": ChoiceDimension(type="choice", choices=(False, True), default=False),
    }
    search = Search(space, direction="minimize", seed=0, first=[{}, {}, {"a": 1}])
    seen = []
    while (trial := search.ask()) is not None:
        seen.append((trial.params["a"], trial.params["b"]))
        search.tell(trial.number, score=float(len(seen)), status=Status.SCORED)
    assert len(seen) == len(set(seen)) == 6


def test_an_empty_space_has_one_point():
    search = Search({}, direction="minimize", seed=0)
    assert search.ask() == Trial(number=0, params={})
    assert search.ask() is None


def test_a_cancelled_trial_may_be_asked_for_again_a_failed_one_not():
    space: Space = {"a": ChoiceDimension(type="choice", choices=(1, 2), default=1)}
    search = Search(space, direction="minimize", seed=0, first=[{"a": 1}, {"a": 2}])
    assert search.ask() and search.ask()
    search.tell(0, score=None, status=Status.CANCELLED)
    search.tell(1, score=None, status=Status.FAILED)
    again = search.ask()
    assert again is not None and again.params == {"a": 1} and again.number == 2
    assert search.ask() is None


def test_what_is_tried_first_may_lie_outside_of_the_space():
    top = 1000
    search = Search(SPACE, direction="minimize", seed=0, first=[{"leaves": top}])
    trials = [step(search) for _ in range(20)]
    assert trials[0].params["leaves"] == top
    assert all(int(str(trial.params["leaves"])) < top for trial in trials[1:])


FOLDS = [1.0, 3.0, 2.0, 5.0, 4.0]  # folds differ much, trials on one fold little


def finish(search: Search, shift: float, final: float = 0.0) -> None:
    """A trial that is worse than the first by `shift`, shown fold by fold; its final fold scores differ from those by `final`."""
    trial = search.ask()
    assert trial is not None
    wobble = [0.0, 0.01, -0.01, 0.005, -0.005]
    scores = [fold + shift + wobble[(trial.number + index) % 5] for index, fold in enumerate(FOLDS)]
    for seen in range(1, 5):
        search.prune(trial.number, scores[:seen])
    search.tell(trial.number, score=3.0 + shift + final, fold_scores=[score + final for score in scores], status=Status.SCORED)


def test_prunes_what_is_clearly_worse_on_the_same_folds_and_nothing_else():
    search = Search(SPACE, direction="minimize", seed=0)
    for shift in (0.0, 0.02, -0.01, 0.03, 0.01):
        finish(search, shift)
    running = search.ask()
    assert running is not None
    assert search.prune(running.number, [1.5, 3.5])
    assert search.prune(running.number, [1.5, 3.5, 2.5, 5.5])
    assert not search.prune(running.number, [1.0, 3.0])
    assert not search.prune(running.number, [0.5, 2.5])
    assert not search.prune(running.number, [0.985])
    assert not search.prune(running.number, []), "nothing was seen"
    assert not search.prune(0, [9.0, 9.0]), "it is not open"


def test_compares_with_the_trials_it_is_told_to_whatever_else_has_ended_since():
    search = Search(SPACE, direction="minimize", seed=0)
    running = search.ask()
    assert running is not None
    known = search.ended
    for shift in (0.0, 0.02, -0.01, 0.03, 0.01):
        finish(search, shift)
    assert known == frozenset()
    assert not search.prune(running.number, [1.5, 3.5], among=known)
    assert search.prune(running.number, [1.5, 3.5], among=search.ended)


def test_prunes_by_what_was_shown_whatever_a_later_decision_made_of_it():
    search = Search(SPACE, direction="minimize", seed=0)
    for shift in (0.0, 0.02, -0.01, 0.03, 0.01):
        finish(search, shift, final=-0.5)  # thresholds found on all folds help every trial alike
    running = search.ask()
    assert running is not None and not search.prune(running.number, [1.0, 3.0])
    again = Search(SPACE, direction="minimize", seed=0, past=[trial for trial in search.trials if trial.status])
    running = again.ask()
    assert running is not None and not again.prune(running.number, [1.0, 3.0]) and again.prune(running.number, [1.5, 3.5])


def test_prunes_nothing_before_enough_trials_have_finished():
    search = Search(SPACE, direction="minimize", seed=0)
    finish(search, 0.0)
    running = search.ask()
    assert running is not None and not search.prune(running.number, [9.0, 9.0, 9.0])


@pytest.mark.parametrize("score", [None, math.nan, math.inf])
def test_a_scored_trial_needs_a_finite_score(score: float | None):
    search = Search(SPACE, direction="minimize", seed=0)
    assert search.ask()
    with pytest.raises(ValueError, match=r"trial 0 .* finite"):
        search.tell(0, score=score, status=Status.SCORED)


def test_is_quiet(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]):
    with caplog.at_level(logging.INFO), warnings.catch_warnings():
        warnings.simplefilter("error")
        search = Search(SPACE, direction="minimize", seed=0, first=[{}, {"leaves": 300}])
        for _ in range(12):
            step(search)
    assert capsys.readouterr() == ("", "")


def test_optuna_is_imported_only_when_a_search_is_made():
    program = (
        "import sys, agentk.tuning.search, agentk.tuning.trials, agentk.tuning.importance; sys.exit('optuna' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
