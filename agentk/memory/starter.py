"""Starter lessons: the know-how that ships with agentk as TOML files, read like code and reviewed like code."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from agentk.errors import StoreError
from agentk.memory.lesson import Lesson
from agentk.memory.value import Value

_PACKAGED = Path(__file__).parent / "starter_lessons"  # where the wheel puts memory_store/*.toml


def checkout() -> Path | None:
    """The root of the source tree that agentk runs from; None for an installed one."""
    root = Path(__file__).parents[2]
    return root if (root / "memory_store").is_dir() and (root / "pyproject.toml").is_file() else None


def load(folder: Path | None = None) -> tuple[str, Sequence[Lesson]]:
    """Digest of the files and their lessons. Raises StoreError that names the file and entry which is not well formed."""
    root = checkout()
    place = folder or (root / "memory_store" if root else _PACKAGED)
    files = sorted(place.glob("*.toml"))
    if not files:
        raise StoreError(f"there are no starter lessons at {place}; reinstall agentk")
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
    return digest, [lesson for file in files for lesson in _read(file)]


def _read(file: Path) -> list[Lesson]:
    try:
        entries = tomllib.loads(file.read_text("utf-8"))["lesson"]
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise StoreError(f"{file} is no list of [[lesson]] tables: {error}") from None
    lessons = []
    for number, entry in enumerate(entries, 1):
        prior = {"prior": entry.pop("worth", 0.0), "strength": entry.pop("sure", 1.0)}
        try:
            lessons.append(Lesson.model_validate({**entry, "value": Value.model_validate(prior)}))
        except ValidationError as error:
            first = error.errors()[0]
            raise StoreError(f"{file}, lesson {number} ({entry.get('subject')}): {first['loc']}: {first['msg']}") from None
    return lessons
