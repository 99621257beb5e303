"""Rewards: what an attempt earned, from paired fold differences, comparable across competitions and metrics."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, median, variance

from agentk.memory.protocol import Credit
from agentk.types.attempt import Attempt
from agentk.types.metric import Direction
from agentk.types.outcome import Status

LIMIT = 3.0
"""Rewards are clipped here, either way: at ten standard errors."""

FAILED = -1.0
"""Reward of a program that did not reach a score by its own fault."""

_FAULTS = (Status.FAILED, Status.OUT_OF_MEMORY, Status.CRASHED, Status.INVALID)


def paired(scores: Sequence[float], expected: Sequence[float], direction: Direction) -> float:
    """By how many standard errors `scores` beat `expected`, fold by fold; folds that only one has are left out.

    The variance is corrected for training sets that overlap (Nadeau & Bengio 2003, Inference for the generalization error,
    section 3): var * (1/k + 1/(k - 1)) for k folds. The inverse hyperbolic sine leaves small differences as they are and draws
    in large ones, so that with many rows, where everything is significant, the better still earns more. A single fold tells
    the sign only, as one standard error; a score that is not finite tells nothing.
    """
    gains = [_sign(direction) * (score - other) for score, other in zip(scores, expected, strict=False)]
    if not gains:
        return 0.0
    mean, folds = fmean(gains), len(gains)
    if not math.isfinite(mean):
        return 0.0
    if folds == 1:
        return math.copysign(1.0, mean) if mean else 0.0
    error = math.sqrt(variance(gains) * (1 / folds + 1 / (folds - 1)))
    if error <= 1e-12 * max(1.0, abs(mean)):
        return math.copysign(LIMIT, mean) if mean else 0.0
    return max(-LIMIT, min(LIMIT, math.asinh(mean / error)))


def expectation(others: Sequence[Attempt], direction: Direction) -> tuple[float, ...]:
    """The fold scores to expect of a draft: the median, fold by fold, of the better half of the run's other drafts.

    Drafts do not build on one another, so that under no knowledge any of them is as good as any other whatever its number;
    the better half, since beating a baseline is no news.
    """
    scored = sorted(
        (draft.fold_scores for draft in others if draft.fold_scores), key=lambda scores: -_sign(direction) * fmean(scores)
    )
    better = scored[: (len(scored) + 1) // 2]
    folds = min((len(scores) for scores in better), default=0)
    return tuple(median(scores[fold] for scores in better) for fold in range(folds))


def rewards(attempts: Sequence[Attempt], direction: Direction) -> dict[int, float]:
    """The reward of each attempt that deserves one, by its number; attempts of abandoned branches earn too.

    Improvements and tunings are paired with their parent, drafts with what was expected of one. Blends earn nothing, as what
    they score is their members'; pruned, cancelled and timed-out attempts neither, as nobody knows what they would have
    scored, and how long they may take is a matter of the budget and the machine.
    """
    by_number = {attempt.number: attempt for attempt in attempts}
    drafts = [attempt for attempt in attempts if attempt.kind == "draft" and attempt.outcome.status is Status.SCORED]
    earned: dict[int, float] = {}
    for attempt in attempts:
        if attempt.kind == "blend":
            continue
        if attempt.outcome.status in _FAULTS:
            earned[attempt.number] = FAILED
        elif attempt.outcome.status is Status.SCORED:
            parent = by_number.get(attempt.parent) if attempt.parent is not None else None
            expected = (
                parent.fold_scores
                if parent
                else expectation([draft for draft in drafts if draft.number != attempt.number], direction)
            )
            if parent and parent.outcome.status is not Status.SCORED:
                earned[attempt.number] = 1.0  # it runs where its parent did not
            elif expected and attempt.fold_scores:
                earned[attempt.number] = paired(attempt.fold_scores, expected, direction)
    return earned


def shared(
    earned: Mapping[int, float], used: Mapping[int, Sequence[str]], withheld: Mapping[int, Sequence[str]] | None = None
) -> list[Credit]:
    """One credit a lesson: the mean over its attempts of their reward, divided among the lessons that each attempt used.

    `used`, `withheld`: lessons by attempt. A lesson withheld is credited with the whole reward, as what followed without it.
    """
    shares: dict[tuple[str, bool], list[float]] = {}
    for attempt, reward in earned.items():
        lessons = dict.fromkeys(used.get(attempt, ()))
        for lesson in lessons:
            shares.setdefault((lesson, False), []).append(reward / len(lessons))
        for lesson in dict.fromkeys((withheld or {}).get(attempt, ())):
            shares.setdefault((lesson, True), []).append(reward)
    return [Credit(lesson, fmean(parts), held) for (lesson, held), parts in shares.items()]


def _sign(direction: Direction) -> float:
    return 1.0 if direction == "maximize" else -1.0
