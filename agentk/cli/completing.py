"""What the shell completes beside commands and options: the runs there are."""

from __future__ import annotations

from pathlib import Path


def runs(incomplete: str) -> list[str]:
    """Names of runs in the default folder that begin so, the latest first, and "last"."""
    found = sorted(Path("runs").glob("*/run.json"), key=lambda file: file.stat().st_ctime, reverse=True)
    return [name for name in ("last", *(file.parent.name for file in found)) if name.startswith(incomplete)]
