"""What stands beside the texts, for linear models on words: a sparse column for each category and each tenth of a number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.task import Codes

SPACE = {"beside": {"type": "choice", "choices": [True, False], "default": True, "kinds": ["categorical", "boolean", "numeric"]}}
LOUD = 0.5  # of a column's entry; the words of a text are a row of length 1
PARTS = 10  # of a number's range, equally many training rows in each


def with_others(known: Any, unknown: Any, train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any]) -> tuple[Any, Any]:
    """The CSR matrices of train and test with columns for the other features, where they are wanted and there are any."""
    blocks = [(known, unknown)]
    if params["beside"]:
        for name, kind in CONTRACT["kinds"].items():
            if name in train and name in test and kind in ("categorical", "boolean", "numeric"):
                blocks.append(told_apart(*codes_of(train[name], test[name], kind == "numeric")))
    return tuple(sparse.hstack(side, format="csr") for side in zip(*blocks, strict=True))


def codes_of(train: pd.Series[Any], test: pd.Series[Any], numeric: bool) -> tuple[Codes, Codes]:
    """Which value, or which part of a number's range, each row has; -1 where it has none."""
    if numeric:
        values, others = (pd.to_numeric(part, errors="coerce").to_numpy(float, na_value=np.nan) for part in (train, test))
        known = values[np.isfinite(values)]
        edges = np.unique(np.quantile(known, np.linspace(0, 1, PARTS + 1)[1:-1])) if len(known) else known
        return tuple(  # type: ignore[return-value]
            np.where(np.isnan(part), -1, np.searchsorted(edges, part, side="right")) for part in (values, others)
        )
    codes, _ = pd.factorize(pd.concat([train, test], ignore_index=True).astype("string"))
    return codes[: len(train)], codes[len(train) :]


def told_apart(codes: Codes, others: Codes) -> tuple[Any, Any]:
    """A CSR column for each code that two training rows have."""
    counts = np.bincount(codes[codes >= 0], minlength=1)
    frequent = np.flatnonzero(counts >= 2)
    places = np.full(max(codes.max(initial=-1), others.max(initial=-1)) + 2, -1)
    places[frequent] = np.arange(len(frequent))
    return _columns(places[codes], len(frequent)), _columns(places[others], len(frequent))


def _columns(places: Codes, width: int) -> Any:
    rows = np.flatnonzero(places >= 0)
    entries = np.full(len(rows), LOUD, dtype=np.float32)
    return sparse.csr_matrix((entries, (rows, places[rows])), shape=(len(places), width))
