"""Tables in another shape: set below or beside each other, cells spread over columns, many rows a key summed up.

This file stands alone, as `rows.py` does, which it is carried with: numpy, pandas and the standard library, nothing of agentk.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd


def summed(rows: pd.DataFrame, on: Sequence[str], name: str) -> pd.DataFrame:
    """One row a key: how many rows it has, and of each column what a table can say of many values, in the order of the file.

    Numbers: mean, deviation, least, greatest, last and mean step from row to row. Words: the most frequent, how many differ.
    Columns are called NAME_COLUMN_STATISTIC. Other columns (lists, one value a row) say nothing of a key and are left out.
    """
    on = list(on)
    rows = rows.dropna(subset=on)
    groups = rows.groupby(on, sort=False)
    found: dict[str, pd.Series[Any]] = {f"{name}_rows": groups.size()}
    others = [column for column in rows.columns if column not in on]
    for column in (c for c in others if rows[c].dtype.kind in "biuf" and rows[c].nunique() > 1):
        values = rows[column].astype("float32")
        own = values.groupby([rows[key] for key in on], sort=False)
        steps = own.diff().abs().groupby([rows[key] for key in on], sort=False).mean()
        parts = {"mean": own.mean(), "std": own.std(), "min": own.min(), "max": own.max(), "last": own.last(), "step": steps}
        found |= {f"{name}_{column}_{what}": part for what, part in parts.items()}
    for column in (c for c in others if rows[c].dtype.kind not in "biuf"):
        words = rows[column].astype("str")
        if words.nunique() > max(50, 0.1 * len(rows)):
            continue
        counts = pd.DataFrame({**{key: rows[key] for key in on}, "word": words}).value_counts().reset_index()
        found[f"{name}_{column}_most"] = counts.drop_duplicates(on).set_index(on)["word"]
        found[f"{name}_{column}_kinds"] = counts.groupby(on, sort=False).size()
    return pd.DataFrame(found).reset_index()


def as_amounts(values: pd.Series[Any], decimal: str) -> pd.Series[Any]:
    """Numbers without the signs about them."""
    if pd.api.types.is_numeric_dtype(values):
        return values.astype("float64")
    bare = values.astype("str").str.replace(r"[$€£¥%.\s]" if decimal == "," else r"[$€£¥%,\s]", "", regex=True)
    numbers = pd.to_numeric(bare.str.replace(",", ".").where(values.notna()), errors="coerce")
    return numbers.astype("float64")


def below_each_other(
    frame: pd.DataFrame, keep: Sequence[str], name: str, value: str | None, names: Sequence[Any] | None = None
) -> pd.DataFrame:
    """A row for each row and other column: all rows for the first column, then all for the second."""
    keep = list(keep)
    if names is not None:
        others = frame.drop(columns=keep)
        frame = pd.concat([frame[keep], others.set_axis(list(names), axis=1)], axis=1)
    longer = frame.melt(keep, var_name=name, value_name=value or "value")
    longer[name] = longer[name].infer_objects()
    return longer if value else longer.drop(columns="value")


def side_by_side(frame: pd.DataFrame, on: str, name: str, value: str | None, drop: Sequence[str]) -> pd.DataFrame:
    """One row for each value of `on`, in the order of the file, with a column for each name."""
    rows = frame.drop(columns=[name, *drop, *([value] if value else [])]).drop_duplicates(on)
    if not value:
        return rows.reset_index(drop=True)
    wide = frame.drop_duplicates([on, name]).pivot(index=on, columns=name, values=value)
    return rows.merge(wide, left_on=on, right_index=True, how="left").reset_index(drop=True)


def spread_cells(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """A column of numbers for each place in the cells of `name`, in its stead."""
    cells = frame[name].tolist()
    numbers = _small_wholes(cells)
    if numbers is None:
        rows = [np.array(cell, dtype=np.float32) if isinstance(cell, list) else _listed(str(cell)) for cell in cells]
        numbers = np.vstack([row if len(row) == len(rows[0]) else np.full(len(rows[0]), np.nan, np.float32) for row in rows])
        if numbers.min() >= 0 and numbers.max() <= 255 and (numbers % 1 == 0).all():
            numbers = numbers.astype(np.uint8)
    columns = pd.DataFrame(numbers, columns=[f"{name}_{at}" for at in range(numbers.shape[1])])
    return pd.concat([frame.drop(columns=name), columns], axis=1)


def _small_wholes(cells: list[Any]) -> Any:
    """(cells, numbers) of cells such as "0 17 255", several times as fast as number by number; None where they are others."""
    if not all(isinstance(cell, str) and cell.isascii() for cell in cells):
        return None
    count, several = cells[0].strip().count(" ") + 1, 256
    numbers = np.empty((count, len(cells)), np.uint8)  # a column's numbers beside each other
    for start in range(0, len(cells), several):
        some = [cell.strip() for cell in cells[start : start + several]]
        text = np.frombuffer((" ".join(some) + " ").encode(), np.uint8)
        digits, blank = text - np.uint8(48), text == 32
        ends = np.flatnonzero(blank)
        lengths = np.diff(ends, prepend=-1) - 1
        if len(ends) != count * len(some) or lengths.min() < 1 or lengths.max() > 3 or ((digits > 9) != blank).any():
            return None
        if (ends[count - 1 :: count] != np.cumsum([len(cell) + 1 for cell in some]) - 1).any():
            return None
        values = digits[ends - 1].astype(np.uint16)
        values += np.where(lengths > 1, digits[ends - 2], 0) * np.uint16(10)
        values += np.where(lengths > 2, digits[ends - 3], 0) * np.uint16(100)
        if values.max() > 255:
            return None
        numbers[:, start : start + len(some)] = values.reshape(len(some), count).T
    return numbers.T


def _listed(cell: str) -> Any:
    """The numbers of "0 17 255" or "[0, 17, 255]"; one that is missing or none of both is told by their count."""
    try:
        return np.fromstring(cell.strip("[] "), dtype=np.float32, sep="," if "," in cell else " ")
    except ValueError:
        return np.empty(0, dtype=np.float32)


def labels_apart(frame: pd.DataFrame, name: str, separator: str, of: Sequence[str]) -> pd.DataFrame:
    """A column of 0 and 1 for each of these labels, in place of the one whose cells hold them."""
    sign = separator.strip() or None
    cells = [cell if isinstance(cell, str) else "" for cell in frame[name].astype("object")]
    place = {label: at for at, label in enumerate(of)}
    told = np.zeros((len(cells), len(place)), np.int64)
    for row, cell in enumerate(cells):
        told[row, [place[label] for part in cell.split(sign) if (label := part.strip()) in place]] = 1
    columns = pd.DataFrame(told, columns=[f"{name}_{label}" for label in of], index=frame.index)
    return pd.concat([frame.drop(columns=name), columns], axis=1)


def set_across(sample: pd.DataFrame, key: str, columns: Sequence[str], ids: pd.Series[Any], answers: Any) -> pd.DataFrame:
    """The sample with (N,) answers side by side: all rows for its first column, then all for the second.

    ids: (N,) of these rows. Rows of the sample that they do not know stay as they are.
    """
    block = len(ids) // len(columns)
    places = pd.Index(sample[key].astype("str")).get_indexer(pd.Index(ids.iloc[:block].astype("str")))
    wide = sample[list(columns)].to_numpy(dtype=float, copy=True)
    wide[places] = np.asarray(answers, float).reshape(len(columns), block).T
    return sample.assign(**{name: wide[:, at] for at, name in enumerate(columns)})


def spelled_tags(answers: Any, names: Sequence[str], separator: str, always: bool) -> list[str]:
    """The names of what is true in each row of (N, T) answers; where none is although one should be, the first of all."""
    rows = [[name for name, true in zip(names, row, strict=True) if true] for row in (np.asarray(answers) > 0.5).tolist()]
    return [separator.join(row or (names[:1] if always else [])) for row in rows]


def ranked_items(keys: pd.Series[Any], owners: pd.Series[Any], items: pd.Series[Any], likely: Any, most: int | None) -> list[str]:
    """For each of the keys, the items of the rows that it owns, by how likely they are; `most` of them."""
    order = np.argsort(-np.asarray(likely, float), kind="stable")
    rows = pd.DataFrame({"owner": owners.astype("str").to_numpy()[order], "item": items.astype("str").to_numpy()[order]})
    if most is not None:
        rows = rows.groupby("owner", sort=False).head(most)
    listed = rows.groupby("owner", sort=False)["item"].agg(" ".join)
    return listed.reindex(keys.astype("str")).fillna("").tolist()
