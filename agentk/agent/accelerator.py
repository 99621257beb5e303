"""Accelerator: whether programs can compute on this machine's graphics card, which one of them tries in the sandbox."""

from __future__ import annotations

from concurrent.futures import Future
from importlib.util import find_spec
from pathlib import Path

from agentk.agent import machine
from agentk.sandbox.cards import cards
from agentk.sandbox.protocol import End, Execution, Function, Limits, Result, Sandbox

LONGEST_TRIAL = 120.0  # seconds
FOUND = "found"


class Accelerator:
    """The cards of this machine, as a sandbox shows them to programs that compute on them.

    Until the trial has ended, and where it failed, programs are told to compute on the processor; with `wait` the first who asks
    waits for its end, so that a seed fixes the run.
    """

    def __init__(self, sandbox: Sandbox, scratch: Path, *, wait: bool, devices: tuple[Path, ...] | None = None) -> None:
        self.devices = cards() if devices is None else devices
        self._wait = wait
        self._trial: Future[Result] | None = None
        if self.devices and find_spec("torch") is not None:
            execution = Execution(
                entry=Function("agentk.agent.accelerator:multiply"),
                collect_to=scratch / "accelerator",
                devices=self.devices,
                limits=Limits(wall_s=LONGEST_TRIAL, memory_bytes=machine.memory_of_a_slot(sandbox.slots)),
            )
            self._trial = sandbox.submit(execution, urgent=True)

    @property
    def name(self) -> str:
        """ "cuda" where programs can compute on a card, else "cpu": as PyTorch calls them."""
        if self._trial is None or not (self._wait or self._trial.done()):
            return "cpu"
        result = self._trial.result()
        return "cuda" if result.end is End.OK and FOUND in result.outputs else "cpu"


def multiply(_loaded: object, output: Path, _arguments: object) -> None:
    """In the sandbox: computes on the card, and leaves a file where that went well."""
    import torch

    if torch.cuda.is_available():
        square = torch.eye(8, device="cuda")
        if float((square @ square).sum()) == 8:
            (output / FOUND).write_text(torch.cuda.get_device_name(0))
