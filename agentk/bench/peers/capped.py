"""python capped.py CORES BYTES COMMAND …: becomes the command, on these cores (0,1) and with so much memory for each process."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(cores: str, memory: str, *command: str) -> None:
    """Does not return. The command ends with the benchmark that started it, even if that is killed."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.sched_setaffinity(0, [int(core) for core in cores.split(",")])
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    os.execv(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
