"""Search: asks for parameter sets and is told how they did; Optuna beneath it, in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from agentk.tuning.dimensions import contains, distribution, narrower, suggest
from agentk.tuning.pruning import hopeless
from agentk.tuning.samplers import Sampler, made
from agentk.tuning.trials import Trial
from agentk.types.metric import Direction
from agentk.types.outcome import Status
from agentk.types.space import Params, Space, active

if TYPE_CHECKING:
    import optuna

DEFAULT: Sampler = "tpe"
"""By what `agentk bench samplers` measures: docs/tuning.md."""
_REPEATS = 20  # draws that only repeat what was tried, before the space counts as exhausted


class Search:
    """A search of one solution's space, by multivariate tree-structured Parzen estimators (Bergstra 2011) and constant liar.

    Deterministic: the same seed and the same tells in the same order lead to the same asks; a search built from `past` goes
    on as the one that made them, as long as none of its trials was open.
    """

    def __init__(
        self,
        space: Space,
        *,
        direction: Direction,
        seed: int,
        first: Sequence[Params] = (),
        within: Mapping[str, tuple[float, float]] | None = None,
        past: Sequence[Trial] = (),
        key: str = "",
        sampler: Sampler = DEFAULT,
    ) -> None:
        """Starts, or goes on with, a search.

        first: parameter sets to try before any other, in this order; what they leave out is the default, what is not of the
        space is ignored. They may lie outside of its bounds.
        within: by dimension, bounds that all others keep to; what lies outside of them teaches the search nothing.
        past: what was told before, to this search or another of the same space. key: the name of this search in its trials.
        """
        self._space = space
        self._drawn = {
            name: narrower(dimension, *within[name]) if within and name in within else dimension
            for name, dimension in space.items()
        }
        self._direction = direction
        self._seed = seed
        self._sampler: Sampler = sampler
        self._key = key
        self._first = [self._complete(params) for params in first]
        self._trials = {trial.number: trial for trial in sorted(past, key=lambda trial: trial.number)}
        self._open: dict[int, int | None] = {}  # number of an open trial -> its number in the study, where it is in there
        self._made = _study(direction)
        for trial in self._trials.values():
            if self._within(trial.params) and (closed := self._closed(trial)):
                self._made.add_trial(closed)

    @property
    def trials(self) -> list[Trial]:
        """Every trial by number, open ones without a status."""
        return list(self._trials.values())

    @property
    def best(self) -> Trial | None:
        """The scored trial with the best score, the earlier of equals."""
        return min(self._scored, key=self._loss, default=None)

    def ask(self) -> Trial | None:
        """What to try next, complete and without inactive dimensions; None when nothing untried was found in the space."""
        tried = {_spelled(trial.params) for trial in self._trials.values() if trial.status is not Status.CANCELLED}
        number = max(self._trials, default=-1) + 1
        while self._first:
            params = self._first.pop(0)
            if _spelled(params) in tried:
                continue
            inside = None
            if self._within(params):
                self._made.enqueue_trial(params)
                inside = self._draw(number, 0)[0]
            return self._opened(number, params, inside)
        for repeat in range(_REPEATS):
            inside, params = self._draw(number, repeat)
            if _spelled(params) not in tried:
                return self._opened(number, params, inside)
            self._made.tell(inside, state=_states().FAIL)
        return None

    def tell(
        self,
        number: int,
        *,
        score: float | None,
        fold_scores: Sequence[float] = (),
        status: Status,
        seconds: float = 0.0,
    ) -> Trial:
        """How trial `number` ended; returns it as it is to be recorded. A cancelled trial may be asked for again.

        Raises KeyError when no such trial is open, and ValueError when it counts as scored without a finite score.
        """
        if status is Status.SCORED and (score is None or not abs(score) < float("inf")):
            raise ValueError(f"trial {number} counts as scored, and its score is {score}: tell a finite score or another status")
        inside = self._open.pop(number)
        ending = {"score": score, "fold_scores": tuple(fold_scores), "status": status, "seconds": seconds}
        trial = self._trials[number] = self._trials[number].model_copy(update=ending)
        if inside is not None:
            self._close(inside, trial)
        return trial

    @property
    def ended(self) -> frozenset[int]:
        """Numbers of the trials that were told."""
        return frozenset(number for number, trial in self._trials.items() if trial.status is not None)

    def prune(self, number: int, fold_scores: Sequence[float], among: frozenset[int] | None = None) -> bool:
        """Whether open trial `number`, with these scores on the first folds, is worse than the best beyond chance.

        Trials are compared by what was shown here while they ran, never by their final fold scores: those may rest on a decision
        that more folds have taught. among: compare with these trials alone, whatever else has ended since.
        """
        if number not in self._open:
            return False
        self._trials[number] = self._trials[number].model_copy(update={"shown": tuple(fold_scores)})
        finished = [trial for trial in self._scored if trial.shown and (among is None or trial.number in among)]
        if not finished:
            return False
        best = min(finished, key=self._loss)
        others = [trial for trial in finished if trial.number != best.number and len(trial.shown) == len(best.shown)]
        return hopeless(
            self._losses(fold_scores),
            self._losses(best.shown),
            [self._losses(trial.shown) for trial in others],
            len(best.fold_scores),
        )

    @property
    def _scored(self) -> list[Trial]:
        return [trial for trial in self._trials.values() if trial.status is Status.SCORED]

    def _opened(self, number: int, params: Params, inside: int | None) -> Trial:
        self._open[number] = inside
        self._trials[number] = Trial(search=self._key, number=number, params=params)
        return self._trials[number]

    def _complete(self, params: Params) -> Params:
        return {name: value for name, value in active(self._space, params).items() if name in self._space}

    def _draw(self, number: int, repeat: int) -> tuple[int, Params]:
        # A sampler of its own for every draw: what it draws depends on the trials told, not on how many draws there were.
        # After a while of repeats chance finds what is left of a small space, and the model would not.
        seed = int(np.random.SeedSequence((self._seed, number, repeat)).generate_state(1)[0])
        self._made.sampler = made("random" if repeat > _REPEATS // 2 else self._sampler, self._drawn, seed)
        drawn = self._made.ask()
        params: Params = {}
        for name, dimension in self._drawn.items():
            if all(params.get(key) == value for key, value in dimension.when.items()):
                params[name] = suggest(drawn, name, dimension)
        return drawn.number, params

    def _within(self, params: Params) -> bool:
        return all(contains(self._drawn[name], value) for name, value in params.items() if name in self._drawn)

    def _loss(self, trial: Trial) -> float:
        assert trial.score is not None
        return self._losses([trial.score])[0]

    def _losses(self, scores: Sequence[float]) -> list[float]:
        return [-score if self._direction == "maximize" else score for score in scores]

    def _close(self, inside: int, trial: Trial) -> None:
        states = _states()
        if trial.status is Status.SCORED:
            self._made.tell(inside, trial.score)
        elif trial.status is Status.CANCELLED:
            self._made.tell(inside, state=states.FAIL)
        else:
            self._made.tell(inside, state=states.PRUNED)

    def _closed(self, trial: Trial) -> optuna.trial.FrozenTrial | None:
        """What the study would hold of a past trial; None for what it would not learn from."""
        from optuna.trial import create_trial

        if trial.status in (None, Status.CANCELLED):
            return None
        inside = {name: value for name, value in trial.params.items() if name in self._space}
        scored = trial.status is Status.SCORED
        return create_trial(
            # A failed program is, to the model, a trial worse than any other: that is what a pruned one without values means.
            state=_states().COMPLETE if scored else _states().PRUNED,
            value=trial.score if scored else None,
            params=inside,
            distributions={name: distribution(self._drawn[name]) for name in inside},
        )


def _study(direction: Direction) -> optuna.study.Study:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(direction=direction, pruner=optuna.pruners.NopPruner())


def _states() -> type[optuna.trial.TrialState]:
    from optuna.trial import TrialState

    return TrialState


def _spelled(params: Params) -> str:
    return json.dumps(params, sort_keys=True)
