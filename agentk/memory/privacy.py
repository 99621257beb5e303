"""Privacy: what a lesson must lose before it is kept, and before it leaves its competition."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from pydantic import JsonValue

from agentk.memory.lesson import Lesson

_QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|`[^`\n]*`")
_PATH = re.compile(r"(?:/[\w.\-]+){2,}/?|\b[A-Za-z]:\\\S+")
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?!\w)")


def error_pattern(message: str) -> str:
    """An error without where it was raised and for which values: quoted text, paths and numbers become …, PATH and N."""
    message = _PLACE.sub("", message)
    return _NUMBER.sub("N", _PATH.sub("PATH", _QUOTED.sub("…", message)))


_PLACE = re.compile(r"\s*\(solution\.py line \d+.*\)\s*$", re.DOTALL)
_CLASS = re.compile(r"\b[A-Z]\w*(?:Error|Exception)\b")


def error_class(message: str) -> str:
    """The name of the exception that a message tells of, "" where it names none."""
    found = _CLASS.search(message)
    return found[0] if found else ""


def fit_to_keep(lesson: Lesson, private: Iterable[str]) -> Lesson:
    """The lesson as it may be stored: an error without values, and beside the text the one that may move outwards.

    Outside of a competition the names in `private` are taken out at once, and a payload that needs them is emptied; within
    one, such a payload keeps the lesson there.
    """
    names = _pattern(private)
    if lesson.kind == "fix":
        lesson = lesson.model_copy(update={"text": error_pattern(lesson.text)})
    general = names.sub("a column", lesson.text) if names else lesson.text
    local = names is not None and _mentions(lesson.payload, names)
    subject = names.sub("a column", lesson.subject) if names else lesson.subject
    if lesson.scope.competition:
        changed = "" if general == lesson.text else general
        return lesson.model_copy(update={"general": changed, "local": lesson.local or local or subject != lesson.subject})
    return lesson.model_copy(update={"text": general, "subject": subject, "payload": {} if local else lesson.payload})


def _pattern(private: Iterable[str]) -> re.Pattern[str] | None:
    names = sorted({name.strip() for name in private if name.strip()}, key=lambda name: (-len(name), name))
    if not names:
        return None
    return re.compile(r"(?<![A-Za-z0-9])(?:" + "|".join(map(re.escape, names)) + r")(?![A-Za-z0-9])", re.IGNORECASE)


def _mentions(payload: dict[str, JsonValue], names: re.Pattern[str]) -> bool:
    """Whether a payload names a column; its own keys, and what `recipe` holds, are agentk's words."""
    return names.search(json.dumps([value for key, value in payload.items() if key != "recipe"])) is not None
