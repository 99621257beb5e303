"""Opens the best sandbox this machine allows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from agentk.sandbox.forks import ForkSandbox
from agentk.sandbox.protocol import Sandbox


def open_sandbox(slots: int, cores: int, imports: Sequence[str], scratch: Path, *, strict: bool = False) -> Sandbox:
    """A sandbox with `slots` slots of `cores` cores each, whose warm process imports `imports` (missing ones are tolerated).

    `scratch` is a folder for the sandbox's own small files. Raises SandboxError with `strict` when a guarantee does not hold here.
    """
    return ForkSandbox(slots, cores, imports, scratch, {})
