"""A person at work beside the agent: ideas for the next plan, and models of their own in the tree and in the blend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from agentk.agent.insight.evidence import Evidence, evidence_of
from agentk.agent.insight.worth import Worth, marginal, record
from agentk.agent.session import request_of, session
from agentk.competitions.columns.spans import span_truth
from agentk.competitions.files.rows import read_table
from agentk.errors import SettingError
from agentk.graph.folder import RunFolder
from agentk.graph.inbox import letters, post_hint, post_predictions, post_program
from agentk.graph.journal import read
from agentk.graph.ledger import Ledger
from agentk.referee.evaluation import columns_of, covered
from agentk.referee.predictions import RefusedError, check_predictions
from agentk.types.competition import TaskKind
from agentk.types.metric import Array

if TYPE_CHECKING:
    import pandas as pd

    from agentk.graph.workbench import Workbench


def tell(folder: RunFolder, idea: str) -> None:
    """Puts an idea into the inbox. Raises SettingError for an empty one."""
    if not idea.strip():
        raise SettingError("there is no idea in these words: agentk tell RUN 'try target encoding of the postcode'")
    post_hint(folder, idea.strip())


def add_program(folder: RunFolder, path: Path, name: str) -> None:
    """Puts a program into the inbox. Raises SettingError when it cannot be read, or is called as no program is."""
    if path.suffix != ".py":
        raise SettingError(f"{path} is no Python program: give a file that ends in .py, or predictions by --oof and --test-pred")
    try:
        post_program(folder, name, path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{path} is no Python program that can be read: {error}") from None


def add_predictions(folder: RunFolder, oof: Path, test: Path, name: str) -> None:
    """Puts predictions into the inbox: of the training rows, each made without knowing the row's label, and of the test rows.

    A table (CSV, Parquet) with the run's columns or classes, in the order of the rows or with their ids; or a .npy matrix.
    Raises SettingError for anything else.
    """
    evidence = evidence_of(folder)
    matrix = _matrix(evidence, oof, evidence.train, "training")
    wanted = evidence.layout.covered
    lacking = int((wanted & ~covered(matrix)).sum())
    if lacking:
        raise SettingError(
            f"{oof}: {lacking} of {int(wanted.sum())} held-out training rows have no prediction; a blend needs all of them"
        )
    whole = np.full((len(matrix), evidence.competition.width), np.nan)
    whole[wanted] = _checked(oof, matrix[wanted], evidence)
    post_predictions(folder, name, whole, _checked(test, _matrix(evidence, test, evidence.test, "test"), evidence))


@contextmanager
def receiving(folder: RunFolder) -> Iterator[Workbench]:
    """The run, open for as many further attempts as models wait in its inbox; what it was asked for stays as it was."""
    request, asked = request_of(folder), folder.facts()["request"]
    waiting = sum(letter.kind != "hint" for letter in letters(folder))
    ledger = Ledger.of(read(folder.journal), "maximize")
    count = ledger.counted + len(ledger.under_way) + waiting
    with session(folder, request.model_copy(update={"budget": None, "attempts": count})) as bench:
        try:
            yield bench
        finally:
            folder.write_facts(folder.facts() | {"request": asked})


def joined(bench: Workbench, since: set[int]) -> list[Worth]:
    """What each model that joined after the attempts `since` adds to the blend, journaled; unscored ones are left out."""
    found = []
    for attempt in bench.ledger.scored:
        if attempt.origin == "person" and attempt.number not in since:
            worth = marginal(bench, attempt.number)
            record(bench, worth)
            found.append(worth)
    return found


def came_of(bench: Workbench, before: set[int]) -> Iterator[str]:
    """In words what became of the models that were taken in after the attempts `before`."""
    ledger = bench.ledger
    worths = joined(bench, before)
    for number in sorted(ledger.attempts.keys() - before):
        attempt = ledger.attempts[number]
        if attempt.score is None and attempt.kind != "blend":
            yield f"#{number} {attempt.name} has no score: {attempt.outcome.reason}"
    for worth in worths:
        attempt = ledger.attempts[worth.about]
        yield f"#{attempt.number} {attempt.name} scores {attempt.score:.5f} alone; in the blend it {worth.told}"
    if ledger.best is not None:
        yield f"submission.csv is #{ledger.best} {ledger.attempts[ledger.best].name}, {ledger.attempts[ledger.best].score:.5f}"


def _matrix(evidence: Evidence, path: Path, rows: pd.DataFrame, part: str) -> Array:
    """(rows, W or 1) numbers of a file, in the order of `rows`."""
    if not path.is_file():
        raise SettingError(f"there is no file {path}: give the predictions of the {part} rows")
    try:
        matrix = np.load(path, allow_pickle=False) if path.suffix == ".npy" else _table(evidence, path, rows)
        matrix = np.array(matrix, dtype=np.float64)
    except (ValueError, OSError, TypeError) as error:
        raise SettingError(f"{path} holds no predictions that can be read: {error}") from None
    matrix = matrix[:, None] if matrix.ndim == 1 else matrix
    width = evidence.competition.width
    widths = (1, 2) if evidence.competition.task is TaskKind.BINARY else (width,)
    if matrix.ndim != 2 or len(matrix) != len(rows) or matrix.shape[1] not in widths:
        has, named = " × ".join(map(str, matrix.shape)), ", ".join(columns_of(evidence.competition)[:10])
        raise SettingError(
            f"{path} holds {has} numbers; {len(rows)} {part} rows × {' or '.join(map(str, widths))} columns ({named}) are needed"
        )
    return matrix


def _table(evidence: Evidence, path: Path, rows: pd.DataFrame) -> Array:
    """The columns of a table that hold predictions; its rows put in order by their ids where it has them."""
    competition = evidence.competition
    frame = read_table(path)
    keys = [name for name in competition.id_columns if name in frame and name in rows]
    if keys:
        place = _ids(frame, keys)
        wanted = _ids(rows, keys)
        if place.is_unique and set(place) == set(wanted):
            frame = frame.iloc[place.get_indexer(wanted)]
        elif place.is_unique:
            raise SettingError(f"{path}: the ids in {', '.join(keys)} are not those of the {len(rows)} rows")
        frame = frame.drop(columns=keys)
    if competition.task is TaskKind.SPANS and competition.targets[0] in frame:
        return _places(path, frame[competition.targets[0]].fillna("").tolist(), rows[str(competition.passage)].tolist())
    named = columns_of(competition)
    if set(named) <= set(frame.columns):
        frame = frame[named]
    return np.asarray(frame.to_numpy(), dtype=np.float64)


def _places(path: Path, answers: list[object], texts: list[object]) -> Array:
    """(N, 2) where answers that are given as words stand in their texts."""
    if len(answers) != len(texts):
        raise SettingError(f"{path} has {len(answers)} rows, {len(texts)} are needed")
    truth = span_truth(texts, answers)
    if (lost := truth[:, 1] < 0).any():
        row = int(lost.argmax())
        raise SettingError(
            f"{path}: {lost.sum()} answers are no part of their row's text, the first in row {row}: {answers[row]!r}"
        )
    return truth[:, 1:]


def _ids(frame: pd.DataFrame, keys: list[str]) -> pd.Index[str]:
    """The ids of rows, spelled as text."""
    import pandas as pd

    return pd.Index(["\x1f".join(row) for row in frame[keys].astype(str).itertuples(index=False)])


def _checked(path: Path, matrix: Array, evidence: Evidence) -> Array:
    try:
        return check_predictions(matrix, evidence.competition.task)
    except RefusedError as error:
        raise SettingError(f"{path} cannot be used: {error}") from None
