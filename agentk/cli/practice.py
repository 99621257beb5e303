"""`agentk practice`: which competition comes next, why, and what each run came to."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from agentk.agent.practice import Choice, history, looked_at, practice, sources
from agentk.agent.request import Request
from agentk.cli.arguments import checked
from agentk.errors import SettingError
from agentk.graph.workbench import Workbench
from agentk.settings import seconds


def work_through(place: str, hours: float, budget: str, memory: str, out: Path, seed: int) -> None:
    """Runs until the hours are over or all was practiced. Raises SettingError for a memory that cannot be written to."""
    if memory in ("off", "read") or memory.startswith("read:"):
        raise SettingError(f"--memory {memory}: practice fills a memory; give write, or a folder")
    request = checked(Request, competition=place, budget=seconds(budget), out=out, memory=memory, seed=seed)
    until = time.monotonic() + 3600 * hours
    out.mkdir(parents=True, exist_ok=True)
    print(f"looking at the competitions in {place} …", file=sys.stderr)
    candidates, failed = looked_at(sources(place), out)
    for name, why in failed.items():
        print(f"left out  {name}: {why}")
    if not candidates:
        raise SettingError(f"{place}: none of the competitions there can be set up, for the reasons above")
    print(f"{len(candidates)} competitions, {len(history(out))} runs so far")
    for done in practice(candidates, out, request, until=until, begins=_say, listen=_listen):
        result = f"failed: {done.reason}" if done.reason else f"came to {done.success:+.2f}"
        print(f"done      {done.name}: {result}; agentk memory explain {out / done.run}", flush=True)


def _say(choice: Choice) -> None:
    print(f"next      {choice.candidate.name} ({choice.score:+.2f}): {choice.why}", flush=True)


def _listen(bench: Workbench) -> None:
    def tell(node: str, text: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\033[K  {node} {text[:100]}", end="", file=sys.stderr, flush=True)

    bench.notice = tell
