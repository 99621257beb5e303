"""What is handed to the sandbox: label-free rows, for each call the labels of its own training rows, a view of the data."""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agentk.errors import CompetitionError, StoreError
from agentk.referee.layout import Layout
from agentk.types.competition import Competition

if TYPE_CHECKING:
    import pandas as pd

WEIGHTS = "weights"
"""Where in the data folder programs find the files of pretrained networks."""


@dataclass(frozen=True)
class Handover:
    """Files under `folder/handed/`, named by content, so that a resumed run finds its own."""

    digest: str  # of rows, labels and layout
    rows: Path  # pickled DataFrame: train, extra, test, in this order, without targets and train-only columns
    calls: dict[int, Path]
    data: Path  # the data folder that solutions see
    labels: tuple[str, ...]  # columns that only training rows have
    test_rows: int


def hand_over(
    competition: Competition,
    train: pd.DataFrame,
    test: pd.DataFrame,
    layout: Layout,
    folder: Path,
    *,
    extra: pd.DataFrame | None,
    data_dir: Path | None,
    backbones: Mapping[str, Path] | None = None,
) -> Handover:
    """Writes what is not there yet.

    Raises CompetitionError when a column is missing or frame and layout disagree, StoreError when the disk cannot be written.
    """
    import pandas as pd

    labels = tuple(name for name in (*competition.targets, *competition.train_only) if name in train)
    features = [name for name in train.columns if name not in labels]
    _fits(competition, train, test, layout, features)
    parts = [train[features], *([extra.reindex(columns=features)] if extra is not None else []), test[features]]
    rows = pd.concat(parts, ignore_index=True)  # one frame, so that a column has one type in train and test
    known = pd.concat([train, extra], ignore_index=True).reindex(columns=[*labels]) if extra is not None else train[[*labels]]
    digest = _digest(rows, known, layout, list(train.columns))
    handed = folder / "handed" / digest
    try:
        handed.mkdir(parents=True, exist_ok=True)
        _once(handed / "rows.pkl", lambda: rows)
        calls = {}
        for call in layout.calls:
            calls[call] = handed / f"call-{call}.pkl"
            _once(calls[call], lambda call=call: _call(layout, call, known, len(test), list(train.columns)))
        data = data_dir or _data_view(competition, train, test, folder / "handed" / "data")
        for name, path in (backbones or {}).items():
            _link(path, data / WEIGHTS / name)
    except OSError as error:
        raise StoreError(
            f"cannot write {handed}: {error.strerror or error}; free some space or check the folder's rights"
        ) from None
    return Handover(digest, handed / "rows.pkl", calls, data, labels, len(test))


def _call(layout: Layout, call: int, known: pd.DataFrame, test_rows: int, columns: list[str]) -> dict[str, Any]:
    """What the fold holder reads; no label of a row outside `train_rows` is in it."""
    ours = len(layout.assignment)
    train = np.concatenate([layout.train(call), np.arange(ours, len(known))])
    test = np.arange(len(known), len(known) + test_rows) if layout.predicts_test(call) else np.empty(0, dtype=np.int64)
    return {
        "train_rows": train,
        "labels": known.iloc[train].reset_index(drop=True).copy(),
        "test_rows": np.concatenate([layout.held_out(call), test]),
        "columns": columns,
    }


def _fits(competition: Competition, train: pd.DataFrame, test: pd.DataFrame, layout: Layout, features: list[str]) -> None:
    if len(layout.assignment) != len(train):
        raise CompetitionError(
            f"the folds assign {len(layout.assignment)} rows, train has {len(train)}: give one fold a training row"
        )
    missing = [name for name in competition.targets if name not in train]
    if missing:
        raise CompetitionError(f"train has no column {missing[0]!r}, which is a target; it has {list(train.columns)[:20]}")
    missing = [name for name in features if name not in test]
    if missing:
        raise CompetitionError(f"test lacks the columns {missing[:10]} of train: declare them as train-only, or mend the file")


def _digest(rows: pd.DataFrame, known: pd.DataFrame, layout: Layout, columns: list[str]) -> str:
    import pandas as pd

    digest = hashlib.sha256(repr((columns, layout.folds, layout.forward)).encode())
    digest.update(layout.assignment.tobytes())
    for frame in (rows, known):
        for name in frame.columns:
            column = frame[name]
            digest.update(f"{name}:{column.dtype}".encode())
            try:
                digest.update(pd.util.hash_pandas_object(column, index=False).to_numpy().tobytes())
            except TypeError:  # lists and the like
                digest.update(pd.util.hash_pandas_object(column.astype(str), index=False).to_numpy().tobytes())
    return digest.hexdigest()[:32]


def _once(path: Path, make: Any) -> None:
    """Pickles what `make` returns, in one step; the file's name vouches for its content, so an existing one is kept."""
    if path.exists():
        return
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        pickle.dump(make(), file, protocol=5)
    part.replace(path)


def _data_view(competition: Competition, train: pd.DataFrame, test: pd.DataFrame, view: Path) -> Path:
    """A folder with the files that rows name, and nothing else of the competition's folder: its tables hold labels."""
    view.mkdir(parents=True, exist_ok=True)
    for column in competition.file_columns:
        for frame in (train, test):
            for name in frame[column.name].dropna().unique():
                _link(competition.folder / str(name), view / str(name))
    return view


def _link(source: Path, target: Path) -> None:
    if target.exists() or not source.is_file():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another file system, or none with hard links
        shutil.copyfile(source, target)
