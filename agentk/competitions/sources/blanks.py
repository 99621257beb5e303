"""Makes train and test of one table whose rows without a target are those to predict."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from agentk.competitions.draft import Overrides
from agentk.competitions.files.folders import link
from agentk.competitions.files.listing import listed, role_of
from agentk.competitions.files.sniffing import encoding_of, sniffed
from agentk.competitions.files.tables import same_rows, table
from agentk.competitions.sources.holdout import write_parts


def has_blanks(folder: Path, overrides: Overrides) -> bool:
    """Whether there is one table beside the sample submission, whose ids are those of its rows without a target."""
    return not (overrides.train or overrides.test) and _cut(folder, overrides) is not None


def fill_in(source: Path, overrides: Overrides, folder: Path) -> None:
    """Writes `folder`/train.csv, the rows with a target, and test.csv, those without; everything else lies beside them.

    What has been made before is left as it is.
    """
    cut = None if (folder / "test.csv").exists() else _cut(source, overrides)
    if cut is None:
        return
    name, rows, targets = cut
    for entry in source.rglob("*"):
        if entry.is_file() and entry != source / name:
            link(entry, folder / entry.relative_to(source))
    asked = rows[targets].isna().all(axis=1)
    write_parts(folder, rows[~asked], rows[asked], targets)


def _cut(folder: Path, overrides: Overrides) -> tuple[str, pd.DataFrame, list[str]] | None:
    """The table by its file, its rows and its targets, where the sample asks for what it leaves blank."""
    files = listed(folder)
    samples = [overrides.sample] if overrides.sample in files else [name for name in files if role_of(name) == "sample"]
    others = [name for name in files if name not in samples]
    if len(samples) != 1 or len(others) != 1 or role_of(others[0]) == "test" or files[others[0]][1] is not None:
        return None
    sample, rows = (table(folder, encoding_of(folder, sniffed(folder, *files[name]))) for name in (samples[0], others[0]))
    ids, targets = str(sample.columns[0]), [str(name) for name in sample.columns[1:]]
    if not targets or any(name not in rows for name in sample.columns):
        return None
    asked = rows[targets].isna().all(axis=1)
    told = not asked.all() and same_rows(rows[asked], sample, [ids])
    return (others[0], rows, targets) if told else None
