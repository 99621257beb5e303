"""Finds out which walls this machine allows, by building them: `python -m agentk.sandbox.probe` in a process of its own."""

from __future__ import annotations

import functools
import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from agentk.sandbox import landlock, messages
from agentk.sandbox.protocol import End, Execution, Function, Limits
from agentk.sandbox.spawn import environment
from agentk.sandbox.supervise import supervise
from agentk.sandbox.walls import Kind
from agentk.sandbox.wire import task


@functools.cache
def obstacles() -> dict[Kind, str]:
    """For each kind of walls why they do not stand here; empty when they do. Takes about a third of a second, once."""
    command = [sys.executable, "-P", "-m", "agentk.sandbox.probe"]
    ended = subprocess.run(command, env=environment(1), stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    if ended.returncode != 0:
        return dict.fromkeys(Kind, ended.stderr.decode(errors="replace").strip()[-300:])
    return {Kind(kind): obstacle for kind, obstacle in json.loads(ended.stdout).items()}


def nothing(_: object, output: Path, __: object) -> None:
    """The program that the probe runs."""
    (output / "proof").write_text("here")


def _try(kind: Kind, scratch: Path) -> str:
    if kind is Kind.LANDLOCK and not landlock.abi():
        return "this kernel has no Landlock"
    stage = scratch / kind
    for name in ("root", "writable"):
        (stage / name).mkdir(parents=True)
    execution = Execution(Function("agentk.sandbox.probe:nothing"), scratch / "out", limits=Limits(wall_s=10))
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        ours.close()
        supervise(theirs, None)
        os._exit(0)
    theirs.close()
    messages.send(ours, task(execution, tuple(os.sched_getaffinity(0)), stage, kind).encode())
    received = messages.receive(ours)
    os.waitpid(child, 0)
    if received is None:
        return "its supervisor died"
    report = received[0]
    if "error" in report:
        return str(report["error"]).strip().splitlines()[-1]
    return "" if report["end"] == End.OK and report["outputs"] == ["proof"] else f"{report['reason']}: {report['log']}"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps({kind: _try(kind, Path(folder)) for kind in Kind}))
