"""Starts the warm process, with an environment that has nothing of ours in it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from agentk.sandbox import messages

_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "PYTHONPATH", "LD_LIBRARY_PATH", "SYSTEMROOT")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_MAX_THREADS", "VECLIB_MAXIMUM_THREADS")


def environment(cores: int, *, processes: bool = True) -> dict[str, str]:
    """The whole environment of sandboxed programs: no secrets, a fixed hash seed, and threads that sleep when they wait.

    Spinning OpenMP threads make a fit of 0.04 s take up to 13 s beside a busy core; this must be set before the first import.
    Without `processes`, joblib computes in one: where /dev/shm is closed it cannot make the semaphores that several need.
    """
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    threads = dict.fromkeys(_THREADS, str(cores))
    waiting = {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0", "OMP_PROC_BIND": "false"}
    jobs = {} if processes else {"JOBLIB_MULTIPROCESSING": "0"}
    return {"LANG": "C.UTF-8", **kept, **threads, **waiting, **jobs, "PYTHONHASHSEED": "0", "HOME": "/tmp", "TMPDIR": "/tmp"}


class WarmProcess:
    """agentk's handle on one warm process. To be made by a thread that lives as long as the process should."""

    def __init__(self, imports: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._log = log
        self._channel, theirs = socket.socketpair()
        command = [sys.executable, "-P", "-m", "agentk.sandbox.warm", str(theirs.fileno()), *imports]
        with theirs, log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                env=environment,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for agentk, which then ends us
            )

    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def fork_holder(self, message: Mapping[str, JsonValue]) -> socket.socket:
        """Asks for a holder; returns the channel to it, on which it says when it is ready. Raises OSError."""
        ours, theirs = socket.socketpair()
        with theirs:
            messages.send(self._channel, message, [theirs.fileno()])
        return ours

    def last_words(self) -> str:
        """The last line it wrote to its log; empty when there is none."""
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""

    def close(self) -> None:
        """Ends it. Holders end when their own channels close."""
        self._channel.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
