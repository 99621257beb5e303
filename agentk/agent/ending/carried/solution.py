"""Makes the submission anew from the raw files: fits every member fold by fold, averages, blends, decides, writes.

    python solution.py --data DIR --out submission.csv
    python solution.py --data DIR --out predictions.csv --rows new.csv

DIR is the competition's folder; new.csv holds further rows, with columns like the test file's. What is done is said by plan.json.
It needs numpy, pandas and what the members import.
"""

from __future__ import annotations

import argparse
import base64
import json
import linecache
import multiprocessing
import os
import random
import sys
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agentk.agent.ending.carried.submission import submission
from agentk.competitions.files.rows import finish_rows, load_rows, read_table, weighed
from agentk.referee.apply import averaged, combine, decide

Array = NDArray[np.float64]
HERE = Path(__file__).resolve().parent


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="the competition's folder")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    parser.add_argument("--rows", type=Path, help="predict the rows of this file instead of the test file's")
    parser.add_argument("--extra", type=Path, help="the further labelled rows that the run was given, where it was")
    parser.add_argument("--workers", type=int, help="programs executed at once; as in the run where left out")
    given = parser.parse_args()
    plan = json.loads((HERE / "plan.json").read_text(encoding="utf-8"))
    files = Files(given.data.resolve(), given.rows, given.extra)
    try:
        rows = Rows.read(plan, files)
        predictions = fitted(plan, files, given.workers or plan["workers"])
        answers = decide(plan["decision"], blended(plan, predictions))
        frame = submission(plan["submission"], answers, rows.test, None if given.rows else files.data)
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"error: {error}")
    frame.to_csv(given.out, index=False)
    say(f"{len(frame)} rows written to {given.out}")


@dataclass(frozen=True)
class Files:
    """What a person gives."""

    data: Path  # the competition's folder
    new: Path | None  # rows to predict in place of the test file's
    extra: Path | None  # labelled rows beside the train file's


@dataclass
class Rows:
    """All rows without what only labelled rows have, the labels, and which rows each call is about."""

    everything: pd.DataFrame  # train, extra, test
    labels: pd.DataFrame  # of train and extra
    test: pd.DataFrame
    columns: list[str]  # of labelled rows, in the order of the file
    folds: NDArray[np.int64]  # of each training row, below 0: never held out

    @staticmethod
    def read(plan: dict[str, Any], files: Files) -> Rows:
        """Reads the files as the run did. Raises ValueError where they are not those of the run."""
        train, test = load_rows(files.data, plan["rows"])
        folds = np.frombuffer(zlib.decompress(base64.b64decode(plan["folds"]["assignment"])), "<i4").astype(np.int64)
        if len(train) != len(folds):
            raise ValueError(f"{files.data} has {len(train)} training rows, the run had {len(folds)}: give the folder of the run")
        columns = [str(name) for name in train.columns]
        names = [name for name in columns if name in plan["labels"]]
        features = [name for name in columns if name not in names]
        if files.new is not None:
            test = new_rows(plan, files, files.new, features)
        extra = extra_rows(plan, files.extra)
        parts = [train[features], *([] if extra is None else [extra.reindex(columns=features)]), test[features]]
        known = train[names] if extra is None else pd.concat([train, extra], ignore_index=True).reindex(columns=names)
        return Rows(pd.concat(parts, ignore_index=True), known, test, columns, folds)

    def call(self, plan: dict[str, Any], fold: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Positions in `everything` of the rows that a call is fitted on, and of those that it predicts: held out, then test."""
        learned = np.where(self.folds < -1, -2 - self.folds, self.folds)  # a row in the gap before a fold trains later ones
        known = learned < fold if plan["folds"]["forward"] else self.folds != fold
        extra = np.arange(len(self.folds), len(self.labels))
        asked = np.arange(len(self.labels), len(self.everything))
        return np.concatenate([np.flatnonzero(known), extra]), np.concatenate([np.flatnonzero(self.folds == fold), asked])

    def labelled(self, positions: NDArray[np.int64]) -> pd.DataFrame:
        """Rows of train and extra with their labels."""
        parts = [self.everything.iloc[positions].reset_index(drop=True), self.labels.iloc[positions].reset_index(drop=True)]
        return pd.concat(parts, axis=1)[self.columns]


def new_rows(plan: dict[str, Any], files: Files, path: Path, features: list[str]) -> pd.DataFrame:
    """The rows of a file, read as the test file is. Raises ValueError when it lacks a column."""
    options = {name: value for name, value in plan["rows"]["test"]["options"].items() if name != "member"}
    rows = read_table(path, **options, home=(files.data / plan["rows"]["test"]["path"]).parent)
    made = [column["name"] for column in plan["rows"]["file_columns"]]
    keys = plan["submission"]["test_ids"] if plan["submission"]["cells"] else plan["submission"]["id_columns"]
    if missing := [name for name in features if name not in rows and name not in made and name not in keys]:
        raise ValueError(f"{path} lacks the columns {missing[:10]}: it must have those of the test file")
    rows = finish_rows(rows, plan["rows"], "test", files.data)
    return rows.assign(**{name: None for name in features if name not in rows})


def extra_rows(plan: dict[str, Any], path: Path | None) -> pd.DataFrame | None:
    """The further labelled rows that the run was given, None where it had none. Raises ValueError when they are others."""
    if plan["extra"] is None:
        return None
    if path is None:
        raise ValueError(f"the run was given {plan['extra']} further labelled rows: give their file with --extra")
    extra = weighed(read_table(path), plan["rows"].get("weights"))
    if len(extra) != plan["extra"]:
        raise ValueError(f"{path} has {len(extra)} rows, the run was given {plan['extra']}")
    return extra


def calls_of(plan: dict[str, Any]) -> list[int]:
    """The calls that predict test: every fold, or, where folds know the past alone, one call on all rows."""
    folds = int(plan["folds"]["folds"])
    return [folds] if plan["folds"]["forward"] else list(range(folds))


def fitted(plan: dict[str, Any], files: Files, workers: int) -> list[Array]:
    """(rows, W) predictions of each member: what its calls say together."""
    tasks = [(member, call) for member in range(len(plan["members"])) for call in calls_of(plan)]
    made: dict[tuple[int, int], Array] = {}
    started = time.monotonic()
    with workers_for(plan, files, min(workers, len(tasks))) as pool:
        waiting: dict[Future[Array], tuple[int, int]] = {
            pool.submit(predict, member, call): (member, call) for member, call in tasks
        }
        for done in as_completed(waiting):
            member, call = waiting[done]
            made[member, call] = done.result()
            name = plan["members"][member]["name"]
            say(f"{len(made)}/{len(tasks)}  {name}, fold {call + 1}  {time.monotonic() - started:.0f} s")
    calls = calls_of(plan)
    members = range(len(plan["members"]))
    return [averaged([made[member, call] for call in calls], plan["task"], plan["link"]) for member in members]


def blended(plan: dict[str, Any], predictions: list[Array]) -> Array:
    """One prediction from the members'."""
    if len(predictions) == 1:
        return predictions[0]
    return combine(predictions, [member["weight"] for member in plan["members"]], plan["method"], plan["link"])


@contextmanager
def workers_for(plan: dict[str, Any], files: Files, workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes with the environment that the run's programs had: as many threads, none of which spins while it waits."""
    threads = str(plan["threads"])
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_MAX_THREADS", "VECLIB_MAXIMUM_THREADS")
    os.environ.update(dict.fromkeys(names, threads), OMP_WAIT_POLICY="PASSIVE", KMP_BLOCKTIME="0", PYTHONHASHSEED="0")
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(max(1, workers), mp_context=context, initializer=open_worker, initargs=(plan, files))
    with pool:
        yield pool


@dataclass
class Worker:
    """What a worker process holds."""

    plan: dict[str, Any]
    files: Files
    rows: Rows


WORKER: list[Worker] = []


def open_worker(plan: dict[str, Any], files: Files) -> None:
    """Reads the rows, once a process."""
    WORKER.append(Worker(plan, files, Rows.read(plan, files)))


def predict(member: int, call: int) -> Array:
    """One call of one member: (rows, W) predictions of the rows asked for."""
    worker = WORKER[0]
    rows, facts = worker.rows, worker.plan["members"][member]
    params = settings(facts)
    fit_rows, asked = rows.call(worker.plan, call)
    train = rows.labelled(fit_rows)
    test = rows.everything.iloc[asked].reset_index(drop=True)
    features = prepared(member)
    solution = execute(facts["file"], params)
    if features is not None:
        train, test = joined(train, features, fit_rows), joined(test, features, asked)
    matrix: Array = np.asarray(solution.fit_predict(train, test, params, worker.files.data), dtype=np.float64)
    return checked(matrix[:, None] if matrix.ndim == 1 else matrix, worker.plan["task"])[-len(rows.test) :]


@lru_cache(maxsize=1)
def prepared(member: int) -> pd.DataFrame | None:
    """The label-free features of all rows, where the member has such."""
    worker = WORKER[0]
    facts = worker.plan["members"][member]
    params = settings(facts)
    solution = execute(facts["file"], params)
    if not hasattr(solution, "prepare"):
        return None
    features: pd.DataFrame = solution.prepare(worker.rows.everything.copy(), params, worker.files.data)
    return features.reset_index(drop=True)


def settings(facts: dict[str, Any]) -> dict[str, Any]:
    """A member's parameters, where it finds the weights of pretrained networks, and the processor where there is no card."""
    params = {**facts["params"], **({"weights_dir": str(HERE / "weights")} if (HERE / "weights").is_dir() else {})}
    if params["device"] != "cpu":
        import torch

        params["device"] = params["device"] if torch.cuda.is_available() else "cpu"
    return params


def execute(file: str, params: dict[str, Any]) -> ModuleType:
    """A member's program as a fresh module, global generators seeded."""
    random.seed(int(params["seed"]))
    np.random.seed(int(params["seed"]))
    path = HERE / file
    source = path.read_text(encoding="utf-8")
    linecache.checkcache(str(path))
    module = ModuleType("solution")
    module.__file__ = str(path)
    sys.modules["solution"] = module
    exec(compile(source, str(path), "exec"), module.__dict__)
    return module


def joined(frame: pd.DataFrame, features: pd.DataFrame, rows: NDArray[np.int64]) -> pd.DataFrame:
    """Prepared columns beside the raw ones, in place of those of the same name."""
    kept = frame.drop(columns=[name for name in features.columns if name in frame.columns])
    return pd.concat([kept, features.iloc[rows].reset_index(drop=True)], axis=1)


def checked(matrix: Array, task: str) -> Array:
    """Probabilities clipped and, of classes, adding up to 1; one column of a binary task is that of the positive class."""
    if not np.isfinite(matrix).all():
        raise ValueError("a member predicted NaN or infinity: its libraries are not those of the run, see README.md")
    if task not in ("binary", "multiclass", "multilabel"):
        return matrix
    matrix = np.clip(matrix, 0.0, 1.0)
    if task == "multilabel":
        return matrix
    if matrix.shape[1] == 1:
        return np.concatenate([1.0 - matrix, matrix], axis=1)
    return np.asarray(matrix / matrix.sum(axis=1, keepdims=True))


def say(text: str) -> None:
    """Progress, on stderr."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
