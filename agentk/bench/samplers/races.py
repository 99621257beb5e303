"""Races: one sampler searches one task from one seed, as the project searches, or from nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter

from pydantic import ValidationError

from agentk.bench.samplers.tasks import Task
from agentk.errors import StoreError
from agentk.tuning.samplers import Sampler
from agentk.tuning.search import Search
from agentk.types.competition import Frozen
from agentk.types.outcome import Status

TRIALS = 50
SEEDS: dict[Sampler, int] = {"random": 10, "tpe": 10, "cmaes": 10, "mace": 10, "gp": 2}
"""Of every task and manner; Optuna's Gaussian process takes as long for two as the others together for ten."""


class Manner(Frozen):
    """How a search goes."""

    name: str
    portfolio: bool  # whether the default and the recipe's variants are tried first
    ahead: int  # trials under way at a time


MANNERS = (Manner(name="as a run searches", portfolio=True, ahead=3), Manner(name="from nothing", portfolio=False, ahead=1))
"""A run on two slots has three trials under way (`Setting.lookahead`), and begins with its recipe's portfolio."""


class Race(Frozen):
    """The losses of one race's trials, in the order they ended."""

    task: str
    manner: str
    sampler: Sampler
    seed: int
    losses: tuple[float, ...]
    seconds: float  # that the sampler took, all trials together

    @property
    def key(self) -> tuple[str, str, Sampler, int]:
        """What is not run twice."""
        return self.task, self.manner, self.sampler, self.seed


def run(task: Task, manner: Manner, sampler: Sampler, seed: int) -> Race:
    """One race of `TRIALS` trials; nothing is pruned."""
    first = task.starts if manner.portfolio else ()
    search = Search(task.space, direction="minimize", seed=seed, first=first, sampler=sampler)
    losses: list[float] = []
    under_way: deque[tuple[int, float]] = deque()
    spent = 0.0
    for _ in range(TRIALS):
        began = perf_counter()
        trial = search.ask()
        spent += perf_counter() - began
        if trial is None:
            break
        under_way.append((trial.number, task.loss(trial.params)))
        if len(under_way) == manner.ahead:
            losses.append(_told(search, under_way))
    while under_way:
        losses.append(_told(search, under_way))
    return Race(task=task.name, manner=manner.name, sampler=sampler, seed=seed, losses=tuple(losses), seconds=round(spent, 3))


def _told(search: Search, under_way: deque[tuple[int, float]]) -> float:
    number, loss = under_way.popleft()
    search.tell(number, score=loss, status=Status.SCORED)
    return loss


def wanted(tasks: Sequence[Task], seeds: Mapping[Sampler, int]) -> Iterator[tuple[Task, Manner, Sampler, int]]:
    """Every race, seed by seed, so that wherever they are ended all tasks have as many; the slow sampler's last."""
    for samplers in ([sampler for sampler in seeds if sampler != "gp"], [sampler for sampler in seeds if sampler == "gp"]):
        for seed in range(max(seeds.values())):
            for manner in MANNERS:
                for task in tasks:
                    yield from ((task, manner, sampler, seed) for sampler in samplers if seed < seeds[sampler])


def read(path: Path) -> list[Race]:
    """The races of a file, a torn last line left out; none where there is no file. Raises StoreError for other lines."""
    if not path.exists():
        return []
    text = path.read_text("utf-8")
    races = []
    for number, line in enumerate(text[: text.rfind("\n") + 1].splitlines(), 1):
        try:
            races.append(Race.model_validate_json(line))
        except ValidationError:
            raise StoreError(f"{path}, line {number} is no race of this version: remove the file to measure anew") from None
    return races
