"""A rewind forks the journal: each branch has its own past, and no number is ever used twice."""

from __future__ import annotations

from typing import Any

import pytest

from agentk.graph.branches import fork, fork_of, history
from agentk.graph.journal import Line
from agentk.graph.ledger import Ledger
from agentk.types.attempt import Attempt
from agentk.types.outcome import Outcome, Status


class Story:
    """Journal lines as a run writes them, on the branch that is current."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.branch = "main"

    def tell(self, event: str, **fields: Any) -> Line:
        self.lines.append({"seq": len(self.lines), "branch": self.branch, "event": event, **fields})
        return self.lines[-1]

    def step(self, done: int, node: str = "collect", *, following: int) -> Line:
        return self.tell("step", node=node, step=done, state={"done": done, "next": following})

    def start(self, number: int) -> None:
        self.tell("attempt_started", number=number)

    def finish(self, number: int, score: float) -> None:
        attempt = Attempt(
            number=number, parent=None, kind="draft", name="x", origin="x", outcome=Outcome(status=Status.SCORED), score=score,
            chosen=True,
        )  # fmt: skip
        self.tell("attempt_finished", number=number, attempt=attempt.model_dump(mode="json"))

    def rewind(self, to: Line) -> None:
        self.branch, fields = fork(self.lines, to)
        self.tell("rewound", **fields)

    @property
    def ledger(self) -> Ledger:
        return Ledger.of(self.lines, "maximize")


@pytest.fixture
def story() -> Story:
    """#1 is finished, #2 under way; then the step `lines[4]`; then #2 is finished, and #3."""
    told = Story()
    told.tell("run_started")
    told.start(1)
    told.finish(1, 0.5)
    told.start(2)
    told.step(5, following=3)
    told.finish(2, 0.9)
    told.start(3)
    told.finish(3, 0.8)
    told.step(9, following=4)
    return told


def test_without_a_rewind_all_lines_are_behind_the_run(story: Story) -> None:
    assert history(story.lines) == story.lines and fork_of(story.lines) is None
    assert story.ledger.abandoned == {}


def test_a_rewind_leaves_what_came_after_to_the_old_branch(story: Story) -> None:
    story.rewind(story.lines[4])
    assert [line["seq"] for line in history(story.lines)] == [0, 1, 2, 3, 4, 9]
    ledger = story.ledger
    assert (sorted(ledger.attempts), sorted(ledger.abandoned), ledger.best) == ([1], [2, 3], 1)


def test_what_was_under_way_gets_a_number_of_its_own(story: Story) -> None:
    story.rewind(story.lines[4])
    begun = fork_of(story.lines)
    assert begun is not None
    assert begun.renumbered == {2: 5}, "3 is taken, and 4 was to be given next: something may lie under it"
    assert begun.state["next"] == 6
    assert story.ledger.under_way == [5]


def test_a_rewind_may_go_back_to_a_branch_that_was_left(story: Story) -> None:
    story.rewind(story.lines[4])
    story.finish(5, 0.7)
    story.step(7, following=6)
    story.rewind(story.lines[8])
    assert (sorted(story.ledger.attempts), sorted(story.ledger.abandoned)) == ([1, 2, 3], [5])
    assert story.branch == "branch-3" and story.ledger.under_way == []


def test_a_rewind_of_a_rewind_keeps_renumbering(story: Story) -> None:
    story.rewind(story.lines[4])
    late = story.step(6, following=6)
    story.finish(5, 0.7)
    story.rewind(late)
    begun = fork_of(story.lines)
    assert begun is not None and begun.renumbered == {5: 7}
    assert story.ledger.under_way == [7] and sorted(story.ledger.attempts) == [1]


def test_the_submission_is_not_of_this_branch_until_it_is_written(story: Story) -> None:
    story.tell("submission_replaced", number=2)
    assert story.ledger.follows
    story.rewind(story.lines[4])
    assert not story.ledger.follows
    story.tell("submission_replaced", number=1)
    assert story.ledger.follows and story.ledger.submitted == 1
