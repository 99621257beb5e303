"""Whether there is anything where a person points: told at once, before anything heavy is imported."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from agentk.errors import CompetitionError


def existing(source: str | Path) -> Path:
    """The folder or file at `source`. Raises CompetitionError, with the nearest name beside it, where there is none."""
    path = Path(source)
    if path.exists():
        return path
    beside = sorted(other.name for other in path.parent.iterdir()) if path.parent.is_dir() else []
    near = get_close_matches(path.name, beside, 1)
    hint = (
        f"Did you mean {path.with_name(near[0])}?"
        if near
        else "Give the folder of an unzipped competition, a CSV file, or builtin:NAME."
    )
    raise CompetitionError(f"{path} does not exist. {hint}")
