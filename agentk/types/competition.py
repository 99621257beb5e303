"""A competition as a typed contract: what the files are, what is asked, how it is scored."""

from __future__ import annotations

from enum import StrEnum
from itertools import product
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

Label = bool | int | float | str
"""A class as the training file spells it."""


class TaskKind(StrEnum):
    """What is asked of a solution; it fixes the shape of its predictions.

    N test rows, C classes, T targets. Labels are never predicted, only what they are decided from.
    """

    BINARY = "binary"  # (N, 2): probability of each class, in the order of `Competition.classes`
    MULTICLASS = "multiclass"  # (N, C): probability of each class
    MULTILABEL = "multilabel"  # (N, T): probability that each target is true
    REGRESSION = "regression"  # (N, 1): value
    MULTIOUTPUT = "multioutput"  # (N, T): values
    ORDINAL = "ordinal"  # (N, 1): a real-valued grade; thresholds are the referee's
    SPANS = "spans"  # (N, 2): a part of the row's text: its first character, and the one behind its last

    @property
    def classifies(self) -> bool:
        """Whether predictions are probabilities of classes that exclude one another."""
        return self in (TaskKind.BINARY, TaskKind.MULTICLASS)


class ColumnKind(StrEnum):
    """What the values of a feature column are."""

    NUMERIC = "numeric"
    BOOLEAN = "boolean"
    CATEGORICAL = "categorical"
    DATETIME = "datetime"
    TEXT = "text"
    LIST = "list"  # JSON lists
    IMAGE = "image"  # a path relative to the data folder
    PIXEL = "pixel"  # how bright one place of the row's picture is, see `Pixels`
    IDENTIFIER = "identifier"  # near-unique; never a plain feature, though parts of it may be
    CONSTANT = "constant"


class Frozen(BaseModel):
    """Base of the contract's models: immutable, unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=False)


class TableFile(Frozen):
    """A table on disk and how it is read, so that an exported program reads it alike."""

    path: str  # relative to the competition's folder
    options: dict[str, JsonValue] = {}  # of `competitions.rows.read_table`


class Column(Frozen):
    """A feature column: present in train and test alike."""

    name: str
    kind: ColumnKind
    missing: float = 0.0  # share of training rows without a value
    unique: int = 0  # distinct values in train
    length: float = 0.0  # characters of a text, on average


class FileColumn(Frozen):
    """A column that agentk adds: for every row the path of its file, found by its id."""

    name: str
    id_column: str
    train: str  # e.g. "train/{}.png", relative to the data folder
    test: str
    partial: bool = False  # some rows have no such file, and no path


class Pixels(Frozen):
    """Columns that together are a picture of the row: which they are, and how it is put together of them."""

    name: str  # of the columns, as `str.format` takes it with a number for each of `counts`: "pixel{}", "{}x{}"
    counts: tuple[int, ...]  # how many numbers there are in each place of the name; the last one counts fastest
    first: int = 0  # the least of each
    height: int
    width: int
    channels: Literal[1, 3] = 1
    planar: bool = False  # colors follow one another as whole pictures; else the colors of a pixel are neighbors
    white: Literal[1, 255] = 255  # the brightest value there can be
    alike: float | None = None  # correlation of neighboring pixels; None: the person said that it is a picture
    apart: float | None = None  # of pixels half a picture away from one another

    @property
    def columns(self) -> tuple[str, ...]:
        """Their names in the order of the counts."""
        numbers = product(*(range(self.first, self.first + count) for count in self.counts))
        return tuple(self.name.format(*some) for some in numbers)

    @property
    def size(self) -> str:
        """As `--pixels` takes it."""
        return f"{self.height}x{self.width}" + (f"x{self.channels}" if self.channels > 1 else "")

    @property
    def words(self) -> str:
        """What kind of picture it is."""
        return f"{self.height} x {self.width}, {'gray' if self.channels == 1 else 'three colors'}"


class Cells(Frozen):
    """What each row of a submission asks for, where it has a row for every target of a test row that is wanted."""

    table: TableFile  # knows the submission's ids: a table beside it, or the sample itself
    entity: str  # its column that holds the id of a test row
    target: str  # its column that names a target
    pooled: bool = True  # every answer is scored as a row of its own; else target by target, and the mean of that


class Tags(Frozen):
    """Several targets, true or false each, that files name in one column: "agriculture road water"."""

    column: str
    separator: str
    names: tuple[str, ...]  # of the targets, in their order: the most frequent first
    always: bool = True  # every training row has one


class Candidates(Frozen):
    """Rows that are ranked against one another: those that share a key, each of which names an item."""

    key: str
    item: str
    most: int | None = None  # items that a cell of the submission lists; None: all


class SubmissionFormat(Frozen):
    """What submission.csv must look like."""

    columns: tuple[str, ...]
    id_columns: tuple[str, ...]
    kind: Literal["label", "probability", "class_probabilities", "values", "ranking", "span", "tags", "candidates"]
    # probability: one column, of the positive class or of each target; class_probabilities: one column a class;
    # ranking: the likeliest labels, best first, separated by spaces, as many as the metric's name says ("map@3");
    # span: the words of the row's text, as it spells them; tags: the names of the targets that are true, as `Tags` spells them
    # candidates: the items of the rows that share an id, best first, separated by spaces
    across: bool = False  # the answer columns are steps in time: test has a block of rows for each of them, the first one first


class Validation(Frozen):
    """How held-out rows are chosen, and why: it imitates how test relates to train."""

    scheme: Literal["random", "stratified", "grouped", "blocked", "rolling", "given"]
    folds: int = 5
    column: str | None = None  # group or time column
    pattern: str | None = None  # regular expression whose first group is the group key, e.g. "^(.*)_"
    gap: float = 0.0  # rolling: how long after the last row learned from the first one is held out, where that is not at once
    span: float | None = None  # of what is held out at a time: a block (blocked) or the horizon (rolling);
    # seconds where the column holds dates, else in the column's own unit
    most: int | None = None  # rows held out in all; what is more is only trained on. Of random, stratified and grouped alone
    reasons: tuple[str, ...] = ()


class OwnMetric(Frozen):
    """A metric of the person's own, whole, so that a run needs its file no more."""

    file: str  # its name
    function: str
    source: str
    direction: Literal["maximize", "minimize"]
    form: Literal["labels", "probabilities", "values"]
    link: Literal["identity", "log", "log1p"] = "identity"
    best: float  # of the truth, on the training rows
    columns: tuple[str, ...] = ()  # of the tables it takes, the id first; empty: it takes arrays
    places: tuple[int, ...] = ()  # of each of these but the id: which class or target its answers are of
    weighed: bool = False  # it takes the rows' weights, as a third array or as a column of the first table
    weights_column: str | None = None  # that column

    @property
    def name(self) -> str:
        """As `--metric` takes it, without the folder."""
        return f"{self.file}:{self.function}"


class RowWeights(Frozen):
    """How much a row counts in the metric: training rows have it in a column that held-out rows and test rows lack."""

    name: str  # of that column; `column` itself where only train has it and it holds the weights
    column: str  # of the file, by which rows count
    values: dict[str, float] = {}  # by what it holds, as spelled; empty: it holds the weights
    otherwise: float = 1.0  # of any other value

    @property
    def words(self) -> str:
        """As `--weights` takes them."""
        if not self.values:
            return self.column
        each = ",".join(f"{value}={weight:g}" for value, weight in self.values.items())
        return f"{self.column}:{each},else={self.otherwise:g}"


class Competition(Frozen):
    """The thing to solve, as setup understood and tested it."""

    name: str
    folder: Path
    description: str = ""
    task: TaskKind
    train: TableFile
    test: TableFile
    sample: TableFile | None = None
    unused: tuple[str, ...] = ()  # tables of the folder that nothing is read from
    pages: tuple[str, ...] = ()  # files that the description was read from
    id_columns: tuple[str, ...] = ()  # of the test file; empty: the row number
    targets: tuple[str, ...]
    classes: tuple[Label, ...] = ()  # binary and multiclass: in the order of the prediction's columns;
    # ordinal: the grades in order; the positive class of a binary task is the last
    passage: str | None = None  # spans: the text column that answers are cut from
    columns: tuple[Column, ...]
    file_columns: tuple[FileColumn, ...] = ()
    pixels: Pixels | None = None  # where columns are the pixels of a picture
    backbones: tuple[str, ...] = ()  # files of pretrained networks that programs find in `weights` of the data folder
    train_only: tuple[str, ...] = ()  # in train, not in test, not targets
    dropped: tuple[str, ...] = ()  # columns left out of all rows, as they give the target away
    metric: str
    own_metric: OwnMetric | None = None  # where `metric` names a function of the person's own
    weights: RowWeights | None = None  # of rows in the metric; None: all count alike
    column_weights: tuple[float, ...] = ()  # of each target, or of each class, in the metric; empty: all count alike
    submission: SubmissionFormat
    cells: Cells | None = None  # where the submission has a row for each answer instead of one for each test row
    candidates: Candidates | None = None  # where each id of the submission ranks rows of test
    tags: Tags | None = None  # where files name the true targets of a row in one column
    validation: Validation
    rows: int  # of train
    test_rows: int
    gaps: float = 0.0  # share of the values of several targets that training rows lack; no row lacks all
    reasons: tuple[str, ...] = ()  # why setup believes what it believes, in the order of its stages
    doubts: tuple[str, ...] = ()  # what setup was not sure of, and the flag that overrides it
    findings: tuple[str, ...] = ()  # leak scan, train/test shift: shown, not acted on

    @property
    def width(self) -> int:
        """Columns of a prediction matrix."""
        if self.task is TaskKind.SPANS:
            return 2
        return len(self.classes) if self.task.classifies else len(self.targets)

    @property
    def weighing(self) -> str:
        """What counts how much in the metric, in words; "" where all counts alike."""
        parts = []
        if self.weights is not None:
            each = [f"{value} {weight:g}" for value, weight in self.weights.values.items()]
            rule = f": {', '.join(each)}, others {self.weights.otherwise:g}" if each else ""
            parts.append(f"rows weighed by {self.weights.column}{rule}")
        if self.column_weights:
            names = self.classes if self.task.classifies else self.targets
            each = [f"{name} {weight:g}" for name, weight in zip(names, self.column_weights, strict=False)]
            parts.append(f"weights {', '.join(each)}")
        return "; ".join(parts)

    def contract(self) -> dict[str, JsonValue]:
        """The literal a composed solution carries: what it must know of the competition, no label, no row."""
        passage: dict[str, JsonValue] = {} if self.passage is None else {"passage": self.passage}
        return passage | {
            "task": self.task.value,
            "targets": list(self.targets),
            "classes": list(self.classes),
            "kinds": {column.name: column.kind.value for column in self.columns},
            "id_columns": list(self.id_columns),
            "train_only": list(self.train_only),
            "metric": self.metric,
            "rows": self.rows,
            **({"pixels": self.pixels.model_dump(mode="json", exclude={"alike", "apart"})} if self.pixels else {}),
            **({"gaps": True} if self.gaps else {}),
            **({"sequence": self.validation.column} if self.validation.scheme == "grouped" and self.validation.column else {}),
            **({"backbones": list(self.backbones)} if self.backbones else {}),
            **({"weight": self.weights.name} if self.weights else {}),
        }
