"""Rows that follow one another: what a number was before, will be after, and has come to, within each whole sequence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.task import Codes, Features

ROWS_IN_ORDER = 5.0  # rows of a sequence, on average
MOST_FOLLOWED = 6  # numbers
SMOOTH = 0.7  # of the squared difference of two rows of a sequence, what neighbors may differ by (von Neumann's ratio)
STEPS = (1, 2, -1)  # rows back, and ahead


def sequence_codes(rows: pd.DataFrame) -> Codes | None:
    """(N,) ascending numbers of the sequences that folds keep whole; None where their rows do not stand together."""
    name = CONTRACT.get("sequence")
    if name is None or name not in rows or len(rows) < 2:
        return None
    values = rows[name].to_numpy()
    codes = np.cumsum(np.append(False, values[1:] != values[:-1]))
    whole = codes[-1] + 1 == rows[name].nunique(dropna=False)
    return codes if whole and len(codes) >= ROWS_IN_ORDER * (codes[-1] + 1) else None


def order_features(rows: pd.DataFrame, numbers: Features) -> Features:
    """Of numbers whose neighbors are alike: those before and after, the sum and the mean so far; and each row's place."""
    codes = sequence_codes(rows)
    if codes is None:
        return {}
    starts = np.searchsorted(codes, np.arange(codes[-1] + 1))
    place = np.arange(len(codes)) - starts[codes]
    features: Features = {"row:place": place.astype(float)}
    followed = [name for name, values in numbers.items() if name != CONTRACT["sequence"] and smooth(values, codes)]
    for name in followed[:MOST_FOLLOWED]:
        values = numbers[name]
        for step in STEPS:
            features[f"{name} {abs(step)} {'before' if step > 0 else 'after'}"] = shifted(values, codes, step)
        known = np.nan_to_num(values)
        total = np.cumsum(known)
        sums = total - (total - known)[starts][codes]
        features[f"{name} so far"] = sums
        features[f"{name} mean so far"] = sums / (place + 1.0)
    return features


def smooth(values: Any, codes: Codes) -> bool:
    """Whether a number differs less between neighbors than between any two rows of a sequence."""
    known = ~np.isnan(values)
    if known.mean() < 0.5:
        return False
    filled = np.where(known, values, np.nanmean(values))
    counts = np.bincount(codes)
    spread = ((filled - (np.bincount(codes, filled) / counts)[codes]) ** 2).mean()
    steps = np.diff(filled)[np.diff(codes) == 0]
    return bool(spread > 0 and len(steps) and (steps**2).mean() < 2.0 * SMOOTH * spread)


def shifted(values: Any, codes: Codes, step: int) -> Any:
    """(N,) the value `step` rows before (after where negative) in the same sequence, NaN where there is none."""
    moved = np.roll(values, step)
    same = np.roll(codes, step) == codes
    ends = slice(0, step) if step > 0 else slice(step, None)  # what went around
    same[ends] = False
    return np.where(same, moved, np.nan)
