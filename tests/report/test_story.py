"""The story of a run: gains, conclusions, costs and branches as the journal tells them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agentk.llms.protocol import ChatRequest, Message, Reply, Usage
from agentk.llms.record import EVENT, Call
from agentk.report.story import paired, tell
from agentk.testing.flowers import attempt

from .conftest import Written

Write = Callable[[], Written]


def test_a_gain_is_paired_over_folds_and_signed_by_what_is_better() -> None:
    one, other = attempt(1, 0.5), attempt(2, 0.7)
    found = paired(other, one, "maximize")
    assert found is not None and found == pytest.approx((0.2, 0.0), abs=1e-12)
    assert paired(other, one, "minimize") == pytest.approx((-0.2, 0.0), abs=1e-12)
    assert paired(attempt(3, None), one, "maximize") is None
    assert paired(attempt(3, 0.6, fold_scores=(0.6,)), one, "maximize") is None


def test_an_attempt_is_compared_with_its_parent_or_with_the_first_plain_model(written: Write) -> None:
    tries = (attempt(1, 0.5, recipe="constant"), attempt(2, 0.7), attempt(3, 0.8, parent=2, kind="improve"), attempt(4, 0.6))
    made = written().set_up().tried(*tries)
    assert [moment.gain_to for moment in tell(made.folder).moments] == [2, None, 2, 2]


def test_a_conclusion_belongs_to_the_attempt_that_was_asked_about(written: Write) -> None:
    made = written().set_up().tried(attempt(1, 0.5), attempt(2, 0.7))
    for number in (2, 1):
        made.journal.write("question", node="reflect", question={"attempt": number})
        made.journal.write("answer", node="reflect", giver="model", answer={"note": f"about {number}"})
    assert [(one.note, one.giver) for one in tell(made.folder).moments] == [("about 1", "model"), ("about 2", "model")]


def test_calls_are_summed_by_question_and_model(written: Write) -> None:
    made = written().set_up()
    request = ChatRequest(messages=(Message(role="user", content="?"),), purpose="plan")
    reply = Reply(text="!", usage=Usage(prompt=100, reply=10, cached=40), cost=0.25, seconds=2.0)
    for call in (Call(name="x/y", request=request, reply=reply), Call(name="x/y", request=request, error="busy")):
        made.journal.write(EVENT, **call.model_dump(mode="json"))
    (spent,) = tell(made.folder).spending
    assert (spent.step, spent.model, spent.calls, spent.tokens_in, spent.tokens_out) == ("plan", "x/y", 2, 100, 10)
    assert (spent.cached, spent.cost, spent.seconds) == (40, 0.25, 2.0)


def test_children_follow_their_parents(written: Write) -> None:
    tries = (attempt(1, 0.5), attempt(2, 0.7), attempt(3, 0.8, parent=1), attempt(4, 0.6, parent=3), attempt(5, 0.6, parent=1))
    story = tell(written().set_up().tried(*tries).folder)
    assert [(one.attempt.number, one.depth) for one in story.tree_order()] == [(1, 0), (3, 1), (4, 2), (5, 1), (2, 0)]
