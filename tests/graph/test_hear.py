"""What a person puts into a run's inbox reaches its next plan once, whatever is killed in between."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from agentk.errors import StoreError
from agentk.graph.inbox import letters, post_hint, post_predictions, post_program
from agentk.graph.nodes.decide import code, plan
from agentk.graph.nodes.execute import collect, execute
from agentk.graph.nodes.setup import open_run
from agentk.graph.workbench import Workbench
from agentk.types.outcome import Status

from .conftest import PROGRAM, Script, lines, say

Open = Callable[..., Workbench]
WAIT = say("wait").model_dump(mode="json")


def test_an_idea_is_in_the_next_question_and_once_in_the_journal(begin: Open, opened: Open) -> None:
    bench = begin(script := Script([say("draft")]))
    state = open_run(bench, {})
    post_hint(bench.folder, "look at the petals")
    post_hint(bench.folder, "then at the sepals")
    plan(bench, state)
    assert script.asked == ["plan"] and letters(bench.folder) == []
    assert [line["hint"] for line in lines(bench, "edited")] == ["look at the petals", "then at the sepals"]
    question = lines(bench, "question")[-1]["question"]
    assert isinstance(question, dict) and question["person"] == ["look at the petals", "then at the sepals"]
    assert opened().ledger.hints == ["look at the petals", "then at the sepals"]


def test_a_program_becomes_an_attempt_of_the_persons_without_asking_the_reasoner(begin: Open) -> None:
    bench = begin(script := Script())
    state = open_run(bench, {})
    post_program(bench.folder, "mine", PROGRAM)
    state = {**state, **plan(bench, state)}
    state = {**state, **code(bench, state)}
    execute(bench, state)
    while bench.pending():
        collect(bench, {**state, "plan": WAIT})
    attempt = bench.ledger.attempts[1]
    assert (attempt.name, attempt.origin, attempt.outcome.status) == ("mine", "person", Status.SCORED)
    assert script.asked == [] and state["next"] == 2 and letters(bench.folder) == []


def test_predictions_are_judged_as_a_programs_are(begin: Open) -> None:
    bench = begin(Script())
    state = open_run(bench, {})
    truth = bench.arena.referee.judge.truth.astype(int)
    sure = np.eye(3)[truth] * 0.97 + 0.01
    post_predictions(bench.folder, "oracle", sure, np.full((bench.arena.competition.test_rows, 3), 1 / 3))
    state = {**state, **plan(bench, state)}
    state = {**state, **code(bench, state)}
    attempt = bench.ledger.attempts[1]
    assert attempt.score is not None and attempt.score < 0.03  # log loss of what is nearly sure
    assert bench.ledger.submitted == 1 and state["next"] == 2


@pytest.mark.parametrize("kill", ["before the effect", "before the letter is thrown away", "before the checkpoint"])
def test_a_kill_costs_no_letter_and_doubles_none(begin: Open, opened: Open, kill: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from agentk.graph import folder, inbox

    bench = begin(Script())
    state = open_run(bench, {})
    post_program(bench.folder, "mine", PROGRAM)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if kill == "before the effect":
            patch.setattr(folder.RunFolder, "start", die)
        elif kill == "before the letter is thrown away":
            patch.setattr(inbox.Letter, "discard", die)
        if kill == "before the checkpoint":
            plan(bench, state)  # its state is lost
        else:
            with pytest.raises(KeyboardInterrupt):
                plan(bench, state)
    bench = opened(Script())
    again = plan(bench, state)
    assert again["plan"]["giver"] == "person" and bench.folder.has_started(1)
    after = plan(bench, {**state, "next": 2})
    assert after["plan"]["action"] != "draft" and bench.folder.has_started(1) and not bench.folder.has_started(2)
    assert len(lines(bench, "edited")) == 1 and letters(bench.folder) == []


def test_a_letter_that_agentk_did_not_write_is_named(begin: Open) -> None:
    bench = begin(Script())
    (bench.folder.inbox / "note").mkdir(parents=True)
    with pytest.raises(StoreError, match=r"inbox/note.*agentk tell"):
        letters(bench.folder)
