"""Competitions of every size: tiny, tall and wide tables with a known hidden structure, their answers, and a simple model's submission."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from agentk.bench.synthetic.layout import Generator
from agentk.types.metric import Array

PAGE = """# {name}

## Evaluation

Submissions are evaluated on {saying}.

For each id in the test set, predict {target}. The file should contain a header and have this format:

```
id,{target}
1,0.5
```
"""
SAYINGS = {
    "auc": "the area under the ROC curve between the predicted probability and the observed target",
    "rmse": "the root mean squared error",
    "log_loss": "the logarithmic loss (log loss) of the predicted probability",
}
TEST_SHARE = 0.25
CATEGORIES = (3, 12, 60, 1500)  # distinct values of the columns of words of a tall table
ACTIVE = 20  # columns of a wide table that the target depends on
HOLES = 0.05
MOST_SPLIT_ON = 200  # columns that a simple forest of values looks at for a split


@dataclass(frozen=True)
class Size:
    """One competition but for its seed. columns: without the id and the target."""

    name: str
    rows: int  # train and test together
    columns: int
    metric: str
    ending: str = ".csv"

    @property
    def is_wide(self) -> bool:
        """Whether columns are many for the rows, and most of them mean nothing."""
        return self.columns >= 500


SIZES = (
    Size("tiny-40-auc", 40, 3, "auc"),
    Size("tiny-100-auc", 100, 3, "auc"),
    Size("tiny-100-rmse", 100, 3, "rmse"),
    Size("tiny-300-log_loss", 300, 8, "log_loss"),
    Size("tall-100k-auc", 133_000, 20, "auc"),
    Size("tall-100k-rmse", 133_000, 12, "rmse"),
    Size("tall-1m-auc", 1_330_000, 20, "auc"),
    Size("tall-1m-rmse", 1_330_000, 30, "rmse"),
    Size("tall-5m-rmse", 6_650_000, 10, "rmse", ".parquet"),
    Size("tall-10m-auc", 13_300_000, 8, "auc", ".parquet"),
    Size("wide-1k-auc", 1000, 1000, "auc"),
    Size("wide-1k-rmse", 5000, 1000, "rmse"),
    Size("wide-3k-auc", 2000, 3000, "auc"),
    Size("wide-3k-rmse", 6500, 3000, "rmse"),
    Size("wide-10k-auc", 1300, 10_000, "auc"),
    Size("wide-10k-rmse", 4000, 10_000, "rmse"),
)


def write_size(size: Size, seed: int, folder: Path, answers: Path, simple: Path) -> None:
    """Writes `folder`/NAME/ in Kaggle's layout, the truth of its test rows and the simple model's answers as NAME.csv."""
    rng = np.random.default_rng([seed, zlib.crc32(size.name.encode())])
    frame, hidden = (wide if size.is_wide else tall)(rng, size.rows, size.columns)
    values: Array = hidden.round(4) if size.metric == "rmse" else (hidden > np.quantile(hidden, 0.7)).astype(np.int64)
    frame.insert(0, "id", np.arange(size.rows))
    held_out = rng.random(size.rows) < TEST_SHARE
    target = "price" if size.metric == "rmse" else "churned"
    train, test = frame[~held_out].assign(**{target: values[~held_out]}), frame[held_out]
    place = folder / size.name
    for path in (place, answers, simple):
        path.mkdir(parents=True, exist_ok=True)
    for name, part in (("train", train), ("test", test)):
        _write(part, place / f"{name}{size.ending}")
    _write(test[["id"]].assign(**{target: 0.5}), place / "sample_submission.csv")
    (place / "description.md").write_text(PAGE.format(name=size.name, saying=SAYINGS[size.metric], target=target))
    _write(test[["id"]].assign(**{target: values[held_out]}), answers / f"{size.name}.csv")
    _write(test[["id"]].assign(**{target: simple_model(train, test, target, size)}), simple / f"{size.name}.csv")


def tall(rng: Generator, rows: int, columns: int) -> tuple[pd.DataFrame, Array]:
    """Numbers and words with holes, and a hidden value of bends, steps, effects of categories and a few products."""
    words = 1 if columns < 8 else len(CATEGORIES)
    data: dict[str, object] = {}
    hidden = rng.normal(0, 0.6, rows)
    numbers = []
    for at in range(columns - words):
        values = rng.normal(0, 1, rows).astype(np.float32)
        bend: Callable[[Array], Array] = (np.sin, np.tanh, np.square, np.abs)[at % 4]
        if at % 3 != 2:  # every third column means nothing
            hidden += rng.uniform(0.2, 0.7) * bend(rng.uniform(0.5, 2.0) * values.astype(float))
        numbers.append(values)
        kept = np.where(rng.random(rows) < HOLES, np.nan, values) if at % 5 == 4 else values
        data[f"n{at}"] = kept.round(3) if at % 2 else (20 * kept).round(0)
    for first, second in pairwise(numbers[:4]):
        hidden += 0.5 * first * (second > 0)
    for at in range(words):
        count = CATEGORIES[at]
        codes = np.minimum(rng.geometric(min(0.5, 4.0 / count), rows) - 1, count - 1)
        hidden += rng.normal(0, 0.5, count)[codes]
        data[f"c{at}"] = pd.Series(np.array([f"v{code:04d}" for code in range(count)])[codes], dtype="category")
    return pd.DataFrame(data), np.asarray(hidden, np.float64)


def wide(rng: Generator, rows: int, columns: int) -> tuple[pd.DataFrame, Array]:
    """Numbers in correlated groups of ten, `ACTIVE` of which make the hidden value, most along lines, some along bends."""
    shared = rng.normal(0, 1, (rows, -(-columns // 10))).astype(np.float32)
    values = 0.5 * np.repeat(shared, 10, axis=1)[:, :columns] + rng.normal(0, 1, (rows, columns)).astype(np.float32)
    active = rng.choice(columns, ACTIVE, replace=False)
    hidden = rng.normal(0, 1.0, rows)
    for at, column in enumerate(active):
        own = values[:, column]
        hidden += rng.choice((-1, 1)) * rng.uniform(0.3, 1.0) * (own if at % 4 else np.abs(own))
    return pd.DataFrame(values.round(3), columns=[f"f{at}" for at in range(columns)]), np.asarray(hidden, np.float64)


def simple_model(train: pd.DataFrame, test: pd.DataFrame, target: str, size: Size) -> Array:
    """What a person writes in a few minutes: scikit-learn's boosting on codes, a forest where columns are many or rows few."""
    from sklearn.ensemble import (
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
        RandomForestClassifier,
        RandomForestRegressor,
    )

    names = [str(name) for name in test.columns if name != "id"]
    words = [name for name in names if isinstance(test[name].dtype, pd.CategoricalDtype)]
    X, X_test = (
        np.column_stack([part[name].cat.codes if name in words else part[name] for name in names]) for part in (train, test)
    )
    boosts = not size.is_wide and size.rows >= 1000
    forest: dict[str, Any] = {"n_estimators": 200, "random_state": 0, "n_jobs": -1}
    if size.metric == "rmse":
        few = min(X.shape[1], MOST_SPLIT_ON)
        model = HistGradientBoostingRegressor(random_state=0) if boosts else RandomForestRegressor(**forest, max_features=few)
        return np.asarray(model.fit(X, train[target]).predict(X_test), np.float64)
    model = HistGradientBoostingClassifier(random_state=0) if boosts else RandomForestClassifier(**forest)
    return np.asarray(model.fit(X, train[target]).predict_proba(X_test)[:, 1], np.float64)


def _write(frame: pd.DataFrame, path: Path) -> None:
    """By Arrow, which is much faster than pandas where rows are many."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    plain = frame.copy(deep=False)
    for name in plain.columns[[isinstance(kind, pd.CategoricalDtype) for kind in plain.dtypes]]:
        plain[name] = plain[name].astype(str)
    table = pa.Table.from_pandas(plain, preserve_index=False)
    if path.suffix == ".parquet":
        parquet.write_table(table, path)
    else:
        csv.write_csv(table, path, csv.WriteOptions(quoting_style="needed"))
