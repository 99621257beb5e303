"""Finished folds and prepared features on disk: nothing that was done before a kill is done again."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np

from agentk.errors import StoreError
from agentk.types.metric import Array
from agentk.types.solution import RESERVED, Solution
from agentk.types.space import Params

PREPARED_BYTES = 4 << 30
"""Prepared features kept on disk at most; the ones used longest ago go first."""


class FoldCache:
    """Checked predictions of finished calls, by content, in `folder/folds/<digest>/<call>.npz`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "folds"

    def find(self, digest: str, call: int) -> tuple[Array, float] | None:
        """The predictions and slot seconds of a call that finished earlier."""
        path = self.folder / digest / f"{call}.npz"
        if not path.exists():
            return None
        with np.load(path, allow_pickle=False) as kept:
            return kept["predictions"], float(kept["seconds"])

    def keep(self, digest: str, call: int, predictions: Array, seconds: float) -> None:
        """Raises StoreError when it cannot be written."""
        path = self.folder / digest / f"{call}.npz"
        part = path.with_suffix(".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                np.savez(file, predictions=predictions, seconds=seconds)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError as error:
            raise StoreError(
                f"cannot write {path}: {error.strerror or error}; free some space or check the folder's rights"
            ) from None

    def forget(self, digest: str) -> None:
        """Drops all calls of one evaluation."""
        shutil.rmtree(self.folder / digest, ignore_errors=True)


class PreparedCache:
    """Files of prepared features, opaque to the referee, in `folder/prepared/`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "prepared"

    def find(self, digest: str) -> Path | None:
        """The file, marked as used now."""
        path = self.folder / f"{digest}.pkl"
        if not path.exists():
            return None
        os.utime(path)
        return path

    def keep(self, digest: str, made: Path, in_use: set[str]) -> Path:
        """Moves the file in, and drops the oldest ones that no one waits for while there is too much."""
        path = self.folder / f"{digest}.pkl"
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.move(made, path)
        files = sorted(self.folder.glob("*.pkl"), key=lambda file: file.stat().st_mtime)
        total = sum(file.stat().st_size for file in files)
        for file in files:
            if total <= PREPARED_BYTES:
                break
            if file != path and file.stem not in in_use:
                total -= file.stat().st_size
                file.unlink()
        return path


def content_digest(solution: Solution, params: Params, data: str) -> str:
    """Of everything that a call's predictions depend on; `data` is the digest of rows, labels and layout."""
    text = json.dumps([solution.source, params, data], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def prepare_params(source: str, params: Params) -> Params | None:
    """The parameters that `prepare` depends on, as far as its text tells; None where the solution has no `prepare`.

    Only when every use of its params argument is `params["name"]` or `params.get("name", ...)` are others left out.
    """
    function = next(
        (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == "prepare"), None
    )
    if function is None:
        return None
    names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    if len(names) < 2:
        return params
    asked: set[str] = set()
    plain: set[int] = set()
    for node in ast.walk(function):
        key: ast.expr | None = None
        value: ast.expr | None = None
        if isinstance(node, ast.Subscript):
            key, value = node.slice, node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
            key, value = node.args[0], node.func.value
        if isinstance(value, ast.Name) and value.id == names[1] and isinstance(key, ast.Constant) and isinstance(key.value, str):
            asked.add(key.value)
            plain.add(id(value))
    uses = [node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id == names[1]]
    if any(id(use) not in plain for use in uses):
        return params
    return {name: value for name, value in params.items() if name in asked or name in RESERVED}
