"""What real downloads are like: odd file names, signs, encodings, archives, missing files, shuffled rows, columns that mislead."""

from __future__ import annotations

import numpy as np
import pandas as pd

from agentk.bench.synthetic.layout import Generator, Layout, Oddity
from agentk.bench.synthetic.tables import rng_choice


def named(train: str, test: str, sample: str) -> Oddity:
    """Files of other names."""

    def change(layout: Layout, rng: Generator) -> None:
        del rng
        layout.names = {"train": train, "test": test, "sample": sample}

    return change


def ends(ending: str) -> Oddity:
    """Tables in another form."""

    def change(layout: Layout, rng: Generator) -> None:
        del rng
        layout.ending = ending

    return change


def european(layout: Layout, rng: Generator) -> None:
    """Semicolons between columns, commas in numbers."""
    del rng
    layout.separator, layout.decimal = ";", ","


def latin(layout: Layout, rng: Generator) -> None:
    """Windows' encoding, with letters that need it."""
    towns = np.array(["Köln", "Málaga", "Besançon", "Århus"])
    for frame in (layout.train, layout.test):
        frame["Ort"] = towns[rng.integers(0, 4, len(frame))]
    layout.encoding = "cp1252"


def archived(layout: Layout, rng: Generator) -> None:
    """All tables in one zip."""
    layout.archive = rng_choice(("data.zip", "competition.zip"), rng)[0]


def no_sample(layout: Layout, rng: Generator) -> None:
    """No sample submission."""
    del rng
    layout.sample = None


def no_page(layout: Layout, rng: Generator) -> None:
    """No description at all."""
    del rng
    layout.page, layout.truth.metric = None, None


def shuffled_sample(layout: Layout, rng: Generator) -> None:
    """A sample submission in another order than test."""
    assert layout.sample is not None
    layout.sample = layout.sample.sample(frac=1, random_state=int(rng.integers(0, 99))).reset_index(drop=True)


def train_only_columns(layout: Layout, rng: Generator) -> None:
    """Columns that only train has, one of them nearly the answer."""
    rows = len(layout.train)
    layout.train.insert(2, "registered_later", rng.poisson(4, rows))
    layout.train["checked_by"] = rng.choice(["ann", "bob"], rows)


def missing_marks(layout: Layout, rng: Generator) -> None:
    """ "?", -999 and blanks where nothing is known."""
    for frame in (layout.train, layout.test):
        free = [name for name in _free(layout) if pd.api.types.is_numeric_dtype(frame[name])]
        if free:
            values = frame[free[0]].astype(str)
            frame[free[0]] = values.where(rng.random(len(frame)) > 0.08, "?")


def constant_column(layout: Layout, rng: Generator) -> None:
    """A column that says nothing, and an empty one."""
    del rng
    for frame in (layout.train, layout.test):
        frame["country"] = "XX"
        frame["reserved"] = np.nan


def repeated_rows(layout: Layout, rng: Generator) -> None:
    """Some training rows twice, under ids of their own."""
    some = layout.train.sample(30, random_state=int(rng.integers(0, 99))).copy()
    own = layout.truth.ids[0]
    if pd.api.types.is_integer_dtype(layout.train[own]):
        some[own] = np.arange(len(some)) + int(max(layout.train[own].max(), layout.test[own].max())) + 1
    layout.train = pd.concat([layout.train, some], ignore_index=True)


def dates(layout: Layout, rng: Generator) -> None:
    """A date that orders nothing."""
    for frame in (layout.train, layout.test):
        moments = pd.Timestamp("2019-01-01") + pd.to_timedelta(rng.integers(0, 900, len(frame)), unit="D")
        frame["birthday"] = moments.strftime("%Y-%m-%d").to_numpy()


def index_column(layout: Layout, rng: Generator) -> None:
    """The unnamed row number that pandas leaves behind."""
    del rng
    for frame in (layout.train, layout.test):
        frame.insert(0, "Unnamed: 0", range(len(frame)))


def target_first(layout: Layout, rng: Generator) -> None:
    """The target before everything else."""
    del rng
    targets = list(layout.truth.targets)
    layout.train = layout.train[[*targets, *(name for name in layout.train if name not in targets)]]


def empty_targets_in_test(layout: Layout, rng: Generator) -> None:
    """The test file has the target's column, empty."""
    del rng
    for name in layout.truth.targets:
        layout.test[name] = np.nan


def other_id_name(layout: Layout, rng: Generator) -> None:
    """The sample calls the ids otherwise than test does."""
    assert layout.sample is not None
    own = layout.truth.ids[0]
    name = rng_choice([n for n in ("Id", "ROW_ID", "key") if n != own], rng)[0]
    layout.sample = layout.sample.rename(columns={own: name})
    layout.truth.ids = (name,)


def leading_zeros(layout: Layout, rng: Generator) -> None:
    """Ids such as 000123."""
    del rng
    own = layout.truth.ids[0]
    parts = [frame for frame in (layout.train, layout.test, layout.sample) if frame is not None and own in frame]
    for frame in parts:
        frame[own] = [f"{value:0>8}" for value in frame[own].astype(str)]


def capitals(layout: Layout, rng: Generator) -> None:
    """The target in the sample in other letters than in train."""
    del rng
    assert layout.sample is not None
    layout.sample.columns = [name.upper() if name in layout.truth.answers else name for name in layout.sample.columns]
    layout.truth.answers = tuple(name.upper() for name in layout.truth.answers)


def generic_answer(layout: Layout, rng: Generator) -> None:
    """The sample's answer column has a name of its own, such as Prediction."""
    assert layout.sample is not None
    name = rng_choice(("Predicted", "Prediction", "Expected", "Probability"), rng)[0]
    layout.sample = layout.sample.rename(columns={layout.truth.answers[0]: name})
    layout.truth.answers = (name,)


def readme_beside(layout: Layout, rng: Generator) -> None:
    """A data dictionary that describes columns and speaks of accuracy."""
    del rng
    layout.sides["data_dictionary"] = pd.DataFrame({"column": list(layout.test.columns), "meaning": "see the accuracy report"})


def few_shown(layout: Layout, rng: Generator) -> None:
    """A sample submission of ten rows only."""
    del rng
    assert layout.sample is not None
    layout.sample = layout.sample.head(10)


def unlabelled_rows(layout: Layout, rng: Generator) -> None:
    """Some training rows have no target."""
    for name in layout.truth.targets:
        column = layout.train[name].astype("object")
        layout.train[name] = column.where(rng.random(len(column)) > 0.05)


def two_keys(layout: Layout, rng: Generator) -> None:
    """Rows are known by two columns together."""
    assert layout.sample is not None
    own = layout.truth.ids[0]
    layout.test["visit"] = rng.integers(1, 4, len(layout.test))
    layout.train["visit"] = rng.integers(1, 4, len(layout.train))
    layout.sample.insert(1, "visit", layout.test["visit"].to_numpy())
    layout.truth.ids = (own, "visit")


def both_classes(layout: Layout, rng: Generator) -> None:
    """A column for each of two classes."""
    del rng
    assert layout.sample is not None
    labels = sorted(map(str, layout.train[layout.truth.targets[0]].unique()))
    layout.sample = layout.sample[list(layout.truth.ids)].assign(**dict.fromkeys(labels, 0.5))
    layout.truth.answers, layout.truth.kind = tuple(labels), "class_probabilities"


def further_samples(layout: Layout, rng: Generator) -> None:
    """A second submission, a leaderboard and notes lie about."""
    del rng
    assert layout.sample is not None
    layout.sides["all_zeros_benchmark"] = layout.sample.assign(**{layout.truth.answers[0]: 0})
    layout.sides["leaderboard"] = pd.DataFrame({"TeamId": range(40), "Score": np.linspace(0, 1, 40)})


def in_a_folder(layout: Layout, rng: Generator) -> None:
    """Everything lies in the only folder of the folder."""
    layout.below = rng_choice(("data", "competition-files"), rng)[0]


def spaces(layout: Layout, rng: Generator) -> None:
    """Blanks around some columns' names, and money with its sign."""
    some = _free(layout)[0]
    for frame in (layout.train, layout.test):
        frame.rename(columns={some: f" {some} "}, inplace=True)
        frame["fee"] = [f"${value:,.2f}" for value in rng.gamma(2, 900, len(frame))]


def _free(layout: Layout) -> list[str]:
    taken = {*layout.truth.targets, *layout.truth.ids, layout.truth.column}
    return [str(name) for name in layout.test.columns if name not in taken]
