"""One execution in a new process, for want of a fork: `python -m agentk.sandbox.cold STAGE`, where STAGE holds task.json."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from agentk.sandbox import program
from agentk.sandbox.protocol import Function, Script
from agentk.sandbox.wire import Task


def main(stage: Path) -> None:
    """Loads the held inputs and runs the program. Writes the time of its first line to STAGE/mark."""
    message = json.loads((stage / "task.json").read_text())
    task = Task.decode(message["task"])
    loaded: object = None
    if isinstance(task.entry, Function) and task.entry.load is not None:
        loaded = program.resolve(task.entry.load)({name: Path(path) for name, path in message["held"].items()})
    folder = task.entry.program.parent if isinstance(task.entry, Script) else stage
    places = program.Places(stage / "inputs", stage / "output", stage / "tmp", folder)
    mark = os.open(stage / "mark", os.O_CREAT | os.O_WRONLY)
    os._exit(program.run(task.entry, loaded, task.arguments, places, program.Open(os.dup(1), mark, message["line"])))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
