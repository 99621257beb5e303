"""The winner taken away: a notebook, a script and a folder, each of which makes submission.csv again without agentk."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agentk.agent.insight.evidence import contract_of
from agentk.errors import RunError, SettingError
from agentk.graph.folder import RunFolder
from agentk.report.export import export

from .conftest import Written


def beside_its_data(folder: RunFolder, place: Path) -> Path:
    place.mkdir()
    (place / "data").symlink_to(contract_of(folder).folder)
    return place


def same_answers(made: Path, folder: RunFolder) -> bool:
    one, other = pd.read_csv(made), pd.read_csv(folder.submission)
    numbers = one.select_dtypes("number").columns
    others = one.columns.difference(numbers)
    return bool(np.allclose(one[numbers], other[numbers], rtol=1e-6)) and one[others].equals(other[others])


@pytest.mark.slow
def test_the_script_alone_makes_the_submission_again(finished: RunFolder, tmp_path: Path) -> None:
    place = beside_its_data(finished, tmp_path / "away")
    script = export(finished, "script", place / "winner.py")
    done = subprocess.run([sys.executable, script.name], cwd=place, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert same_answers(place / "submission.csv", finished)


def test_the_notebook_tells_the_story_and_knows_nothing_of_agentk(finished: RunFolder, tmp_path: Path) -> None:
    cells = json.loads(export(finished, "notebook", tmp_path / "n.ipynb").read_text())["cells"]
    words = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    headings = [words.index(one) for one in ("# wine", "## The data", "## The models", "## Fitting", "## Submission")]
    assert headings == sorted(headings)
    assert "/kaggle/input" in code[0] and code[-1].count("submission.csv") == 1
    assert not any("import agentk" in one or "from agentk" in one for one in code)
    assert str(finished.path) not in "".join(code)


def test_a_folder_is_never_written_over(finished: RunFolder, tmp_path: Path) -> None:
    place = export(finished, "folder", tmp_path / "mine")
    assert (place / "solution.py").exists() and (place / "README.md").exists()
    with pytest.raises(SettingError, match="mine"):
        export(finished, "folder", place)


def test_without_a_winner_there_is_nothing_to_take(written: Callable[[], Written], tmp_path: Path) -> None:
    with pytest.raises(RunError, match="agentk resume"):
        export(written().folder, "script", tmp_path / "s.py")


@pytest.mark.slow
def test_the_notebook_runs_as_it_is_and_makes_the_submission_again(finished: RunFolder, tmp_path: Path) -> None:
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    place = beside_its_data(finished, tmp_path / "away")
    notebook = nbformat.read(export(finished, "notebook", place / "n.ipynb"), 4)
    nbformat.validate(notebook)
    nbclient.NotebookClient(notebook, timeout=200, resources={"metadata": {"path": str(place)}}).execute()
    assert same_answers(place / "submission.csv", finished)
