"""`agentk practice`: from a folder of competitions to a memory that knows them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentk.agent.practice import history
from agentk.bench.memory.relatives import relatives
from agentk.memory.store import open_memory


def test_a_folder_of_which_nothing_can_be_set_up_says_why(say: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "alpha.csv").write_text("a,b\n1,2\n")
    said = say("practice", "tables", "--memory", "store", "--out", "runs")
    assert said.code == 2 and "left out  alpha" in said.out and "can be set up" in said.err


@pytest.mark.slow
def test_it_works_through_a_folder_says_why_and_fills_the_memory(say: Callable[..., Any], tmp_path: Path) -> None:
    relatives(2, tmp_path / "tables", rows=150)
    arguments = ("practice", "tables", "--budget", "10s", "--hours", "1", "--memory", "store", "--out", "runs")
    said = say(*arguments).out
    assert said.count("next ") == said.count("done ") == 2 and "promise" in said and "like relative-0" in said
    done = history(tmp_path / "runs")
    assert {one.name for one in done} == {"relative-00", "relative-01"}
    memory = open_memory(str(tmp_path / "store"))
    assert memory.stats().runs == 2
    assert {one.features.digest for one in done} <= {
        entry.competition for lesson in memory.lessons(kinds=["recipe"]) for entry in lesson.value.evidence
    }
    memory.close()
