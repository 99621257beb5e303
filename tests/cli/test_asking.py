"""The person is shown the contract, corrects it, and says yes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agentk.agent.request import Request
from agentk.cli.asking import agreed, corrected, mended
from agentk.competitions.draft import Overrides
from agentk.errors import CompetitionError, SettingError


def answers(*lines: str) -> Callable[[str], str]:
    left = list(lines)
    return lambda _question: left.pop(0)


@pytest.fixture
def leaky(tmp_path: Path) -> Path:
    """A folder with a column that was filled in once the answer was known."""
    numbers = np.random.default_rng(3).normal(0, 1, 400).round(3)
    rows = pd.DataFrame({"id": range(400), "x": numbers, "z": numbers[::-1], "won": (numbers > 0.3).astype(int)})
    rows["giver"] = [f"g{at % 9}" if won and at % 4 == 0 else None for at, won in zip(rows["id"], rows["won"], strict=True)]
    test = rows[300:].drop(columns="won").assign(giver=None)
    for name, table in (("train", rows[:300]), ("test", test), ("sample_submission", test[["id"]].assign(won=0.5))):
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    return tmp_path


def test_yes(capsys: pytest.CaptureFixture[str]) -> None:
    request = Request(competition="builtin:iris")
    assert agreed(request, answers("yes")) == request
    assert "multiclass: predict target" in capsys.readouterr().err


def test_a_correction_is_shown_before_the_yes(capsys: pytest.CaptureFixture[str]) -> None:
    found = agreed(Request(competition="builtin:iris"), answers("--metric auc --validation random", "y"))
    assert (found.overrides.metric, found.overrides.validation) == ("auc", "random")
    assert "auc, to maximize" in capsys.readouterr().err


def test_no_begins_nothing() -> None:
    with pytest.raises(SettingError, match="nothing was begun"):
        agreed(Request(competition="builtin:iris"), answers("no"))


def test_what_setup_cannot_know_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "own.csv"
    table.write_text("a,b\n" + "".join(f"{at},{at % 7}\n" for at in range(60)))
    found = agreed(Request(competition=str(table)), answers("--target b", "yes"))
    assert found.overrides.target == ("b",) and "setup asks" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("answer", "doubted"), [("drop", "left out"), ("--leaks drop", "left out"), ("", "may have been filled in")]
)
def test_a_column_that_gives_the_target_away_is_asked_about(
    leaky: Path, answer: str, doubted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    request = Request(competition=str(leaky), overrides=Overrides(leaks="ask"))
    found = agreed(request, answers(answer, "yes"))
    said = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert "giver says something on" in said and doubted in said
    assert found.overrides.leaks == ("drop" if answer else "report")


def test_without_a_terminal_the_question_is_the_error() -> None:
    error = CompetitionError("which target? --target COLUMN")
    with pytest.raises(CompetitionError, match="which target"):
        mended(Request(competition="x"), error, answers("--target a"))


@pytest.mark.parametrize(
    ("words", "wanted"), [("--metrc auc", "--metric"), ("--metric", "a flag and its value"), ("--task song", "song")]
)
def test_a_correction_that_makes_no_sense(words: str, wanted: str) -> None:
    with pytest.raises(SettingError, match=wanted):
        corrected(Overrides(), words)


def test_targets_add_up() -> None:
    assert corrected(Overrides(), "--target a --target 'b c'").target == ("a", "b c")
