"""Forms of asking: answers below each other, ids that say what is asked, days as columns, no test file, cells of many numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from agentk.bench.synthetic.layout import Generator, Layout
from agentk.bench.synthetic.tables import rng_choice
from agentk.types.competition import TaskKind


def composed_of_target(layout: Layout, rng: Generator) -> None:
    """Ids composed of the row's id and the target's name, of most rows and targets, in no order."""
    pairs = _pairs(layout, rng)
    ids = (pairs["row"].astype(str) + rng_choice(("_", "-", "__"), rng)[0] + pairs["name"]).to_numpy()
    _ask(layout, pd.DataFrame({"row_id": ids}), "value")


def looked_up(layout: Layout, rng: Generator) -> None:
    """Ids that count up; a table beside the sample says which target of which row each asks for."""
    pairs = _pairs(layout, rng).sort_values("row", kind="stable")
    own = layout.truth.ids[0]
    numbers = pd.Series(range(1, len(pairs) + 1), name="AnswerId")
    asked = {own: pairs["row"].to_numpy(), "Feature": pairs["name"].to_numpy(), "Location": np.nan}
    layout.sides["AnswerTable"] = pd.DataFrame({"AnswerId": numbers, **asked})
    _ask(layout, numbers.to_frame(), "Location")


def by_two_columns(layout: Layout, rng: Generator) -> None:
    """The row's id and the target's name in columns of their own."""
    pairs = _pairs(layout, rng)
    frame = pd.DataFrame({layout.truth.ids[0]: pairs["row"].to_numpy(), "question": pairs["name"].to_numpy()})
    _ask(layout, frame, "answer")


def holes_in_targets(layout: Layout, rng: Generator) -> None:
    """Single targets of many rows are unknown."""
    for name in layout.truth.targets:
        layout.train[name] = layout.train[name].astype("float64").mask(rng.random(len(layout.train)) < 0.3)


def words_below_each_other(layout: Layout, rng: Generator) -> None:
    """Several targets that are words; a row for each, a probability for each of their values."""
    grades = ("none", "some", "much")
    names = list(layout.truth.targets)
    for name in names:
        ranks = layout.train[name].rank(pct=True)
        layout.train[name] = np.array(grades)[np.digitize(ranks, [0.5, 0.8])]
    pairs = _pairs(layout, rng)
    ids = pairs["row"].astype(str) + "_" + pairs["name"]
    layout.sample = pd.DataFrame({"row_id": ids.to_numpy(), **dict.fromkeys(grades, 1 / 3)})
    truth = layout.truth
    truth.task, truth.targets, truth.ids = TaskKind.MULTICLASS, ("answer",), ("row_id",)
    truth.answers, truth.kind = grades, "class_probabilities"
    truth.schemes, truth.column = ("grouped",), str(layout.test.columns[0])


def rows_below_each_other(layout: Layout, rng: Generator) -> None:
    """Train, too, has a row for each target of a thing; what is known of a thing stands in each of its rows."""
    own, names = layout.truth.ids[0], list(layout.truth.targets)
    column = rng_choice(("target_name", "measurement", "sub_type"), rng)[0]
    kept = [name for name in layout.train.columns if name not in names]
    train = layout.train.melt(kept, var_name=column, value_name="target")
    test = layout.test.merge(pd.DataFrame({column: names}), how="cross")
    for part in (train, test):
        part.insert(0, "row_id", part[own].astype(str) + "__" + part[column].astype(str))
    layout.train, layout.test = train.sample(frac=1, random_state=0).reset_index(drop=True), test
    _ask(layout, test[["row_id"]], "target")


def days_as_columns(layout: Layout, rng: Generator) -> None:
    """A row for each series, a column for each day, and what is asked in ids alone, or in a table of keys."""
    value, moment = layout.truth.targets[0], str(layout.truth.column)
    shop = next(str(name) for name in layout.train.columns if name not in (value, moment, *layout.truth.ids, "promo"))
    wide = layout.train.pivot(index=shop, columns=moment, values=value).astype("float64").reset_index()
    layout.train = wide.rename_axis(columns=None)
    ids = layout.test[shop].astype(str) + "_" + layout.test[moment].astype(str)
    if rng.random() < 0.5:
        short = [f"{number:08x}" for number in rng.permutation(len(ids) * 97)[: len(ids)]]
        layout.sides["keys"] = pd.DataFrame({"Name": ids.to_numpy(), "Id": short})
        _ask(layout, pd.DataFrame({"Id": short}), value)
    else:
        _ask(layout, pd.DataFrame({"id": ids.to_numpy()}), value)
    layout.truth.column = None
    layout.names.pop("test")


def no_test_file(layout: Layout, rng: Generator) -> None:
    """What is asked stands in the ids of the sample alone: shop and day."""
    del rng
    assert layout.sample is not None
    layout.train = layout.train.drop(columns="promo")
    layout.names |= {"train": "shop_visits"}
    layout.names.pop("test")


def steps_ahead(layout: Layout, rng: Generator) -> None:
    """Series by columns that count days, or are called after months, and a column for each of the next ones."""
    things, known, asked = 30, int(rng.integers(60, 90)), int(rng.integers(3, 9))
    keys = [f"item_{at}" for at in range(things)]
    months = [f"{month:%Y-%m}" for month in pd.date_range("2011-02-01", periods=known + asked, freq="MS")]
    counted = rng.random() < 0.6
    names = [f"d_{at + 1}" for at in range(known)] if counted else months[:known]
    answers = [f"F{at + 1}" for at in range(asked)] if counted else months[known:]
    values = rng.poisson(np.exp(1.5 + 0.4 * np.sin(np.arange(known) / 3)), (things, known))
    layout.train = pd.concat([pd.Series(keys, name="id"), pd.DataFrame(values, columns=names)], axis=1).assign(
        dept=rng.choice(["A", "B"], things)
    )
    layout.sample = pd.DataFrame({"id": keys, **dict.fromkeys(answers, 0)})
    truth = layout.truth
    truth.targets, truth.ids, truth.answers, truth.schemes = ("value",), ("id",), tuple(answers), ("rolling",)
    truth.column = "step" if counted else "date"
    if counted and rng.random() < 0.5:
        days = pd.date_range("2012-03-01", periods=known + asked)
        named = {
            "d": [f"d_{at + 1}" for at in range(known + asked)],
            "day": days.strftime("%Y-%m-%d"),
            "weekday": days.day_name(),
        }
        layout.sides["calendar"], truth.column = pd.DataFrame(named), "day"
    layout.names.pop("test")


def labels_in_one_cell(layout: Layout, rng: Generator) -> None:
    """The names of what is true of a row in one cell."""
    names = list(layout.truth.targets)
    sign = rng_choice((" ", ", ", "|"), rng)[0]

    def cells(rows: pd.DataFrame) -> list[str]:
        said = [[name for name, yes in zip(names, row, strict=True) if yes] for row in rows[names].to_numpy()]
        return [sign.join(row or names[:1]) for row in said]

    layout.train = layout.train.assign(tags=cells(layout.train)).drop(columns=names)
    layout.truth.targets = tuple(f"tags_{name}" for name in names)
    assert layout.sample is not None
    layout.sample = layout.sample[list(layout.truth.ids)].assign(tags=sign.join(names[:2]))
    layout.truth.answers, layout.truth.kind = ("tags",), "tags"


def candidates_of_pages(layout: Layout, rng: Generator) -> None:
    """Rows are what a page showed, one of which was chosen; what is asked is their order on each page."""
    rows = [(page, item) for page in range(260) for item in rng.choice(50, int(rng.integers(2, 6)), replace=False) + 500]
    frame = pd.DataFrame(rows, columns=["display", "item"])
    frame["price"] = rng.gamma(3, 10, len(frame)).round(2)
    cheapest = frame.groupby("display")["price"].transform("min") == frame["price"]
    asked = rng.random(260) < 0.3
    test = asked[frame["display"]]
    layout.train, layout.test = frame.assign(chosen=cheapest.astype(int))[~test], frame[test].reset_index(drop=True)
    lists = layout.test.groupby("display")["item"].agg(lambda own: " ".join(map(str, own)))
    layout.sample = lists.reset_index()
    truth = layout.truth
    truth.task, truth.targets, truth.ids, truth.answers = TaskKind.BINARY, ("chosen",), ("display",), ("item",)
    truth.kind, truth.metric, truth.schemes = "candidates", None, ("grouped", "stratified")


def lists_for_people(layout: Layout, rng: Generator) -> None:
    """A history of who took what and when; what is asked is what each of them takes next."""
    people, things = [f"u{at:04x}" for at in range(60)], [f"{at:07d}" for at in rng.permutation(9000)[:40]]
    taste = rng.random((60, 40)) ** 6
    rows = [(day, who, rng.choice(40, p=taste[who] / taste[who].sum())) for day in range(100) for who in rng.integers(0, 60, 15)]
    frame = pd.DataFrame(rows, columns=["date", "user", "article"])
    frame["date"] = (pd.Timestamp("2022-02-01") + pd.to_timedelta(frame["date"], unit="D")).dt.strftime("%Y-%m-%d")
    frame["user"], frame["article"] = np.array(people)[frame["user"]], np.array(things)[frame["article"]]
    layout.train, layout.sample = frame, pd.DataFrame({"user": people, "prediction": " ".join(things[:5])})
    layout.names["train"] = rng_choice(("transactions_train", "purchases", "events"), rng)[0]
    layout.names.pop("test")
    truth = layout.truth
    truth.task, truth.targets, truth.ids, truth.answers = TaskKind.BINARY, ("taken",), ("user",), ("prediction",)
    truth.kind, truth.metric, truth.schemes, truth.column = "candidates", None, ("rolling",), "period"


def one_of_several_columns(layout: Layout, rng: Generator) -> None:
    """A class told by columns of 0 and 1, as many as there are classes, of which each row has one."""
    del rng
    [target] = layout.truth.targets
    labels = sorted(layout.train[target].unique())
    columns = [f"is_{label}" for label in labels]
    told = pd.DataFrame({name: (layout.train[target] == label).astype(int) for name, label in zip(columns, labels, strict=True)})
    layout.train = pd.concat([layout.train.drop(columns=target), told], axis=1)
    assert layout.sample is not None
    layout.sample = layout.sample[list(layout.truth.ids)].assign(**dict.fromkeys(columns, round(1 / len(columns), 4)))
    layout.truth.targets, layout.truth.answers = ("class",), tuple(columns)


def pixels_in_a_cell(layout: Layout, rng: Generator) -> None:
    """All pixels of a picture in one cell."""
    del rng
    for part in ("train", "test"):
        frame: pd.DataFrame = getattr(layout, part)
        pixels = [name for name in frame.columns if str(name).startswith("pixel")]
        cells = [" ".join(map(str, row)) for row in frame[pixels].to_numpy()]
        setattr(layout, part, frame.drop(columns=pixels).assign(pixels=cells))


def _pairs(layout: Layout, rng: Generator) -> pd.DataFrame:
    """Most pairs of a test row and a target, in no order."""
    names = pd.DataFrame({"name": list(layout.truth.targets)})
    pairs = layout.test[[layout.truth.ids[0]]].set_axis(["row"], axis=1).merge(names, how="cross")
    return pairs.sample(frac=0.8, random_state=int(rng.integers(0, 99))).reset_index(drop=True)


def _ask(layout: Layout, ids: pd.DataFrame, answer: str) -> None:
    fraction = 0.5 if layout.truth.kind == "probability" else 0.0
    layout.sample = ids.reset_index(drop=True).assign(**{answer: fraction})
    layout.truth.ids, layout.truth.answers = tuple(str(name) for name in ids.columns), (answer,)
