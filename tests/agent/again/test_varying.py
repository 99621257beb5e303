"""A run told once more with something changed: what can be changed, what is reused, and where the histories part."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentk.agent.again.varying import Varied, recall, side_by_side, varied
from agentk.agent.request import Models, Request
from agentk.agent.session import begin, request_of, session, work
from agentk.errors import SettingError
from agentk.graph.folder import RunFolder


@pytest.fixture
def recorded(tmp_path: Path) -> RunFolder:
    """A run of the playbook alone, as it begins."""
    request = Request(competition="builtin:iris", budget=None, attempts=3, memory="off", seed=4, out=tmp_path / "runs")
    return begin(request)


def test_only_what_is_named_is_changed(recorded: RunFolder, tmp_path: Path) -> None:
    request = varied(recorded, ["memory=read", "attempts=5", "hint=try ratios"], tmp_path)
    before = request_of(recorded)
    assert (request.memory, request.attempts, request.hints) == ("read", 5, ("try ratios",))
    assert request == before.model_copy(update={"memory": "read", "attempts": 5, "hints": ("try ratios",), "out": tmp_path})


def test_rows_may_be_held_out_in_another_way(recorded: RunFolder, tmp_path: Path) -> None:
    said = varied(recorded, ["validation=grouped:nest"], tmp_path).overrides
    assert (said.validation, said.column) == ("grouped", "nest")
    assert varied(recorded, ["validation=random"], tmp_path).overrides.column is None
    with pytest.raises(SettingError, match=r"validation=sideways"):
        varied(recorded, ["validation=sideways"], tmp_path)


def test_its_model_answers_from_the_recording_unless_another_one_is_named(tmp_path: Path) -> None:
    models = Models(name=f"files:{tmp_path / 'box'}", max_tokens=1000)
    folder = begin(Request(competition="builtin:iris", models=models, out=tmp_path))
    assert varied(folder, ["seed=2"], tmp_path).models.name == f"replay:{folder.path}"
    other = varied(folder, ["model=ollama/small", "share=names"], tmp_path).models
    assert (other.name, other.share, other.max_tokens) == ("ollama/small", "names", 1000)
    assert not varied(folder, ["model=playbook"], tmp_path).models.asked


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("memory", "it is NAME=VALUE"),
        ("metric=auc", "what can be changed is model, share, memory, folds"),
        ("attempts=many", "attempts=many"),
        ("share=all", "share=all"),
        ("budget=long", "long"),
    ],
)
def test_a_change_that_cannot_be_is_refused(change: str, why: str, recorded: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=why):
        varied(recorded, [change], tmp_path)


def told(folder: RunFolder, recorded: RunFolder | None = None) -> set[str]:
    """The run, worked to its end; the keys of what needed no execution."""
    with session(folder, request_of(folder)) as bench:
        if recorded is not None:
            recall(bench, recorded)
        work(bench)
        reused: set[str] = bench.arena.referee.reused  # type: ignore[attr-defined]  # the agent's own arena
        return set(reused)


@pytest.mark.slow
@pytest.mark.timeout(1800)  # seconds alone, but minutes where many others compute
def test_what_was_executed_on_the_same_folds_is_not_executed_again(recorded: RunFolder, tmp_path: Path) -> None:
    told(recorded)

    def again(*changes: str) -> Varied:
        folder = begin(varied(recorded, changes, tmp_path / "again"))
        return side_by_side(recorded, folder, told(folder, recorded))

    longer = again("attempts=4")
    assert [step.same for step in longer.steps[:3]] == [True] * 3 and all(step.reused for step in longer.steps[:3])
    assert [step.score_then for step in longer.steps[:3]] == [step.score_now for step in longer.steps[:3]]
    assert longer.parting == 4 and longer.steps[3].then != longer.steps[3].now
    assert not any(step.reused for step in again("seed=5").steps), "another seed makes other folds"
