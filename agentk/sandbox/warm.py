"""The warm process and the holders: `python -m agentk.sandbox.warm FD MODULE...`.

The warm process imports libraries and *never computes*: a fork of a process that has run an OpenMP region hangs. It forks a
holder for each set of held inputs; a holder loads them once, alone and on one thread, and forks a supervisor for each execution.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from agentk.sandbox import kernel, messages
from agentk.sandbox.program import resolve
from agentk.sandbox.supervise import supervise
from agentk.sandbox.tree import memory


def main() -> None:
    """Imports, says so, and forks holders until agentk closes its side."""
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    channel = socket.socket(fileno=int(sys.argv[1]))
    channel.set_inheritable(False)
    started = time.monotonic()
    missing: list[JsonValue] = [name for name in sys.argv[2:] if not _imported(name)]
    gc.collect()
    gc.freeze()  # so that collections in forks do not touch, and thereby copy, what was imported
    messages.send(channel, {"ready_s": time.monotonic() - started, "missing": missing})
    _serve(channel, _hold)


def _imported(name: str) -> bool:
    try:
        importlib.import_module(name)
    except Exception:  # whatever a library does when it is imported: it is then absent, which agentk reports
        traceback.print_exc()
        return False
    return True


def _serve(channel: socket.socket, work: Callable[[socket.socket, dict[str, Any]], None]) -> None:
    """For every message, forks a child that works on it with the socket that came along. Ends when the other side is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are reaped by the kernel
    while (received := messages.receive(channel)) is not None:
        message, (given,) = received
        if os.fork() == 0:
            channel.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            try:
                work(socket.socket(fileno=given), message)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(0)
        os.close(given)


def _hold(channel: socket.socket, message: dict[str, Any]) -> None:
    loaded: object = None
    if message["load"] is not None:
        try:
            loaded = resolve(message["load"])({name: Path(path) for name, path in message["held"].items()})
        except Exception:
            messages.send(channel, {"error": traceback.format_exc()})
            return
    gc.collect()
    gc.freeze()
    with contextlib.suppress(OSError):
        messages.send(channel, {"memory": memory([os.getpid()], 0)})
        _serve(channel, lambda given, _: supervise(given, loaded))


if __name__ == "__main__":
    main()
