"""Opens the best sandbox this machine allows, and says what it promises."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agentk.errors import SandboxError
from agentk.sandbox.forks import ForkSandbox
from agentk.sandbox.probe import obstacles
from agentk.sandbox.processes import PROMISES, ProcessSandbox
from agentk.sandbox.protocol import Guarantee, Sandbox
from agentk.sandbox.walls import Kind, guarantees

_PROCESSES = "processes"


@dataclass(frozen=True)
class Description:
    """What `open_sandbox` would open here."""

    kind: str
    holds: dict[Guarantee, str]  # guarantee -> by what means
    missing: dict[Guarantee, str]  # guarantee -> why not

    def line(self) -> str:
        """One line for the head of a run."""
        if not self.missing:
            return f"sandbox: {self.kind}, all {len(self.holds)} guarantees hold"
        return f"sandbox: {self.kind}; NOT guaranteed: {'; '.join(self.missing)}"


def describe_sandbox() -> Description:
    """The guarantees of the best sandbox this machine allows, and of those it lacks the reason."""
    if sys.platform != "linux":
        holds = dict(PROMISES)
        return Description(_PROCESSES, holds, {one: f"{sys.platform} has no namespaces" for one in Guarantee if one not in holds})
    found = obstacles()
    kind = next((kind for kind in Kind if not found[kind]), Kind.NONE)
    holds = guarantees(kind)
    why = "; ".join(f"{other}: {obstacle}" for other, obstacle in found.items() if obstacle)
    return Description(kind, holds, {guarantee: why for guarantee in Guarantee if guarantee not in holds})


def open_sandbox(slots: int, cores: int, imports: Sequence[str], scratch: Path, *, strict: bool = False) -> Sandbox:
    """A sandbox with `slots` slots of `cores` cores each, whose warm process imports `imports` (missing ones are tolerated).

    `scratch` is a folder for the sandbox's own small files. Raises SandboxError with `strict` when a guarantee does not hold
    here, naming each.
    """
    description = describe_sandbox()
    if strict and description.missing:
        missing = "\n".join(f"- {guarantee}" for guarantee in description.missing)
        reason = next(iter(description.missing.values()))
        raise SandboxError(
            f"This machine cannot keep these promises about programs nobody has read:\n{missing}\n({reason})\n"
            "Run without --sandbox strict to accept that, or on a Linux machine that allows user namespaces."
        )
    if sys.platform == "win32":
        raise SandboxError("agentk's sandbox needs Linux or macOS; on Windows, run agentk inside WSL.")
    if description.kind == _PROCESSES:
        return ProcessSandbox(slots, cores, scratch)
    return ForkSandbox(slots, cores, imports, scratch, kind=Kind(description.kind))
