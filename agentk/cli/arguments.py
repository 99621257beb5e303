"""What several commands take: a run by its name, where runs are kept, JSON on stdout; and values of flags, checked."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from agentk.errors import SettingError

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

Fields = TypeVar("Fields", bound="BaseModel")


def runs(incomplete: str) -> list[str]:
    """For the shell's completion: "last", and names of runs in the default folder that begin so, the latest first."""
    found = sorted(Path("runs").glob("*/run.json"), key=lambda file: file.stat().st_ctime, reverse=True)
    return [name for name in ("last", *(file.parent.name for file in found)) if name.startswith(incomplete)]


Run = Annotated[str, typer.Argument(help="A run: its folder, its name, or 'last'.", autocompletion=runs)]
Out = Annotated[Path, typer.Option("--out", help="Where runs are kept.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout and nothing else there.")]


def checked(kind: type[Fields], **said: object) -> Fields:
    """What the flags say. Raises SettingError with the flag that cannot say what it does."""
    from pydantic import ValidationError

    try:
        return kind.model_validate(said)
    except ValidationError as error:
        raise unfit(f"--{str(error.errors()[0]['loc'][0]).replace('_', '-')}", error) from None


def unfit(flag: str, error: ValidationError) -> SettingError:
    """A flag with what was typed after it, and what it takes."""
    from agentk.settings import wanted

    first = error.errors()[0]
    return SettingError(f"{flag} {shlex.quote(str(first['input']))}: {wanted(first)}")


def writable(path: Path) -> Path:
    """The file that a flag asks for, its folder made. Raises SettingError where nothing can be written there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(
            f"{path} cannot be written: {path.parent} is no folder: {error.strerror}. Name another place"
        ) from None
    if path.is_dir():
        raise SettingError(f"{path} cannot be written: it is a folder. Name a file in it")
    if not os.access(path.parent, os.W_OK):
        raise SettingError(f"{path} cannot be written: {path.parent} allows no new file. Name another place")
    return path
