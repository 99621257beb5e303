"""Worlds whose rows hang together: in time, in groups, over several tables, in nested records."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from agentk.bench.synthetic.layout import Generator, Maker, World
from agentk.bench.synthetic.tables import features, rng_choice, world
from agentk.types.competition import TaskKind


def forecast(form: str = "%Y-%m-%d", composed: bool = False, series: int = 5, days: int = 260) -> Maker:
    """Counts by shop and day; test is the time after train. The id is composed of shop and day, or a number of its own."""

    def make(rng: Generator) -> World:
        dates = pd.date_range(f"20{rng.integers(10, 23)}-0{rng.integers(1, 9)}-03", periods=days)
        shop, moment = (
            rng_choice(("store", "shop", "Branch", "center_id"), rng)[0],
            rng_choice(("date", "Date", "day", "dt"), rng)[0],
        )
        frame = pd.DataFrame([(day, at) for day in dates for at in range(1, series + 1)], columns=[moment, shop])
        week = np.array([0, -0.1, -0.1, 0, 0.3, 0.7, 0.2])[frame[moment].dt.day_of_week]
        rate = np.exp(2 + 0.2 * frame[shop] + week)
        held_out = (frame[moment] >= dates[-int(rng.integers(20, 50))]).to_numpy()
        frame["promo"] = (rng.random(len(frame)) < 0.2).astype(int)
        frame[moment] = frame[moment].dt.strftime(form)
        name = rng_choice(("sales", "units", "num_sold", "visitors"), rng)[0]
        frame[name] = rng.poisson(rate)
        own = "id"
        if composed:
            frame[own] = frame[shop].astype(str) + "_" + frame[moment].astype(str)
        else:
            frame[own] = np.arange(len(frame)) + 1
        order = [own, moment, shop, "promo", name]
        return World(frame[order], (name,), TaskKind.REGRESSION, held_out, own, ("rolling",), moment, composed=composed)

    return make


def calendar(rng: Generator) -> World:
    """Monthly numbers of regions whose time lies in two columns, year and month; test is the last year."""
    places = [f"R{at}" for at in range(12)]
    frame = pd.DataFrame(
        [(y, m, r) for y in range(2008, 2017) for m in range(1, 13) for r in places], columns=["year", "month", "region"]
    )
    frame["rain"] = rng.gamma(2, 30, len(frame)).round(1)
    made = world(rng, frame, TaskKind.REGRESSION, {"harvest": (rng.normal(50, 5, len(frame)) + frame["rain"] / 9).round(2)})
    made.held_out = (frame["year"] >= int(rng.integers(2014, 2017))).to_numpy()
    made.schemes, made.column = ("rolling",), "year"
    return made


def compact_dates(rng: Generator) -> World:
    """Days as numbers such as 20190103; test comes later."""
    made = forecast("%Y%m%d")(rng)
    assert made.column
    made.rows[made.column] = made.rows[made.column].astype("int64")
    return made


def epochs(rng: Generator) -> World:
    """Events of the seconds since 1970; test comes later."""
    frame, hidden = features(rng, 900, 4, 1)
    moments = np.sort(rng.integers(0, 90 * 86400, 900)) + 1_540_000_000
    frame["event_timestamp"] = moments
    made = world(rng, frame, TaskKind.BINARY, {"clicked": (hidden > 0.4).astype(int)})
    made.held_out = moments > np.quantile(moments, rng.uniform(0.65, 0.8))
    made.schemes, made.column = ("rolling",), "event_timestamp"
    return made


def known_people(rng: Generator) -> World:
    """Several rows of each person, whom test shares with train."""
    frame, hidden = features(rng, 900, 4, 1)
    frame["user_id"] = rng.integers(100, 220, 900)
    return world(rng, frame, TaskKind.BINARY, {"bought": (hidden > 0.2).astype(int)})


def matrices(rng: Generator) -> World:
    """Inputs and answers of training in files of their own, by id, as a course hands them out."""
    frame, hidden = features(rng, 500)
    made = world(rng, frame, TaskKind.REGRESSION, {"demand": (20 + 5 * hidden).round(2)})
    made.sides = {"y_train": made.rows.loc[~made.held_out, [made.id, "demand"]]}
    return made


def month_ends(rng: Generator) -> World:
    """Hourly counts; test is the end of each month."""
    hours = pd.date_range("2017-01-01", "2017-10-31 23:00", freq="3h")
    wander = np.cumsum(rng.normal(0, 0.05, len(hours)))
    moment = rng_choice(("datetime", "timestamp", "Time"), rng)[0]
    frame = pd.DataFrame({moment: hours.strftime("%Y-%m-%d %H:%M:%S"), "temp": rng.normal(15, 6, len(hours)).round(1),
                          "windspeed": rng.gamma(2, 4, len(hours)).round(1)})  # fmt: skip
    frame["trips"] = rng.poisson(np.exp(3 + wander + np.sin(hours.hour / 4)))
    cut = int(rng.integers(18, 24))
    return World(frame, ("trips",), TaskKind.REGRESSION, np.asarray(hours.day > cut), moment, ("blocked",), moment)


def time_steps(rng: Generator) -> World:
    """Readings by a running number of time; test comes later."""
    rows = 900
    steps = np.arange(rows) * 5 + 1000
    frame, hidden = features(rng, rows, 4, 0)
    frame.insert(0, "time_step", steps)
    made = world(rng, frame, TaskKind.REGRESSION, {"reading": (hidden + np.sin(steps / 300)).round(3)})
    made.held_out = steps > np.quantile(steps, rng.uniform(0.7, 0.8))
    made.schemes, made.column = ("rolling",), "time_step"
    return made


def grouped(in_id: bool = True) -> Maker:
    """Several rows of each member of a group, whose answer they share; test groups are others."""

    def make(rng: Generator) -> World:
        members = rng.integers(3, 8, 160)
        group = np.repeat(np.arange(160), members)
        nature = rng.normal(0, 1, 160)[group]
        frame, _ = features(rng, len(group), 4, 1)
        frame["signal"] = (nature + rng.normal(0, 0.3, len(group))).round(3)
        made = world(rng, frame, TaskKind.BINARY, {"sick": (nature > 0.2).astype(int)})
        place = pd.Series(group).groupby(group).cumcount() + 1
        if in_id:
            made.rows[made.id] = [f"{g:04d}_{p:02d}" for g, p in zip(group, place, strict=True)]
        column = made.id if in_id else rng_choice(("subject", "patient_id", "household"), rng)[0]
        if not in_id:
            made.rows.insert(1, column, [f"P{g:03d}" for g in rng.permutation(160)[group]])
        made.held_out = np.isin(group, rng.choice(160, 45, replace=False))
        made.schemes, made.column = ("grouped",), column
        return made

    return make


def side_tables(rng: Generator) -> World:
    """Weekly sales beside facts about stores, and features by store and week."""
    made = forecast("%Y-%m-%d", series=6, days=180)(rng)
    _, moment, shop, _, _ = made.rows.columns
    shops = pd.DataFrame({shop: range(1, 7), "Type": list("ABABCA"), "Size": rng.integers(30, 200, 6) * 1000})
    keys = made.rows[[shop, moment]].drop_duplicates()
    facts = keys.assign(Temperature=rng.normal(60, 10, len(keys)).round(2), Fuel=rng.normal(3, 0.3, len(keys)).round(3))
    made.sides = {"stores": shops, "features": facts}
    return made


def many_rows_beside(rng: Generator) -> World:
    """A table of clients, and a long one of what each of them did, which no join may blow up."""
    frame, hidden = features(rng, 500)
    made = world(rng, frame, TaskKind.BINARY, {"default": (hidden > 0.6).astype(int)})
    owners = rng.choice(made.rows[made.id].to_numpy(), 4000)
    made.sides = {
        "transactions": pd.DataFrame(
            {made.id: owners, "amount": rng.gamma(2, 30, 4000).round(2), "mcc": rng.integers(1, 90, 4000)}
        )
    }
    return made


def labels_apart(rng: Generator) -> World:
    """The training labels in a file of their own, by id."""
    frame, hidden = features(rng, 500)
    made = world(
        rng,
        frame,
        TaskKind.MULTICLASS,
        {"status_group": np.array(["functional", "broken", "repair"])[np.searchsorted([-0.3, 0.8], hidden)]},
    )
    made.sides = {"train_labels": made.rows.loc[~made.held_out, [made.id, "status_group"]]}
    return made


def records(rng: Generator) -> World:
    """Posts with a text, nested facts about the author, lists, and fields that only train has."""
    frame, hidden = features(rng, 500, 3, 0)
    made = world(rng, frame, TaskKind.BINARY, {"got_answer": (hidden > 0.3)})
    rows = made.rows
    rows[made.id] = [f"t3_{number:x}" for number in rows[made.id]]
    rows["post_text"] = [
        " ".join(
            rng.choice(
                [
                    "please",
                    "help",
                    "my",
                    "kitchen",
                    "sink",
                    "leaks",
                    "again",
                    "and",
                    "I",
                    "need",
                    "advice",
                    "about",
                    "a",
                    "new",
                    "one",
                ],
                14,
            )
        )
        for _ in hidden
    ]
    rows["author"] = pd.Series([{"age_days": int(age), "karma": int(age * 3)} for age in rng.gamma(2, 200, 500)])
    rows["groups"] = [[str(g) for g in rng.choice(["diy", "home", "ask", "garden"], 2, replace=False)] for _ in hidden]
    rows["upvotes_at_retrieval"] = rng.poisson(5, 500)
    rows["comments_at_retrieval"] = rng.poisson(3, 500)
    made.train_only = ("upvotes_at_retrieval", "comments_at_retrieval")
    return made


def lists_in_cells(rng: Generator) -> World:
    """Recipes: a JSON list in each row, and the cuisine to tell."""
    made = world(
        rng,
        pd.DataFrame(index=range(500)),
        TaskKind.MULTICLASS,
        {"cuisine": np.array(["thai", "greek", "mexican"])[rng.integers(0, 3, 500)]},
    )
    goods = {
        "thai": ["basil", "lime", "fish sauce"],
        "greek": ["feta", "olives", "oregano"],
        "mexican": ["corn", "chili", "beans"],
    }
    made.rows["ingredients"] = [json.dumps([*rng.choice(goods[c], 2), "salt"]) for c in made.rows["cuisine"]]
    return made
