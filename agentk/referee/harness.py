"""What runs inside the sandbox: loads a fold's rows, executes a solution on them, writes plain numbers.

Files of the referee come in as pickles (trusted to untrusted); what goes out is read by the referee as .npy and JSON alone.
"""

from __future__ import annotations

import json
import linecache
import random
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import numpy as np
import pandas as pd

PROGRAM = "solution.py"
PREDICTIONS = "predictions.npy"
PREPARED = "prepared.pkl"
FAILURE = "failure.json"


@dataclass
class Fold:
    """The frames of one call and where their rows stand among all rows (train, extra, test), for prepared features."""

    train: pd.DataFrame
    test: pd.DataFrame
    train_rows: np.ndarray[Any, np.dtype[np.int64]]
    test_rows: np.ndarray[Any, np.dtype[np.int64]]


def load(held: Mapping[str, Path]) -> Fold:
    """Frames from `rows` (label-free, all rows) and `fold` (positions, and the labels of its training rows alone)."""
    rows: pd.DataFrame = pd.read_pickle(held["rows"])
    fold: dict[str, Any] = pd.read_pickle(held["fold"])
    train = rows.iloc[fold["train_rows"]].reset_index(drop=True)
    labels: pd.DataFrame = fold["labels"]
    train = pd.concat([train, labels], axis=1)[fold["columns"]]
    test = rows.iloc[fold["test_rows"]].reset_index(drop=True)
    return Fold(train, test, fold["train_rows"], fold["test_rows"])


def predict(loaded: Fold, output: Path, arguments: Mapping[str, Any]) -> None:
    """Calls `fit_predict` and writes its matrix; whatever it raises becomes a plain reason in `failure.json`."""
    inputs = _inputs(arguments)
    params = dict(arguments["params"])
    with _Plainly(output):
        solution = _execute(arguments["source"], params)
        train, test = loaded.train, loaded.test
        if arguments["prepared"]:
            features: pd.DataFrame = pd.read_pickle(inputs / "prepared")
            train, test = _joined(train, features, loaded.train_rows), _joined(test, features, loaded.test_rows)
        returned = solution.fit_predict(train, test, params, inputs / "data")
        np.save(output / PREDICTIONS, _matrix(returned), allow_pickle=False)


def prepare(loaded: None, output: Path, arguments: Mapping[str, Any]) -> None:  # noqa: ARG001
    """Calls `prepare` on the label-free rows of train, extra and test and keeps what it returns for later calls."""
    inputs = _inputs(arguments)
    params = dict(arguments["params"])
    with _Plainly(output):
        solution = _execute(arguments["source"], params)
        rows: pd.DataFrame = pd.read_pickle(inputs / "rows")
        _features(solution, rows, params, inputs / "data", set(arguments["labels"])).to_pickle(output / PREPARED)


def smoke(loaded: Fold, output: Path, arguments: Mapping[str, Any]) -> None:
    """The whole program on a part of the rows: fits on `fit`, predicts `shown` of the held-out rows and `again` of the others."""
    inputs = _inputs(arguments)
    params = dict(arguments["params"])
    with _Plainly(output):
        solution = _execute(arguments["source"], params)
        labels = [name for name in loaded.train.columns if name in arguments["labels"]]
        train = loaded.train.iloc[arguments["fit"]].reset_index(drop=True)
        again = loaded.train.iloc[arguments["again"]].drop(columns=labels)
        test = pd.concat([loaded.test.iloc[arguments["shown"]], again], ignore_index=True)[list(loaded.test.columns)]
        if hasattr(solution, "prepare"):
            rows = pd.concat([train.drop(columns=labels), test], ignore_index=True)[list(loaded.test.columns)]
            features = _features(solution, rows, params, inputs / "data", set(labels))
            places = np.arange(len(rows))
            train, test = _joined(train, features, places[: len(train)]), _joined(test, features, places[len(train) :])
        np.save(output / PREDICTIONS, _matrix(solution.fit_predict(train, test, params, inputs / "data")), allow_pickle=False)


def look(loaded: Fold, output: Path, arguments: Mapping[str, Any]) -> None:
    """Calls `explore`; what it prints is the log."""
    with _Plainly(output):
        program = _execute(arguments["source"], dict(arguments["params"]))
        if not callable(getattr(program, "explore", None)):
            raise TypeError("a look at the data is a program with explore(train, test, data_dir); there is no such function")
        program.explore(loaded.train, loaded.test, _inputs(arguments) / "data")


def _features(solution: ModuleType, rows: pd.DataFrame, params: dict[str, Any], data: Path, labels: set[str]) -> pd.DataFrame:
    """What `prepare` makes of label-free rows, checked. Raises ValueError, for the program to see."""
    count = len(rows)
    features = solution.prepare(rows, params, data)
    if not isinstance(features, pd.DataFrame) or len(features) != count:
        got = f"{len(features)} rows" if isinstance(features, pd.DataFrame) else type(features).__name__
        raise ValueError(f"prepare must return a DataFrame of {count} rows, one for each it was given, not {got}")
    if labels & set(features.columns):
        raise ValueError(f"prepare returned columns that only training rows have: {sorted(labels & set(features.columns))}")
    return features.reset_index(drop=True)


def _inputs(arguments: Mapping[str, Any]) -> Path:
    return Path(arguments.get("inputs", "/inputs"))


def _execute(source: str, params: Mapping[str, Any]) -> ModuleType:
    """The solution as the module `solution`, global generators seeded."""
    seed = int(params["seed"])
    random.seed(seed)
    np.random.seed(seed)
    linecache.cache[PROGRAM] = (len(source), None, source.splitlines(keepends=True), PROGRAM)
    module = ModuleType("solution")
    module.__file__ = PROGRAM
    sys.modules["solution"] = module
    exec(compile(source, PROGRAM, "exec"), module.__dict__)
    return module


def _joined(frame: pd.DataFrame, features: pd.DataFrame, rows: np.ndarray[Any, np.dtype[np.int64]]) -> pd.DataFrame:
    """Prepared columns beside the raw ones, in place of those of the same name."""
    kept = frame.drop(columns=[column for column in features.columns if column in frame.columns])
    return pd.concat([kept, features.iloc[rows].reset_index(drop=True)], axis=1)


def _matrix(returned: object) -> np.ndarray[Any, np.dtype[np.float64]]:
    """A float64 array of one or two dimensions."""
    try:
        matrix = np.asarray(returned, dtype=np.float64)
    except (TypeError, ValueError):
        kind = getattr(returned, "dtype", type(returned).__name__)
        raise TypeError(f"fit_predict must return a matrix of floats (predictions, not labels), it returned {kind}") from None
    return np.ascontiguousarray(matrix[:, None] if matrix.ndim == 1 else matrix)


class _Plainly:
    """Turns whatever a program raises into `failure.json`, its traceback into the log; the fork itself ends well."""

    def __init__(self, output: Path) -> None:
        self.output = output

    def __enter__(self) -> None:
        sys.excepthook = sys.__excepthook__

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if error is None:
            return False
        try:
            traceback.print_exception(error)
        except Exception:  # an exception whose own __str__ raises
            print(f"{type(error).__name__} (its traceback cannot be printed)", file=sys.stderr)
        reason = {"memory": isinstance(error, MemoryError), "reason": _reason(error)}
        (self.output / FAILURE).write_text(json.dumps(reason))
        return True


def _reason(error: BaseException) -> str:
    """The exception's last line, and the line of the solution where it rose."""
    try:
        text = "".join(traceback.format_exception_only(error)).strip()
    except Exception:  # as above
        text = type(error).__name__
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg} ({PROGRAM} line {error.lineno})"
    last = next((line for line in reversed(text.splitlines()) if line.strip()), type(error).__name__).strip()
    if not last.startswith(type(error).__name__) and "." not in last.split(":")[0]:
        last = f"{type(error).__name__}: {last}"
    place = _place(error)
    return f"{last[:500]}{place}"


def _place(error: BaseException) -> str:
    frames = [frame for frame in traceback.walk_tb(error.__traceback__) if _of_program(frame[0])]
    if not frames:
        return ""
    frame, line = frames[-1]
    text = linecache.getline(PROGRAM, line).strip()
    return f" ({PROGRAM} line {line}, in {frame.f_code.co_name}: {text[:120]})"


def _of_program(frame: FrameType) -> bool:
    return frame.f_code.co_filename == PROGRAM
