"""The far side of a metric of one's own: in a sandbox of its own it loads the function and scores what it is sent."""

from __future__ import annotations

import inspect
import linecache
import socket
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from pydantic import JsonValue

from agentk.competitions.metrics.talk import hear, say
from agentk.sandbox.protocol import LINE
from agentk.types.metric import Array

_MOST_CELLS = 1 << 28
_TOLD = ("direction", "form", "link", "weights")


def serve(_: None, __: Path, arguments: dict[str, Any]) -> None:
    """Says what the function is, then scores every pair of truth and answer it hears, until the line is closed.

    arguments: file, function and source; spelling, the arguments of `Spelling`, None where it is only to be described.
    """
    line = socket.socket(fileno=LINE)
    try:
        function = _loaded(arguments["file"], arguments["source"], arguments["function"])
        say(line, _described(function))
    except (Exception, SystemExit) as error:  # whatever the person's file does when it is executed
        say(line, {"error": _in_words(error, arguments["file"])})
        return
    if arguments["spelling"] is None:
        return
    spelling = Spelling(**arguments["spelling"])
    while (heard := hear(line, _MOST_CELLS)) is not None:
        try:
            reply: dict[str, JsonValue] = {"score": _number(function(*spelling.spelled(*heard[1])))}
        except (Exception, SystemExit) as error:
            reply = {"error": _in_words(error, arguments["file"])}
        say(line, reply)


class Spelling:
    """How truth and answer are given to the function: as arrays, or as the two tables that Kaggle's own metrics take.

    form        what answers are, as `agentk.types.metric.Metric` has it
    classes     the labels by their codes; none where the task has no classes
    columns     of Kaggle's tables, the id first; none: arrays
    places      of each column but the id the class or target whose answers it holds
    weights     the column of the first table that holds the rows' weights, where there are some
    """

    def __init__(self, form: str, classes: list[Any], columns: list[str], places: list[int], weights: str | None) -> None:
        self._form, self._columns, self._places, self._weights = form, columns, places, weights
        self._classes = np.array(classes) if classes else None

    def spelled(self, truth: Array, answer: Array, weights: Array | None = None) -> tuple[Any, ...]:
        """What the function is called with; weights (N,) of the rows, where it takes them."""
        if self._columns:
            return self._tables(truth, answer, weights)
        third = () if weights is None else (weights,)
        if self._classes is None:
            return _narrow(truth), _narrow(answer), *third
        if self._form == "labels":
            return self._labels(truth), self._labels(answer), *third
        return truth.astype(int), answer[:, 1] if answer.shape[1] == 2 else answer, *third

    def _labels(self, codes: Array) -> Any:
        assert self._classes is not None
        return self._classes[codes.reshape(-1).astype(int)]

    def _tables(self, truth: Array, answer: Array, weights: Array | None) -> tuple[Any, ...]:
        import pandas as pd

        row_id, *columns = self._columns
        if self._classes is None:
            wide = truth.reshape(len(truth), -1), answer.reshape(len(answer), -1)
        elif self._form == "labels":
            wide = self._labels(truth)[:, None], self._labels(answer)[:, None]
        else:
            wide = np.eye(answer.shape[1])[truth.astype(int)], answer
        rows = np.arange(len(truth))
        tables = [
            pd.DataFrame({row_id: rows} | {name: cells[:, at] for name, at in zip(columns, self._places, strict=True)})
            for cells in wide
        ]
        if weights is not None and self._weights is not None:
            tables[0][self._weights] = weights
        return *tables, row_id


def _loaded(file: str, source: str, name: str) -> Callable[..., Any]:
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)  # so that tracebacks quote it
    module = ModuleType(Path(file).stem)
    module.__file__ = file
    sys.modules.setdefault(module.__name__, module)  # dataclasses and the like look themselves up there
    exec(compile(source, file, "exec"), module.__dict__)
    function = getattr(module, name)
    if not callable(function):
        raise TypeError(f"{name} is {type(function).__name__}, not a function")
    return function  # type: ignore[no-any-return]


def _described(function: Callable[..., Any]) -> Mapping[str, JsonValue]:
    """The names of the parameters that have to be given, and what the function says about itself."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = list(inspect.signature(function).parameters.values())
    needed = [one.name for one in parameters if one.default is one.empty and one.kind in kinds]
    only = [one.name for one in parameters if one.default is one.empty and one.kind is one.KEYWORD_ONLY]
    room = [one.name for one in parameters if one.kind in kinds]
    told = {name: str(getattr(function, name)) for name in _TOLD if hasattr(function, name)}
    return {"needed": [*needed], "keywords": [*only], "room": [*room], "told": {**told}}


def _number(result: object) -> float:
    if isinstance(result, np.ndarray) and result.ndim == 0:
        result = result.item()
    if isinstance(result, bool | np.bool_) or not isinstance(result, int | float | np.integer | np.floating):
        raise TypeError(f"it returned {type(result).__name__} {str(result)[:60]!r}, not a number")
    return float(result)


def _narrow(values: Array) -> Array:
    return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values


def _in_words(error: BaseException, file: str) -> str:
    """The error in one line, with the last line of the person's file that it went through."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    where = f" (line {lines[-1]})" if lines and lines[-1] else ""
    return f"{type(error).__name__}: {str(error)[:500]}{where}"
