"""The table of attempts: every recipe with its parameter variants on every competition, scored once by the real referee.

Policies are then replayed on it, thousands of runs a minute, with nothing computed twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import JsonValue, ValidationError

from agentk.errors import AgentKError, StoreError
from agentk.graph.folder import replace
from agentk.memory.features import Features
from agentk.types.competition import Competition, Frozen
from agentk.types.metric import Direction
from agentk.types.outcome import Status
from agentk.types.space import ChoiceDimension, IntDimension, Params, Space

if TYPE_CHECKING:
    from agentk.referee.referee import Referee
    from agentk.sandbox.protocol import Sandbox
    from agentk.types.solution import Solution

FOLDS = 3
SECONDS = 60.0
"""Of one fold; a program that takes longer counts as timed out. Fifty times what most take, so that load does not decide."""
TIMES = 4
"""So many times the rows where the order of time matters: less would not hold a horizon."""


class Ground(Frozen):
    """A competition of the table."""

    name: str
    competition: Competition
    features: Features
    direction: Direction


class Cell(Frozen):
    """One attempt: a recipe with one parameter set on one competition."""

    competition: str
    recipe: str
    variant: str  # "default", a named one of the recipe's, or "drawn-<n>"
    params: dict[str, JsonValue] = {}
    status: Status
    score: float | None = None
    fold_scores: tuple[float, ...] = ()
    seconds: float = 0.0
    reason: str = ""


@dataclass(frozen=True)
class Table:
    """Everything that was scored."""

    grounds: dict[str, Ground]
    cells: tuple[Cell, ...]

    def of(self, competition: str) -> dict[str, list[Cell]]:
        """By recipe, the default first."""
        found: dict[str, list[Cell]] = {}
        for cell in self.cells:
            if cell.competition == competition:
                found.setdefault(cell.recipe, []).append(cell)
        return found


def read_table(out: Path) -> Table:
    """What `build` wrote so far; competitions that are not finished are left out. Raises StoreError for damaged lines."""
    grounds = {ground.name: ground for ground in _lines(out / "competitions.jsonl", Ground)}
    cells = _lines(out / "cells.jsonl", Cell)
    whole = {cell.competition for cell in cells if cell.recipe == _END}
    rows = tuple(cell for cell in cells if cell.competition in whole and cell.recipe != _END)
    return Table({name: ground for name, ground in grounds.items() if name in whole}, rows)


_END = "-"  # the recipe of the line that says that a competition is finished


def build(
    out: Path,
    sources: Sequence[tuple[str, str]],
    *,
    rows: int,
    draws: int,
    slots: int,
    say: Callable[[str], None],
    only: Mapping[str, Collection[str]] | None = None,
    folds: int = FOLDS,
) -> Table:
    """Scores what `out` does not hold yet: `sources` are (name, what `agentk run` would be given).

    only: by name, the recipes that are wanted; None for all of them.

    At most `rows` training rows and `folds` folds, and beside each recipe's own variants `draws` parameter sets drawn from its
    space, the same ones everywhere. A competition that cannot be set up is said and passed over. Killed, it goes on.
    """
    from agentk.agent import machine
    from agentk.sandbox.open import open_sandbox

    out.mkdir(parents=True, exist_ok=True)
    done = {(cell.competition, cell.recipe, cell.variant) for cell in _lines(out / "cells.jsonl", Cell)}
    known = {ground.name for ground in _lines(out / "competitions.jsonl", Ground)}
    with (out / "cells.jsonl").open("a", encoding="utf-8") as file:
        sandbox = open_sandbox(slots, 1, machine.WARM, out / "work" / "sandbox")
        try:
            for number, (name, source) in enumerate(sources, 1):
                try:
                    ground, referee = _opened(name, source, out / "work" / name, rows, folds, sandbox)
                except AgentKError as error:
                    say(f"{name} is left out: {error}")
                    continue
                if name not in known:
                    with (out / "competitions.jsonl").open("a", encoding="utf-8") as grounds:
                        grounds.write(ground.model_dump_json() + "\n")
                wanted = [
                    want
                    for want in _wanted(ground, draws)
                    if (only is None or want[0] in only[name]) and (name, want[0], want[1]) not in done
                ]
                for count, cell in enumerate(_scored(name, referee, wanted), 1):
                    file.write(cell.model_dump_json() + "\n")
                    file.flush()
                    say(f"{number}/{len(sources)} {name}: {count}/{len(wanted)} {cell.recipe} {cell.variant} {cell.score}")
                if wanted or (name, _END, "") not in done:
                    file.write(Cell(competition=name, recipe=_END, variant="", status=Status.SCORED).model_dump_json() + "\n")
                    file.flush()
        finally:
            sandbox.close()
    return read_table(out)


def _opened(name: str, source: str, folder: Path, rows: int, folds: int, sandbox: Sandbox) -> tuple[Ground, Referee]:
    from agentk.competitions.draft import Overrides
    from agentk.competitions.files.rows import load_rows
    from agentk.competitions.files.tables import plan_of
    from agentk.competitions.metrics.own import metric_of
    from agentk.competitions.scoring.truth import encode_truth
    from agentk.competitions.setup import set_up
    from agentk.memory.features import features_of
    from agentk.referee.layout import group_keys
    from agentk.referee.referee import Referee

    folder.mkdir(parents=True, exist_ok=True)
    competition = set_up(source, Overrides(), folder)
    train, test = load_rows(competition.folder, plan_of(competition))
    scheme = competition.validation.scheme
    generator = np.random.default_rng(0)
    if scheme in ("rolling", "blocked"):
        train = train.tail(TIMES * rows).reset_index(drop=True)
    elif len(train) > rows:
        keys = group_keys(competition, train).to_numpy() if scheme == "grouped" else np.arange(len(train))
        groups = generator.permutation(np.unique(keys))
        kept = np.isin(keys, groups[: max(1, round(len(groups) * rows / len(train)))])
        train = train[kept].reset_index(drop=True)
    if scheme not in ("rolling", "blocked"):
        test = test.head(50)
    validation = competition.validation.model_copy(update={"folds": min(folds, competition.validation.folds)})
    competition = competition.model_copy(update={"rows": len(train), "test_rows": len(test), "validation": validation})
    metric = metric_of(competition)
    truth = encode_truth(competition, train)
    referee = Referee(competition, train, test, truth, metric, sandbox, folder / "referee", seed=0)
    return Ground(name=name, competition=competition, features=features_of(competition), direction=metric.direction), referee


def _wanted(ground: Ground, draws: int) -> Iterator[tuple[str, str, Params, Solution]]:
    """(recipe, variant, params, program): the default and the recipe's own variants, then what is drawn."""
    from agentk.agent import machine
    from agentk.reasoning.recipes.catalogue import recipes_for
    from agentk.reasoning.recipes.compose import compose

    for recipe in recipes_for(ground.competition, frozenset(machine.libraries())):
        solution = compose(recipe.entry, ground.competition.contract())
        yield recipe.name, "default", {}, solution
        for name, params in recipe.variants.items():
            yield recipe.name, name, dict(params), solution
        for number in range(draws if solution.space else 0):
            yield recipe.name, f"drawn-{number}", drawn(solution.space, recipe.name, number), solution


def drawn(space: Space, recipe: str, number: int) -> Params:
    """A parameter set drawn evenly from a space, on a log scale where the space says so; the same for the same words."""
    generator = np.random.default_rng([number, *recipe.encode()])
    params: dict[str, Any] = {}
    for name, dimension in space.items():
        if isinstance(dimension, ChoiceDimension):
            params[name] = dimension.choices[int(generator.integers(len(dimension.choices)))]
            continue
        low, high = float(dimension.low), float(dimension.high)
        share = generator.uniform()
        value = low * (high / low) ** share if dimension.log else low + share * (high - low)
        params[name] = round(value) if isinstance(dimension, IntDimension) else float(f"{value:.3g}")
    return {
        name: value
        for name, value in params.items()
        if all(params.get(key) == needed for key, needed in space[name].when.items())
    }


def _scored(name: str, referee: Referee, wanted: Sequence[tuple[str, str, Params, Solution]]) -> Iterator[Cell]:
    waiting = {f"{recipe}/{variant}": (recipe, variant, params, solution) for recipe, variant, params, solution in wanted}
    folds = range(referee.layout.folds)
    for key, (_, _, params, solution) in waiting.items():
        referee.submit(solution, params, key=key, seconds=SECONDS, folds=folds)
    while waiting:
        for evaluation in referee.collect(None):
            recipe, variant, params, _ = waiting.pop(evaluation.key)
            scored = evaluation.outcome.status is Status.SCORED
            referee.forget(evaluation.key)
            yield Cell(
                competition=name,
                recipe=recipe,
                variant=variant,
                params=params,
                status=evaluation.outcome.status,
                score=evaluation.score if scored else None,
                fold_scores=tuple(evaluation.fold_scores) if scored else (),
                seconds=round(evaluation.seconds, 3),
                reason=evaluation.outcome.reason[:300],
            )


def _lines(path: Path, form: type[Any]) -> list[Any]:
    """The whole lines of a file; a last one that a kill left torn is cut off."""
    if not path.exists():
        return []
    text = path.read_text("utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        replace(path, whole)
    rows = []
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            rows.append(form.model_validate_json(line))
        except (ValidationError, json.JSONDecodeError) as error:
            raise StoreError(f"{path}, line {number} is no line of this table: {error}; remove the folder") from None
    return rows
