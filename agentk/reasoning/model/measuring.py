"""Measuring: a model writes the metric that a description defines and agentk does not know."""

from __future__ import annotations

import ast
import re

from agentk.llms.protocol import ChatModel, ChatRequest, Message, Reply
from agentk.reasoning.model.asking import asked
from agentk.reasoning.model.beginning import setup_facts
from agentk.reasoning.model.columns import Share
from agentk.reasoning.model.names import OwnNames
from agentk.reasoning.model.prompts import Prompts
from agentk.reasoning.model.replies import Unusable, blocks, readable
from agentk.reasoning.model.veil import Veil
from agentk.reasoning.setup_questions import METRIC, MetricQuestion, WrittenMetric

TOKENS = 6_000
"""Of a reply, at most."""
_SHOWN = 2  # earlier tries, the latest
_CLASSES = 30
_LONGEST = 8_000  # characters of an earlier try
_CHECKS = """
scores score gives gave truth best for one answer all rows other others every third of them in another order again
same it does not tell from what is wrong so nothing can be learned unclear which way better as metric must said
direction maximize minimize finite probabilities occur clip takes seconds draw at random train has no column never is
target weight weights numbers or more that differ say mend form task whose answers labels values loaded called left
exit code took longer than returned number line parameters
"""
"""Words of the checks themselves."""
_DEFINED = re.compile(rf"^def[ \t]+{METRIC}\b", re.MULTILINE)
_NONE = re.compile(r"^\W*none\b[\s:.,*–-]*(?P<why>.*)", re.IGNORECASE | re.DOTALL)


def written(model: ChatModel, prompts: Prompts, question: MetricQuestion, share: Share, repairs: int) -> WrittenMetric:
    """What the model writes. What earlier tries gave passes the veil, as a function may put targets into its errors.

    Raises ReasonerError when no usable answer comes, and what the model raises.
    """
    competition = question.competition
    veil = Veil(competition, share, OwnNames())
    veil.learn(_CHECKS)
    prompt = prompts.render(
        "measure",
        **setup_facts(competition, question.tables),
        classes=[repr(label) for label in competition.classes[:_CLASSES]],
        weights=competition.weighing,
        refused=[
            {"source": one.source[:_LONGEST], "problem": veil.said(one.problem, one.source)} for one in question.refused[-_SHOWN:]
        ],
        left=question.left,
    )
    request = ChatRequest(messages=(Message(role="user", content=prompt),), purpose="measure", max_tokens=TOKENS)

    def read(reply: Reply) -> WrittenMetric:
        text = readable(reply.text)
        found = [block.body for block in blocks(text) if _DEFINED.search(block.body)] or ([text] if _parses(text) else [])
        if found and _DEFINED.search(found[-1]):
            return WrittenMetric(giver=model.name, source=found[-1].strip() + "\n")
        if declined := _NONE.match(text):
            return WrittenMetric(giver=model.name, reason=" ".join(declined["why"].split())[:400])
        raise Unusable(f"it holds no ```python block with a function {METRIC}(truth, answers), and no line NONE: …")

    return asked(model, request, "program", read, prompts, repairs)


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True
