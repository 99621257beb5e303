"""Rows invented by seeded generators: each a competition with a structure of its own."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from agentk.types.metric import Array

Rows: TypeAlias = tuple[pd.DataFrame, tuple[str, ...], "np.ndarray[Any, np.dtype[np.bool_]] | None"]
"""The rows, their targets, and which are test; None where a random part is."""


def friedman() -> Rows:
    """Regression by a known function of five of ten columns (Friedman 1991)."""
    from sklearn.datasets import make_friedman1

    X, y = make_friedman1(1200, noise=1.0, random_state=0)
    return pd.DataFrame({**_named(X), "y": y}), ("y",), None


def shops() -> Rows:
    """Counts by shop and day with weekday, season, trend and promotions; test is the time after train."""
    generator = np.random.default_rng(0)
    days = pd.date_range("2021-01-04", periods=500, freq="D")
    frame = pd.DataFrame([(day, shop) for day in days for shop in range(8)], columns=["date", "shop"])
    frame["promotion"] = (generator.random(len(frame)) < 0.2).astype(int)
    day = frame["date"].dt.day_of_year
    weekday = np.array([0.0, -0.1, -0.1, 0.0, 0.3, 0.7, 0.2])[frame["date"].dt.day_of_week]
    level = np.linspace(2.5, 4.0, 8)[frame["shop"]]
    trend = 0.0006 * (frame["date"] - days[0]).dt.days
    rate = np.exp(level + weekday + trend + 0.25 * np.sin(2 * np.pi * day / 365) + 0.4 * frame["promotion"])
    frame["sales"] = generator.poisson(rate)
    held_out = (frame["date"] >= days[-42]).to_numpy()
    frame["date"] = frame["date"].dt.strftime("%Y-%m-%d")
    frame["shop"] = "shop " + frame["shop"].astype(str)
    return frame, ("sales",), held_out


def rides() -> Rows:
    """Counts by the hour whose level wanders; test is the end of every month."""
    generator = np.random.default_rng(0)
    hours = pd.date_range("2020-01-01", "2020-12-31 23:00", freq="h")
    wander = np.repeat(np.cumsum(generator.normal(0, 0.08, len(hours) // 24)), 24)
    by_hour = np.log(np.array([4, 2, 1, 1, 2, 6, 20, 60, 80, 40, 30, 35, 45, 40, 38, 45, 70, 95, 80, 55, 40, 28, 16, 8]))
    temperature = 12 + 10 * np.sin(2 * np.pi * (hours.day_of_year - 110) / 366) + generator.normal(0, 3, len(hours))
    rate = np.exp(by_hour[hours.hour] + wander + 0.03 * temperature - 0.3 * (hours.day_of_week >= 5))
    frame = pd.DataFrame({
        "time": hours.strftime("%Y-%m-%d %H:%M:%S"), "temperature": temperature.round(1),
        "wind": generator.gamma(2, 4, len(hours)).round(1), "rides": generator.poisson(rate),
    })  # fmt: skip
    return frame, ("rides",), np.asarray(hours.day > 20)


def patients() -> Rows:
    """A label by patient seen through several visits; test patients are others."""
    generator = np.random.default_rng(0)
    patient = np.repeat(np.arange(300), 6)
    nature = generator.normal(0, 1, (300, 4))
    ill = nature[:, 0] + 0.7 * nature[:, 1] + generator.normal(0, 0.7, 300) > 0.3
    seen = nature[patient] + generator.normal(0, 0.5, (len(patient), 4))
    frame = pd.DataFrame({"patient": [f"P{number:04d}" for number in patient], **_named(seen), "ill": ill[patient].astype(int)})
    return frame, ("ill",), np.isin(patient, generator.choice(300, 75, replace=False))


def grades() -> Rows:
    """An ordered grade cut from a hidden quantity."""
    generator = np.random.default_rng(0)
    X = generator.normal(0, 1, (1500, 8))
    hidden = X[:, 0] + 0.8 * X[:, 1] - 0.6 * X[:, 2] * X[:, 3] + generator.normal(0, 0.6, len(X))
    grade = 1 + np.searchsorted([-2.0, -0.9, 0.0, 0.9, 2.0], hidden)
    return pd.DataFrame({**_named(X), "grade": grade}), ("grade",), None


def tags() -> Rows:
    """Five labels that do not exclude one another."""
    from sklearn.datasets import make_multilabel_classification

    X, Y = make_multilabel_classification(1200, n_features=20, n_classes=5, n_labels=2, random_state=0)
    labels = {f"tag_{at}": Y[:, at] for at in range(5)}
    return pd.DataFrame({**_named(X), **labels}), tuple(labels), None


def notes() -> Rows:
    """Short texts whose words lean to one side or the other."""
    generator = np.random.default_rng(0)
    plain = _words("the order came on monday with a box and we opened it at home after work before dinner near our blue door")
    bad = _words("broken late rude refund wrong missing damaged cold")
    good = _words("quick friendly perfect lovely fresh thanks again recommend")
    complaint = generator.random(1500) < 0.4
    texts = []
    for is_complaint in complaint:
        words = list(generator.choice(plain, generator.integers(8, 25)))
        lean = 0.75 if is_complaint else 0.25
        words += [str(generator.choice(bad if generator.random() < lean else good)) for _ in range(3)]
        texts.append(" ".join(generator.permutation(words)))
    return pd.DataFrame({"note": texts, "complaint": complaint.astype(int)}), ("complaint",), None


def _named(X: Array) -> dict[str, Array]:
    return {f"x{at}": X[:, at].round(4) for at in range(X.shape[1])}


def _words(text: str) -> list[str]:
    return text.split()
