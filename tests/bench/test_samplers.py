"""Samplers measured on trials whose truth is known; and, in the second tier, on real ones."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from agentk.bench.samplers import bench_samplers, races
from agentk.bench.samplers.figures import lines, markdown
from agentk.bench.samplers.races import MANNERS, Race, read, run
from agentk.bench.samplers.tasks import TASKS, Task, learned
from agentk.competitions.sources.builtin import names
from agentk.errors import SettingError, StoreError
from agentk.reasoning.recipes.catalogue import RECIPES
from agentk.tuning.encoding import Encoding
from agentk.tuning.samplers import Sampler
from agentk.types.space import ChoiceDimension, FloatDimension, Params, Space

SPACE: Space = {
    "rate": FloatDimension(type="float", low=0.01, high=1.0, log=True, default=0.1),
    "share": FloatDimension(type="float", low=0.0, high=1.0, default=0.5),
    "deep": ChoiceDimension(type="choice", choices=(False, True), default=False),
    "layers": FloatDimension(type="float", low=1, high=5, default=2, when={"deep": True}),
}
STARTS: tuple[Params, ...] = ({}, {"rate": 0.5})


def loss_of(params: Params) -> float:
    """Best at rate 0.03 and no depth."""
    return math.log(float(str(params["rate"])) / 0.03) ** 2 + 2.0 * bool(params["deep"])


@pytest.fixture(scope="module")
def task() -> Task:
    encoding = Encoding(SPACE)
    points = [encoding.params(places) for places in np.random.default_rng(1).random((150, len(SPACE)))]
    losses = np.array([loss_of(point) for point in points])
    losses[3] = math.inf  # a program that failed
    return learned("a task", SPACE, points, losses, STARTS)


def test_a_forest_stands_for_the_trials_it_was_learned_from(task: Task):
    assert task.fit > 0.8 and task.trials == 150
    good, middling, bad = (
        {"rate": 0.03, "deep": False},
        {"rate": 0.2, "deep": False},
        {"rate": 0.9, "deep": True, "layers": 3.0},
    )
    assert task.loss(good) < task.loss(middling) < task.loss(bad)
    assert task.floor < 0.2 * task.usual


def test_a_race_as_a_run_searches_begins_with_the_portfolio(task: Task):
    race = run(task, MANNERS[0], "tpe", 0)
    assert len(race.losses) == races.TRIALS
    assert race.losses[:2] == (
        task.loss({"rate": 0.1, "share": 0.5, "deep": False}),
        task.loss({"rate": 0.5, "share": 0.5, "deep": False}),
    )
    assert run(task, MANNERS[0], "tpe", 0).losses == race.losses != run(task, MANNERS[0], "tpe", 1).losses


def test_a_race_from_nothing_is_told_each_trial_before_it_asks_for_the_next(task: Task):
    race = run(task, MANNERS[1], "tpe", 0)
    assert len(race.losses) == races.TRIALS and race.losses[0] != task.loss({"rate": 0.1, "share": 0.5, "deep": False})


def invented(sampler: Sampler, seed: int, best: float, task: str = "a task") -> Race:
    """Comes down to `best` in 20 trials."""
    losses = tuple(float(loss) for loss in np.linspace(1.0, best, 20)) + (2.0,) * 30
    return Race(task=task, manner=MANNERS[0].name, sampler=sampler, seed=seed, losses=losses, seconds=5.0)


def test_regret_is_nothing_at_the_best_that_was_found_and_one_at_what_is_usual(task: Task):
    usual, floor = task.usual, task.floor
    found = lines([task], [invented("tpe", 0, usual), invented("mace", 0, floor - 1.0)])
    by_sampler = {line.sampler: line for line in found}
    assert by_sampler["mace"].regret[-1].mean == pytest.approx(0.0)
    at = by_sampler["tpe"].regret[-1]
    assert (at.mean, at.low, at.high) == pytest.approx((1.0, 1.0, 1.0))
    assert by_sampler["mace"].over[-1].mean == pytest.approx(-1.0) and by_sampler["mace"].ahead == 1
    assert by_sampler["mace"].seconds == pytest.approx(0.1)
    assert by_sampler["mace"].curve[4] > by_sampler["mace"].curve[19] == by_sampler["mace"].curve[49]


def test_samplers_are_compared_on_the_seeds_that_both_have_and_counted_on_whole_ones_only(task: Task):
    others = [invented("tpe", seed, 0.5) for seed in range(4)] + [invented("gp", 0, 0.4)]
    found = {line.sampler: line for line in lines([task], others)}
    assert (found["tpe"].seeds, found["gp"].seeds) == (4, 1)
    two = [task, Task("another", task.space, task.starts, 1, 1.0, task.loss, task.floor, task.usual)]
    assert lines(two, others) == []


def test_the_tables_name_every_sampler_and_every_space(task: Task):
    told = markdown([task], lines([task], [invented("tpe", 0, 0.5), invented("mace", 0, 0.4)]))
    rows = [row for row in told.splitlines() if row.startswith("| ")]
    assert [row.split(" | ")[0].strip("| ") for row in rows] == [
        "sampler",
        "tpe",
        "mace",
        "sampler",
        "recipe and competition",
        "a task",
    ]
    assert all(row.count("|") == rows[0].count("|") for row in rows[:3])


def test_the_tasks_are_recipes_and_competitions_that_there_are():
    known = {recipe.name for recipe in RECIPES}
    assert set(TASKS) <= set(names()) and {recipe for recipes in TASKS.values() for recipe in recipes} <= known


def test_a_torn_last_line_is_left_out_and_a_foreign_one_is_said(tmp_path: Path):
    path = tmp_path / "races.jsonl"
    assert read(path) == []
    path.write_text(invented("tpe", 0, 0.5).model_dump_json() + "\n" + '{"task": "a')
    assert read(path) == [invented("tpe", 0, 0.5)]
    path.write_text('{"task": 1}\n')
    with pytest.raises(StoreError, match=r"races.jsonl, line 1 is no race"):
        read(path)


def test_what_does_not_fit_is_said(tmp_path: Path):
    with pytest.raises(SettingError, match="the parts of samplers are table, races"):
        bench_samplers(tmp_path, parts=["tables"])
    with pytest.raises(SettingError, match="--parts table first"):
        bench_samplers(tmp_path, parts=["races"])


@pytest.mark.slow
def test_measures_on_real_trials_and_goes_on_where_it_was_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from agentk.bench.samplers import tasks

    monkeypatch.setattr(tasks, "TASKS", {"diabetes": ("neighbors",)})
    monkeypatch.setattr(tasks, "DRAWS", 20)
    monkeypatch.setattr(races, "SEEDS", {"random": 1, "tpe": 1})
    said: list[str] = []
    files = bench_samplers(tmp_path, say=said.append)
    assert all(path.stat().st_size > 100 for path in files) and {path.name for path in files} >= {"samplers.json", "samplers.md"}
    again: list[str] = []
    bench_samplers(tmp_path, say=again.append)
    assert len(said) > 25 and not any(" on diabetes, " in line for line in again), "nothing was run twice"
