"""The fold layout: which rows are held out together, one assignment a run, imitating how test relates to train."""

from __future__ import annotations

import base64
import json
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agentk.errors import CompetitionError, SettingError
from agentk.types.competition import Competition, Validation

if TYPE_CHECKING:
    import pandas as pd

Rows = NDArray[np.int64]
SCHEMA = 1


@dataclass(frozen=True, eq=False)
class Layout:
    """A fold for every training row; -1 where a row is never held out.

    `forward`: fold k is trained on rows of earlier folds alone (and those of -1), and one more call, on all rows,
    predicts test. Otherwise every row outside fold k trains it, and each call predicts test as well. A row that lies in the gap
    before fold k, as time passes before test begins, has -(k + 2): it is not held out, and trains later folds alone.
    """

    assignment: Rows  # (N,)
    folds: int
    scheme: str
    seed: int
    forward: bool = False
    reasons: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        counts = np.bincount(self.assignment[self.assignment >= 0], minlength=self.folds)
        if self.folds < 1 or len(counts) > self.folds or not counts.all():
            raise SettingError(
                f"every fold must hold out at least one row, but {self.folds} folds have {counts.tolist()} rows: use fewer folds"
            )
        if any(not len(self.train(fold)) for fold in range(self.folds)):
            raise SettingError("a fold would be trained on no row at all: use at least two folds, or another scheme")

    @property
    def calls(self) -> tuple[int, ...]:
        """What is executed: every fold, and where `forward` the call numbered `folds`, on all rows, for test."""
        return tuple(range(self.folds + self.forward))

    @property
    def covered(self) -> NDArray[np.bool_]:
        """(N,) rows that are held out once."""
        return self.assignment >= 0

    @property
    def apart(self) -> bool:
        """Whether folds lie apart in time or by group, as far as is known, rather than being drawn by chance."""
        return self.scheme not in ("random", "stratified")

    def held_out(self, call: int) -> Rows:
        """Positions of the rows a call predicts besides test; none for the last call of a forward layout."""
        return np.flatnonzero(self.assignment == call)

    def train(self, call: int) -> Rows:
        """Positions of the rows a call is trained on."""
        learned = np.where(self.assignment < -1, -2 - self.assignment, self.assignment)
        return np.flatnonzero(learned < call) if self.forward else np.flatnonzero(self.assignment != call)

    def predicts_test(self, call: int) -> bool:
        """Whether a call predicts the competition's test rows."""
        return not self.forward or call == self.folds

    def describe(self) -> str:
        """One sentence for people."""
        sizes = np.bincount(self.assignment[self.covered], minlength=self.folds)
        spread = f"{sizes.min()}" if sizes.min() == sizes.max() else f"{sizes.min()} to {sizes.max()}"
        rest = int((~self.covered).sum())
        text = f"{self.folds} folds, {self.scheme}, {spread} rows each"
        if self.forward:
            text += ", trained on the past alone"
        return text + (f"; {rest} rows are never held out" if rest else "")

    def to_json(self) -> str:
        """Compact JSON that `from_json` reads back."""
        packed = base64.b64encode(zlib.compress(self.assignment.astype("<i4").tobytes(), 1)).decode()
        fields = {"schema": SCHEMA, "folds": self.folds, "scheme": self.scheme, "seed": self.seed, "forward": self.forward}
        return json.dumps({**fields, "reasons": list(self.reasons), "assignment": packed})

    @staticmethod
    def from_json(text: str) -> Layout:
        """Raises SettingError when the text is no layout of this version."""
        try:
            fields = json.loads(text)
            if fields["schema"] != SCHEMA:
                raise SettingError(f"fold layout of schema {fields['schema']}, this version reads {SCHEMA}: start a new run")
            assignment = np.frombuffer(zlib.decompress(base64.b64decode(fields["assignment"])), "<i4").astype(np.int64)
            return Layout(
                assignment, fields["folds"], fields["scheme"], fields["seed"], fields["forward"], tuple(fields["reasons"])
            )
        except (ValueError, KeyError, TypeError, zlib.error) as error:
            raise SettingError(f"not a fold layout: {error!r}") from None


def make_layout(
    competition: Competition, train: pd.DataFrame, test: pd.DataFrame, truth: NDArray[np.float64], seed: int
) -> Layout:
    """The layout that `competition.validation` asks for.

    truth: as `Metric` has it, (N,) or (N, T). Raises CompetitionError where a column it needs is missing or unreadable,
    SettingError where there are too few rows or groups for the folds.
    """
    validation = competition.validation
    rng = np.random.default_rng(seed)
    forward = False
    if validation.scheme == "given":
        return given_layout(_column(validation.column, train), seed, validation.reasons)
    if validation.scheme == "random":
        assignment = rng.permutation(np.arange(len(train)) % validation.folds)
    elif validation.scheme == "stratified":
        assignment = _stratified(truth, validation.folds, rng)
    elif validation.scheme == "grouped":
        assignment = _grouped(group_keys(competition, train), validation.folds, rng)
    else:
        moments, test_moments = _moments(validation, train), _moments(validation, test)
        if validation.scheme == "rolling":
            assignment, forward = _rolling(moments, test_moments, validation), True
        else:
            assignment = _blocked(moments, test_moments, validation.folds, validation.span)
    if validation.most is not None and validation.scheme in ("random", "stratified", "grouped"):
        groups = group_keys(competition, train) if validation.scheme == "grouped" else None
        assignment = _thinned(assignment, validation.most, groups, rng)
    folds = int(assignment.max()) + 1
    return Layout(assignment.astype(np.int64), folds, validation.scheme, seed, forward, validation.reasons)


def given_layout(values: Any, seed: int, reasons: tuple[str, ...] = ()) -> Layout:
    """A person's own folds: one value a training row, any spelling; a missing value or -1: never held out."""
    import pandas as pd

    series = pd.Series(values).reset_index(drop=True)
    spelled = series.astype(str).str.strip()
    codes, _ = pd.factorize(series.where(series.notna() & ~spelled.isin(["-1", "-1.0"])), sort=True)
    return Layout(np.asarray(codes, dtype=np.int64), int(codes.max()) + 1, "given", seed, False, reasons)


def group_keys(competition: Competition, rows: pd.DataFrame) -> pd.Series[str]:
    """The group of each row: the validation's column, or the first id column, cut by its pattern where it has one.

    A row whose value is missing or does not match is a group of its own.
    """
    import pandas as pd

    validation = competition.validation
    name = validation.column or next(iter(competition.id_columns), None)
    values = _column(name, rows)
    keys = values.astype(str)
    if validation.pattern is not None:
        try:
            keys = keys.str.extract(re.compile(validation.pattern), expand=True).iloc[:, 0]
        except (re.error, ValueError) as error:
            raise SettingError(f"group pattern {validation.pattern!r} needs one group in parentheses: {error}") from None
    alone = (values.isna() | keys.isna()).to_numpy()
    own = pd.Series([f"row {position}" for position in range(len(rows))])
    return keys.reset_index(drop=True).astype(object).where(~alone, own)


def _column(name: str | None, rows: pd.DataFrame) -> pd.Series[Any]:
    if name is None or name not in rows:
        raise CompetitionError(
            f"the validation scheme needs column {name!r}, the rows have {list(rows.columns)[:20]}: choose another scheme"
        )
    return rows[name].reset_index(drop=True)


def _stratified(truth: NDArray[np.float64], folds: int, rng: np.random.Generator) -> Rows:
    """Rows sorted by target, each run of `folds` neighbors spread over all folds: even for rare classes and for values."""
    keys = (
        np.unique(truth, axis=0, return_inverse=True)[1].reshape(-1)
        if truth.ndim == 2 and truth.shape[1] > 1
        else truth.reshape(-1)
    )
    order = np.lexsort((rng.random(len(keys)), keys))
    runs = -(-len(keys) // folds)
    spread = rng.permuted(np.tile(np.arange(folds), (runs, 1)), axis=1).reshape(-1)[: len(keys)]
    spread[(runs - 1) * folds :] = rng.permutation(folds)[: len(keys) - (runs - 1) * folds]
    assignment = np.empty(len(keys), dtype=np.int64)
    assignment[order] = spread
    return assignment


def _grouped(keys: pd.Series[str], folds: int, rng: np.random.Generator) -> Rows:
    """Whole groups, the largest first, each to the fold with the fewest rows."""
    import heapq

    import pandas as pd

    codes, names = pd.factorize(keys)
    if len(names) < 2:
        raise SettingError("all rows belong to one group, which cannot be split into folds: choose another scheme or column")
    sizes = np.bincount(codes)
    heap = [(0, fold) for fold in range(min(folds, len(names)))]
    fold_of = np.empty(len(names), dtype=np.int64)
    for group in np.lexsort((rng.random(len(names)), -sizes)):
        rows, fold = heapq.heappop(heap)
        fold_of[group] = fold
        heapq.heappush(heap, (rows + int(sizes[group]), fold))
    return fold_of[codes]


def _thinned(assignment: Rows, most: int, groups: pd.Series[str] | None, rng: np.random.Generator) -> Rows:
    """The assignment with about `most` rows held out, evenly of all folds; of groups whole ones, at least one a fold."""
    import pandas as pd

    kept = most / len(assignment)
    if kept >= 1:
        return assignment
    units = np.arange(len(assignment)) if groups is None else pd.factorize(groups)[0]
    _, first = np.unique(units, return_index=True)
    chosen = np.zeros(len(first), dtype=bool)
    for fold in np.unique(assignment):
        own = rng.permutation(np.flatnonzero(assignment[first] == fold))
        chosen[own[: max(1, round(kept * len(own)))]] = True
    return np.where(chosen[units], assignment, -1)


def _moments(validation: Validation, rows: pd.DataFrame) -> NDArray[np.float64]:
    """(N,) time of each row as a number, row numbers where no column is named."""
    import pandas as pd

    if validation.column is None:
        return np.asarray(np.arange(len(rows)), dtype=np.float64)
    values = _column(validation.column, rows)
    if pd.api.types.is_numeric_dtype(values.dtype):
        times = values.astype(np.float64)
    else:
        if pd.api.types.is_string_dtype(values.dtype):  # a time zone by name takes a hundred times as long to read
            values = values.astype("string").str.replace(" UTC", "Z", regex=False)
        parsed = pd.to_datetime(values, errors="coerce", format="mixed", utc=True)
        times = pd.Series(parsed.dt.as_unit("s").astype("int64"), dtype=np.float64).where(parsed.notna())
    if times.isna().mean() > 0.5:
        raise CompetitionError(
            f"column {validation.column!r} cannot be read as time, e.g. {values.iloc[0]!r}: name another column or scheme"
        )
    return np.asarray(times.ffill().bfill(), dtype=np.float64)


def _chunks(moments: NDArray[np.float64], parts: int) -> Rows:
    """Contiguous parts of about as many rows each; rows of one moment stay together."""
    _, inverse, counts = np.unique(moments, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2
    part = np.minimum((middle * parts / len(moments)).astype(np.int64), parts - 1)
    return np.asarray(np.unique(part, return_inverse=True)[1][inverse], dtype=np.int64)


def _blocked(moments: NDArray[np.float64], test_moments: NDArray[np.float64], folds: int, span: float | None) -> Rows:
    """Contiguous blocks of time, within each stretch of train that lies between two blocks of test.

    With a span the blocks are that long, counted from the end of their stretch, and dealt to the folds in turn; without
    one, or where that gives too few blocks, a stretch is cut into as many blocks as there are folds.
    """
    stretch = np.searchsorted(np.unique(test_moments), moments)  # rows between the same two test moments share it
    kinds, sizes = np.unique(stretch, return_counts=True)
    if sizes[sizes >= 2 * folds].sum() < 0.8 * len(moments):
        stretch, kinds = np.zeros(len(moments), dtype=np.int64), np.zeros(1, dtype=np.int64)
    if span:
        ends = {int(kind): moments[stretch == kind].max() for kind in kinds}
        back = np.floor((np.array([ends[int(kind)] for kind in stretch]) - moments) / span).astype(np.int64)
        block = np.unique(np.stack([stretch, -back]), axis=1, return_inverse=True)[1].reshape(-1)
        if block.max() + 1 >= folds:
            return np.asarray(block % folds, dtype=np.int64)
    assignment = np.empty(len(moments), dtype=np.int64)
    for kind in kinds:
        assignment[stretch == kind] = _chunks(moments[stretch == kind], folds)
    return assignment


def _rolling(moments: NDArray[np.float64], test_moments: NDArray[np.float64], validation: Validation) -> Rows:
    """The last windows of train as long as the horizon, at least half of the time left as the first fold's past.

    The horizon is the span, or how long test lasts; what lies before the first window is never held out. Where time passes
    before test begins, as much of each window is left out of its fold.
    """
    folds, span = validation.folds, validation.span
    distinct = np.unique(moments)
    if len(distinct) < folds + 1:
        raise SettingError(
            f"rolling folds need at least {folds + 1} different moments, train has {len(distinct)}: use fewer folds"
        )
    step = float(np.median(np.diff(distinct)))
    lasts = float(np.ptp(test_moments)) + step if len(test_moments) else 0.0
    longest = float(distinct[-1] - distinct[0] + step) / (2 * folds)
    window = max(min(span or lasts or longest, longest), step)
    back = np.floor((distinct[-1] + step - moments) / window - 1e-9).astype(np.int64)  # 0: the last window
    window_of = np.where(back < folds, folds - 1 - back, -1)
    assignment = np.asarray(np.unique(window_of, return_inverse=True)[1] - 1, dtype=np.int64)
    waits = validation.gap * min(1.0, window / span) if span else 0.0
    passed = moments - (distinct[-1] - (back + 1) * window)  # since the window's past ended
    left_out = (assignment >= 0) & (passed < waits - 1e-9 * window)
    kept = np.bincount(assignment[(assignment >= 0) & ~left_out], minlength=assignment.max() + 1)
    return np.where(left_out, -2 - assignment, assignment) if kept.all() else assignment
