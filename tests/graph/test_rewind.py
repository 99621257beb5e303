"""Stepping, editing and rewinding: one node at a time, another answer, another branch; and a kill anywhere in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agentk.competitions.setup import STAGES
from agentk.graph.build import opened as walking
from agentk.graph.build import walk
from agentk.graph.edit import edit_code, edit_plan
from agentk.graph.journal import Line
from agentk.graph.nodes.execute import recover
from agentk.graph.rewind import rewind
from agentk.graph.workbench import Workbench

from .conftest import PROGRAM, Script, lines, say

Open = Callable[..., Workbench]
WIDTHS: list[dict[str, Any]] = [{"width": 0.05}, {"width": 10.0}, {"width": 1.0}]


def steps(bench: Workbench) -> list[str]:
    return [str(line["node"]) for line in lines(bench, "step")]


def at(bench: Workbench, node: str, which: int = -1) -> Line:
    return [line for line in lines(bench, "step") if line["node"] == node][which]


def to_the(bench: Workbench, node: str) -> None:
    """Steps until this node is next."""
    with walking(bench, by_step=True) as path:
        while path.next != node:
            path.go()


def test_one_step_runs_one_node_and_tells_it(opened: Open) -> None:
    bench = opened(Script([say("draft")]))
    with walking(bench, by_step=True) as path:
        assert (path.next, steps(bench)) == (STAGES[0].name, [])
        for count in range(1, len(STAGES) + 3):
            path.go()
            assert len(steps(bench)) == count
        assert steps(bench)[len(STAGES) :] == ["open", "plan"] and path.next == "code"
        assert bench.folder.submission.exists() and not bench.ledger.attempts


def test_stepping_ends_where_a_run_in_one_go_ends(opened: Open) -> None:
    bench = opened(Script([say("draft"), say("draft")], params=WIDTHS[:2]))
    with walking(bench, by_step=True) as path:
        while path.next is not None:
            path.go()
    assert [bench.ledger.attempts[number].kind for number in (1, 2, 3)] == ["draft", "draft", "blend"]
    assert [line["step"] for line in lines(bench, "step")] == list(range(1, len(steps(bench)) + 1))


def test_a_run_that_was_stepped_goes_on_in_one_go(opened: Open) -> None:
    script = Script([say("draft")])
    to_the(opened(script), "shape")
    bench = opened(script)
    walk(bench)
    assert bench.ledger.ended == "nothing left to try" and sorted(bench.ledger.attempts) == [1]


def test_a_person_may_change_the_plan_and_the_program(opened: Open) -> None:
    script = Script([say("stop")])
    bench = opened(script)
    to_the(bench, "submit")
    with walking(bench, by_step=True) as path:
        path.edit(edit_plan(bench, path.state, say("draft", idea="rather this")))
        assert path.next == "code"
        path.go()
        edit_code(bench, 1, PROGRAM + "\n# mine\n", {"width": 3.0})
        while path.next is not None:
            path.go()
    attempt = bench.ledger.attempts[1]
    assert (attempt.origin, attempt.params, attempt.idea) == ("person", {"width": 3.0}, "rather this")
    assert bench.folder.read_solution(attempt).source.endswith("# mine\n")
    assert [line["giver"] for line in lines(bench, "edited")] == ["person", "person"]


def test_an_edit_that_was_journaled_before_a_kill_still_counts(opened: Open) -> None:
    bench = opened(Script([say("stop")]))
    to_the(bench, "submit")
    with walking(bench, by_step=True) as path:
        edit_plan(bench, path.state, say("draft"))  # killed before the graph heard of it
    with walking(opened(Script()), by_step=True) as path:
        assert path.next == "code"


@pytest.fixture
def rewound(opened: Open) -> Callable[[str, int], Workbench]:
    """A run with three drafts that was rewound to the end of a node, opened anew."""

    def made(node: str, which: int) -> Workbench:
        bench = opened(Script([say("draft")] * 3, params=list(WIDTHS)))
        walk(bench)
        rewind(bench.journal, at(bench, node, which))
        again = opened(Script([say("draft"), say("wait")], params=[{"width": 2.0}]))
        recover(again)
        return again

    return made


def test_the_past_can_be_lived_again_and_the_old_branch_is_kept(rewound: Callable[[str, int], Workbench]) -> None:
    bench = rewound("open", 0)
    assert not bench.ledger.attempts and sorted(bench.ledger.abandoned) == [1, 2, 3, 4]
    walk(bench)
    assert sorted(bench.ledger.attempts) == [6], "5 was to be given next on the old branch"
    assert {path.name for path in bench.folder.attempts.iterdir()} == {"1", "2", "3", "4", "6"}
    assert {line["branch"] for line in lines(bench, "attempt_finished")} == {"main", "branch-2"}
    assert bench.ledger.submitted == 6


def test_the_submission_follows_the_branch(rewound: Callable[[str, int], Workbench]) -> None:
    bench = rewound("open", 0)
    assert (bench.ledger.submitted, bench.ledger.follows) == (None, True)
    assert lines(bench, "submission_replaced")[-1]["reason"] == "sound answers that need no model, until one is scored"


def test_a_program_that_was_under_way_is_executed_again_under_a_new_number(rewound: Callable[[str, int], Workbench]) -> None:
    bench = rewound("code", 0)
    assert bench.pending() == [6]
    with walking(bench, by_step=True) as path:
        assert path.next == "execute"
    walk(bench)
    old, new = bench.ledger.abandoned[1], bench.ledger.attempts[6]
    assert (new.params, new.name, new.score) == (old.params, old.name, old.score)


@pytest.mark.parametrize("node", ["code", "collect"])
def test_a_branch_that_dies_is_finished_by_the_next_process(
    rewound: Callable[[str, int], Workbench], opened: Open, node: str
) -> None:
    def dies(here: str, text: str) -> None:
        if here == node:
            raise KeyboardInterrupt

    bench = rewound("reflect", 1)
    bench.notice = dies
    with pytest.raises(KeyboardInterrupt):
        walk(bench)
    again = opened(Script([say("draft")] if node == "code" else [], params=[{"width": 2.0}]))
    recover(again)
    walk(again)
    numbers = [line["number"] for line in lines(again, "attempt_finished")]
    assert len(numbers) == len(set(numbers)) == len(list(again.folder.attempts.iterdir()))
    assert again.ledger.ended == "nothing left to try"


def test_a_pause_leaves_a_node_where_it_may_be_entered_again(opened: Open) -> None:
    bench = opened(Script([say("draft"), say("wait")], params=[{"width": 1.0, "sleep": 0.4}]))
    to_the(bench, "collect")
    with walking(bench, by_step=True) as path:
        path.go()
        while path.next != "collect":
            path.go()
        bench.pausing = True
        if not bench.ledger.attempts:
            with pytest.raises(KeyboardInterrupt):
                path.go()
        bench.pausing = False
        path.go()
    assert sorted(bench.ledger.attempts) == [1]
