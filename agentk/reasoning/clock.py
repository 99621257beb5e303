"""The clock: what the time that is left can pay for, by what recipes should cost and what this run has measured.

Where even one draft of a recipe on all rows would take a good part of the budget, it is first tried with less work, and where
that is not enough on a sample; what does best is then given more rows, as long as time is left.
"""

from __future__ import annotations

import math
from statistics import median

from agentk.reasoning.costs import MOST_CELLS, rows_within, seconds_of, width_of, work_within
from agentk.reasoning.questions import Effort, PlanQuestion
from agentk.reasoning.recipes.catalogue import Recipe, recipes_for

FEW, DRAFT_SHARE = 4, 0.15
"""From so many scored attempts on, a draft may take this share of the budget: tuning what is good is worth more by then."""
LENIENCE = 1.5
"""Times its share of the time a draft may take before it is cut."""
LEAST_COST = 0.05
"""Below it a recipe's seconds say what starting up takes, not what computing takes."""
SAMPLED_FROM = 10_000
"""Rows below which all are used: a model that has few does not get better by having fewer."""
DEAR, SAMPLE_SHARE, FIRST_SHARE = 0.2, 0.08, 0.3
"""Of the budget: a draft that would take more than the first is made with less work, or on a sample of rows, so that it takes the
second. Where that pays for fewer than `ENOUGH` rows, the sample may take the third, of what is left."""
ENOUGH = 50_000
SCREEN_SHARE = 0.08
"""Of the budget, what the screening of switches may take."""
GROWTH_SHARE = 0.5
"""Of what is left, what one program on more rows may take."""
AGAIN, TRIES = 2.0, 3
"""A draft that was cut is taken to need so many times its limit; it is tried again, each time on a smaller sample, so often."""
TWICE = 2.0
"""A program is fitted on more rows only where there are at least so many times as many."""


class Clock:
    """What the time that is left can pay for. Without a budget in seconds everything can be paid for."""

    def __init__(self, question: PlanQuestion, own: tuple[Recipe, ...]) -> None:
        resources = question.resources
        self.ticks = resources.seconds_left is not None
        self.left = resources.seconds_left or 0.0
        """Seconds until search ends."""
        self.total = resources.seconds_total or 0.0
        self.slots = resources.slots
        self.competition = question.competition
        self.folds = question.competition.validation.folds
        self.question = question
        self._recipes = {recipe.name: recipe for recipe in recipes_for(question.competition, frozenset(resources.libraries), own)}
        efforts = question.efforts.items()
        # How much slower than expected: on few rows what starting up takes only ever adds to it. A draft that was cut: more.
        self._measured = {
            name: effort.fold_seconds / prior
            for name, effort in efforts
            if effort.fold_seconds is not None and (prior := self.prior(name, effort.sample, effort.work)) >= LEAST_COST
        }
        usual = median if self.competition.rows >= SAMPLED_FROM else min
        self.pace = usual(self._measured.values()) if self._measured else None
        self._cuts = {
            name: effort.longer / max(self.prior(name, effort.sample, effort.work), LEAST_COST)
            for name, effort in efforts
            if effort.longer
        }
        self.cut = max(self._cuts.values(), default=0.0)
        self.free = max(0.0, self.left - self._queued())
        """Seconds of these until search ends that what is under way should leave."""

    def cost(self, name: str) -> float:
        """Of a recipe, relative to others; 0 for a name that is no recipe's."""
        return self._recipes[name].cost if name in self._recipes else 0.0

    def prior(self, name: str, sample: int | None, work: float = 1.0) -> float:
        """Seconds that a fit was expected to take, on a sample of the rows or on all, with a share of its usual work; 0 for what
        is no recipe."""
        recipe = self._recipes.get(name)
        if recipe is None or recipe.growth is None:
            return work * self.cost(name)
        return seconds_of(recipe, self.competition, self.competition.rows if sample is None else sample, work)

    @property
    def spent(self) -> bool:
        """Whether no time is left."""
        return self.ticks and self.left <= 0

    def affords(self, recipe: Recipe, scored: int) -> bool:
        """Whether a draft of it, perhaps on a sample, should be done in the share of time that drafts may take now."""
        rows = self.sample(recipe, scored)
        return rows > 0 if rows is not None else self.work(recipe, scored) > 0

    def sample(self, recipe: Recipe, scored: int) -> int | None:
        """The training rows that a draft of it should be made on; None: all, 0: so few that it is not worth while."""
        rows, most = self.competition.rows, MOST_CELLS // width_of(self.competition)
        if recipe.growth is None or rows < SAMPLED_FROM:
            return None
        if self._expected(recipe) <= self._whole(scored) or self._expected(recipe, recipe.least_work) <= self._part(scored):
            return None if rows <= most else most
        found = self._rows_within(recipe, self._part(scored))
        if found < ENOUGH:
            found = max(found, min(ENOUGH, self._rows_within(recipe, FIRST_SHARE * self.free)))
        return min(found, most)

    def work(self, recipe: Recipe, scored: int) -> float:
        """The share of its usual work that a draft of it should do; 0: so little that it is not worth while."""
        if recipe.growth is not None and self.competition.rows >= SAMPLED_FROM:
            if self._expected(recipe) <= self._whole(scored):
                return 1.0
            if self.sample(recipe, scored) is not None:
                return recipe.least_work
            return max(self._work_within(recipe, self._part(scored)), recipe.least_work)
        affordable = self._share(scored) / max(self._expected(recipe), 1e-9) if self.ticks else 1.0
        share = min(1.0, math.floor(100 * affordable) / 100)
        return share if share >= recipe.least_work else 0.0

    def smaller(self, recipe: Recipe, effort: Effort, scored: int) -> bool:
        """Whether a recipe that was cut should be tried once more, on a sample that is a good deal smaller or with less work."""
        if not effort.longer or effort.best is not None or effort.drafts >= TRIES:
            return False
        rows, work, every = self.sample(recipe, scored), self.work(recipe, scored), self.competition.rows
        if rows is None:
            return 0 < work < effort.work
        return 0 < TWICE * rows * work <= (effort.sample or every) * effort.work

    def growth(self, name: str, effort: Effort) -> tuple[int | None, float] | None:
        """The rows (None: all) and the share of its work with which the best of a recipe, made on a sample or with less work,
        should be made again; None where that cannot be paid for."""
        recipe, rows = self._recipes.get(name), self.competition.rows
        if recipe is None or not self.ticks or (effort.best_sample is None and effort.best_work == 1):
            return None
        seconds, work = GROWTH_SHARE * self.free, effort.best_work
        if effort.best_sample is not None:
            found = min(self._rows_within(recipe, seconds, work), MOST_CELLS // width_of(self.competition))
            return (found, work) if found >= min(TWICE * effort.best_sample, rows) > effort.best_sample else None
        affordable = self._work_within(recipe, seconds)
        return (None, affordable) if affordable >= min(TWICE * work, 1.0) > work else None

    def fold_limit(self, scored: int) -> float | None:
        """Seconds that one fold of a draft may take: what is expected of it may have been told a little too low."""
        share = min(LENIENCE * self._share(scored), max(self._share(scored), 0.5 * self.left))
        return max(2.0, share * self.slots / self.folds) if self.ticks else None

    def growth_limit(self) -> float:
        """Seconds that one fold may take that is made on more rows."""
        return max(2.0, 0.9 * self.left * self.slots / self.folds)

    def affords_trials(self, effort: Effort) -> bool:
        """Whether at least two trials as long as its best attempt fit into what is left."""
        return not self.ticks or 2 * (effort.fold_seconds or 0.0) * self.folds / self.slots <= 0.8 * self.free

    def screen_trials(self, effort: Effort) -> int | None:
        """Switches that can be tried in the share of time that a screening may take; None: all."""
        each = (effort.fold_seconds or 0.0) * self.folds / self.slots
        return int(SCREEN_SHARE * self.total / max(each, LEAST_COST)) if self.ticks else None

    def screen_limit(self) -> float | None:
        """Seconds after which a screening ends, however many switches are left."""
        return 2.0 * SCREEN_SHARE * self.total if self.ticks else None

    def search_seconds(self, effort: Effort) -> float | None:
        """A tenth of the whole budget, long enough for eight trials, at most 60% of what is left."""
        if not self.ticks:
            return None
        eight = 8 * (effort.fold_seconds or 0.0) * self.folds / self.slots
        return min(max(0.1 * self.total, eight), 0.6 * self.left) if self.left > 0.08 * self.total else 0.8 * self.left

    def _pace(self, recipe: Recipe) -> float:
        """How many times the prior a fit takes here: of its own, else the least. Unmeasured, what has no growth costs nothing."""
        if recipe.name in self._measured:
            return self._measured[recipe.name]
        if recipe.name in self._cuts:
            return AGAIN * self._cuts[recipe.name]
        if self.pace is not None:
            return self.pace
        return max(self.cut, 1.0) if recipe.growth is not None else self.cut

    def _expected(self, recipe: Recipe, work: float = 1.0) -> float:
        """Seconds until a draft on all rows would have ended, had it the slots for itself."""
        return self._pace(recipe) * self.prior(recipe.name, None, work) * self.folds / self.slots

    def _rows_within(self, recipe: Recipe, seconds: float, work: float | None = None) -> int:
        """The rows on which a draft with a share of its work, the least where none is told, should take so many seconds."""
        return rows_within(
            recipe, self.competition, self._of_one_fit(recipe, seconds), recipe.least_work if work is None else work
        )

    def _work_within(self, recipe: Recipe, seconds: float) -> float:
        """The share of its work that a draft on all rows should do in so many seconds."""
        return work_within(recipe, self.competition, self._of_one_fit(recipe, seconds))

    def _of_one_fit(self, recipe: Recipe, seconds: float) -> float:
        """What one fit may be expected to take, so that a draft takes so many seconds."""
        return seconds * self.slots / self.folds / max(self._pace(recipe), 1e-9)

    def _queued(self) -> float:
        """Seconds that what is under way should still take, by what it was expected to take and for how long it has been."""
        running = self.question.running if self.ticks else ()
        known = [(self._recipes[one.recipe], one) for one in running if one.recipe in self._recipes]
        expected = sum(self._pace(recipe) * self.prior(recipe.name, one.sample, one.work) * self.folds for recipe, one in known)
        return max(0.0, expected / self.slots - max((one.seconds for one in running), default=0.0))

    def _whole(self, scored: int) -> float:
        """Seconds that a draft on all rows, with all its work, may take."""
        return min(self._share(scored), DEAR * self.total) if self.ticks else math.inf

    def _part(self, scored: int) -> float:
        """Seconds that a draft may take where all of it would take too long."""
        return min(self._share(scored), SAMPLE_SHARE * self.total) if self.ticks else math.inf

    def _share(self, scored: int) -> float:
        """Seconds for one more draft: half of what is free, and once a few are scored, a small part of the whole budget.

        While drafts are cut and no model is scored, nearly all that is free: a first model is worth more than any second try.
        """
        if self.cut and scored <= 1:
            return 0.9 * self.free
        return 0.5 * self.free if scored < FEW else min(0.5 * self.free, DRAFT_SHARE * self.total)
