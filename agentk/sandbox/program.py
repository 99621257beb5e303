"""The untrusted side: closes what it was born with, then runs the program. Everything after this is somebody else's code."""

from __future__ import annotations

import fcntl
import importlib
import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from pydantic import JsonValue

from agentk.sandbox.protocol import INPUTS, LINE, Function, Script


@dataclass(frozen=True)
class Places:
    """Where the program finds things."""

    inputs: Path
    output: Path
    temporary: Path
    program: Path  # the folder of a script


@dataclass(frozen=True)
class Open:
    """The descriptors a program is left with."""

    log: int
    mark: int  # is told when its first line begins
    line: int | None = None


def run(entry: Function | Script, loaded: object, arguments: dict[str, JsonValue], places: Places, files: Open) -> int:
    """Runs the program with nothing open but its log, and its line where it has one. Returns its exit code."""
    _leave_only(files)
    os.environ.update(HOME=str(places.temporary), TMPDIR=str(places.temporary))
    if isinstance(entry, Script):
        _execute(entry, places)
    return _call(entry, loaded, {**arguments, "inputs": str(places.inputs)}, places)


def _leave_only(files: Open) -> None:
    null = os.open(os.devnull, os.O_RDONLY)
    line = None if files.line is None else fcntl.fcntl(files.line, fcntl.F_DUPFD, 10)  # out of the way of what follows
    os.dup2(null, 0)
    os.dup2(files.log, 1)
    os.dup2(files.log, 2)
    if files.mark != 3:
        os.dup2(files.mark, 3)
    if line is not None:
        os.dup2(line, LINE)
    os.closerange(LINE + (line is not None), 1 << 20)


def _begin() -> None:
    os.write(3, repr(time.monotonic()).encode())
    os.close(3)


def _execute(entry: Script, places: Places) -> NoReturn:
    os.chdir(places.output)
    os.environ["PYTHONUNBUFFERED"] = "1"
    program = str(places.program / entry.program.name)
    arguments = [_placed(argument, places) for argument in entry.arguments]
    _begin()
    os.execv(sys.executable, [sys.executable, program, *arguments])


def _placed(argument: str, places: Places) -> str:
    """An argument that is a path below INPUTS, as the path it really has."""
    path = Path(argument)
    return str(places.inputs / path.relative_to(INPUTS)) if path.is_relative_to(INPUTS) else argument


def _call(entry: Function, loaded: object, arguments: dict[str, JsonValue], places: Places) -> int:
    os.chdir(places.temporary)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    try:
        target = resolve(entry.target)
        _begin()
        target(loaded, places.output, arguments)
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code & 0xFF


def resolve(name: str) -> Callable[..., object]:
    """The function spelled "package.module:function"."""
    module, _, function = name.partition(":")
    found: Callable[..., object] = getattr(importlib.import_module(module), function)
    return found
