"""Weights of pretrained networks: registered once they were tried, shown to programs read-only, carried to the solution."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from agentk.agent.request import Request
from agentk.agent.session import begin, request_of, session, work
from agentk.agent.weights import add, files_of, home, registered, remove
from agentk.errors import SettingError
from agentk.graph.journal import read
from agentk.graph.ledger import Ledger

torch = pytest.importorskip("torch")


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """A file of TorchScript that sees how bright and how steep a picture is in each of nine places."""
    torch.manual_seed(1)
    path = tmp_path / "Small Eyes.pt"
    parts = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(12), torch.nn.Conv2d(3, 5, 4, 4), torch.nn.Flatten())
    torch.jit.trace(parts, torch.zeros(1, 3, 32, 32)).save(str(path))
    return path


def test_a_file_is_kept_once_it_was_tried_and_named_by_its_content(network: Path) -> None:
    found = add(network)
    assert found.name.startswith("small-eyes-") and found.features == 45
    assert add(network) == found and registered() == [found]
    assert (home() / found.name).read_bytes() == network.read_bytes()
    assert remove("small-eyes") == found.name and registered() == []
    with pytest.raises(SettingError, match="there are none"):
        remove("small-eyes")


def test_what_is_no_network_for_pictures_is_refused(tmp_path: Path, network: Path) -> None:
    with pytest.raises(SettingError, match="there is no file"):
        add(tmp_path / "nothing.pt")
    (tmp_path / "page.pt").write_text("<html>not found</html>")
    with pytest.raises(SettingError, match="neither TorchScript nor"):
        add(tmp_path / "page.pt")
    whole = torch.nn.Sequential(torch.nn.Conv2d(3, 2, 3), torch.nn.Flatten())  # more features of a larger picture
    torch.jit.trace(whole, torch.zeros(1, 3, 32, 32)).save(str(tmp_path / "whole.pt"))
    with pytest.raises(SettingError, match="same features"):
        add(tmp_path / "whole.pt")
    assert registered() == []


def test_weights_that_a_run_began_with_are_looked_for(tmp_path: Path) -> None:
    name = "eyes-12345678.pt"
    home().mkdir(parents=True)
    (home() / name).write_bytes(b"registered")
    assert files_of([name], tmp_path) == {name: home() / name}
    (home() / name).unlink()
    with pytest.raises(SettingError, match=f"weights {name}, which are gone"):
        files_of([name], tmp_path)
    (tmp_path / name).write_bytes(b"kept by the run")
    assert files_of([name], tmp_path) == {name: tmp_path / name}


@pytest.mark.slow
@pytest.mark.timeout(900)  # seconds alone, but minutes where many others compute
def test_a_run_on_pictures_uses_them_and_its_solution_carries_them(network: Path, tmp_path: Path) -> None:
    data, draw = tmp_path / "data", np.random.default_rng(0)
    (data / "pictures").mkdir(parents=True)
    bright = draw.integers(0, 2, 90)
    for row, light in enumerate(bright):
        pixels = draw.integers(0, 120, (20, 20)) + 90 * int(light)
        Image.fromarray(pixels.astype(np.uint8)).save(data / "pictures" / f"p{row}.png")
    rows = pd.DataFrame({"id": [f"p{row}" for row in range(90)], "bright": bright})
    rows[:60].to_csv(data / "train.csv", index=False)
    rows[60:].drop(columns="bright").to_csv(data / "test.csv", index=False)
    rows[60:].assign(bright=0).to_csv(data / "sample_submission.csv", index=False)
    name = add(network).name
    request = Request(
        competition=str(data), budget=None, attempts=2, memory="off", hints=("image_backbone",), out=tmp_path / "runs", workers=1
    )
    folder = begin(request)
    with session(folder, request_of(folder)) as bench:
        work(bench)
    assert json.loads((folder.path / "competition.json").read_text())["backbones"] == [name]
    looked = [one for one in Ledger.of(read(folder.journal), "maximize").scored if one.recipe == "image_backbone"]
    assert looked and looked[0].score is not None and looked[0].score > 0.9
    remove(name)  # what the run takes away needs it no more
    assert (folder.solution / "weights" / name).is_file()
    made = tmp_path / "again.csv"
    command = [sys.executable, "solution.py", "--data", str(data), "--out", str(made)]
    subprocess.run(command, cwd=folder.solution, check=True, timeout=300, capture_output=True)
    assert made.read_bytes() == folder.submission.read_bytes()
