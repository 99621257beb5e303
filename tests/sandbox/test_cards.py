"""Graphics cards: their device files are found, and shown to those programs alone that are given them."""

from __future__ import annotations

import errno
from contextlib import closing
from pathlib import Path

import pytest

from agentk.sandbox.cards import cards
from agentk.sandbox.forks import ForkSandbox
from agentk.sandbox.probe import obstacles
from agentk.sandbox.protocol import End, Execution, Limits, Script
from agentk.sandbox.walls import Kind

DEVICE = Path("/dev/tty")  # there on every Linux, and shown to no program otherwise
OPEN = """
import os
try:
    os.close(os.open("/dev/tty", os.O_RDWR))
    print("opened")
except OSError as error:
    print("errno", error.errno)
"""


def made(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to("/dev/null")  # a device by any other name
    return folder


def test_without_a_card_there_is_nothing_to_show(tmp_path: Path) -> None:
    assert cards(tmp_path) == ()
    assert cards(made(tmp_path, "dri/renderD128", "nvidiactl")) == (), "a screen is no card to compute on"


def test_a_card_comes_with_what_drives_it(tmp_path: Path) -> None:
    names = ["nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm"]
    (tmp_path / "nvidia9").write_text("a file, not a device")
    assert cards(made(tmp_path, *names, "nvidia-modeset")) == tuple(tmp_path / name for name in names)
    assert cards(made(tmp_path / "other", "kfd", "dri/renderD128")) == (
        tmp_path / "other" / "kfd",
        tmp_path / "other" / "dri" / "renderD128",
    )


@pytest.mark.parametrize("kind", [Kind.NAMESPACES, Kind.LANDLOCK])
def test_only_who_is_given_a_device_can_open_it(kind: Kind, tmp_path: Path) -> None:
    if obstacle := obstacles()[kind]:
        pytest.skip(f"this machine refuses {kind}: {obstacle}")
    program = tmp_path / "open.py"
    program.write_text(OPEN)
    said = []
    with closing(ForkSandbox(1, 1, (), tmp_path / "scratch", kind=kind)) as sandbox:
        for place, devices in (("with", (DEVICE,)), ("without", ())):
            execution = Execution(Script(program), tmp_path / place, devices=devices, limits=Limits(wall_s=60))
            result = sandbox.submit(execution).result()
            assert result.end is End.OK, result.reason
            said.append(result.log.strip())
    shown, hidden = said
    assert shown in ("opened", f"errno {errno.ENXIO}"), "the kernel was asked: a process without a terminal has none"
    assert hidden in (f"errno {errno.ENOENT}", f"errno {errno.EACCES}")
