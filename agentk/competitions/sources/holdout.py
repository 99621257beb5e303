"""Makes a competition of labelled rows alone: a part is held out as test, its answers kept apart."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from agentk.competitions.columns.kinds import looks_like_id
from agentk.competitions.columns.spelling import amounts_in, with_options
from agentk.competitions.draft import Overrides
from agentk.competitions.files.folders import link
from agentk.competitions.files.listing import listed, role_of
from agentk.competitions.files.sniffing import encoding_of, sniffed
from agentk.competitions.files.tables import several, table
from agentk.errors import CompetitionError

_SHARE = 0.2  # of the rows is held out
_MOST = 100_000  # rows at most
_SEED = 0
_RARE = 2  # a label that occurs less often is kept in train


def hold_out(source: Path, overrides: Overrides, folder: Path, answers: Path) -> None:
    """Makes `folder`/train.csv and test.csv of the one table at `source`, and writes ids and targets of test to `answers`.

    Raises CompetitionError when the table or its target is not clear. What has been made before is left as it is.
    """
    if answers.exists():
        return
    root, name = (source.parent, source.name) if source.is_file() else (source, _only_table(source, overrides))
    path, member = listed(root)[name] if source.is_dir() else (name, None)
    file = encoding_of(root, sniffed(root, path, member))
    if file.options.get("decimal"):  # what is written below spells numbers with a point
        file = with_options(file, amounts=amounts_in([table(root, file)], file))
    rows = table(root, file)
    targets = list(overrides.target)
    if not targets:
        raise CompetitionError(
            f"{source} has labelled rows but no test file, and nothing says what is to be predicted. "
            f"Name it with --target COLUMN; there are {several(rows.columns)}."
        )
    missing = [target for target in targets if target not in rows.columns]
    if missing:
        raise CompetitionError(f"--target {' '.join(missing)}: {source} has no such column. It has {several(rows.columns)}.")
    rows, ids = _with_ids(rows.dropna(subset=targets).reset_index(drop=True), overrides)
    if len(rows) < 10:
        count = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
        raise CompetitionError(
            f"{source} has {count} with a value of {several(targets)}: too few to hold some out. "
            "Give at least 10 such rows, or name another column with --target COLUMN."
        )
    held_out = chosen(rows[targets[0]])
    write(folder, answers, rows[~held_out], rows[held_out], targets, ids)
    if source.is_dir():
        for entry in source.iterdir():
            if entry.is_dir():
                shutil.copytree(entry, folder / entry.name, copy_function=link)
            elif entry.suffix.lower() in (".md", ".txt", ".html"):
                link(entry, folder / entry.name)


def chosen(target: pd.Series[Any], share: float = _SHARE, seed: int = _SEED) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Marks the rows to hold out: the same share of every label where the target has few."""
    generator = np.random.default_rng(seed)
    share = min(share, _MOST / len(target))
    labels = not types.is_float_dtype(target) and target.nunique() <= 100
    groups = target.groupby(target, sort=True).indices.values() if labels else [np.arange(len(target))]
    held_out = np.zeros(len(target), dtype=bool)
    for rows in groups:
        count = round(share * len(rows)) if len(rows) >= _RARE else 0
        held_out[generator.permutation(rows)[:count]] = True
    return held_out


def write(folder: Path, answers: Path, train: pd.DataFrame, test: pd.DataFrame, targets: list[str], ids: list[str]) -> None:
    """Writes train.csv, test.csv without targets, and the answers (ids and targets), the answers last."""
    answers.parent.mkdir(parents=True, exist_ok=True)
    write_parts(folder, train, test, targets)
    _flat(test)[[*ids, *targets]].to_csv(answers, index=False)


def write_parts(folder: Path, train: pd.DataFrame, test: pd.DataFrame, targets: list[str]) -> None:
    """Writes train.csv, and test.csv without targets."""
    folder.mkdir(parents=True, exist_ok=True)
    _flat(train).to_csv(folder / "train.csv", index=False)
    _flat(test).drop(columns=targets).to_csv(folder / "test.csv", index=False)


def _only_table(folder: Path, overrides: Overrides) -> str:
    tables = listed(folder)
    if overrides.train:
        if overrides.train not in tables:
            raise CompetitionError(f"--train {overrides.train}: there is no such table in {folder}. Found: {several(tables)}.")
        return overrides.train
    trains = [name for name in tables if role_of(name) == "train"]
    candidates = trains or list(tables)
    if len(candidates) != 1:
        raise CompetitionError(
            f"{folder} has {len(candidates)} tables that may be train: {several(candidates)}. Choose with --train FILE."
        )
    return candidates[0]


def _with_ids(rows: pd.DataFrame, overrides: Overrides) -> tuple[pd.DataFrame, list[str]]:
    """The rows with a column that identifies them, added where there is none."""
    if overrides.id:
        missing = [name for name in overrides.id if name not in rows.columns]
        if missing:
            raise CompetitionError(f"--id {' '.join(missing)}: there is no such column. There are {several(rows.columns)}.")
        return rows, list(overrides.id)
    named = [name for name in rows.columns if looks_like_id(name) and rows[name].is_unique and name not in overrides.target]
    if named:
        return rows, named[:1]
    name = next(name for name in ("id", "row_id", "agentk_id") if name not in rows.columns)
    return rows.assign(**{name: np.random.default_rng(_SEED).permutation(len(rows))})[[name, *rows.columns]], [name]


def _flat(rows: pd.DataFrame) -> pd.DataFrame:
    """Lists and objects of JSON as text, so that they survive a CSV file."""
    nested = [
        name
        for name in rows.columns
        if rows[name].dtype == "object" and rows[name].map(lambda v: isinstance(v, list | dict)).any()
    ]
    return rows.assign(**{name: rows[name].map(lambda v: json.dumps(v) if isinstance(v, list | dict) else v) for name in nested})
