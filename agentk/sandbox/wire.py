"""An execution and its result as JSON, for the way between agentk's own process and a supervisor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from agentk.sandbox.protocol import End, Execution, Function, Limits, Script


@dataclass(frozen=True)
class Task:
    """What a supervisor is told: the execution, but not the held inputs, which only the holder ever knew."""

    entry: Function | Script
    collect_to: Path
    inputs: Mapping[str, Path]
    arguments: dict[str, JsonValue]
    limits: Limits
    cores: tuple[int, ...]
    stage: Path  # a folder of this sandbox to mount things on, or of this execution to work in
    walls: str  # a walls.Kind
    devices: tuple[Path, ...] = ()

    def encode(self) -> dict[str, Any]:
        """As JSON."""
        entry = self.entry
        spelled = (
            asdict(entry) if isinstance(entry, Function) else {"program": str(entry.program), "arguments": list(entry.arguments)}
        )
        return {
            "entry": spelled,
            "collect_to": str(self.collect_to),
            "inputs": {name: str(path) for name, path in self.inputs.items()},
            "arguments": self.arguments,
            "limits": asdict(self.limits),
            "cores": list(self.cores),
            "stage": str(self.stage),
            "walls": self.walls,
            "devices": [str(path) for path in self.devices],
        }

    @staticmethod
    def decode(message: dict[str, Any]) -> Task:
        """From JSON."""
        spelled = message["entry"]
        entry: Function | Script
        entry = Function(**spelled) if "target" in spelled else Script(Path(spelled["program"]), tuple(spelled["arguments"]))
        return Task(
            entry=entry,
            collect_to=Path(message["collect_to"]),
            inputs={name: Path(path) for name, path in message["inputs"].items()},
            arguments=message["arguments"],
            limits=Limits(**message["limits"]),
            cores=tuple(message["cores"]),
            stage=Path(message["stage"]),
            walls=message["walls"],
            devices=tuple(Path(path) for path in message["devices"]),
        )


def task(execution: Execution, cores: tuple[int, ...], stage: Path, walls: str) -> Task:
    """The task of one execution in a slot that owns `cores`. Paths become absolute."""
    entry = execution.entry
    if isinstance(entry, Script):
        entry = Script(entry.program.resolve(), entry.arguments)
    return Task(
        entry=entry,
        collect_to=execution.collect_to.resolve(),
        inputs={name: path.resolve() for name, path in execution.inputs.items()},
        arguments=dict(execution.arguments),
        limits=execution.limits,
        cores=cores,
        stage=stage,
        walls=walls,
        devices=execution.devices,
    )


@dataclass(frozen=True)
class Report:
    """What a supervisor says about an execution that has ended."""

    end: End
    reason: str
    outputs: list[str]
    log: str
    wall_s: float
    cpu_s: float
    max_rss: int
    first_line: float  # time.monotonic(), 0 when it never came so far

    def encode(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    @staticmethod
    def decode(message: dict[str, Any]) -> Report:
        """From JSON."""
        return Report(**{**message, "end": End(message["end"])})
