"""The playbook: a reasoner made of data-science know-how, with no model behind it.

Every answer is a pure function of the question. The policy: the cheapest sound recipe first; then one draft of every recipe
that the clock can pay for, in the order that memory and the catalogue advise; then search where a second is worth most,
by the rule of RAMP (Kégl 2023: contributivity over runtime), blending whenever there is something new to blend.
"""

from __future__ import annotations

import math

from pydantic import JsonValue

from agentk.errors import ReasonerError
from agentk.reasoning.clock import FEW, Clock
from agentk.reasoning.costs import LEAST_ROWS
from agentk.reasoning.narrowing import Bounds, narrowed
from agentk.reasoning.portfolio import LEAST, Arm, ranked
from agentk.reasoning.questions import Code, CodeQuestion, Effort, Plan, PlanQuestion, Reflection, ReflectQuestion
from agentk.reasoning.recipes.catalogue import Recipe, recipes_for
from agentk.reasoning.recipes.compose import BLOCKS, compose
from agentk.reasoning.screening import catching_up, held, helping, screening, space_of, told, tried
from agentk.types.attempt import merits, seedless
from agentk.types.change import changed, edits_in
from agentk.types.outcome import Status
from agentk.types.space import ChoiceDimension, Params, Space

NEW_MEMBERS = 3
"""Scored attempts after which a new blend is worth looking at."""
TRIALS = 12
"""Trials of one search where no clock says otherwise."""
REACH, HOPE = 0.025, 0.02
"""Of what the best recipe gains over the baseline, how far another may be behind to be worth a search; what is hoped of any."""
SHORT, BAGS = 15.0, 4
"""While a model thinks: seconds of a search, and how many times the best program is run again under another seed."""
BOLD = 0.15
"""Of the budget, the time left from which on a draft is tried that cannot be paid for, where nothing else can be done."""
SAMPLES = 2
"""Recipes tried on a sample before the better one is given more rows (or, once a few are scored, more work), and how many of the
best are given more."""


class Playbook:
    """Answers all questions from recipes, and mends what failed as memory says it was mended before."""

    name = "playbook"

    def __init__(self, own: tuple[Recipe, ...] = ()) -> None:
        self._own = own  # recipes of the person's, beside the catalogue's

    def plan(self, question: PlanQuestion) -> Plan:
        """Drafts while recipes are left, then tunes where it pays; blends in between; stops when nothing can be paid for."""
        clock = Clock(question, self._own)
        if question.resources.attempts_left == 0 or clock.spent:
            return self._say("stop", "the budget is spent")
        if question.remedies:
            return self._mend(question, clock)
        if question.since_blend >= NEW_MEMBERS and question.scored > 1:
            return self._say("blend", f"{question.since_blend} attempts have not been blended yet")
        recipes = recipes_for(question.competition, frozenset(question.resources.libraries), self._own)
        further = (
            screening(recipes, question, clock, self.name)
            or catching_up(recipes, question, clock, self.name)
            or self._promising(recipes, question, clock)
            or self._next_draft(recipes, question, clock)
            or self._worth_growing(question, clock)
        )
        if further is not None:
            return further
        if question.meanwhile and question.pending > question.resources.slots:
            return self._say("wait", "the slots are busy while the model thinks")
        if question.pending and not any(effort.tunable and effort.best is not None for effort in question.efforts.values()):
            return self._say("wait", "nothing that can be tuned is scored yet")
        target = self._worth_tuning(question, clock)
        if target is not None and not (question.meanwhile and question.efforts[target].tunings > 0):
            return self._tune(target, recipes, question, clock)
        if question.meanwhile and (bagged := self._worth_bagging(question, clock)) is not None:
            return self._say("bag", "the same with another seed, for the blend to average", parent=bagged)
        if question.pending:
            return self._say("wait", "what is left cannot be paid for before the attempts under way have ended")
        rest = [one for one in self._order(recipes, question, clock) if one.name not in question.efforts]
        if rest and clock.ticks and clock.left > BOLD * clock.total:
            return self._draft(rest[0], question, clock)  # better a bold try than time that nobody uses
        return self._say("stop", "nothing that is left can be paid for")

    def _next_draft(self, recipes: list[Recipe], question: PlanQuestion, clock: Clock) -> Plan | None:
        """A draft of the next recipe that can be paid for, unless what was tried on a sample should be given more rows."""
        sampled = sum(effort.best_sample is not None for effort in question.efforts.values())
        if sampled >= SAMPLES or question.scored >= FEW:
            growing = self._worth_growing(question, clock)
            if growing is not None:
                return growing
        for recipe in self._order(recipes, question, clock):
            effort = question.efforts.get(recipe.name, Effort())
            if recipe.name in question.started:
                continue
            first = effort.drafts == 0 and clock.affords(recipe, question.scored)
            if first or clock.smaller(recipe, effort, question.scored):
                return self._draft(recipe, question, clock)
        rest = [one for one in recipes if one.name not in question.efforts]
        if question.scored <= 1 and not question.pending and rest:
            return self._draft(min(rest, key=lambda one: one.cost), question, clock)  # better a bold try than no model at all
        return None

    def code(self, question: CodeQuestion) -> Code:
        """The recipe's program for this competition, or the parent's with the change that a lesson holds.

        Raises ReasonerError for a plan that names no recipe of the catalogue, and for a change that does not fit.
        """
        plan = question.plan
        if plan.action == "debug":
            return self._mended(question)
        recipes = {recipe.name: recipe for recipe in recipes_for(question.competition, None, self._own)}
        if plan.recipe not in recipes:
            raise ReasonerError(f"the playbook has no recipe {plan.recipe!r} for this competition; it has {', '.join(recipes)}")
        recipe = recipes[plan.recipe]
        solution = compose(recipe.entry, question.competition.contract(), recipe.home or BLOCKS)
        return Code(giver=self.name, name=recipe.name, source=solution.source, params=plan.params)

    def reflect(self, question: ReflectQuestion) -> Reflection:
        """One sentence on the result: what it came to beside its parent and the incumbent."""
        attempt = question.attempt
        if attempt.outcome.status is not Status.SCORED:
            return Reflection(giver=self.name, note=f"{attempt.name} {attempt.outcome.status.value}: {attempt.outcome.reason}")
        return Reflection(giver=self.name, note=f"{attempt.name} scored {attempt.score:.5f}; {question.verdict}")

    def _say(self, action: str, idea: str, **fields: int) -> Plan:
        return Plan.model_validate({"giver": self.name, "action": action, "idea": idea} | fields)

    def _mend(self, question: PlanQuestion, clock: Clock) -> Plan:
        number, id_ = min(question.remedies.items())
        lesson = next(lesson for lesson in question.lessons if lesson.id == id_)
        recipe = next((one.recipe for one in question.tree if one.number == number), None)
        return Plan(
            giver=self.name,
            action="debug",
            parent=number,
            recipe=recipe,
            idea=f"mended as the same error was before: {lesson.payload.get('fix', lesson.text)}",
            seconds=clock.fold_limit(question.scored),
            lessons=(id_,),
        )

    def _mended(self, question: CodeQuestion) -> Code:
        parent = question.parents[0]
        known = [edits_in(lesson.payload) for lesson in question.lessons if lesson.id in question.plan.lessons]
        source = next((made for edits in known if (made := changed(parent.source, edits)) is not None), None)
        if source is None:
            raise ReasonerError(f"no lesson of the plan holds a change that fits attempt {parent.attempt.number}")
        return Code(giver=self.name, name=parent.attempt.name, source=source, params=parent.attempt.params)

    def _worth_bagging(self, question: PlanQuestion, clock: Clock) -> int | None:
        """The best program that hangs on its seed, as long as it has few bags and time for one more."""
        merit = merits(question.tree, question.direction)
        fixed = seedless(question.tree)
        programs = [
            one
            for one in question.tree
            if one.score is not None and one.kind not in ("blend", "bag") and one.seconds > 0 and one.number not in fixed
        ]
        if not programs:
            return None
        best = max(programs, key=lambda one: merit[one.number])
        bags = sum(one.kind == "bag" and one.parent == best.number for one in question.tree)
        took = best.seconds / max(best.trials, 1)
        return best.number if bags + question.pending < BAGS and took / clock.slots < 0.3 * clock.left else None

    def _promising(self, recipes: list[Recipe], question: PlanQuestion, clock: Clock) -> Plan | None:
        """The draft, or the search, that the records of earlier competitions speak for; None where they say nothing.

        They put recipes into an order and leave none out: what lost elsewhere may win here, and takes one draft to find out, with
        the recipe's own parameters, whatever others' came to.
        """
        if not question.efforts or question.person or clock.cut:
            return None  # the baseline first; a person's wish, and what can be had at all, before what was
        arms = ranked(recipes, question)
        for arm, gain in arms:
            settled = gain < LEAST if arm.params else question.efforts.get(arm.recipe.name, Effort()).plain
            if not settled and arm.recipe.name not in question.started and clock.affords(arm.recipe, question.scored):
                return self._draft_of(arm, question, clock)
        target = self._worth_tuning(question, clock) if arms else None
        return None if target is None else self._tune(target, recipes, question, clock)

    def _draft_of(self, arm: Arm, question: PlanQuestion, clock: Clock) -> Plan:
        return Plan(
            giver=self.name,
            action="draft",
            recipe=arm.recipe.name,
            idea=arm.recipe.idea if not arm.params else f"{arm.recipe.idea}, with parameters that won before",
            params=dict(arm.params) | _limits(arm.recipe, question, clock),
            seconds=clock.fold_limit(question.scored),
            lessons=arm.lessons,
        )

    def _order(self, recipes: list[Recipe], question: PlanQuestion, clock: Clock) -> list[Recipe]:
        """The baseline first, then recipes that the person's hints name; the rest by rank, moved by what memory says."""
        value = {str(lesson.payload.get("recipe")): lesson.value for lesson in question.lessons if lesson.kind == "recipe"}
        hints = " ".join(question.person).lower().replace("-", "_").replace(" ", "_")
        rank = {
            recipe.name: index
            - 2.0 * value.get(recipe.name, 0.0)
            - len(recipes) * (recipe.name in hints or recipe.family in hints)
            for index, recipe in enumerate(recipes)
        }
        if clock.cut and question.scored <= 1:
            # Nothing but the baseline has come through: the cheapest is the surest.
            return sorted(recipes, key=lambda recipe: recipe.cost)
        return recipes[:1] + sorted(recipes[1:], key=lambda recipe: rank[recipe.name])

    def _draft(self, recipe: Recipe, question: PlanQuestion, clock: Clock) -> Plan:
        lessons = [lesson for lesson in question.lessons if lesson.payload.get("recipe") == recipe.name]
        remembered = next((lesson for lesson in lessons if lesson.kind == "params" and lesson.value > 0), None)
        lessons = [lesson for lesson in lessons if lesson.kind != "params" or lesson is remembered]
        params = remembered.payload.get("params") if remembered is not None else None
        helps = {} if remembered is not None else helping(recipe, question)
        words = f"{recipe.idea}, with the parameters that won before" if remembered is not None else recipe.idea + told(helps)
        return Plan(
            giver=self.name,
            action="draft",
            recipe=recipe.name,
            idea=words,
            params=(params if isinstance(params, dict) else helps) | _limits(recipe, question, clock),
            seconds=clock.fold_limit(question.scored),
            lessons=tuple(lesson.id for lesson in lessons),
        )

    def _worth_growing(self, question: PlanQuestion, clock: Clock) -> Plan | None:
        """The best program of those made on a sample, or with less work, on as many rows or with as much as can be paid for."""
        scored = [(-effort.best_merit, name) for name, effort in question.efforts.items() if effort.best_merit is not None]
        params = {attempt.number: attempt.params for attempt in question.tree}
        for _, name in sorted(scored)[:SAMPLES]:
            effort = question.efforts[name]
            grown = clock.growth(name, effort)
            if grown is None or effort.best not in params or name in question.started:
                continue
            rows, work = grown
            limits = {"most_rows": rows, "most_work": work if work < 1 else None}
            every = rows is None or rows >= question.competition.rows
            more = "all its work" if work == 1 and effort.best_work < 1 else "more work" if work > effort.best_work else ""
            on = "all" if every else f"{rows:,}"
            return Plan(
                giver=self.name,
                action="improve",
                recipe=name,
                parent=effort.best,
                idea=f"{name} as it was, {f'with {more}' if more else f'on {on} training rows'}",
                params={key: value for key, value in (params[effort.best] | limits).items() if value is not None},
                seconds=clock.growth_limit(),
            )
        return None

    def _worth_tuning(self, question: PlanQuestion, clock: Clock) -> str | None:
        """The recipe whose next second promises most: its weight in the blend, and how near it is to the best, by seconds spent.

        Near is told by what the best gains over the baseline, far from which hardly a search makes a recipe the best one.
        """
        open_ = {
            name: effort
            for name, effort in question.efforts.items()
            if effort.tunable and effort.best is not None and effort.fold_seconds is not None and clock.affords_trials(effort)
        }
        if not open_:
            return None
        found = [effort.best_merit for effort in question.efforts.values() if effort.best_merit is not None]
        top = max(found)
        reach = max(REACH * (top - min(found)), 1e-12)

        def worth(name: str) -> float:
            effort = open_[name]
            near = math.exp((effort.best_merit - top) / reach) if effort.best_merit is not None else 0.0
            # Without a clock nothing may hang on measured seconds: a seed fixes what is done.
            spent = effort.seconds if clock.ticks else clock.cost(name) * (effort.drafts + effort.trials)
            return (effort.weight + HOPE + 0.4 * near) / (spent + 1.0)

        return max(sorted(open_), key=worth)

    def _tune(self, name: str, recipes: list[Recipe], question: PlanQuestion, clock: Clock) -> Plan:
        effort = question.efforts[name]
        recipe = next((recipe for recipe in recipes if recipe.name == name), None)
        lessons = [lesson for lesson in question.lessons if lesson.payload.get("recipe") == name and lesson.kind == "params"]
        starts: list[JsonValue] = []
        space = {} if recipe is None else space_of(recipe, question)
        helps = {} if recipe is None else helping(recipe, question)
        within: Bounds = {}
        if effort.tunings == 0:  # what others found first; later searches go through all of the space
            best = question.best_of(name)
            starts += [({} if best is None else best.params) | helps] if helps else []
            starts += [lesson.payload["params"] for lesson in lessons]
            starts += [] if recipe is None else _variants(recipe, space)
            within = narrowed(name, space, question.lessons)
        near = ", where others' best lay" if within else ""
        return Plan(
            giver=self.name,
            action="tune",
            recipe=name,
            parent=effort.best,
            idea=f"search the parameters of {name}{near}, the best of which scored {effort.best_score:.5f}",
            within=within,
            starts=tuple(start for start in starts if isinstance(start, dict)),
            seconds=min(clock.search_seconds(effort) or SHORT, SHORT) if question.meanwhile else clock.search_seconds(effort),
            trials=None if clock.ticks else TRIALS,
            held=held(space, tried(recipe, question), helps),
            lessons=tuple(lesson.id for lesson in lessons),
        )


def _variants(recipe: Recipe, space: Space) -> list[Params]:
    """Its parameter sets to try first, without those that switch on what this competition has no columns for."""
    choices = {name: dimension.choices for name, dimension in space.items() if isinstance(dimension, ChoiceDimension)}
    return [
        params
        for params in recipe.variants.values()
        if all(value in choices[name] for name, value in params.items() if name in choices)
    ]


def _limits(recipe: Recipe, question: PlanQuestion, clock: Clock) -> Params:
    """What limits the training rows, or the work, where either is to be limited; a draft that nothing can pay for gets few."""
    rows, work = clock.sample(recipe, question.scored), max(clock.work(recipe, question.scored), recipe.least_work)
    return ({} if rows is None else {"most_rows": max(rows, LEAST_ROWS)}) | ({"most_work": work} if work < 1 else {})
