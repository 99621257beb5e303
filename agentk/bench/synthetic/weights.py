"""Oddities of scoring: rows, classes or targets that count more than others, by a column, a rule or a list on the page."""

from __future__ import annotations

import numpy as np

from agentk.bench.synthetic.layout import Generator, Layout, Oddity
from agentk.bench.synthetic.tables import rng_choice

_BY_COLUMN = (
    "Every row counts by its `{column}`, that is, rows are weighted by the column `{column}`.",
    "The mean is weighted: the weight of each row is given in the column {column} of the training file.",
    "Rows do not count alike; {column} holds the weight of a row. It is not part of the test file.",
    "Each row's contribution is multiplied by its sample weight (see `{column}` in train), and the sum divided by the sum of weights.",
)
_BY_FLAG = (
    "The mean is weighted, where $w_i = {most}$ if the row is {said}, {rest} otherwise.",
    "Rows are weighted: {said} rows weigh {most} and all others {rest}.",
    "w is the weight of a row: {most} for {said} rows and {rest} for all other rows.",
    "Please note that rows which are {said} count {most} times as much as the others.",
)
_BY_WORD = (
    "The mean is weighted: rows whose {column} is {word} have a weight of {most}, all others {rest}.",
    "The weight is {most} where {column} is {word}, and {rest} otherwise.",
)
_BY_NAME = (
    "It is weighted, with these weights:\n\n| {what} | weight |\n|---|---|\n{rows}",
    "The mean is weighted; the weights are {listed}.",
    "It is a weighted mean. Weights: {pairs}.",
)
_UNTOLD = (
    "The mean is weighted by the importance of a row, which only the organisers know.",
    "Rows are weighted by the number of experts that looked at them (not published).",
)
FLAGS = {"IsHoliday": "holiday", "is_urgent": "urgent", "weekend_flag": "weekend", "Promoted": "promoted"}


def by_column(layout: Layout, rng: Generator) -> None:
    """A column that only train has holds the weights."""
    name = rng_choice(("weight", "sample_weight", "Weight", "row_weight", "exposure_w"), rng)[0]
    layout.train[name] = rng.choice([0.5, 1.0, 2.0, 4.0], len(layout.train))
    layout.truth.weights = name
    layout.remark = _one(_BY_COLUMN, rng).replace("{column}", name)


def by_flag(layout: Layout, rng: Generator) -> None:
    """Rows count more where a column of yes and no says so."""
    name = rng_choice(tuple(FLAGS), rng)[0]
    most, rest = int(rng.integers(3, 9)), 1
    for frame in (layout.train, layout.test):
        flags = rng.random(len(frame)) < 0.2
        frame[name] = flags if name in ("IsHoliday", "Promoted") else flags.astype(int)
    layout.truth.weights = f"{name}:{'True' if layout.train[name].dtype == bool else '1'}={most},else={rest}"
    text = _one(_BY_FLAG, rng)
    layout.remark = text.replace("{said}", FLAGS[name]).replace("{most}", str(most)).replace("{rest}", str(rest))


def by_word(layout: Layout, rng: Generator) -> None:
    """Rows count more where a column holds a certain word."""
    words = ("harbor", "valley", "plateau")
    for frame in (layout.train, layout.test):
        frame["site"] = np.array(words)[rng.integers(0, 3, len(frame))]
    word, most = words[int(rng.integers(0, 3))], int(rng.integers(2, 6))
    layout.truth.weights = f"site:{word}={most},else=1"
    text = _one(_BY_WORD, rng).replace("{column}", "site").replace("{word}", word)
    layout.remark = text.replace("{most}", str(most)).replace("{rest}", "1")


def by_name(what: str) -> Oddity:
    """Each target, or each class, counts by a number of its own; `what` they are called."""

    def change(layout: Layout, rng: Generator) -> None:
        truth = layout.truth
        classes = len(truth.targets) == 1
        names = sorted(layout.train[truth.targets[0]].dropna().unique()) if classes else list(truth.targets)
        each = dict(zip(names, [1, 2, 3, 4, 5][: len(names)], strict=False))
        head = truth.targets[0] + ":" if classes else ""
        truth.weights = head + ",".join(f"{name}={weight}" for name, weight in each.items()) + (",else=1" if classes else "")
        listed = [f"{weight} for {name}" for name, weight in each.items()]
        layout.remark = (
            _one(_BY_NAME, rng)
            .replace("{what}", what)
            .replace("{rows}", "\n".join(f"| {name} | {weight} |" for name, weight in each.items()))
            .replace("{listed}", ", ".join(listed[:-1]) + f" and {listed[-1]}")
            .replace("{pairs}", ", ".join(f"{name} = {weight}" for name, weight in each.items()))
        )

    return change


def untold(layout: Layout, rng: Generator) -> None:
    """Weights that nobody outside can know."""
    layout.truth.weights = None
    layout.remark = _one(_UNTOLD, rng)


def _one(options: tuple[str, ...], rng: Generator) -> str:
    return options[int(rng.integers(0, len(options)))]
