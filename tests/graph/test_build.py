"""The graph from end to end, checkpointed: it goes where plans lead, and on from where it was left."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agentk.graph.build import walk
from agentk.graph.nodes.execute import recover
from agentk.graph.workbench import Workbench

from .conftest import Script, lines, say

Open = Callable[..., Workbench]


def test_a_run_drafts_blends_and_stops_and_a_finished_one_goes_on(opened: Open) -> None:
    bench = opened(Script([say("draft"), say("draft")], params=[{"width": 0.05}, {"width": 10.0}]))
    walk(bench)
    assert [bench.ledger.attempts[number].kind for number in (1, 2, 3)] == ["draft", "draft", "blend"]
    assert bench.ledger.ended == "nothing left to try"
    assert bench.ledger.reflected == {1, 2, 3}

    more = opened(Script([say("draft"), say("tune", parent=1, trials=2)]))
    walk(more)
    assert sorted(more.ledger.attempts) == [1, 2, 3, 4, 5, 6]
    assert more.ledger.attempts[5].kind == "tune" and more.ledger.attempts[6].kind == "blend"
    assert [line["seq"] for line in lines(more, "run_finished")][-1] == more.journal.seq - 2, "then the step that wrote it"


@pytest.mark.parametrize("node", ["shape", "plan", "code", "collect", "blend", "submit"])
def test_a_run_that_dies_at_any_node_is_finished_by_the_next_process(opened: Open, node: str) -> None:
    def dies(here: str, text: str) -> None:
        if node in (here, text):
            raise KeyboardInterrupt

    script = Script([say("draft"), say("draft")], params=[{"width": 0.05}, {"width": 10.0}])
    bench = opened(script)
    bench.notice = dies
    with pytest.raises(KeyboardInterrupt):
        walk(bench)
    again = opened(script)
    if again.folder.contract.exists():
        recover(again)
    walk(again)
    numbers = [line["number"] for line in lines(again, "attempt_finished")]
    assert sorted(numbers) == sorted(set(numbers)) == [1, 2, 3]
    assert [line["number"] for line in lines(again, "attempt_started")] == [1, 2]
    assert len(lines(again, "stage")) == 6 and len(lines(again, "run_finished")) == 1
    assert again.ledger.reflected == {1, 2, 3}
