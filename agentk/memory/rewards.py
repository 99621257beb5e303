"""Rewards: what an attempt earned, from paired fold differences, comparable across competitions and metrics."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from statistics import fmean, median
from typing import NamedTuple

from pydantic import JsonValue

from agentk.memory.lesson import Lesson
from agentk.memory.protocol import Credit
from agentk.types.attempt import Attempt
from agentk.types.metric import Direction
from agentk.types.outcome import Status
from agentk.types.solution import RESERVED

LIMIT = 3.0
"""Rewards approach it, either way, and keep their order: ten standard errors earn three quarters of it."""

FAILED = -1.0
"""Reward of a program that did not reach a score by its own fault."""

MODERATION = 8.0

_FAULTS = (Status.FAILED, Status.OUT_OF_MEMORY, Status.CRASHED, Status.INVALID)


def paired(scores: Sequence[float], expected: Sequence[float], direction: Direction, typical: float | None = None) -> float:
    """By how many standard errors `scores` beat `expected`, fold by fold; folds that only one has are left out.

    The variance is corrected for training sets that overlap (Nadeau & Bengio 2003, Inference for the generalization error,
    section 3): var * (1/k + 1/(k - 1)) for k folds. The inverse hyperbolic sine leaves small differences as they are and draws
    in large ones, so that with many rows, where everything is significant, the better still earns more. A single fold tells
    the sign only, as one standard error; a score that is not finite tells nothing.

    `typical`: variance of such gains in this run, see `typical_variance`. A few folds tell a variance badly, so that what
    they say is shrunk towards it (moderated t: Smyth 2004, Statist. Appl. Genet. Mol. Biol. 3), `MODERATION` folds strong.
    """
    gains = [_sign(direction) * (score - other) for score, other in zip(scores, expected, strict=False)]
    if not gains:
        return 0.0
    mean, folds = fmean(gains), len(gains)
    if not math.isfinite(mean):
        return 0.0
    if folds == 1:
        return math.copysign(1.0, mean) if mean else 0.0
    spread = _variance(gains)
    if typical is not None:
        spread = (MODERATION * typical + (folds - 1) * spread) / (MODERATION + folds - 1)
    error = math.sqrt(spread * (1 / folds + 1 / (folds - 1)))
    if error <= 1e-12 * max(1.0, abs(mean)):
        return math.copysign(LIMIT, mean) if mean else 0.0
    return drawn_in(mean / error)


def drawn_in(errors: float) -> float:
    """Standard errors as a reward: small ones as they are, large ones in order below `LIMIT`."""
    return LIMIT * math.tanh(math.asinh(errors) / LIMIT)


def typical_variance(drafts: Sequence[Attempt], direction: Direction) -> float | None:
    """The median variance over folds of what drafts gain on what is expected of one; None without two folds of any."""
    expected = expectation(drafts, direction)
    gains = [[a - b for a, b in zip(draft.fold_scores, expected, strict=False)] for draft in drafts]
    spreads = [_variance(gain) for gain in gains if len(gain) > 1 and all(map(math.isfinite, gain))]
    spreads = [spread for spread in spreads if spread > 0]
    return median(spreads) if spreads else None


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
    typical = typical_variance(drafts, direction)
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
                earned[attempt.number] = paired(attempt.fold_scores, expected, direction, typical)
    return earned


def standing(attempts: Sequence[Attempt], direction: Direction) -> dict[int, float]:
    """How each attempt of a run so far stands against the better half of them, as rewards are told; blends do not count."""
    own = [attempt for attempt in attempts if attempt.kind != "blend"]
    scored = [attempt for attempt in own if attempt.score is not None and attempt.fold_scores]
    if all(attempt.fold_merits for attempt in scored):
        scored = [attempt.model_copy(update={"fold_scores": attempt.fold_merits}) for attempt in scored]
        direction = "maximize"
    expected, typical = expectation(scored, direction), typical_variance(scored, direction)
    found = {attempt.number: paired(attempt.fold_scores, expected, direction, typical) for attempt in scored}
    return found | {attempt.number: FAILED for attempt in own if attempt.outcome.status in _FAULTS}


class Tried(NamedTuple):
    """One parameter set that a search tried."""

    params: Mapping[str, JsonValue]
    fold_scores: tuple[float, ...]  # of the folds it was shown on
    start: bool = False  # it was given to the search to begin with, not found by it: others will try it again


def trial_rewards(
    attempts: Sequence[Attempt], tried: Mapping[int, Sequence[Tried]], direction: Direction
) -> dict[int, list[tuple[Tried, float]]]:
    """What each parameter set of each search earned, by attempt: as a draft with these parameters would have."""
    drafts = [attempt for attempt in attempts if attempt.kind == "draft" and attempt.outcome.status is Status.SCORED]
    expected, typical = expectation(drafts, direction), typical_variance(drafts, direction)
    return {
        number: [(one, paired(one.fold_scores, expected, direction, typical)) for one in sets if one.fold_scores and expected]
        for number, sets in tried.items()
    }


def credits(
    attempts: Sequence[Attempt],
    earned: Mapping[int, float],
    lessons: Mapping[str, Lesson],
    trials: Mapping[int, Sequence[tuple[Tried, float]]],
    withheld: Mapping[int, Sequence[str]],
) -> list[Credit]:
    """One credit a lesson: the mean over its attempts of what it earned there.

    A draft's reward belongs to the parameters it was given, or else to the recipe. Parameters that a search tried earn what
    they themselves scored. What else an attempt used shares its reward. Lessons withheld are credited with what was done in
    their place: the difference between both is what they cause.
    """
    shares: dict[tuple[str, bool], list[float]] = {}
    for attempt in attempts:
        if (reward := earned.get(attempt.number)) is None:
            continue
        used = [lessons[id_] for id_ in dict.fromkeys(attempt.lessons) if id_ in lessons]
        rest = [lesson for lesson in used if lesson.kind not in ("recipe", "params")]
        own = {_spelled(rounded(one.params)): gained for one, gained in trials.get(attempt.number, ())}
        given = rounded(attempt.params)
        for lesson in used:
            if lesson.kind == "recipe":
                share = reward if attempt.kind == "draft" and not given else None
            elif lesson.kind == "params":
                sought = _spelled(lesson.payload.get("params"))
                share = own.get(sought) if attempt.kind == "tune" else reward if sought == _spelled(given) else None
            else:
                share = reward / len(rest)
            if share is not None:
                shares.setdefault((lesson.id, False), []).append(share)
        for id_ in dict.fromkeys(withheld.get(attempt.number, ())):
            shares.setdefault((id_, True), []).append(reward)
    return [Credit(lesson, fmean(parts), held) for (lesson, held), parts in shares.items()]


def rounded(params: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Parameters to two significant digits, without the reserved ones: neighbors in a search space are the same advice."""
    return {
        name: float(f"{value:.2g}") if isinstance(value, float) else value
        for name, value in params.items()
        if name not in RESERVED
    }


def _spelled(params: object) -> str:
    return json.dumps(params, sort_keys=True)


def _sign(direction: Direction) -> float:
    return 1.0 if direction == "maximize" else -1.0


def _variance(values: Sequence[float]) -> float:
    """As `statistics.variance`, which computes in fractions, a hundred times slower: a run asks for it at every step."""
    mean = fmean(values)
    return math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)
