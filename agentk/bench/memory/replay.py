"""Replay: runs on a table of attempts instead of on programs, with the real playbook and the real memory, in milliseconds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agentk.bench.memory.table import Cell, Ground, Table
from agentk.graph.ledger import Ledger
from agentk.graph.lessons import as_shown, lent, missed
from agentk.memory.embedders import HashingEmbedder
from agentk.memory.harvest import learn
from agentk.memory.lesson import Kind
from agentk.memory.protocol import Memory, Recalled, Vectors
from agentk.memory.rewards import Tried, standing
from agentk.reasoning.playbook import Playbook
from agentk.reasoning.questions import Lesson, Plan, PlanQuestion, Resources
from agentk.reasoning.recipes.catalogue import RECIPES
from agentk.types.attempt import Attempt
from agentk.types.outcome import Outcome, Status

SPENT = Resources(seconds_left=None, seconds_total=None, attempts_left=None, slots=1, cores=1, libraries=())
LIBRARIES = ("PIL", "catboost", "lightgbm", "sklearn", "torch", "xgboost")
KINDS: tuple[tuple[Kind, int], ...] = (("recipe", 40), ("params", 60))
"""Of lessons, what a replay can use, and how many of each are recalled."""


class Track(NamedTuple):
    """How far a run was after each evaluation; both arrays are (budget,)."""

    curve: NDArray[np.float64]  # best normalized score, 0 where there is none
    spent: NDArray[np.float64]  # slot seconds since the beginning, as the table's cells took


@dataclass
class Replay:
    """What one run came to."""

    track: Track
    attempts: list[Attempt] = field(default_factory=list)
    withheld: dict[int, tuple[str, ...]] = field(default_factory=dict)  # by attempt
    tried: dict[int, list[Tried]] = field(default_factory=dict)  # by attempt


class CachedEmbedder:
    """The offline embedder, which need not see the same text ten thousand times."""

    def __init__(self) -> None:
        self._inner = HashingEmbedder()
        self.id, self.dimension = self._inner.id, self._inner.dimension
        self._known: dict[str, Vectors] = {}

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder.embed`."""
        fresh = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(fresh, self._inner.embed(fresh), strict=True))
        return np.stack([self._known[text] for text in texts]) if texts else np.zeros((0, self.dimension), np.float32)


class Course:
    """One competition of the table, ready to be run on again and again."""

    def __init__(self, ground: Ground, table: Table) -> None:
        self.ground = ground
        self.cells = table.of(ground.name)
        self.missing = tuple(recipe.name for recipe in RECIPES if recipe.name not in self.cells)
        sign = 1.0 if ground.direction == "maximize" else -1.0
        scores = {
            cell.recipe: sign * cell.score for cell in table.cells if _default(cell, ground.name) and cell.score is not None
        }
        every = [sign * cell.score for cells in self.cells.values() for cell in cells if cell.score is not None]
        self._sign, self._best, self._middle = sign, max(every), float(np.median(list(scores.values())))

    def normalized(self, score: float | None) -> float:
        """0 at the median of the recipes' defaults and below, 1 at the best of the table."""
        if score is None:
            return 0.0
        return max(0.0, 1.0 - (self._best - self._sign * score) / max(self._best - self._middle, 1e-12))

    def run(self, memory: Memory, *, budget: int, seed: int, withhold: float, leave_out: bool = False) -> Replay:
        """One run of the playbook: each draft and each trial of a search is one evaluation."""
        found = [
            hit
            for kind, limit in KINDS
            for hit in memory.recall(
                self.ground.features, kinds=[kind], limit=limit, seed=seed, withhold=withhold, leave_out=leave_out
            )
        ]
        shown, held = _split(found)
        run = _Run(self, budget, shown, held)
        run.go()
        curve = np.maximum.accumulate(np.asarray([self.normalized(score) for score in run.scores] + [0.0] * budget))[:budget]
        spent = np.cumsum(np.asarray(run.seconds + [0.0] * budget))[:budget]
        return Replay(Track(curve, spent), list(run.ledger.attempts.values()), run.withheld, run.tried)

    def all_tried(self) -> Replay:
        """Every cell of the table as a draft: all that anybody could know of this competition."""
        run = _Run(self, 0, (), ())
        for number, cell in enumerate((cell for cells in self.cells.values() for cell in cells), 1):
            plan = Plan(giver=Playbook.name, action="draft", recipe=cell.recipe, params=cell.params, idea="all of them")
            run.note(number, plan, [cell])
        return Replay(Track(np.zeros(0), np.zeros(0)), list(run.ledger.attempts.values()))

    def teach(self, memory: Memory, replay: Replay, run: str) -> None:
        """What the end of a run does."""
        learn(
            memory,
            run,
            self.ground.competition,
            replay.attempts,
            self.ground.direction,
            features=self.ground.features,
            withheld=replay.withheld,
            tried=replay.tried,
        )


class _Run:
    """The graph's loop without the graph: ask the playbook, look the answer up."""

    def __init__(self, place: Course, budget: int, shown: tuple[Lesson, ...], held: tuple[Lesson, ...]) -> None:
        self.place, self.budget, self.shown, self.held = place, budget, shown, held
        self.ledger = Ledger(place.ground.direction)
        self.scores: list[float | None] = []
        self.seconds: list[float] = []  # of each of them
        self.withheld: dict[int, tuple[str, ...]] = {}
        self.tried: dict[int, list[Tried]] = {}
        self.left = {recipe: list(cells) for recipe, cells in place.cells.items()}
        self.libraries = LIBRARIES

    def go(self) -> None:
        """To the end of the budget."""
        playbook = Playbook()
        while len(self.scores) < self.budget:
            question = self._question()
            plan = playbook.plan(question)
            if plan.action not in ("draft", "tune") or plan.recipe is None:
                return
            number = len(self.ledger.attempts) + 1
            held = () if lent(self.held, len(self.ledger.scored)) else self.held
            self.withheld[number] = tuple(missed(question, plan, held))
            tried = [self._take(plan.recipe, plan.params)] if plan.action == "draft" else self._search(plan)
            self.note(number, plan, [cell for cell in tried if cell is not None])

    def _question(self) -> PlanQuestion:
        ledger, ground = self.ledger, self.place.ground
        tree = tuple(ledger.attempts.values())
        return PlanQuestion(
            step=len(ledger.attempts),
            competition=ground.competition,
            direction=ground.direction,
            tree=tree,
            standing=standing(tree, ground.direction),
            best=None,
            efforts=ledger.efforts(3),
            pending=0,
            scored=len(ledger.scored),
            since_blend=0,
            started=self.place.missing,  # what is under way is not begun again
            lessons=(*self.shown, *lent(self.held, len(ledger.scored))),
            resources=SPENT.model_copy(update={"libraries": self.libraries}),
            seed=0,
        )

    def _take(self, recipe: str, params: Mapping[str, object]) -> Cell | None:
        """The untried cell that is these parameters, or has most of them; None where the recipe has none left."""
        cells = self.left.get(recipe, [])
        if not cells:
            return None
        best = max(cells, key=lambda cell: _agreement(cell.params, params))
        cells.remove(best)
        return best

    def _search(self, plan: Plan) -> list[Cell | None]:
        assert plan.recipe is not None
        count = min(plan.trials or 1, self.budget - len(self.scores), len(self.left[plan.recipe]))
        starts = [dict(start) for start in plan.starts][:count]
        tried = [self._take(plan.recipe, dict(start)) for start in starts]
        return tried + [self._take(plan.recipe, {}) for _ in range(count - len(tried))]

    def note(self, number: int, plan: Plan, tried: list[Cell]) -> None:
        """What came of a plan."""
        sign = 1.0 if self.ledger.direction == "maximize" else -1.0
        self.scores += [cell.score for cell in tried] or [None]
        self.seconds += [cell.seconds for cell in tried] or [0.0]
        scored = [cell for cell in tried if cell.score is not None]
        best = max(scored, key=lambda cell: sign * (cell.score or 0.0), default=None) or (tried[0] if tried else None)
        if plan.action == "tune":
            self.tried[number] = [Tried(cell.params, cell.fold_scores, not cell.variant.startswith("drawn")) for cell in scored]
        status = Status.FAILED if best is None else best.status
        self.ledger.attempts[number] = Attempt(
            number=number,
            parent=plan.parent,
            kind="draft" if plan.action == "draft" else "tune",
            name=str(plan.recipe),
            origin="playbook",
            recipe=plan.recipe,
            params={} if best is None else best.params,
            outcome=Outcome(status=status, reason="" if best is None else best.reason),
            score=None if best is None else best.score,
            fold_scores=() if best is None else best.fold_scores,
            seconds=sum(cell.seconds for cell in tried),
            tunable=bool(self.left.get(str(plan.recipe))),
            trials=len(tried) if plan.action == "tune" else 0,
            lessons=plan.lessons,
        )


def _default(cell: Cell, name: str) -> bool:
    return cell.competition == name and cell.variant == "default" and cell.recipe != "constant"


def _split(found: Sequence[Recalled]) -> tuple[tuple[Lesson, ...], tuple[Lesson, ...]]:
    return tuple(as_shown(hit) for hit in found if not hit.withheld), tuple(as_shown(hit) for hit in found if hit.withheld)


def _agreement(params: Mapping[str, object], wanted: Mapping[str, object]) -> float:
    """Parameters that both have alike, less those that only one has; numbers are alike within a tenth."""
    alike = sum(name in wanted and _alike(value, wanted[name]) for name, value in params.items())
    return 2 * alike - len(params) - len(wanted)


def _alike(one: object, other: object) -> bool:
    if isinstance(one, float | int) and isinstance(other, float | int) and not isinstance(one, bool):
        return abs(one - other) <= 0.1 * max(abs(one), abs(other))
    return json.dumps(one) == json.dumps(other)
