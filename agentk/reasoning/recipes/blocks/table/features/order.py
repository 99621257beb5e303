"""Rows that follow one another: what a number was before, will be after, and has come to, within each whole sequence.

What a row answers to is often not what is put in now but what was put in before and has faded since, as in a tank that leaks or a
body that cools: so sums are taken that forget, at several rates, beside those that do not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.task import Codes, Features

ROWS_IN_ORDER = 5.0  # rows of a sequence, on average
MOST_FOLLOWED, MOST_SCALES = 6, 2  # numbers
SMOOTH = 0.7  # of the squared difference of two rows of a sequence, what neighbors may differ by (von Neumann's ratio)
STEPS = (1, 2, 3, -1, -2)  # rows back, and ahead
EVEN = 0.3  # of the mean step of a number that ticks, what the steps may vary by
KEPT = (0.5, 0.8, 0.95)  # of a sum that forgets, from one row to the next


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
    """Each row's place, and of numbers whose neighbors are alike: those before and after, sums so far, and both beside what the
    sequence is made of.

    What is the same in all rows of a sequence is left out: trees would tell the sequences apart by it, and know them by heart.
    """
    codes = sequence_codes(rows)
    if codes is None:
        return {}
    starts = np.searchsorted(codes, np.arange(codes[-1] + 1))
    place = np.arange(len(codes)) - starts[codes]
    features: Features = {"row:place": place.astype(float)}
    others = {name: values for name, values in numbers.items() if name != CONTRACT["sequence"]}
    followed = [name for name, values in others.items() if smooth(values, codes) and not ticking(values, codes)]
    scales = [name for name, values in others.items() if scale(values, codes)]
    for name in followed[:MOST_FOLLOWED]:
        values = numbers[name]
        for step in STEPS:
            features[f"{name} {abs(step)} {'before' if step > 0 else 'after'}"] = shifted(values, codes, step)
        features[f"{name} gained"] = values - features[f"{name} 1 before"]
        known = np.nan_to_num(values)
        sums = summed(known, starts[codes], place, 1.0)
        features[f"{name} so far"] = sums
        features[f"{name} mean so far"] = sums / (place + 1.0)
        for kept in KEPT:
            features[f"{name} so far, {kept} kept"] = summed(known, starts[codes], place, kept)
        for own in scales[:MOST_SCALES]:
            for label, told in ((name, values), (f"{name} so far", sums)):
                features[f"{label} x {own}"], features[f"{label} / {own}"] = told * numbers[own], told / numbers[own]
    return features


def summed(values: Any, starts: Codes, place: Codes, kept: float) -> Any:
    """(N,) sums of each row's value and those before it in its sequence, of which a share is kept from row to row.

    starts, place (N,): where each row's sequence begins, and how far behind that it is.
    """
    total = np.cumsum(values) if kept == 1.0 else lfilter([1.0], [1.0, -kept], values)
    before = np.append(0.0, total)[starts]  # what sequences before have left
    return total - before * kept ** (place + 1.0)


def scale(values: Any, codes: Codes) -> bool:
    """Whether a number is above 0 and the same in all rows of each sequence, as what a thing is made of is, and not in all."""
    same = (np.diff(values) == 0) | (np.diff(codes) != 0)
    return bool((values > 0).all() and same.all() and np.ptp(values) > 0)


def ticking(values: Any, codes: Codes) -> bool:
    """Whether a number rises evenly within each sequence, as time does: its neighbors say nothing new."""
    steps = np.diff(values)[np.diff(codes) == 0]
    return bool(len(steps) and (steps >= 0).all() and steps.std() < EVEN * steps.mean())


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
