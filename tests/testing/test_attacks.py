"""The attacks bite: as an ordinary program each gets what it is after. Otherwise, containing them would prove nothing."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from agentk.sandbox.probe import obstacles
from agentk.sandbox.walls import Kind
from agentk.testing import attacks, bait

NEEDS_ROOT = {"escape_by_chroot", "read_whole_disks", "edit_the_kernel", "spoil_devices"}


@pytest.fixture
def baits(tmp_path: Path) -> Iterator[dict[str, str]]:
    with bait.laid_out(tmp_path) as laid:
        yield laid


@pytest.mark.parametrize("attack", [name for name in attacks.ATTACKS if name != "leave_a_daemon"])
def test_an_attack_bites_where_there_are_no_walls(attack: str, baits: dict[str, str]) -> None:
    if attack in NEEDS_ROOT and os.geteuid() != 0:
        pytest.skip("only root could do this at all")
    if attack == "gain_a_namespace" and (obstacle := obstacles()[Kind.NAMESPACES]):
        pytest.skip(f"this machine refuses it to everybody: {obstacle}")
    command = [sys.executable, attacks.__file__, attack, json.dumps(baits)]
    with Path(baits["answers"]).open() as left_open:
        kept = (left_open.fileno(),)
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, pass_fds=kept)
    assert ended.stdout.startswith("BREACH"), ended.stdout


def test_the_daemon_outlives_its_parent_where_nobody_kills_it(baits: dict[str, str]) -> None:
    subprocess.run([sys.executable, attacks.__file__, "leave_a_daemon", json.dumps(baits)], check=True, stdout=subprocess.DEVNULL)
    assert bait.survivors(baits["marker"], patience_s=0)
    for process in psutil.process_iter(["cmdline"]):
        if any(baits["marker"] in word for word in process.info["cmdline"] or ()):
            process.send_signal(signal.SIGKILL)
    assert not bait.survivors(baits["marker"])
