"""Practice chooses what would teach most."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentk.agent.practice import Candidate, Done, choices, sources
from agentk.errors import SettingError
from agentk.memory.features import Features
from agentk.memory.off import Off
from agentk.types.competition import TaskKind


def shape(name: str, task: TaskKind, rows: int = 1000) -> Features:
    return Features(digest=name, modality="tabular", task=task, metric="rmse", rows=rows, columns=10, numeric=1.0)


def candidate(name: str, task: TaskKind) -> Candidate:
    return Candidate(name=name, source=name, features=shape(name, task))


LIKE_SUCCESS, LIKE_FAILURE = candidate("good", TaskKind.REGRESSION), candidate("bad", TaskKind.MULTILABEL)
PAST = [
    Done(name="old-good", run="r1", features=shape("old-good", TaskKind.REGRESSION), success=0.9),
    Done(name="old-bad", run="r2", features=shape("old-bad", TaskKind.MULTILABEL), success=-1.0),
]


def test_what_resembles_a_success_comes_before_what_resembles_a_failure() -> None:
    found = choices([LIKE_FAILURE, LIKE_SUCCESS], PAST, Off())
    assert [choice.candidate.name for choice in found] == ["good", "bad"]
    assert "like old-good" in found[0].why


def test_what_was_practiced_comes_last() -> None:
    done = [*PAST, Done(name="good", run="r3", features=LIKE_SUCCESS.features, success=1.0)]
    assert [choice.candidate.name for choice in choices([LIKE_FAILURE, LIKE_SUCCESS], done, Off())] == ["bad", "good"]


def test_the_unknown_comes_before_the_well_known_of_equal_promise() -> None:
    flat = [Done(name=f"o{n}", run="r", features=shape(f"o{n}", TaskKind.REGRESSION), success=0.0) for n in range(5)]
    strange = Candidate(name="strange", source="s", features=shape("strange", TaskKind.BINARY, rows=90))
    assert choices([LIKE_SUCCESS, strange], flat, Off())[0].candidate.name == "strange"


def test_a_place_without_competitions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="no folder and no CSV"):
        sources(str(tmp_path))
    with pytest.raises(SettingError, match="builtin:"):
        sources(str(tmp_path / "nowhere"))
    assert ("wine", "builtin:wine") in sources("builtin:")
