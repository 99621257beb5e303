"""Programs are told to compute on a card only where one has done so in the sandbox."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from agentk.agent.accelerator import Accelerator
from agentk.sandbox.open import open_sandbox


def test_without_a_card_nothing_is_tried(tmp_path: Path) -> None:
    with closing(open_sandbox(1, 1, (), tmp_path / "scratch")) as sandbox:
        assert Accelerator(sandbox, tmp_path, wait=True, devices=()).name == "cpu"
    assert not (tmp_path / "accelerator").exists()


def test_a_device_that_computes_nothing_is_found_out(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("this machine has a card")
    with closing(open_sandbox(1, 1, (), tmp_path / "scratch")) as sandbox:
        accelerator = Accelerator(sandbox, tmp_path, wait=True, devices=(Path("/dev/tty"),))
        assert accelerator.name == "cpu" and (tmp_path / "accelerator").exists()
