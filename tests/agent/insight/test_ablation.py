"""Ablation: each choice of the winner is taken back and scored again, once."""

from __future__ import annotations

from pathlib import Path

from agentk.agent.ending.learning import explanation
from agentk.agent.insight.ablation import ablate
from agentk.agent.insight.taught import teach
from agentk.agent.request import Request
from agentk.agent.session import begin, session, work
from agentk.graph.journal import read
from agentk.memory.store import open_memory

PROGRAM = """
import numpy as np

SPACE = {"useful": {"type": "choice", "choices": [False, True], "default": True},
         "idle": {"type": "int", "low": 1, "high": 9, "default": 1}}

def fit_predict(train, test, params, data_dir):
    names = [name for name in test.columns if test[name].dtype.kind == "f"]
    names = names if params.get("useful", True) else names[:1]
    target = next(name for name in train.columns if name not in test.columns)
    classes = sorted(train[target].unique())
    scale = train[names].std().to_numpy()
    middles = [train.loc[train[target] == one, names].mean().to_numpy() for one in classes]
    far = np.stack([(((test[names].to_numpy() - middle) / scale) ** 2).sum(axis=1) for middle in middles], axis=1)
    near = np.exp(-(far - far.min(axis=1, keepdims=True)))
    return near / near.sum(axis=1, keepdims=True)
"""


def test_a_switch_that_matters_is_told_from_what_does_not_and_nothing_is_scored_twice(tmp_path: Path) -> None:
    program = tmp_path / "mine.py"
    program.write_text(PROGRAM)
    request = Request(
        competition="builtin:wine",
        budget=None,
        attempts=1,
        out=tmp_path / "runs",
        workers=2,
        memory=str(tmp_path / "memory"),
        solution=program,
    )
    folder = begin(request)
    with session(folder, request) as bench:
        work(bench)
    before = len(list(read(folder.journal)))
    with session(folder, request, looking=True) as bench:
        first = list(ablate(bench, 60))
        found = {idea.without: worth for idea, worth in first}
        again = {idea.without: worth for idea, worth in ablate(bench, 60)}
    worth = found["useful (switched off)"]
    assert worth.gain is not None and worth.error is not None and worth.gain > worth.error
    assert again == found
    added = list(read(folder.journal))[before:]
    assert [line["event"] for line in added] == ["explained"] * len(found)

    with session(folder, request, looking=True) as bench:
        (taught,) = [lesson for lesson in teach(bench, first, 0) if "useful" in lesson.text]
        teach(bench, first, 0)
    assert taught.text.startswith("In mine, useful as a winner had it helps: with useful (switched off) it scored")
    memory = open_memory(f"read:{tmp_path / 'memory'}")
    kept = [lesson for lesson in memory.lessons(kinds=["claim"]) if lesson.subject == taught.subject]
    assert {lesson.scope.level for lesson in kept} == {"competition", "family"}, "it has left its run"
    assert {lesson.value.count for lesson in kept} == {1}, "once"
    assert any("In mine, useful" in told and "learned" in told for told in explanation(folder, memory))
    memory.close()
