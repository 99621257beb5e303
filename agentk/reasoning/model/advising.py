"""Advising: a model is asked what to believe of a competition where setup is in doubt, and its answer is checked."""

from __future__ import annotations

from agentk.llms.protocol import ChatModel, ChatRequest, Message, Reply
from agentk.reasoning.model.answers import AdviceAnswer, answer_in, schema_of
from agentk.reasoning.model.asking import asked
from agentk.reasoning.model.beginning import setup_facts
from agentk.reasoning.model.columns import Share, class_names
from agentk.reasoning.model.names import OwnNames
from agentk.reasoning.model.prompts import Prompts
from agentk.reasoning.model.replies import Unusable
from agentk.reasoning.model.veil import Veil
from agentk.reasoning.setup_questions import Advice, SetupQuestion
from agentk.types.competition import TaskKind
from agentk.types.wording import shortened

TOKENS = 2_000
"""Of a reply, at most."""


def advised(model: ChatModel, prompts: Prompts, question: SetupQuestion, share: Share, repairs: int) -> Advice:
    """What the model would believe. Raises ReasonerError when no usable answer comes, and what the model raises."""
    competition, names = question.competition, OwnNames()
    veil = Veil(competition, share, names)
    prompt = prompts.render(
        "advise",
        **setup_facts(competition, question.tables),
        ids=list(competition.id_columns),
        classes=class_names(competition, names) if competition.task is TaskKind.BINARY else [],
        metric=competition.metric,
        scheme=competition.validation.scheme,
        column=competition.validation.column,
        doubts=[shortened(veil.told(one), 300) for one in competition.doubts],
        metrics=list(question.metrics),
        sayable=[flag for flag in question.sayable if flag not in question.said],
        said=list(question.said),
    )
    request = ChatRequest(
        messages=(Message(role="user", content=prompt),),
        purpose="advise",
        answer_schema=schema_of(AdviceAnswer),
        max_tokens=TOKENS,
    )

    def read(reply: Reply) -> Advice:
        return _advice(answer_in(reply, AdviceAnswer), question, model.name)

    return asked(model, request, "json", read, prompts, repairs)


def _advice(answer: AdviceAnswer, question: SetupQuestion, giver: str) -> Advice:
    """The advice that the answer means. Raises Unusable where it names what there is not."""
    competition = question.competition
    known = {name for names in question.tables.values() for name in names} | {column.name for column in competition.columns}
    known |= {*competition.targets, *competition.id_columns, *competition.train_only}
    for name, said in answer.beliefs.items():
        if name not in question.sayable:
            raise Unusable(f"{name!r} is nothing that can be said here: {', '.join(question.sayable)}")
        if name in question.said:
            raise Unusable(f"{name} was said by the person, and stands")
        foreign = [one for one in said.split(",") if one.strip() not in known] if name in ("target", "id", "column") else []
        if foreign and said not in known:
            raise Unusable(f"{name}: there is no column {foreign[0].strip()!r}")
    reason = " ".join(answer.reason.split())[:400]
    return Advice(giver=giver, beliefs=answer.beliefs, reason=reason)
