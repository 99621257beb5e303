"""python capped.py CORES BYTES COMMAND …: becomes the command, on these cores (0,1) and with so much memory for each process."""

from __future__ import annotations

import os
import resource
import sys


def main(cores: str, memory: str, *command: str) -> None:
    """Does not return."""
    os.sched_setaffinity(0, [int(core) for core in cores.split(",")])
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    os.execv(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
