"""The truth as numbers, answers as a submission, and the two checked against each other."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from agentk.competitions.columns.spans import span_truth
from agentk.competitions.columns.task import class_columns
from agentk.competitions.draft import Draft
from agentk.competitions.files.reshaped import ranked_items, set_across, spelled_tags
from agentk.competitions.files.rows import cut
from agentk.competitions.files.tables import is_excerpt, same_rows, several, spelled_keys, table
from agentk.competitions.layouts.cells import asked_of
from agentk.competitions.metrics.own import metric_of
from agentk.errors import CompetitionError
from agentk.types.competition import Competition, TaskKind
from agentk.types.metric import Array, Form


def encode_truth(competition: Competition, train: pd.DataFrame) -> Array:
    """The targets of labelled rows as `Metric` wants them: codes (N,) of classes, (N, 3) of spans, else values (N, T).

    A value that is not known is NaN. Raises CompetitionError when a label is not among the competition's classes.
    """
    return _encoded(competition, train)


def truth_of(draft: Draft) -> Array:
    """The same for the training rows of a draft."""
    assert draft.train and draft.task
    rows = table(draft.folder, draft.train)
    return _encoded(draft, rows[rows[list(draft.targets)].notna().any(axis=1)])


def perfect_answer(contract: Competition | Draft, truth: Array, form: Form) -> Array:
    """The answers that equal the truth, in a metric's form."""
    assert contract.task
    if form == "probabilities" and contract.task.classifies:
        return np.asarray(np.eye(len(contract.classes))[truth.astype(int)])
    return plain_values(contract, truth) if form == "spans" else truth


def weights_of(competition: Competition, rows: pd.DataFrame) -> Array | None:
    """(N,) how much each row counts in the metric, as `rows_of` has put it beside training rows; None: all alike."""
    weights = competition.weights
    if weights is None or weights.name not in rows:
        return None
    return rows[weights.name].to_numpy(dtype=float)


def plain_values(contract: Competition | Draft, truth: Array) -> Array:
    """(N, T) the truth of what is no class, as numbers with an order: of spans, where they begin and end."""
    return truth[:, 1:] if contract.task is TaskKind.SPANS else truth.reshape(len(truth), -1)


_BEYOND = 1e9  # every text ends before this character
_MEDIAN = ("mae", "medae", "male", "mape", "medape", "smape", "wape", "rmspe", "mspe")  # near enough for the last two


def constant_prediction(competition: Competition, train: pd.DataFrame, rows: int) -> Array:
    """A prediction that knows nothing of the rows, as `TaskKind` shapes it: the shares of the classes, whole texts, or one value.

    That value is the median where the metric counts absolute errors, else the mean on the metric's link.
    """
    if competition.task is TaskKind.SPANS:
        return np.tile([0.0, _BEYOND], (rows, 1))
    truth, weights = encode_truth(competition, train), weights_of(competition, train)
    if weights is not None:  # each row about as often as it counts
        share = np.cumsum(weights) / weights.sum() * 10 * len(truth)
        truth = truth[np.searchsorted(share, np.arange(10 * len(truth)) + 0.5).clip(max=len(truth) - 1)]
    if competition.task.classifies:
        best = np.bincount(truth.astype(int), minlength=len(competition.classes)) / len(truth)
    elif competition.metric in _MEDIAN or _pinball(competition.metric):
        best = np.nanquantile(truth, _pinball(competition.metric) or 0.5, axis=0)
    else:
        best = _mean_on_link(truth, metric_of(competition).link)
    return np.tile(best, (rows, 1)).astype(float)


def format_submission(competition: Competition, answers: Array, test: pd.DataFrame) -> pd.DataFrame:
    """The submission for final answers to the test rows, in the sample's columns and order; of `cells` what is asked for alone.

    answers  as the metric's form wants them: codes (N,) or (N, 1) of classes, probabilities (N, C) or (N, T), values (N, T),
    spans (N, 2).
    """
    form = competition.submission
    answers = np.asarray(answers, float)
    if len(answers) != len(test):
        raise ValueError(f"{len(answers)} answers for {len(test)} test rows")
    if competition.cells is not None:
        return _below_each_other(competition, answers.reshape(len(answers), -1), test)
    columns = [name for name in form.columns if name not in form.id_columns]
    if form.across:
        key = form.id_columns[0]
        return set_across(_asked(competition), key, columns, test[key], answers.reshape(-1))
    if competition.candidates is not None:
        return _listed_by_key(competition, answers, test, columns[0])
    if form.kind == "span":
        filled = pd.DataFrame({columns[0]: cut(test[str(competition.passage)].tolist(), answers)}, dtype="object")
    else:
        filled = _filled(competition, answers.reshape(len(answers), -1), columns)
    sample = table(competition.folder, competition.sample) if competition.sample else None
    keys = list(form.id_columns)
    named = [name for name in competition.id_columns if name in test.columns]
    if keys and len(named) == len(keys):  # the sample may call them otherwise
        frame = pd.concat([test[named].set_axis(keys, axis=1).reset_index(drop=True), filled], axis=1)
        if sample is not None and not spelled_keys(sample, keys).equals(spelled_keys(frame, keys)):
            frame = _in_order(frame, sample, keys)
    else:
        frame = pd.concat([_row_keys(competition, sample, test), filled], axis=1)
    return frame[list(form.columns)]


def check_submission(competition: Competition, frame: pd.DataFrame) -> list[str]:
    """What a grader would refuse, each in one sentence; empty when the submission is valid (T9)."""
    form = competition.submission
    if list(frame.columns) != list(form.columns):
        return [f"columns are {several(frame.columns)}, not {several(form.columns)}"]
    found = []
    apart = competition.cells or competition.candidates or form.across
    rows = len(_asked(competition)) if apart else competition.test_rows
    if len(frame) != rows:
        found.append(f"{len(frame)} rows, not {rows}")
    answers = [name for name in form.columns if name not in form.id_columns]
    missing = [name for name in answers if frame[name].isna().any() and form.kind != "span"]  # no word is an answer
    if missing:
        found.append(f"missing values in {several(missing)}")
    if competition.sample is not None and form.id_columns:
        sample = table(competition.folder, competition.sample)
        keys = list(form.id_columns)
        if not is_excerpt(sample, rows) and not same_rows(sample, frame, keys):
            found.append(f"the ids in {several(keys)} are not those of the sample submission")
    numbers = frame[answers].select_dtypes("number")
    if np.isinf(numbers.to_numpy(dtype=float)).any():
        found.append("infinite values")
    if form.kind in ("probability", "class_probabilities") and not numbers.empty and not _within_one(numbers):
        found.append("probabilities outside 0 and 1")
    if form.kind == "label" and competition.classes:
        foreign = set(map(_spelled, frame[answers[0]].dropna().unique())) - set(map(_spelled, competition.classes))
        if foreign:
            found.append(f"labels that train does not have: {several(sorted(foreign))}")
    return found


def _encoded(contract: Competition | Draft, rows: pd.DataFrame) -> Array:
    task, targets, classes = contract.task, contract.targets, contract.classes
    assert task
    if task is TaskKind.SPANS:
        return span_truth(rows[str(contract.passage)].tolist(), rows[targets[0]].tolist())
    if not task.classifies:
        return rows[list(targets)].astype(float).to_numpy()
    codes = pd.Index(list(classes), dtype="object").get_indexer(pd.Index(rows[targets[0]].astype("object")))
    if (codes < 0).any():
        foreign = sorted(map(str, rows[targets[0]][codes < 0].unique()))
        raise CompetitionError(f"{targets[0]} has labels that are no classes of this competition: {several(foreign)}.")
    return codes.astype(float)


def _pinball(name: str) -> float | None:
    match = re.fullmatch(r"pinball@([\d.]+)", name)
    return float(match[1]) if match else None


def _mean_on_link(truth: Array, link: str) -> Array:
    if link == "log":
        return np.asarray(np.exp(np.nanmean(np.log(np.maximum(truth, 1e-15)), axis=0)))
    if link == "log1p":
        return np.asarray(np.expm1(np.nanmean(np.log1p(np.maximum(truth, 0)), axis=0)))
    return np.asarray(np.nanmean(truth, axis=0), float)


def _filled(competition: Competition, answers: Array, columns: list[str]) -> pd.DataFrame:
    """The answer columns of a submission."""
    kind = competition.submission.kind
    if kind == "tags":
        tags = competition.tags
        assert tags is not None
        return pd.DataFrame({columns[0]: spelled_tags(answers, tags.names, tags.separator, tags.always)}, dtype="object")
    if kind == "ranking":
        return pd.DataFrame({columns[0]: _ranked(competition, answers)})
    if kind == "class_probabilities":
        labels = {_spelled(label): at for at, label in enumerate(competition.classes)}
        places = class_columns(columns, list(labels)) or dict(zip(columns, labels, strict=True))
        nothing = np.zeros(len(answers))  # for a class that no training row has
        return pd.DataFrame({name: answers[:, labels[places[name]]] if name in places else nothing for name in columns})
    if kind == "probability" and competition.task is TaskKind.BINARY:
        return pd.DataFrame({columns[0]: answers[:, -1]})
    if kind == "label" and competition.task.classifies:
        labels_of = pd.Series(list(competition.classes), dtype="object")
        chosen = labels_of.iloc[answers[:, 0].astype(int)].reset_index(drop=True)
        return pd.DataFrame({columns[0]: _as_sample_spells(competition, columns[0], chosen.infer_objects())})
    if kind == "label":
        return pd.DataFrame(np.rint(answers).astype(int), columns=columns)
    return pd.DataFrame(answers, columns=columns)


def _below_each_other(competition: Competition, answers: Array, test: pd.DataFrame) -> pd.DataFrame:
    """The sample with the answer to what each of its rows asks for."""
    rows, targets = asked_of(competition, test)
    wide = _filled(competition, answers, list(competition.targets))
    column = competition.submission.columns[-1]
    return _asked(competition).assign(**{column: wide.to_numpy()[rows, targets]})


def _listed_by_key(competition: Competition, answers: Array, test: pd.DataFrame, column: str) -> pd.DataFrame:
    """The items of the rows that share each id of the sample, the likeliest first."""
    ranked, asked = competition.candidates, _asked(competition)
    assert ranked is not None
    likely = answers.reshape(len(answers), -1)[:, -1]
    return asked.assign(**{column: ranked_items(asked[ranked.key], test[ranked.key], test[ranked.item], likely, ranked.most)})


def _asked(competition: Competition) -> pd.DataFrame:
    assert competition.sample, "only a sample asks for answers below or beside each other"
    return table(competition.folder, competition.sample)


def _as_sample_spells(competition: Competition, column: str, labels: pd.Series[Any]) -> pd.Series[Any]:
    """Whole numbers and truth values as the sample submission writes them: 1 for 1.0, 0 for False, True for 1."""
    if pd.api.types.is_float_dtype(labels) and (labels % 1 == 0).all():
        labels = labels.astype("int64")
    if competition.sample is None:
        return labels
    wanted = table(competition.folder, competition.sample)[column].dtype
    if pd.api.types.is_bool_dtype(labels) and pd.api.types.is_numeric_dtype(wanted) and not pd.api.types.is_bool_dtype(wanted):
        return labels.astype("int64")
    if pd.api.types.is_bool_dtype(wanted) and set(labels.unique()) <= {0, 1}:
        return labels.astype("bool")
    return labels


def _ranked(competition: Competition, answers: Array) -> list[str]:
    best = np.argsort(-answers, axis=1, kind="stable")[:, : metric_of(competition).places or 1]
    spelled = spelled_labels(competition)
    return [" ".join(spelled[at] for at in row) for row in best]


def spelled_labels(competition: Competition) -> list[str]:
    """The classes as a ranking names them."""
    return [_spelled(label) for label in competition.classes]


def _in_order(frame: pd.DataFrame, sample: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Rows as the sample orders them; ids that occur twice keep their order among themselves."""
    place = _occurrences(sample, keys)
    own = _occurrences(frame, keys)
    order = {key: at for at, key in enumerate(place)}
    if set(own) != set(place):
        return frame
    return frame.iloc[np.argsort([order[key] for key in own])].reset_index(drop=True)


def _occurrences(frame: pd.DataFrame, keys: list[str]) -> list[tuple[str, ...]]:
    spelled = spelled_keys(frame, keys)
    counted = spelled.groupby(keys, sort=False).cumcount().astype(str)
    return list(zip(*(spelled[key] for key in keys), counted, strict=True))


def _row_keys(competition: Competition, sample: pd.DataFrame | None, test: pd.DataFrame) -> pd.DataFrame:
    """The ids of rows that the test file does not name: the sample's, else the row number."""
    names = list(competition.submission.id_columns)
    if sample is not None and len(sample) == len(test):
        return sample[names].reset_index(drop=True)
    return pd.DataFrame({name: range(len(test)) for name in names})


def _within_one(numbers: pd.DataFrame) -> bool:
    values = numbers.to_numpy(dtype=float)
    return bool(((values >= 0) & (values <= 1)).all())


def _spelled(label: Any) -> str:
    """A label as text; 1.0 as 1, True as 1."""
    if isinstance(label, bool | np.bool_):
        return str(int(label))
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)
