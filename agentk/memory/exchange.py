"""Exchange: lessons as JSON lines, to keep, to read, to hand on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pydantic import ValidationError

from agentk.errors import SettingError, StoreError
from agentk.memory.lesson import Lesson
from agentk.memory.protocol import Memory
from agentk.memory.scope import Scope

FORMAT = "agentk-lessons"
VERSION = 1

_BATCH = 2000


def export_lessons(memory: Memory, path: Path, *, scope: Scope | None = None, general: bool = False) -> int:
    """Writes the lessons within `scope`, all by default, one JSON object a line after a line that says what it is; how many.

    `general`: only those of families and everything, which name no part of any competition: what may be handed on.
    """
    lessons = [lesson for lesson in memory.lessons(scope=scope) if not (general and lesson.scope.competition)]
    header = json.dumps({"format": FORMAT, "version": VERSION})
    draft = path.with_name(path.name + ".draft")
    try:
        draft.write_text("\n".join([header, *(lesson.model_dump_json() for lesson in lessons)]) + "\n", encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise StoreError(f"the lessons cannot be written to {path}: {error}") from error
    return len(lessons)


def import_lessons(
    memory: Memory, path: Path, *, private: Iterable[str] = (), each: Callable[[int, int], None] = lambda _done, _all: None
) -> int:
    """Reads such a file into the memory and says how many lessons it held; a second time changes nothing.

    Nothing is imported from a file with a line that cannot be read. Raises SettingError that names the line. `each` is told how
    many are written, of how many, after every batch of 2,000, which is written whole or not at all.
    """
    lessons = list(_read(path))
    names = tuple(private)
    for start in range(0, len(lessons), _BATCH):
        memory.remember(lessons[start : start + _BATCH], private=names)
        each(min(start + _BATCH, len(lessons)), len(lessons))
    return len(lessons)


def _read(path: Path) -> Iterator[Lesson]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SettingError(f"{path} cannot be read: {reason}. Give a file that `agentk memory export` wrote") from None
    header = lines[0] if lines else ""
    if not _is_header(header):
        raise SettingError(
            f"{path} begins with {header[:80]!r}: give a file that `agentk memory export` wrote ({FORMAT} version {VERSION})"
        )
    for number, line in enumerate(lines[1:], 2):
        try:
            yield Lesson.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            raise SettingError(
                f"{path}, line {number} is no lesson: {'.'.join(map(str, first['loc']))}: {first['msg']}"
            ) from None


def _is_header(line: str) -> bool:
    try:
        return bool(json.loads(line) == {"format": FORMAT, "version": VERSION})
    except ValueError:
        return False
