"""What learning is worth, in a made-up world where the right recipe depends on the family of the competition."""

from __future__ import annotations

import numpy as np
import pytest

from agentk.memory.embedders import HashingEmbedder
from agentk.memory.features import Features
from agentk.memory.harvest import harvest
from agentk.memory.lesson import Lesson, Provenance
from agentk.memory.nested import NestedMemory
from agentk.memory.ram import RamShelf
from agentk.memory.rewards import credits, rewards
from agentk.memory.scope import EVERYTHING
from agentk.memory.value import Value
from agentk.testing.memory import features
from agentk.types.attempt import Attempt
from agentk.types.competition import TaskKind
from agentk.types.outcome import Outcome, Status

RECIPES = tuple(f"recipe-{letter}" for letter in "abcdefghij")
ATTEMPTS = 5


class World:
    """Recipes have a strength in each task, known to nobody, and every competition adds luck of its own."""

    def __init__(self, seed: int) -> None:
        self._generator = np.random.default_rng(seed)
        self._strength = {task: self._generator.permutation(np.linspace(-0.06, 0.06, len(RECIPES))) for task in TaskKind}

    def competition(self, number: int, task: TaskKind) -> tuple[Features, dict[str, tuple[float, ...]]]:
        """A competition, and what each recipe would score on its folds."""
        rows = int(10 ** self._generator.uniform(2.5, 3.6))
        strength = self._strength[task] + self._generator.normal(0, 0.015, len(RECIPES))
        folds = 0.8 + self._generator.normal(0, 0.02, 5)
        scores = {
            name: tuple(folds + worth + self._generator.normal(0, 0.01, 5)) for name, worth in zip(RECIPES, strength, strict=True)
        }
        return features(f"d{number}", rows=rows, task=task), scores


def play(memory: NestedMemory, here: Features, scores: dict[str, tuple[float, ...]], seed: int) -> list[str]:
    """A run: the recipes that memory advises, then the rest in an order of chance; memory learns. The recipes, as tried."""
    recalled = {found.lesson.payload["recipe"]: found for found in memory.recall(here, kinds=["recipe"], limit=40, seed=seed)}
    chance = np.random.default_rng(seed).permutation(RECIPES)
    tried = sorted(chance, key=lambda name: -recalled[name].value if name in recalled else 0.0)[:ATTEMPTS]
    attempts = [
        Attempt(
            number=number,
            parent=None,
            kind="draft",
            name=name,
            origin="playbook",
            recipe=name,
            outcome=Outcome(status=Status.SCORED),
            score=float(np.mean(scores[name])),
            fold_scores=scores[name],
            lessons=(recalled[name].lesson.id,) if name in recalled else (),
        )
        for number, name in enumerate(tried)
    ]
    run = f"run-{here.digest}-{seed}"
    lessons = {found.lesson.id: found.lesson for found in recalled.values()}
    memory.credit(run, credits(attempts, rewards(attempts, "maximize"), lessons, {}, {}), competition=here.digest)
    memory.remember(harvest(run, attempts, "maximize", here), private=())
    memory.consolidate(run, here)
    return [str(name) for name in tried]


def best_found_after(tried: list[str], scores: dict[str, tuple[float, ...]]) -> int:
    """Attempts until one of the three best recipes was tried; one more than there were where none was."""
    good = set(sorted(scores, key=lambda name: -float(np.mean(scores[name])))[:3])
    return next((number for number, name in enumerate(tried, 1) if name in good), ATTEMPTS + 1)


def attempts_needed(memory: NestedMemory, world: World, seed: int, competitions: int) -> list[int]:
    tasks = [(TaskKind.BINARY, TaskKind.REGRESSION)[number % 2] for number in range(competitions)]
    played = [(number, *world.competition(number, task)) for number, task in enumerate(tasks)]
    return [best_found_after(play(memory, here, scores, 1000 * seed + number), scores) for number, here, scores in played]


@pytest.fixture(scope="module")
def curves() -> np.ndarray:
    """(seeds, competitions): attempts needed, in worlds that have nothing in common."""
    return np.array([attempts_needed(NestedMemory(RamShelf(), HashingEmbedder()), World(seed), seed, 16) for seed in range(8)])


def test_what_earlier_competitions_taught_halves_the_attempts_needed(curves: np.ndarray) -> None:
    first, last = curves[:, :2].mean(), curves[:, 8:].mean()
    assert last <= first / 2 + 0.5, curves.mean(axis=0)


def test_a_memory_full_of_harmful_advice_recovers(curves: np.ndarray) -> None:
    needed = []
    for seed in range(4):
        world = World(seed)
        worst = {str(name) for task in (TaskKind.BINARY, TaskKind.REGRESSION) for name in _worst(world, task)}
        poison = [_praise(name) for name in sorted(worst)]
        memory = NestedMemory(RamShelf(), HashingEmbedder())
        memory.remember(poison, private=())
        needed.append(attempts_needed(memory, world, seed, 16))
        assert {found.value.mean < 2.0 for found in memory.get([lesson.id for lesson in poison])} == {True}
    assert np.mean([row[8:] for row in needed]) <= curves[:, 8:].mean() + 1.0


def _worst(world: World, task: TaskKind) -> list[str]:
    return [RECIPES[index] for index in np.argsort(world._strength[task])[:3]]


def _praise(recipe: str) -> Lesson:
    return Lesson(
        kind="recipe",
        subject=f"recipe:{recipe}",
        text=f"{recipe} always wins",
        scope=EVERYTHING,
        payload={"recipe": recipe},
        value=Value(prior=2.5, strength=1.0),
        provenance=Provenance(origin="person"),
    )
