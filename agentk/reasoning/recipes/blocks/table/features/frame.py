"""A typed frame of features from raw columns, blind to the target: floats, and pandas categories for what is not a number.

Training and test rows are read together, so that both get the same columns and categories.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.table.features.dates import date_features
from agentk.reasoning.recipes.blocks.table.features.lists import list_features
from agentk.reasoning.recipes.blocks.table.features.numbers import LARGEST, missing_features, row_features
from agentk.reasoning.recipes.blocks.table.features.order import order_features
from agentk.reasoning.recipes.blocks.table.features.shared import shared_features
from agentk.reasoning.recipes.blocks.table.features.strings import count_feature, string_parts
from agentk.reasoning.recipes.blocks.table.features.text import text_features
from agentk.reasoning.recipes.blocks.task import Features

SPACE = {
    "strings": {
        "type": "choice",
        "choices": ["none", "parts", "counts", "both"],
        "default": "both",
        "kinds": ["categorical", "identifier", "text"],
    },
    "missing": {"type": "choice", "choices": [False, True], "default": True},
}

TRUE_WORDS = ("true", "yes", "y", "t", "1", "1.0")
FALSE_WORDS = ("false", "no", "n", "f", "0", "0.0")
MOST_DISTINCT = 0.3  # categories with more distinct values a row are noise: their parts and counts remain


def typed_frames(
    train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], summed: frozenset[str] = frozenset()
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Features of the training and of the test rows: float columns and category columns, none of them constant in train.

    summed: columns of numbers that count in features of whole rows alone.
    """
    columns = [name for name in (*CONTRACT["id_columns"], *CONTRACT["kinds"]) if name in train and name in test]
    columns = list(dict.fromkeys(name for name in columns if name not in CONTRACT["targets"]))
    rows = pd.concat([train[columns], test[columns]], ignore_index=True)
    own = [name for name in columns if name not in summed]
    numbers = plain_numbers(rows[[name for name in own if CONTRACT["kinds"].get(name) == "numeric"]])
    features: Features = {}
    for name in own:
        features |= {name: numbers[name]} if name in numbers else column_features(name, rows[name], len(train), params)
    if params["missing"]:
        features |= missing_features(rows)
    features |= row_features(numbers | {name: rows[name].to_numpy() for name in columns if name in summed})
    features |= order_features(rows, numbers)
    features |= shared_features(rows, len(train))
    return split_frame(features, len(train))


def column_features(name: str, values: pd.Series[Any], train_rows: int, params: dict[str, Any]) -> Features:
    """What one column gives, by its kind."""
    kind = CONTRACT["kinds"].get(name, "identifier")
    if kind == "boolean":
        return {name: truth(values)}
    if kind == "datetime":
        return date_features(name, values, params["dates"])
    if kind == "list":
        return list_features(name, values)
    features: Features = {}
    if kind == "text":
        features |= text_features(name, values, train_rows, params)
    if kind == "categorical" and values.nunique() < MOST_DISTINCT * values.notna().sum():
        features[name] = values.astype("category") if is_number(values) else category(values)
    if kind in ("categorical", "identifier", "text") and not is_number(values):
        features |= string_parts(name, values, train_rows) if params["strings"] in ("parts", "both") else {}
        features |= count_feature(name, values) if params["strings"] in ("counts", "both") else {}
    return features


def split_frame(features: Features, rows: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The first `rows` rows and the rest, without the columns that do not vary over the first."""
    if not features:
        features = {"nothing": np.zeros(rows)}
        return pd.DataFrame(features), pd.DataFrame(features).iloc[:0]
    varying = [name for name, values in features.items() if varies(values[:rows])] or list(features)[:1]
    frame = pd.DataFrame({name: features[name] for name in varying})
    return frame.iloc[:rows], frame.iloc[rows:].reset_index(drop=True)


def varies(values: Any) -> bool:
    """Whether floats, or categories, are not all the same; what is missing is a value of its own."""
    if not isinstance(values, np.ndarray):
        return bool(pd.Series(values).nunique(dropna=False) > 1)
    first = values[:1]
    return not bool((values == first).all()) and not bool(np.isnan(values).all())


def plain_numbers(rows: pd.DataFrame) -> Features:
    """Floats of all numeric columns, as `number` has them, thousands of columns at once."""
    bulk = [name for name, kind in rows.dtypes.items() if isinstance(kind, np.dtype) and kind.kind in "iuf"]
    table = rows[bulk].to_numpy(dtype=float).T
    table = np.clip(np.where(np.isfinite(table), table, np.nan), -LARGEST, LARGEST)
    return dict(zip(bulk, table, strict=True)) | {name: number(rows[name]) for name in rows if name not in set(bulk)}


def number(values: pd.Series[Any]) -> Any:
    """(N,) floats, NaN where there is no finite number."""
    result = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return np.clip(np.where(np.isfinite(result), result, np.nan), -LARGEST, LARGEST)


def truth(values: pd.Series[Any]) -> Any:
    """(N,) 1, 0 or NaN; two other words are ordered by the alphabet."""
    if values.dtype.kind in "biuf" and values.dropna().isin((0, 1)).all():
        return values.to_numpy(dtype=float)
    words = values.astype("string").str.strip().str.lower()
    if not words.dropna().isin(TRUE_WORDS + FALSE_WORDS).all():
        codes = category(values).cat.codes.to_numpy(float)
        return np.where(codes < 0, np.nan, codes)
    result = np.where(words.isin(TRUE_WORDS).fillna(False), 1.0, 0.0)
    return np.where(words.isna(), np.nan, result)


def category(values: pd.Series[Any]) -> pd.Series[Any]:
    """A column of categories, spelled as strings."""
    codes, distinct = pd.factorize(values)
    words, places = np.unique(pd.Series(distinct).astype("string").str.strip().to_numpy(dtype=object), return_inverse=True)
    codes = np.where(codes < 0, -1, places[codes]) if len(words) else codes
    return pd.Series(pd.Categorical.from_codes(codes, words), index=values.index)  # type: ignore[call-overload]


def is_number(values: pd.Series[Any]) -> bool:
    """Whether a column holds numbers already."""
    return values.dtype.kind in "iufb"
