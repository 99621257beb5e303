"""Lessons in a run: what memory brings to mind, what of it is withheld as a control, and where that would have been used."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from pydantic import JsonValue

from agentk.graph.folder import RunFolder
from agentk.graph.journal import Journal, read
from agentk.graph.ledger import Ledger
from agentk.graph.remedies import Remedies
from agentk.memory.features import Features, features_of
from agentk.memory.lesson import Kind, Provenance
from agentk.memory.lesson import Lesson as Stored
from agentk.memory.protocol import Memory, Recalled
from agentk.reasoning.questions import Lesson, MemoryAction, Plan, PlanQuestion
from agentk.types.competition import Competition

WITHHELD = 0.15
"""Share of the recalled lessons that a run does without, drawn at random: a control. What follows at the steps where they would
have been used is what their use elsewhere is measured against."""
FIRST = 3
"""Until so many attempts have a score no recipe or parameter lesson is withheld: the first choices have nothing else to go by."""
RECALLED: tuple[tuple[tuple[Kind, ...], int], ...] = ((("recipe",), 40), (("params",), 60), (("claim", "setup", "fix"), 20))
"""Kinds of lessons, and how many of them are recalled: of recipes all, since what loses is worth knowing."""
OWN = 20
"""Lessons that the reasoner may hold for itself in one run."""
TRAPS, KNOWN = 3, 24
"""Traps that setup tells of at most, out of so many recalled lessons on setup."""
ODDITIES = ("missing", "widest", "text")
"""Conditions of a lesson that not every file meets."""
FOUND = 8
"""Lessons that one recall brings; all recalls of a run together bring three times as many."""
NUMBERS = 12
"""A text with more numbers than this looks like rows of data, which no lesson holds."""


class Recollection:
    """What memory brings to mind in one run, and what the reasoner has made of it: rebuilt from the journal after a kill.

    Nothing that a reasoner does here reaches beyond its run; at the run's end, what it remembered is judged like the rest.
    """

    def __init__(
        self, memory: Memory, competition: Competition, folder: RunFolder, journal: Journal, ledger: Ledger, seed: int
    ) -> None:
        self._memory, self._competition, self._journal, self._ledger, self._seed = memory, competition, journal, ledger, seed
        self._here, self._run = features_of(competition), folder.path.name
        recalled, self._held = brought_to_mind(memory, self._here, seed=seed, run=self._run)
        self._shown = {lesson.id: lesson for lesson in recalled}
        self._found = 0
        self._remedies = Remedies(memory, self._here, folder, ledger, seed)
        self.own: dict[str, Stored] = {}
        self._told: set[str] = set()  # ids of what the journal holds as recalled
        for line in read(folder.journal):
            if line["event"] == "recalled" and isinstance(told := line["lessons"], list):
                self._told |= {str(one["id"]) for one in told if isinstance(one, dict)}
            if line["event"] == "memory_action" and not line.get("refused"):
                self._apply(MemoryAction.model_validate(line["action"]))

    @property
    def shown(self) -> tuple[Lesson, ...]:
        """What reasoners are shown."""
        return (*self._shown.values(), *self._early)

    @property
    def held(self) -> tuple[Lesson, ...]:
        """What this run does without."""
        early = self._early
        return tuple(lesson for lesson in self._held if lesson not in early)

    def news(self) -> tuple[Lesson, ...]:
        """What was brought to mind since this was asked last, withheld or not: for the journal."""
        fresh = tuple(lesson for lesson in (*self.shown, *self.held) if lesson.id not in self._told | self.own.keys())
        self._told |= {lesson.id for lesson in fresh}
        return fresh

    @property
    def _early(self) -> tuple[Lesson, ...]:
        return lent(self._held, len(self._ledger.scored))

    def traps(self) -> tuple[Lesson, ...]:
        """What is known to go wrong with files like these, nearest to what setup found and doubted; reasoners see it too.

        Advice that holds for any file and that no run has tried yet is no trap of this one.
        """
        words = " ".join((*self._competition.doubts, *self._competition.findings))
        hits = self._memory.recall(self._here, words, kinds=("setup",), limit=KNOWN, seed=self._seed)
        held = {lesson.id for lesson in self._held}
        found = tuple(as_shown(hit) for hit in hits if hit.lesson.id not in held and _of_these(hit.lesson))[:TRAPS]
        self._shown |= {lesson.id: lesson for lesson in found}
        return found

    def remedies(self) -> dict[int, str]:
        """Failed attempts, each with the lesson whose change mends its program; what is known of their errors is shown."""
        held = {lesson.id for lesson in self._held}
        for hit in self._remedies.meet():
            if hit.lesson.id not in held:
                self._shown.setdefault(hit.lesson.id, as_shown(hit))
        return self._remedies.open(self.shown)

    def act(self, actions: Sequence[MemoryAction], giver: str, node: str) -> None:
        """Applies what a reasoner asked for, each after its check; what is refused is told in the journal, and no error."""
        for action in actions:
            refused = self._refusal(action)
            found = [] if refused else self._apply(action)
            self._journal.write(
                "memory_action",
                durable=False,
                node=node,
                giver=giver,
                action=action.model_dump(mode="json", exclude_defaults=True),
                lessons=list(found),
                **({"refused": refused} if refused else {}),
            )

    def _refusal(self, action: MemoryAction) -> str:
        """Why it is not done, "" where it may be."""
        if action.act == "recall":
            return "" if action.query.strip() else "a recall needs a query"
        if action.act in ("remember", "revise"):
            if not action.text.strip():
                return f"to {action.act} needs a text"
            if len(re.findall(r"\d+(?:\.\d+)?", action.text)) > NUMBERS:
                return "a lesson holds no rows of data: say what they teach"
        if action.act == "remember" and len(self.own) >= OWN:
            return f"a run remembers at most {OWN} lessons of its own: revise or forget one"
        if action.act == "revise" and action.lesson not in self.own:
            return f"{action.lesson!r} is no lesson that this run has remembered: only those are revised"
        if action.act == "forget" and action.lesson not in {lesson.id for lesson in self.shown}:
            return f"{action.lesson!r} is no lesson that is shown"
        return ""

    def _apply(self, action: MemoryAction) -> list[str]:
        """The ids of the lessons it concerns."""
        if action.act == "recall":
            hits = self._memory.recall(self._here, action.query, limit=FOUND, seed=self._seed)
            held = {lesson.id for lesson in self._held}
            fresh = [hit for hit in hits if hit.lesson.id not in self._shown and hit.lesson.id not in held]
            fresh = fresh[: max(0, 3 * FOUND - self._found)]
            self._found += len(fresh)
            self._shown |= {hit.lesson.id: as_shown(hit) for hit in fresh}
            return [hit.lesson.id for hit in hits if hit.lesson.id not in held]
        if action.act in ("forget", "revise"):
            self._shown.pop(action.lesson, None)
            self._held = tuple(lesson for lesson in self._held if lesson.id != action.lesson)
            known = self.own.pop(action.lesson, None)
            if known is None or action.act == "forget":
                return [action.lesson]
            action = action.model_copy(update={"kind": known.kind, "recipe": str(known.payload.get("recipe", ""))})
        lesson = self._stored(action)
        self.own[lesson.id] = lesson
        self._shown[lesson.id] = Lesson(
            id=lesson.id,
            kind=lesson.kind,
            text=lesson.text,
            value=0.0,
            evidence=0,
            payload=lesson.payload,
            why="noted in this run",
        )
        return [lesson.id]

    def _stored(self, action: MemoryAction) -> Stored:
        about: dict[str, JsonValue] = {"recipe": action.recipe} if action.recipe else {}
        return Stored(
            kind=action.kind,
            subject=f"{action.kind}:{' '.join(action.text.split())[:100]}",
            text=action.text.strip(),
            scope=self._here.run(self._run),
            features=self._here,
            payload=about,
            provenance=Provenance(origin="run", run=self._run, competition=self._here.digest),
        )


def _of_these(lesson: Stored) -> bool:
    """Whether it is more than advice for any file: a run has met it, or its conditions are such as not every file meets."""
    met = lesson.evidence > 0 or lesson.provenance.origin != "starter"
    return met or lesson.conditions.temporal is True or any(name in ODDITIES for name, _ in lesson.conditions.ranges())


def brought_to_mind(memory: Memory, here: Features, *, seed: int, run: str) -> tuple[tuple[Lesson, ...], tuple[Lesson, ...]]:
    """The lessons that memory advises, best first, and those it withholds from this run.

    A memory that is only read withholds nothing, since it would not learn from it, and the same seed gives the same lessons.
    Otherwise the run's name is a part of the seed, so that no two runs do without the same ones.
    """
    withhold = 0.0 if memory.frozen else WITHHELD
    drawn = int.from_bytes(hashlib.sha256(f"{seed}/{run}".encode()).digest()[:4]) if withhold else seed
    found = [
        hit for kinds, limit in RECALLED for hit in memory.recall(here, kinds=kinds, limit=limit, seed=drawn, withhold=withhold)
    ]
    shown = tuple(as_shown(hit) for hit in found if not hit.withheld)
    return shown, tuple(as_shown(hit) for hit in found if hit.withheld)


def as_shown(hit: Recalled) -> Lesson:
    """A recalled lesson as reasoners see it."""
    return Lesson(
        id=hit.lesson.id,
        kind=hit.lesson.kind,
        text=hit.lesson.text,
        value=hit.value,
        evidence=hit.lesson.evidence,
        payload=hit.lesson.payload,
        why=hit.why,
        record=dict(hit.record),
    )


def lent(held: Sequence[Lesson], scored: int) -> tuple[Lesson, ...]:
    """The withheld lessons that a run with fewer than `FIRST` scores is shown all the same: those on recipes and parameters.

    They need no control: what a recipe is worth shows beside the other drafts of the run.
    """
    return tuple(lesson for lesson in held if lesson.kind in ("recipe", "params")) if scored < FIRST else ()


def missed(question: PlanQuestion, plan: Plan, held: Sequence[Lesson]) -> list[str]:
    """Withheld lessons that would have been used at this very step, at the same incumbent and attempt number.

    Where the playbook planned this is exact: it is asked the same question again, with those lessons added. Of another reasoner's
    plan it is assumed: all withheld lessons that speak of the plan's recipe, or of no recipe.
    """
    from agentk.reasoning.playbook import Playbook

    ids = {lesson.id for lesson in held}
    if not ids or plan.action in ("wait", "stop", "blend"):
        return []
    if plan.giver == Playbook.name:
        other = Playbook().plan(question.model_copy(update={"lessons": (*question.lessons, *held)}))
        return [id_ for id_ in other.lessons if id_ in ids]
    return [lesson.id for lesson in held if lesson.payload.get("recipe") in (None, plan.recipe)]
