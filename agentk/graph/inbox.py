"""The inbox: what a person puts into the folder of a run, from any process, for its next plan to read."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from agentk.errors import StoreError
from agentk.graph.folder import DRAFT, RunFolder
from agentk.types.metric import Array

LETTER, PROGRAM, OOF, TEST = "letter.json", "solution.py", "oof.npy", "test.npy"


@dataclass(frozen=True)
class Letter:
    """An idea, a program, or the predictions of a model that was fitted elsewhere."""

    path: Path
    kind: Literal["hint", "program", "predictions"]
    text: str  # the idea; else the name of the model

    @property
    def name(self) -> str:
        """Unique within the run; letters are read in the order of their names."""
        return self.path.name

    def source(self) -> str:
        """The program, as the person wrote it."""
        return (self.path / PROGRAM).read_text(encoding="utf-8")

    def predictions(self) -> tuple[Array, Array]:
        """(N, W) out-of-fold predictions, NaN where there is none, and (M, W) of the test rows."""
        return np.load(self.path / OOF, allow_pickle=False), np.load(self.path / TEST, allow_pickle=False)

    def discard(self) -> None:
        """Takes it out of the inbox; twice is once."""
        shutil.rmtree(self.path, ignore_errors=True)


def post_hint(folder: RunFolder, idea: str) -> None:
    """An idea in the person's words."""
    _post(folder, "hint", idea, lambda _: None)


def post_program(folder: RunFolder, name: str, source: str) -> None:
    """A program of the person's, to be executed as an attempt."""
    _post(folder, "program", name, lambda draft: _write_text(draft / PROGRAM, source))


def post_predictions(folder: RunFolder, name: str, oof: Array, test: Array) -> None:
    """Predictions of a model that was fitted elsewhere: (N, W) out of fold, NaN where there is none, and (M, W) of test."""

    def write(draft: Path) -> None:
        np.save(draft / OOF, oof)
        np.save(draft / TEST, test)

    _post(folder, "predictions", name, write)


def letters(folder: RunFolder) -> list[Letter]:
    """What waits to be read, oldest first. Raises StoreError for a letter that agentk did not write."""
    if not folder.inbox.exists():
        return []
    return [_read(path) for path in sorted(folder.inbox.iterdir()) if not path.name.startswith(DRAFT)]


def _post(folder: RunFolder, kind: str, text: str, write: Callable[[Path], None]) -> None:
    def whole(draft: Path) -> None:
        _write_text(draft / LETTER, json.dumps({"kind": kind, "text": text}, ensure_ascii=False))
        write(draft)

    folder.post(f"{time.time_ns()}-{os.getpid()}", whole)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _read(path: Path) -> Letter:
    try:
        facts = json.loads((path / LETTER).read_text(encoding="utf-8"))
        return Letter(path, facts["kind"], str(facts["text"]))
    except (OSError, ValueError, KeyError) as error:
        raise StoreError(
            f"{path} is no letter that agentk wrote ({error}); remove it and use `agentk tell` or `agentk add`"
        ) from None
