"""A program that is measured: started in a session of its own, looked at while it runs, ended with all that it started."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentk.bench.footprint import footprint

_POLL = 0.1  # seconds between looks
_WEIGHED = 1.0  # seconds between looks at the memory
_LAST_WORDS = 20.0  # seconds that an interrupted program has to end by itself


@dataclass(frozen=True)
class Ended:
    """How it ended; what it wrote lies in `stdout` and `stderr` of its folder."""

    exit_code: int
    seconds: float  # wall clock
    too_long: bool  # it was ended, having taken longer than it may
    memory: int  # bytes that its processes held at most, looked at every second

    def reason(self, place: Path) -> str:
        """Why there is no result, in one line; empty where it ended well."""
        if self.too_long:
            return f"ended after {self.seconds:.0f} s, over twice its budget"
        return "" if self.exit_code == 0 else last_line(place / "stderr")


def watched(
    command: Sequence[str],
    place: Path,
    limit: float,
    look: Callable[[float], None],
    *,
    environment: dict[str, str] | None = None,
) -> Ended:
    """Runs a command to its end, or `limit` seconds; `look` is called with the seconds so far, again and again and at the end.

    KeyboardInterrupt, or whatever else breaks the wait, ends the program and passes on.
    """
    started = time.monotonic()
    too_long = False
    memory, weighed = 0, started
    with (place / "stdout").open("w") as out, (place / "stderr").open("w") as err:
        # A session of its own: Ctrl-C reaches this process first, and the program's whole group can be ended.
        process = subprocess.Popen(
            command, stdout=out, stderr=err, stdin=subprocess.DEVNULL, start_new_session=True, env=environment
        )
        try:
            while process.poll() is None:
                look(time.monotonic() - started)
                if time.monotonic() - weighed > _WEIGHED:
                    memory, weighed = max(memory, footprint(process.pid)), time.monotonic()
                if time.monotonic() - started > limit:
                    too_long = True
                    _end(process)
                    break
                time.sleep(_POLL)
        except BaseException:
            _end(process)
            raise
    took = time.monotonic() - started
    look(took)
    return Ended(process.returncode, took, too_long, memory)


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_LAST_WORDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def last_line(path: Path) -> str:
    """The last line that says something."""
    lines = [line.strip() for line in path.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][:500] if lines else "it said nothing"


def last_object(text: str) -> dict[str, Any]:
    """The last line of a program's output that is a JSON object; empty where none is."""
    for line in reversed(text.splitlines()):
        with contextlib.suppress(ValueError):
            said = json.loads(line)
            if isinstance(said, dict):
                return said
    return {}
