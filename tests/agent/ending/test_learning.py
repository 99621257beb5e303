"""Memory learns once from every attempt, however often a run ends; and a person can read what it did."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agentk.agent.ending.learning import explanation, learn
from agentk.competitions.metrics import metric_named
from agentk.graph.clock import Clock
from agentk.graph.folder import RunFolder
from agentk.graph.journal import Journal, read
from agentk.graph.ledger import Ledger
from agentk.graph.workbench import Setting, Workbench
from agentk.memory.features import features_of
from agentk.memory.protocol import Memory
from agentk.memory.store import open_memory
from agentk.reasoning.playbook import Playbook
from agentk.testing.flowers import FLOWERS, attempt

from .conftest import told

Made = Callable[[], tuple[RunFolder, Journal]]


class Contract:
    """An arena that nothing is executed in."""

    competition = FLOWERS
    metric = metric_named(FLOWERS.metric)


def ended(folder: RunFolder, journal: Journal, memory: Memory) -> None:
    """What the end of a run does with memory."""
    ledger = Ledger.of(read(folder.journal), "maximize")
    setting = Setting(0, 1, 1)
    bench = Workbench(
        folder, journal, Clock(None), ledger, setting, Playbook(), memory,
        lambda: None, lambda _: Contract(), lambda _: None,
    )  # type: ignore[arg-type, return-value]  # fmt: skip
    learn(bench)
    journal.write("run_finished", stopped_by="budget", best=1)


def lessons(folder: RunFolder) -> list[str]:
    return [str(line["text"]) for line in read(folder.journal) if line["event"] == "lesson_written"]


def test_only_what_is_new_is_learned_when_a_run_goes_on(made: Made, tmp_path: Path) -> None:
    folder, journal = made()
    memory = open_memory(str(tmp_path / "memory"))
    told(journal, attempt(1, 0.7, name="trees", recipe="trees"), attempt(2, 0.8, chosen=True))
    ended(folder, journal, memory)
    first = lessons(folder)
    assert any("linear" in text for text in first)
    ended(folder, journal, memory)
    assert lessons(folder) == first, "nothing new was tried"
    told(journal, attempt(3, 0.9, name="bayes", recipe="bayes"), attempt(4, 0.95, kind="tune", parent=2, params={"C": 3.0}))
    ended(folder, journal, memory)
    new = lessons(folder)[len(first) :]
    assert len(new) == 2, "the new draft, and the parameters that beat an attempt of the first session"
    assert any("bayes" in text for text in new) and any("Parameters of linear" in text for text in new)
    memory.close()


def test_a_memory_that_is_read_alone_is_left_as_it_was(made: Made, tmp_path: Path) -> None:
    folder, journal = made()
    open_memory(str(tmp_path / "memory")).close()
    memory = open_memory(f"read:{tmp_path / 'memory'}")
    before = memory.stats().lessons
    told(journal, attempt(1, 0.7, name="trees", recipe="trees"), attempt(2, 0.8))
    ended(folder, journal, memory)
    assert lessons(folder) == [] and memory.stats().lessons == before
    memory.close()


def test_the_account_names_what_was_used_what_came_of_it_and_what_was_learned(made: Made) -> None:
    folder, journal = made()
    assert explanation(folder) == ["this run used and wrote no lessons"]
    journal.write("lesson_used", lesson="abcdefghij", number=1, text="linear is good", why="it won twice")
    told(journal, attempt(1, 0.8))
    found = [{"id": f"{name}bcdefghij", "kind": "claim", "text": f"claim {name}", "why": "alike"} for name in "abcde"]
    journal.write("recalled", number=2, lessons=[found[0] | {"withheld": True}, *found[1:]])
    journal.write("lesson_used", lesson="klm", number=2, text="so are trees", why="similar rows")
    journal.write("lesson_written", lesson="nop", kind="recipe", text="linear won")
    assert explanation(folder) == [
        "#1 linear (0.80000) used abcdefgh: linear is good\n    it won twice",
        "before #2 memory recalled 5 of claim, 1 withheld\n    abcdefgh, withheld: claim a\n        alike"
        "\n    bbcdefgh: claim b\n        alike\n    cbcdefgh: claim c\n        alike\n    … and 2 more",
        "#2 (not finished) used klm: so are trees\n    similar rows",
        "learned nop (recipe): linear won",
    ]
    assert "claim e" in explanation(folder, every=True)[1]


def test_what_setup_misread_warns_the_next_that_has_such_files(made: Made, tmp_path: Path) -> None:
    folder, journal = made()
    memory = open_memory(str(tmp_path / "memory"))
    error = "the metric rmse needs numbers, and 'kind' holds 'a'"
    journal.write("stage", stage="split", tests=1, reopened=[f"metric: rmse did not hold: {error}"])
    told(journal, attempt(1, 0.7, name="trees", recipe="trees"), attempt(2, 0.8))
    ended(folder, journal, memory)
    warned = [lesson for lesson in memory.lessons(kinds=["setup"]) if lesson.subject == "setup:metric:rmse"]
    assert {lesson.scope.level for lesson in warned} == {"competition", "family"}
    assert "rmse as the metric did not hold" in warned[0].text and "kind" not in warned[0].text
    other = features_of(FLOWERS).model_copy(update={"digest": "another", "rows": 150})
    assert any(hit.lesson.subject == "setup:metric:rmse" for hit in memory.recall(other, "metric", kinds=["setup"], limit=40))
    memory.close()
