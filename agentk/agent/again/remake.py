"""Runs a run's `solution/` inside the sandbox. The target of an execution: what follows is the program's own process."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SUBMISSION = "submission.csv"


def remake(loaded: None, output: Path, arguments: Mapping[str, Any]) -> None:  # noqa: ARG001
    """Becomes `solution.py` of the input "solution", on the input "data", and writes `SUBMISSION` into `output`.

    options: further options of the program, each with the name of the input that is its file, such as {"--rows": "new.csv"}.
    """
    inputs = Path(arguments["inputs"])
    command = [
        sys.executable,
        str(inputs / "solution" / "solution.py"),
        "--data",
        str(inputs / "data"),
        "--out",
        str(output / SUBMISSION),
    ]
    for option, name in arguments["options"].items():
        command += [option, str(inputs / name)]
    os.execv(sys.executable, command)
