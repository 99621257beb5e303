"""A competition about to be written: its tables, pictures, page and file names, and the contract that setup should arrive at."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from agentk.types.competition import TaskKind

Generator = np.random.Generator
Bits = np.ndarray[Any, np.dtype[np.uint8]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass
class Truth:
    """The contract as its maker knows it."""

    task: TaskKind
    targets: tuple[str, ...]
    ids: tuple[str, ...]  # of the submission
    answers: tuple[str, ...]  # columns of the submission that are to be filled in
    metric: str | None  # None: no page says, so that setup must doubt or ask
    kind: str  # of the submission
    schemes: tuple[str, ...]  # of validation that imitate test
    column: str | None = None  # that groups or orders rows, where a scheme needs one
    positive: object = None  # of a binary task, where its labels do not order themselves
    weights: str | None = ""  # in the metric, in the words of --weights; None: there are some that nobody is told
    pixels: str = ""  # the picture that columns are, in the words of --pixels


@dataclass
class World:
    """Rows with a structure, before anyone asks for anything: test is where `held_out`."""

    rows: pd.DataFrame
    targets: tuple[str, ...]
    task: TaskKind
    held_out: Mask
    id: str
    schemes: tuple[str, ...]
    column: str | None = None
    sides: dict[str, pd.DataFrame] = field(default_factory=dict)  # further tables by stem
    pictures: dict[str, Bits] = field(default_factory=dict)  # by path
    train_only: tuple[str, ...] = ()
    numbered: bool = False  # ids are row numbers that only the sample has
    positive: object = None
    composed: bool = False  # ids are composed of columns, and only the sample has them
    pixels: str = ""  # the picture that columns are, in the words of --pixels


@dataclass
class Layout:
    """Files about to be written. Oddities change it in place, and its truth with it."""

    train: pd.DataFrame
    test: pd.DataFrame
    sample: pd.DataFrame | None
    truth: Truth
    page: str | None
    sides: dict[str, pd.DataFrame] = field(default_factory=dict)
    pictures: dict[str, Bits] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=lambda: {"train": "train", "test": "test", "sample": "sample_submission"})
    ending: str = ".csv"  # .csv .tsv .jsonl .json .parquet, and perhaps .gz or .zip behind it
    separator: str = ","
    decimal: str = "."
    encoding: str = "utf-8"
    page_name: str = "description.md"
    archive: str | None = None  # all tables in one zip of this name
    below: str = "."  # folder in which the files lie
    remark: str = ""  # of the page, behind what it says of the metric


Maker = Callable[[Generator], World]
Oddity = Callable[[Layout, Generator], None]


def write(layout: Layout, folder: Path) -> None:
    """Writes the competition into the new `folder`."""
    folder = folder / layout.below
    folder.mkdir(parents=True)
    parts = {"train": layout.train, "test": layout.test}
    tables = {layout.names[part]: frame for part, frame in parts.items() if part in layout.names} | layout.sides
    files = {f"{stem}{layout.ending}": _bytes(frame, layout) for stem, frame in tables.items()}
    if layout.sample is not None:
        plain = Layout(layout.train, layout.test, None, layout.truth, None)
        files[f"{layout.names['sample']}.csv"] = _bytes(layout.sample, plain)
    if layout.archive is not None:
        with zipfile.ZipFile(folder / layout.archive, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
    else:
        for name, data in files.items():
            (folder / name).write_bytes(data)
    if layout.page is not None:
        (folder / layout.page_name).write_text(layout.page, encoding="utf-8")
    if layout.pictures:
        from PIL import Image

        for path, bits in layout.pictures.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(bits).save(folder / path)


def _bytes(frame: pd.DataFrame, layout: Layout) -> bytes:
    bare = layout.ending.removesuffix(".gz").removesuffix(".zip")
    if bare == ".parquet":
        buffer = io.BytesIO()
        frame.to_parquet(buffer, index=False)
        data = buffer.getvalue()
    elif bare in (".json", ".jsonl"):
        lines = bare == ".jsonl"
        data = str(frame.to_json(orient="records", lines=lines)).encode()
    else:
        separator = "\t" if bare == ".tsv" else layout.separator
        data = frame.to_csv(index=False, sep=separator, decimal=layout.decimal).encode(layout.encoding)
    if layout.ending.endswith(".gz"):
        return gzip.compress(data, mtime=0)
    if layout.ending.endswith(".zip"):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"table{bare}", data)
        return buffer.getvalue()
    return data
