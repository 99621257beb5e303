"""Oddities of the tables that lie about: several for train and for test, of other names, keys called otherwise."""

from __future__ import annotations

import numpy as np
import pandas as pd

from agentk.bench.synthetic.layout import Generator, Layout
from agentk.bench.synthetic.tables import rng_choice


def in_several_tables(layout: Layout, rng: Generator) -> None:
    """Train and test each in two tables, one of which has the answers."""
    own, names = layout.truth.ids[0], [str(name) for name in layout.test.columns if name not in layout.truth.ids]
    moved = names[: len(names) // 2]
    stems = rng_choice(("numeric", "main", "basic"), rng)[0], rng_choice(("categorical", "extra", "dates"), rng)[0]
    for part in ("train", "test"):
        frame: pd.DataFrame = getattr(layout, part)
        layout.sides[f"{part}_{stems[1]}"] = frame[[own, *moved]]
        setattr(layout, part, frame.drop(columns=moved))
        layout.names[part] = f"{part}_{stems[0]}"


def with_readings(layout: Layout, rng: Generator) -> None:
    """What train and test are called otherwise holds many readings of each row, the rows themselves lie in tables of facts."""
    own = layout.truth.ids[0]
    for part, stem in (("train", "training_set"), ("test", "test_set")):
        frame: pd.DataFrame = getattr(layout, part)
        ids = np.repeat(frame[own].to_numpy(), 6)
        readings = {own: ids, "moment": np.tile(np.arange(6), len(frame)), "level": rng.normal(0, 1, len(ids)).round(3)}
        layout.sides[stem] = pd.DataFrame(readings)
        layout.names[part] = f"{stem}_metadata"


def excerpt_of_train(layout: Layout, rng: Generator) -> None:
    """A table that is called a part of train beside it."""
    layout.sides["train_sample"] = layout.train.sample(60, random_state=int(rng.integers(0, 99)))


def visits_of_others(layout: Layout, rng: Generator) -> None:
    """A table with many rows for each row of train and test, whose key is called otherwise there."""
    own = layout.truth.ids[0]
    for part in (layout.train, layout.test):
        part[own] = [f"u{number:09x}" for number in part[own].astype(int)]
    assert layout.sample is not None
    layout.sample[own] = layout.test[own].to_numpy()
    people = rng.choice([*layout.train[own], *layout.test[own]], 3000)
    layout.sides["sessions"] = pd.DataFrame({"visitor": people, "seconds": rng.gamma(1, 300, 3000).round(1)})


def weeks_of_another_name(layout: Layout, rng: Generator) -> None:
    """Weeks as whole numbers, called as no time is; test has the last of them."""
    name = rng_choice(("Semana", "Woche", "tick", "turno"), rng)[0]
    known = int(rng.integers(7, 12))
    layout.train[name] = np.sort(rng.integers(1, known, len(layout.train)))
    layout.test[name] = known + rng.integers(0, 2, len(layout.test))
    layout.truth.schemes, layout.truth.column = ("rolling",), name
