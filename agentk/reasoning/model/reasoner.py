"""A reasoner with a chat model behind it: questions become prompts of bounded size, replies become checked answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from agentk.errors import ReasonerError
from agentk.llms.counting import tokens
from agentk.llms.protocol import ChatModel, ChatRequest, Message, Picture, Reply
from agentk.reasoning.model import digest
from agentk.reasoning.model.accepting import REVISED, code_of, fault_of
from agentk.reasoning.model.advising import advised
from agentk.reasoning.model.answers import PlanAnswer, ReflectAnswer, answer_in, plan_from, schema_of
from agentk.reasoning.model.asking import Form, asked
from agentk.reasoning.model.beginning import beginning, fullest
from agentk.reasoning.model.check import Audit
from agentk.reasoning.model.columns import Share
from agentk.reasoning.model.condensing import condensed
from agentk.reasoning.model.edits import revised
from agentk.reasoning.model.measuring import written
from agentk.reasoning.model.names import Names, OwnNames, StandIns
from agentk.reasoning.model.prompts import Prompts
from agentk.reasoning.model.replies import Unusable, program_in
from agentk.reasoning.model.veil import Veil
from agentk.reasoning.questions import Code, CodeQuestion, Plan, PlanQuestion, Reflection, ReflectQuestion
from agentk.reasoning.setup_questions import Advice, MetricQuestion, SetupQuestion, WrittenMetric
from agentk.types.competition import Competition
from agentk.types.metric import Direction
from agentk.types.profile import Profile
from agentk.types.solution import EXPLORED, SMOKE_SECONDS
from agentk.types.wording import shortened

PLAN_TOKENS, CODE_TOKENS = 4_000, 16_000
"""Tokens of a reply, at most."""
PLAN_CEILING, CODE_CEILING = 12_000, 24_000
"""Of a whole prompt, at most; a repair quotes a reply besides."""


class LLMReasoner:
    """Meets `agentk.reasoning.questions.Reasoner`.

    think, code  the chat models that plan and reflect, and that write programs; they may be one
    libraries    import name -> version of what programs may import
    audit        the referee's word on a program, so that what it would refuse is mended at once
    kept         file that holds the condensed description, so that it is asked for once a run
    share        what of the data a model is shown
    hide         names and words of the data become stand-ins, the description is left out
    repairs      times that an unusable reply is sent back with the reason
    sheet        makes the contact sheet of the training pictures, where there are some and they may be shown

    Every method raises ReasonerError when no usable answer came, and lets through what the chat model raises (ModelError,
    AccessError).
    """

    def __init__(
        self,
        think: ChatModel,
        code: ChatModel,
        prompts: Prompts,
        *,
        libraries: Mapping[str, str],
        audit: Audit,
        kept: Path | None = None,
        share: Share = "stats",
        hide: bool = False,
        repairs: int = 2,
        sheet: Callable[[], Picture | None] = lambda: None,
    ) -> None:
        self._sheet = sheet
        self._think = think
        self._code = code
        self._prompts = prompts
        self._libraries = {name: libraries[name] for name in sorted(libraries)}
        self._audit = audit
        self._kept = kept
        self._share = share
        self._hide = hide
        self._repairs = repairs
        self._names: Names | None = None
        self._veil: Veil | None = None
        self._stable: dict[str, tuple[Message, ...]] = {}

    @property
    def name(self) -> str:
        """The thinking model's name."""
        return self._think.name

    def plan(self, question: PlanQuestion) -> Plan:
        """What to try next: one of the legal actions, with its idea."""
        recipes = digest.recipe_views(question)
        names, veil = self._called(question.competition), self._veiled(question.competition)

        def facts(room: float) -> dict[str, Any]:
            return {
                "step": question.step,
                "direction": question.direction,
                "best": question.best,
                "tree": digest.tree_view(question.tree, question.direction, names, veil, room),
                "diagnoses": digest.diagnosis_views(question.diagnoses, names, veil, room),
                "conclusions": [
                    {"number": one.number, "note": shortened(names.text(one.note), digest.CONCLUSION)}
                    for one in question.conclusions
                ],
                "legal": digest.option_views(question.legal),
                "recipes": recipes,
                "lessons": digest.lesson_views(question.lessons, names, room),
                "notes": digest.note_views(question.notes, names, veil, room),
                "refused": digest.refusals(question.refused, names, veil),
                "person": [shortened(names.text(one), round(600 * room)) for one in question.person[-5:]],
                "resources": digest.means(question.resources),
                "pending": question.pending,
                "started": list(question.started[:8]),
                "since_gain": question.since_gain,
                "stagnant": question.stagnant,
            }

        known = frozenset(recipe["name"] for recipe in recipes)

        def read(reply: Reply) -> Plan:
            return plan_from(answer_in(reply, PlanAnswer), question, self._think.name, known)

        request = self._request("plan", question, facts, PLAN_CEILING, PLAN_TOKENS, schema_of(PlanAnswer))
        return asked(self._think, request, "json", read, self._prompts, self._repairs)

    def code(self, question: CodeQuestion) -> Code:
        """The program for a plan, checked as far as it can be before it runs."""
        action, names, veil = question.plan.action, self._called(question.competition), self._veiled(question.competition)
        template = "mend" if question.broken is not None else action
        if template not in self._prompts.names:
            raise ReasonerError(f"no program is written for {action!r}: there is no prompt of that name")
        if action in REVISED and not question.parents:
            raise ReasonerError(f"to {action} a program, the question must hold it")
        broken = question.broken

        def facts(room: float) -> dict[str, Any]:
            variables: dict[str, Any] = {
                "idea": names.text(question.plan.idea),
                "lessons": digest.lesson_views(question.lessons, names, room, program=action in ("draft", "fuse")),
                "notes": digest.note_views(question.notes, names, veil, room),
                "parents": digest.parent_views(question.parents, names, veil, room),
                "limit": None if question.fold_seconds is None else f"{max(question.fold_seconds, 1.0):.0f}",
                "cores": question.resources.cores,
                "entry": "explore" if action == "explore" else "fit_predict",
                "characters": EXPLORED,
                "seconds": round(SMOKE_SECONDS),
            }
            if broken is not None:
                variables["broken"] = {
                    "source": digest.cut(names.shown(broken.source), round(digest.PROGRAM * room)),
                    "reason": shortened(veil.said(broken.reason, broken.source), 600),
                    "log": veil.said(broken.log, broken.source)[-digest.LOG :],
                    "round": broken.round,
                    "timed_out": broken.timed_out,
                }
            return variables

        before = broken.source if broken is not None else question.parents[0].source if action in REVISED else None
        form: Form = "program" if before is None else "edits"

        def read(reply: Reply) -> Code:
            return self._written(reply, question, None if before is None else names.shown(before), names)

        request = self._request(template, question, facts, CODE_CEILING, CODE_TOKENS)
        return asked(self._code, request, form, read, self._prompts, self._repairs)

    def reflect(self, question: ReflectQuestion) -> Reflection:
        """What a result teaches, in a sentence or two."""
        names, veil = self._called(question.competition), self._veiled(question.competition)
        attempt, parent = question.attempt, question.parent

        def facts(_room: float) -> dict[str, Any]:
            return {
                "attempt": digest.attempt_view(attempt, names, veil)
                | {"idea": shortened(names.text(attempt.idea), digest.TRIED)},
                "parent": None if parent is None else digest.attempt_view(parent, names, veil),
                "incumbent": None if question.incumbent is None else digest.attempt_view(question.incumbent, names, veil),
                "verdict": shortened(names.text(question.verdict), 300),
                "diagnosis": None if question.diagnosis is None else digest.diagnosis_view(question.diagnosis, names, veil),
                "gain": None if parent is None else digest.gain_over(attempt, parent, question.direction),
                "direction": question.direction,
                "log": veil.said(question.log)[-digest.LOG :] if attempt.score is None else "",
            }

        def read(reply: Reply) -> Reflection:
            answer = answer_in(reply, ReflectAnswer)
            note = " ".join(answer.note.split())[:1200]
            return Reflection(giver=self._think.name, note=note, memory=tuple(answer.memory))

        request = self._request("reflect", question, facts, PLAN_CEILING, PLAN_TOKENS, schema_of(ReflectAnswer))
        return asked(self._think, request, "json", read, self._prompts, self._repairs)

    def advise(self, question: SetupQuestion) -> Advice:
        """What to believe of a competition whose setup has doubts; nothing where names are hidden, as the description is then."""
        if self._hide:
            return Advice(giver=self._think.name)
        return advised(self._think, self._prompts, question, self._share, self._repairs)

    def measure(self, question: MetricQuestion) -> WrittenMetric:
        """The metric that the description defines; nothing where names are hidden, as the description is then."""
        if self._hide:
            return WrittenMetric(giver=self._code.name, reason="the description is not shown")
        return written(self._code, self._prompts, question, self._share, self._repairs)

    # -------------------------------------------------------------------------------------------------------------------

    def _called(self, competition: Competition) -> Names:
        if self._names is None:
            self._names = StandIns(competition) if self._hide else OwnNames()
        return self._names

    def _veiled(self, competition: Competition) -> Veil:
        if self._veil is None:
            self._veil = Veil(competition, self._share, self._called(competition))
        return self._veil

    def _request(
        self,
        template: str,
        question: PlanQuestion | CodeQuestion | ReflectQuestion,
        facts: Callable[[float], dict[str, Any]],
        ceiling: int,
        most: int,
        schema: Any = None,
    ) -> ChatRequest:
        """The fullest question that keeps below `ceiling` tokens, for a reply of at most `most`."""
        stable = self._beginning(question.competition, question.profile, question.direction)
        variables: dict[str, Any] = {}

        def page(room: float) -> str:
            nonlocal variables
            variables = facts(room)
            return self._prompts.render(template, **variables)

        prompt = fullest(page, ceiling - sum(tokens(message.content) for message in stable))
        return ChatRequest(
            messages=(*stable, Message(role="user", content=prompt)),
            purpose=template,
            template=template,
            variables=variables,
            answer_schema=schema,
            max_tokens=most,
            stable=len(stable),
        )

    def _beginning(self, competition: Competition, profile: Profile, direction: Direction) -> tuple[Message, ...]:
        """What every question begins with."""
        key = f"{competition.name}/{len(competition.findings)}"  # findings come once, soon after the beginning
        if key not in self._stable:
            brief = ""
            if not self._hide:
                brief = condensed(self._think, self._prompts, competition.description, self._kept, self._repairs)
            names, veil = self._called(competition), self._veiled(competition)
            shown = (brief, self._libraries, self._share, names, veil, self._sheet())
            self._stable = {key: beginning(self._prompts, competition, profile, direction, *shown)}
        return self._stable[key]

    def _written(self, reply: Reply, question: CodeQuestion, before: str | None, names: Names) -> Code:
        """The program of a reply. Raises Unusable, in words for its author, where it cannot be accepted."""
        source = program_in(reply.text) if before is None else revised(reply.text, before)
        self._veiled(question.competition).learn(source)
        fault = fault_of(source, before, question, names, self._libraries, self._audit)
        if fault is not None:
            raise Unusable(fault)
        return code_of(source, before, question, names, self._code.name)
