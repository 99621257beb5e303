"""An evaluation: what the referee says of one solution under one parameter set, and its two files."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from agentk.errors import StoreError
from agentk.referee.decision import Decision
from agentk.types.competition import Competition, TaskKind
from agentk.types.metric import Array
from agentk.types.outcome import Outcome

OOF, TEST = "oof.parquet", "test.parquet"
_DECISION: TypeAdapter[Decision] = TypeAdapter(Decision)
_META = b"agentk"


@dataclass(frozen=True)
class Evaluation:
    """N training rows, M test rows, W columns of a prediction."""

    key: str
    outcome: Outcome
    fold_scores: tuple[float, ...] = ()
    score: float | None = None  # of all covered rows, decision cross-fitted
    std: float | None = None  # over folds
    merit: float | None = None  # what search goes by, higher is better: `surrogate.py`, or the score itself
    fold_merits: tuple[float, ...] = ()  # as a watch was shown them, where it ended the evaluation
    oof: Array | None = None  # (N, W), NaN where no fold covers the row
    mask: NDArray[np.bool_] | None = None  # (N,) covered rows
    test: Array | None = None  # (M, W), of all folds together (`apply.averaged`); None where no call predicted test
    seconds: float = 0.0  # slot seconds
    log: str = ""
    decision: Decision | None = None
    complete: bool = False  # every fold of the layout is in: it may be blended
    columns: tuple[str, ...] = ()  # W names: classes, or targets
    answers: Array | None = None  # (N, ...) out-of-fold answers, decision cross-fitted; not saved, the judge finds them again


def columns_of(competition: Competition) -> list[str]:
    """Names of a prediction's columns: classes, or targets; of spans, the two ends."""
    if competition.task is TaskKind.SPANS:
        return [f"{competition.targets[0]} begins", f"{competition.targets[0]} ends"]
    names = competition.classes if competition.task.classifies else competition.targets
    return [str(name) for name in names]


def save(evaluation: Evaluation, folder: Path) -> None:
    """Writes oof.parquet (with what else is known of the evaluation, but its log) and test.parquet, each whole or not at all.

    Whoever puts the folder in place brings it to disk.

    Raises StoreError when the folder cannot be written.
    """
    known = {
        "key": evaluation.key,
        "outcome": evaluation.outcome.model_dump(mode="json"),
        "fold_scores": evaluation.fold_scores,
        "score": evaluation.score,
        "std": evaluation.std,
        "merit": evaluation.merit,
        "fold_merits": evaluation.fold_merits,
        "seconds": evaluation.seconds,
        "decision": evaluation.decision.model_dump(mode="json") if evaluation.decision else None,
        "complete": evaluation.complete,
        "columns": evaluation.columns,
    }
    if evaluation.oof is not None:
        _write(evaluation.oof, folder / OOF, evaluation.columns, known)
    if evaluation.test is not None:
        _write(evaluation.test, folder / TEST, evaluation.columns, {})


def load(folder: Path) -> Evaluation:
    """What `save` wrote. Raises StoreError when oof.parquet is missing or unreadable."""
    oof, known = _read(folder / OOF)
    test = _read(folder / TEST)[0] if (folder / TEST).exists() else None
    try:
        evaluation = Evaluation(
            key=known["key"],
            outcome=Outcome.model_validate(known["outcome"]),
            fold_scores=tuple(known["fold_scores"]),
            score=known["score"],
            std=known["std"],
            merit=known.get("merit"),  # earlier versions had none
            fold_merits=tuple(known.get("fold_merits", ())),
            seconds=known["seconds"],
            decision=_DECISION.validate_python(known["decision"]) if known["decision"] else None,
            complete=known["complete"],
            columns=tuple(known["columns"]),
        )
    except (KeyError, ValueError) as error:
        raise StoreError(f"{folder / OOF} was not written by this version of agentk: {error}") from None
    return replace(evaluation, oof=oof, mask=covered(oof), test=test)


def covered(oof: Array) -> NDArray[np.bool_]:
    """(N,) rows of out-of-fold predictions that some fold predicted."""
    return np.asarray(~np.isnan(oof).any(axis=1))


def _write(matrix: Array, path: Path, columns: tuple[str, ...], known: dict[str, Any]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_arrays([pa.array(matrix[:, i], type=pa.float64()) for i in range(matrix.shape[1])], names=list(columns))
    table = table.replace_schema_metadata({_META: json.dumps(known)})
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            pq.write_table(table, file)
        part.replace(path)
    except OSError as error:
        raise StoreError(
            f"cannot write {path}: {error.strerror or error}; free some space or check the folder's rights"
        ) from None


def _read(path: Path) -> tuple[Array, dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise StoreError(f"cannot read {path}: {error}") from None
    matrix = np.column_stack([column.to_numpy() for column in table.columns]).astype(np.float64)
    return matrix, json.loads((table.schema.metadata or {}).get(_META, b"{}"))
