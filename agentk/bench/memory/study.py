"""The ablation: memory off, read-only starter lessons, and learning, replayed on a table of attempts in many orders."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agentk.bench.memory.replay import CachedEmbedder, Course, Track
from agentk.bench.memory.table import read_table
from agentk.graph.lessons import WITHHELD
from agentk.memory import starter
from agentk.memory.lesson import Lesson
from agentk.memory.nested import NestedMemory
from agentk.memory.off import Off
from agentk.memory.protocol import Change
from agentk.memory.ram import RamShelf
from agentk.memory.ranking import EXPLORE, Explore
from agentk.types.competition import Frozen

BUDGET = 24
"""Evaluations of one run: every recipe once, and about as many again."""
POISON = 0.3
SHARES = (0.1, 0.2, 0.5, 1.0)


class Tour(Frozen):
    """One order of the competitions, each met once, so that nothing remembered of one can help on itself."""

    names: tuple[str, ...]
    curves: tuple[tuple[float, ...], ...]  # normalized best score after each evaluation
    spent: tuple[tuple[float, ...], ...]  # seconds until then
    relatives: tuple[int, ...]  # competitions of the same task and modality met before
    poison: tuple[float, ...] = ()  # mean believed value of the poisoned lessons after each run since, those forgotten left out
    poisoned: tuple[int, ...] = ()  # how many of them there are still


class Comparison(Frozen):
    """One policy against memory off, on the second half of each order, where a relative was met before."""

    policy: str
    competitions: int
    runs: int
    curve: tuple[float, ...]  # mean
    off: tuple[float, ...]  # of memory off, over the same competitions as often
    ratio: float  # attempts to reach the final score of memory off, over those that memory off took; median over competitions
    between: tuple[float, float]  # where nine of ten such medians lie when the competitions are drawn anew (bootstrap)
    geometric: float  # the geometric mean of the same, which hangs less on single competitions
    seconds: float  # the same of slot seconds
    paced: tuple[float, ...]  # mean, at these shares of the seconds that memory off took in all: `SHARES`
    off_paced: tuple[float, ...]
    halved: int  # competitions with half the attempts or fewer
    final: float  # mean normalized final score
    better: int  # competitions with a significantly better mean of the curve (Wilcoxon over orders, 5%, Holm over competitions)
    worse: int
    by_competition: dict[str, dict[str, float]]


@dataclass(frozen=True)
class Policy:
    """How memory is used."""

    name: str
    learns: bool = True
    explore: Explore = EXPLORE
    withhold: float = WITHHELD
    poison: float = 0.0


POLICIES = (
    Policy("starter", learns=False),
    Policy("learning"),
    Policy("nothing withheld", withhold=0.0),
    Policy("poisoned", poison=POISON),
)


def baseline(courses: Mapping[str, Course]) -> dict[str, Track]:
    """The track of memory off on each competition: the playbook leaves nothing to chance, so there is one."""
    return {name: course.run(Off(), budget=BUDGET, seed=0, withhold=0.0).track for name, course in courses.items()}


def replayed(out: Path, policy: Policy, seeds: Sequence[int], workers: int) -> list[Tour]:
    """One tour a seed."""
    with get_context("spawn").Pool(workers, initializer=_open, initargs=(out,)) as pool:
        return pool.map(partial(_tour, policy), seeds, chunksize=1)


class _Shared:
    fields: dict[str, Course]
    embedder: CachedEmbedder
    starter: tuple[str, Sequence[Lesson]]


def _open(out: Path) -> None:
    table = read_table(out)
    _Shared.fields = {name: Course(ground, table) for name, ground in sorted(table.grounds.items())}
    _Shared.embedder, _Shared.starter = CachedEmbedder(), starter.load()


def _tour(policy: Policy, seed: int) -> Tour:
    fields = _Shared.fields
    names = list(fields)
    random.Random(seed).shuffle(names)
    shelf = RamShelf()
    memory = NestedMemory(shelf, _Shared.embedder, starter=_Shared.starter, explore=policy.explore)
    curves, spent, relatives, values, alive = [], [], [], [], []
    poisoned: list[str] = []
    for number, name in enumerate(names):
        if policy.poison and number == len(names) // 2:
            poisoned = _poison(shelf, policy.poison, seed)
        place = fields[name]
        replay = place.run(memory, budget=BUDGET, seed=1000 * seed + number, withhold=policy.withhold if policy.learns else 0.0)
        if policy.learns:
            place.teach(memory, replay, f"run-{seed}-{number}")
        family = place.ground.features.family[:2]
        relatives.append(sum(fields[before].ground.features.family[:2] == family for before in names[:number]))
        curves.append(tuple(map(float, replay.track.curve)))
        spent.append(tuple(map(float, replay.track.spent)))
        if poisoned:
            left = memory.get(poisoned)
            alive.append(len(left))
            values.append(float(np.mean([lesson.value.mean for lesson in left])) if left else 0.0)
    return Tour(
        names=tuple(names),
        curves=tuple(curves),
        spent=tuple(spent),
        relatives=tuple(relatives),
        poison=tuple(values),
        poisoned=tuple(alive),
    )


def _poison(shelf: RamShelf, share: float, seed: int) -> list[str]:
    """Turns what a share of the lessons earned into its opposite, worth double; the ids of those that now mislead most:
    losers that are praised."""
    lessons = sorted((lesson for lesson in shelf.all() if lesson.value.evidence), key=lambda lesson: lesson.id)
    chosen = random.Random(seed).sample(lessons, round(share * len(lessons)))
    turned = []
    for lesson in chosen:
        lies = tuple(entry.model_copy(update={"mean": -2 * entry.mean}) for entry in lesson.value.evidence)
        turned.append(lesson.model_copy(update={"value": lesson.value.model_copy(update={"evidence": lies})}))
    shelf.commit(Change(revise=turned, ledger=shelf.ledger()), np.zeros((0, 1), np.float32), None)
    return [lesson.id for lesson in turned if lesson.value.mean > 0]


def compare(policy: str, off: Mapping[str, Track], sequences: Sequence[Tour]) -> Comparison:
    """See `Comparison`."""
    half = len(off) // 2
    tracks: dict[str, list[Track]] = {}
    for sequence in sequences:
        told = zip(sequence.names, sequence.curves, sequence.spent, sequence.relatives, strict=True)
        for place, (name, curve, spent, near) in enumerate(told):
            if place >= half and near:
                tracks.setdefault(name, []).append(Track(np.asarray(curve), np.asarray(spent)))
    return compared(policy, off, tracks)


def compared(policy: str, off: Mapping[str, Track], tracks: Mapping[str, Sequence[Track]]) -> Comparison:
    """See `Comparison`; `tracks`: of each competition those of the runs at it."""
    from scipy.stats import wilcoxon

    rows: dict[str, dict[str, float]] = {}
    chances: list[tuple[float, float]] = []
    for name, found in sorted(tracks.items()):
        usual, target = off[name], off[name].curve[-1]
        needed = reached(usual.curve, target)
        took = float(np.median([reached(track.curve, target) for track in found]))
        seconds = float(np.median([_seconds(track, target) for track in found])) / max(_seconds(usual, target), 1e-9)
        gains = np.array([track.curve.mean() - usual.curve.mean() for track in found])
        chance = float(wilcoxon(gains).pvalue) if len(gains) > 5 and np.any(gains) else 1.0
        chances.append((chance, float(gains.mean())))
        gain = float(gains.mean())
        rows[name] = {"off": needed, "took": took, "ratio": took / needed, "seconds": seconds, "gain": gain, "p": chance}
    significant = _holm([chance for chance, _ in chances])
    ratios = [row["ratio"] for row in rows.values()]
    every = [(name, track) for name, found in tracks.items() for track in found]
    mean = np.mean([track.curve for _, track in every], axis=0)
    return Comparison(
        policy=policy,
        competitions=len(rows),
        runs=len(every),
        curve=tuple(map(float, mean)),
        off=tuple(map(float, np.mean([off[name].curve for name, _ in every], axis=0))),
        ratio=float(np.median(ratios)),
        between=_drawn_anew(ratios),
        geometric=float(np.exp(np.mean(np.log(ratios)))),
        seconds=float(np.median([row["seconds"] for row in rows.values()])),
        paced=tuple(map(float, np.mean([_paced(track, off[name].spent[-1]) for name, track in every], axis=0))),
        off_paced=tuple(map(float, np.mean([_paced(off[name], off[name].spent[-1]) for name, _ in every], axis=0))),
        halved=sum(ratio <= 0.5 for ratio in ratios),
        final=float(mean[-1]),
        better=sum(sure and gain > 0 for sure, (_, gain) in zip(significant, chances, strict=True)),
        worse=sum(sure and gain < 0 for sure, (_, gain) in zip(significant, chances, strict=True)),
        by_competition=rows,
    )


def _drawn_anew(ratios: Sequence[float]) -> tuple[float, float]:
    """The 5% and 95% quantiles of the median (Efron 1979), the same every time."""
    draws = np.random.default_rng(0).choice(np.asarray(ratios), (2000, len(ratios)))
    low, high = np.quantile(np.median(draws, axis=1), (0.05, 0.95))
    return float(low), float(high)


def reached(curve: NDArray[np.float64], target: float) -> int:
    """Evaluations until the curve is at the target; one more than there are where it never is."""
    there = np.nonzero(curve >= target - 1e-9)[0]
    return int(there[0]) + 1 if len(there) else len(curve) + 1


def _seconds(track: Track, target: float) -> float:
    """Until it is at the target; where it never is, as if one more evaluation like the others had got there."""
    at = reached(track.curve, target)
    return float(track.spent[at - 1]) if at <= len(track.spent) else float(track.spent[-1]) * at / len(track.spent)


def _paced(track: Track, total: float) -> list[float]:
    """The score at `SHARES` of so many seconds."""
    done = [int(np.searchsorted(track.spent, share * total + 1e-9, side="right")) for share in SHARES]
    return [float(track.curve[count - 1]) if count else 0.0 for count in done]


def _holm(chances: Sequence[float], level: float = 0.05) -> list[bool]:
    """Which hold when all are asked at once (Holm 1979)."""
    order = np.argsort(chances, kind="stable")
    sure = [False] * len(chances)
    for rank, index in enumerate(order):
        if chances[index] > level / (len(chances) - rank):
            break
        sure[index] = True
    return sure
