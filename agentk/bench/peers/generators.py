"""Data sets of known structure, drawn anew for every split: what each needs of a system is written into its rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from agentk.competitions.sources.builtin import Builtin, Made
from agentk.types.metric import Array

Generator = np.random.Generator

_TEST = 2000  # test rows, unless time or groups say otherwise: many, so that differences can be told from chance


def invented(seed: int) -> dict[str, Builtin]:
    """The data sets by name; the same seed draws the same rows."""
    return {
        name: Builtin(partial(_drawn, make, seed, number), name.replace("-", " ").capitalize(), story, evaluation)
        for number, (name, (make, story, evaluation)) in enumerate(_ALL.items())
    }


def _drawn(make: Callable[[Generator], Made], seed: int, number: int) -> Made:
    return make(np.random.default_rng([seed, number]))


def friedman_1(rng: Generator) -> Made:
    """Five columns of ten matter: a sine of a product, a square, two straight lines (Friedman 1991)."""
    return _friedman("make_friedman1", rng, noise=1.0)


def friedman_2(rng: Generator) -> Made:
    """Products and quotients of four columns on very different scales (Friedman 1991)."""
    return _friedman("make_friedman2", rng, noise=100.0)


def friedman_3(rng: Generator) -> Made:
    """An angle: the same columns below an arctangent (Friedman 1991)."""
    return _friedman("make_friedman3", rng, noise=0.15)


def hastie(rng: Generator) -> Made:
    """A sphere: whether the squares of ten columns exceed their median (Hastie et al. 2009, 10.2), one label in ten flipped."""
    X = rng.normal(size=(1500 + _TEST, 10))
    y = (X**2).sum(axis=1) > 9.34  # the median
    return _table(X, y ^ (rng.random(len(y)) < 0.1), 1500)


def wide(rng: Generator) -> Made:
    """More columns than rows, ten of 600 matter, along straight lines."""
    X = rng.normal(size=(300 + _TEST, 600))
    y = X[:, :10] @ rng.choice([-2.0, -1.0, 1.0, 2.0], 10) + rng.normal(0, 2, len(X))
    return _table(X, y, 300)


def categories(rng: Generator) -> Made:
    """Six categorical columns of 4 to 150 levels; single levels matter, and pairs of them."""
    rows = 3000 + _TEST
    levels = [4, 8, 12, 25, 60, 150]
    codes = np.column_stack([rng.zipf(1.3, rows) % count for count in levels])
    lean = sum(rng.normal(0, 0.6, count)[codes[:, at]] for at, count in enumerate(levels))
    for one, other in ((0, 1), (1, 2), (0, 3)):
        lean = lean + rng.normal(0, 0.9, (levels[one], levels[other]))[codes[:, one], codes[:, other]]
    y = rng.random(rows) < 1 / (1 + np.exp(-lean))
    frame = pd.DataFrame({f"c{at}": [f"{'abcdef'[at]}{code}" for code in codes[:, at]] for at in range(len(levels))})
    return _made(frame.assign(amount=rng.gamma(2, 50, rows).round(2)), y.astype(int), 3000)


def rare(rng: Generator) -> Made:
    """One row in thirty is positive; scored by F1, so that the threshold matters as much as the model."""
    X = rng.normal(size=(4000 + _TEST, 12))
    lean = 1.6 * X[:, 0] + 1.2 * X[:, 1] * X[:, 2] + np.abs(X[:, 3]) + 0.8 * X[:, 4]
    return _table(X, lean + rng.logistic(0, 0.5, len(X)) > np.quantile(lean, 1 - 1 / 30), 4000)


def blobs(rng: Generator) -> Made:
    """Eight classes of unequal size around centers that overlap; half of the twenty columns are noise."""
    rows, classes = 2000 + _TEST, 8
    y = rng.choice(classes, rows, p=np.arange(1, classes + 1) / 36)
    X = np.column_stack([rng.normal(0, 1.6, (classes, 10))[y] + rng.normal(0, 2.0, (rows, 10)), rng.normal(0, 2.0, (rows, 10))])
    frame = _named(X).assign(y=[f"kind {code}" for code in y])
    return Made(frame, ("y",), np.arange(rows) >= 2000, class_columns=True)


def ratio(rng: Generator) -> Made:
    """Money by head and by square meter: quotients and logarithms that trees must piece together."""
    rows = 2000 + _TEST
    frame = pd.DataFrame({
        "income": rng.lognormal(10, 0.6, rows).round(),
        "heads": rng.integers(1, 9, rows),
        "area": rng.gamma(6, 15, rows).round(1),
        "rent": rng.lognormal(7, 0.4, rows).round(),
        "region": rng.choice(["north", "south", "east", "west"], rows),
        "age": rng.integers(18, 90, rows),
    })  # fmt: skip
    share = np.log(frame["income"] / frame["heads"]) - 1.5 * np.log(frame["rent"] / frame["area"])
    y = 20 * share + 8 * (frame["region"] == "north") + 0.1 * np.abs(frame["age"] - 50) + rng.normal(0, 6, rows)
    return _made(frame, y.to_numpy().round(3), 2000)


def gaps(rng: Generator) -> Made:
    """Mixed columns with values missing because of what they would have been; the gap itself tells."""
    rows = 2000 + _TEST
    X = rng.normal(size=(rows, 10))
    place = rng.choice(["city", "town", "village"], rows, p=[0.5, 0.3, 0.2])
    lean = X[:, 0] + 0.8 * X[:, 1] - X[:, 2] * (place == "city") + 0.5 * np.sin(2 * X[:, 3])
    y = rng.random(rows) < 1 / (1 + np.exp(-1.5 * lean))
    frame = _named(X).mask((X > 0.8) & (rng.random(X.shape) < 0.7))
    frame.loc[rng.random(rows) < 0.1, "x9"] = np.nan
    return _made(frame.assign(place=pd.Series(place).mask(rng.random(rows) < 0.15)), y.astype(int), 2000)


def counts(rng: Generator) -> Made:
    """Claims: whole numbers that grow with an exposure, most of them small; scored on logarithms."""
    rows = 3000 + _TEST
    frame = pd.DataFrame({
        "exposure": rng.uniform(0.1, 3, rows).round(2), "power": rng.integers(4, 15, rows), "years": rng.integers(0, 30, rows),
        "brand": rng.choice([f"B{at}" for at in range(12)], rows), "density": rng.lognormal(5, 1.5, rows).round(),
    })  # fmt: skip
    brand = dict(zip(sorted(frame["brand"].unique()), rng.normal(0, 0.5, 12), strict=False))
    rate = 0.08 * frame["power"] + 0.12 * np.log(frame["density"]) - 0.04 * frame["years"] + frame["brand"].map(brand)
    return _made(frame, rng.poisson(frame["exposure"] * np.exp(rate)), 3000)


def later(rng: Generator) -> Made:
    """Demand by the day and product with weekday, season, price and trend; test is the time after train."""
    days = pd.date_range("2021-01-04", periods=540, freq="D")
    frame = pd.DataFrame([(day, product) for day in days for product in range(10)], columns=["date", "product"])
    frame["price"] = (rng.uniform(5, 15, 10)[frame["product"]] * rng.uniform(0.8, 1.1, len(frame))).round(2)
    weekday = np.array([0.0, -0.1, -0.1, 0.0, 0.3, 0.6, 0.2])[frame["date"].dt.day_of_week]
    season = 0.3 * np.sin(2 * np.pi * (frame["date"].dt.day_of_year / 365 + rng.random(10)[frame["product"]]))
    level = rng.normal(3.5, 0.5, 10)[frame["product"]] - 0.06 * frame["price"]
    y = rng.poisson(np.exp(level + weekday + season + 0.0004 * (frame["date"] - days[0]).dt.days))
    test = (frame["date"] >= days[-56]).to_numpy()
    frame = frame.assign(date=frame["date"].dt.strftime("%Y-%m-%d"), product=[f"P{at}" for at in frame["product"]])
    return Made(frame.assign(y=y), ("y",), test)


def groups(rng: Generator) -> Made:
    """Several visits of each patient, the label a patient's; test patients are others."""
    patient = np.repeat(np.arange(400), 6)
    nature = rng.normal(size=(400, 5))
    ill = nature[:, 0] + 0.7 * nature[:, 1] * nature[:, 2] + rng.normal(0, 0.7, 400) > 0.3
    frame = _named(nature[patient] + rng.normal(0, 0.5, (len(patient), 5)))
    frame.insert(0, "patient", [f"P{number:04d}" for number in patient])
    return Made(frame.assign(y=ill[patient].astype(int)), ("y",), np.isin(patient, rng.choice(400, 160, replace=False)))


def _friedman(name: str, rng: Generator, noise: float) -> Made:
    from sklearn import datasets

    X, y = getattr(datasets, name)(800 + _TEST, noise=noise, random_state=int(rng.integers(1 << 31)))
    return _table(X, y, 800)


def _table(X: Array, y: np.ndarray[Any, Any], train: int) -> Made:
    return _made(_named(X), y.astype(int) if y.dtype == bool else y.round(4), train)


def _made(frame: pd.DataFrame, y: np.ndarray[Any, Any], train: int) -> Made:
    """The first rows are train: all are drawn alike."""
    return Made(frame.assign(y=y), ("y",), np.arange(len(frame)) >= train)


def _named(X: Array) -> pd.DataFrame:
    return pd.DataFrame({f"x{at}": X[:, at].round(4) for at in range(X.shape[1])})


_AUC = "Area under the ROC curve of the predicted probability of 1. Higher is better."
_LOG_LOSS = "Logarithmic loss of the predicted probabilities. Lower is better."
_R2 = "R2, the coefficient of determination. Higher is better."
_RMSE = "Root mean squared error (RMSE). Lower is better."

_ALL: dict[str, tuple[Callable[[Generator], Made], str, str]] = {
    "friedman-1": (friedman_1, "Predict y from ten numbers.", _R2),
    "friedman-2": (friedman_2, "Predict y from four numbers.", _RMSE),
    "friedman-3": (friedman_3, "Predict the angle y from four numbers.", _RMSE),
    "hastie": (hastie, "Tell whether y is 1 from ten numbers.", _AUC),
    "wide": (wide, "Predict y from 600 numbers.", _RMSE),
    "categories": (categories, "Tell whether y is 1 from what a form says.", _LOG_LOSS),
    "rare": (rare, "Tell the few rows whose y is 1 from the others.", "F1 score of the positive class. Higher is better."),
    "blobs": (blobs, "Tell the kind y.", "Multi-class logarithmic loss of the probability of each kind. Lower is better."),
    "ratio": (ratio, "Predict y of households.", _RMSE),
    "gaps": (gaps, "Tell whether y is 1; many values are missing.", _AUC),
    "counts": (counts, "Predict the number of claims y.", "Root Mean Squared Logarithmic Error (RMSLE). Lower is better."),
    "later": (later, "Forecast demand y for the eight weeks after train.", "Mean absolute error (MAE). Lower is better."),
    "groups": (groups, "Tell whether a patient is ill (y = 1) from repeated visits.", _LOG_LOSS),
}
