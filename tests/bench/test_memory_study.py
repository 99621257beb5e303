"""The ablation on a small table whose truth is known: relatives have the same best recipe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agentk.bench.memory.replay import CachedEmbedder, Course, Track
from agentk.bench.memory.study import Tour, compare, compared, reached
from agentk.bench.memory.table import Cell, Ground, Table, drawn, read_table
from agentk.errors import StoreError
from agentk.memory.features import features_of
from agentk.memory.nested import NestedMemory
from agentk.memory.off import Off
from agentk.memory.ram import RamShelf
from agentk.types.competition import Column, ColumnKind, Competition, SubmissionFormat, TableFile, TaskKind, Validation
from agentk.types.outcome import Status
from agentk.types.space import parse_space

RECIPES = ("constant", "lightgbm", "linear", "extra_trees", "mlp", "kernel", "random_forest", "neighbors", "hist")


def ground(name: str) -> Ground:
    made = Competition(
        name=name,
        folder=Path(name),
        task=TaskKind.REGRESSION,
        train=TableFile(path="train.csv"),
        test=TableFile(path="test.csv"),
        targets=("y",),
        columns=(Column(name=f"{name}-x", kind=ColumnKind.NUMERIC),),
        metric="r2",
        submission=SubmissionFormat(columns=("id", "y"), id_columns=("id",), kind="values"),
        validation=Validation(scheme="random", folds=3),
        rows=300,
        test_rows=50,
    )
    return Ground(name=name, competition=made, features=features_of(made), direction="maximize")


@pytest.fixture(scope="module")
def table() -> Table:
    """Four relatives: the last recipe of the catalogue wins on all."""
    generator = np.random.default_rng(0)
    cells = []
    for name in "abcd":
        for place, recipe in enumerate(RECIPES):
            level = {"hist": 0.55, "constant": 0.2}.get(recipe, 0.5 - 0.004 * place)
            folds = tuple(level + generator.normal(0, 0.001, 3))
            cells.append(
                Cell(
                    competition=name, recipe=recipe, variant="default", status=Status.SCORED,
                    score=float(np.mean(folds)), fold_scores=folds,
                )
            )  # fmt: skip
    return Table({name: ground(name) for name in "abcd"}, tuple(cells))


def test_what_relatives_taught_finds_the_best_sooner(table: Table) -> None:
    memory = NestedMemory(RamShelf(), CachedEmbedder())
    courses = {name: Course(table.grounds[name], table) for name in "abcd"}
    off = courses["d"].run(Off(), budget=14, seed=0, withhold=0.0)
    for number, name in enumerate("abc"):
        replay = courses[name].run(memory, budget=14, seed=number, withhold=0.15)
        courses[name].teach(memory, replay, f"run-{number}")
    learned = courses["d"].run(memory, budget=14, seed=5, withhold=0.0)
    assert off.track.curve[-1] == learned.track.curve[-1] == 1.0
    assert reached(learned.track.curve, 1.0) <= reached(off.track.curve, 1.0) / 2


def test_a_comparison_holds_the_second_half_of_each_order_against_memory_off() -> None:
    off = {name: Track(np.array([0.0, 0.2, 0.4, 0.8]), np.array([1.0, 2.0, 3.0, 20.0])) for name in "ab"}
    fast, spent = (0.0, 0.8, 0.9, 0.9), ((1.0,) * 4, (1.0, 15.0, 16.0, 17.0))
    tours = [Tour(names=("a", "b"), curves=((0.0,) * 4, fast), spent=spent, relatives=(0, 1)) for _ in range(12)]
    found = compare("learning", off, tours)
    assert (found.competitions, found.runs, found.ratio, found.halved) == (1, 12, 0.5, 1)
    assert (found.better, found.worse) == (1, 0)
    assert found.seconds == 0.75
    assert (found.between, found.geometric) == ((0.5, 0.5), 0.5)
    assert found.off_paced == pytest.approx((0.2, 0.4, 0.4, 0.8)) and found.paced == pytest.approx((0.0, 0.0, 0.0, 0.9))


def test_how_far_the_median_of_few_competitions_can_be_trusted_is_told() -> None:
    off = {name: Track(np.array([0.0, 0.0, 0.0, 1.0]), np.arange(1.0, 5.0)) for name in "abc"}
    found = compared(
        "learning", off, {name: [Track((np.arange(4) >= at) * 1.0, off[name].spent)] for at, name in enumerate("abc")}
    )
    assert found.ratio == 0.5
    assert found.between == (0.25, 0.75)
    assert found.geometric == pytest.approx((0.25 * 0.5 * 0.75) ** (1 / 3))


def test_a_drawn_parameter_set_is_the_same_everywhere_and_inside_its_space() -> None:
    space = parse_space('SPACE = {"rate": {"type": "float", "low": 0.01, "high": 1.0, "log": True, "default": 0.1}}')
    assert drawn(space, "trees", 0) == drawn(space, "trees", 0) != drawn(space, "trees", 1)
    assert 0.01 <= float(str(drawn(space, "trees", 0)["rate"])) <= 1.0


def test_a_table_cut_short_is_read_up_to_its_last_whole_competition(tmp_path: Path, table: Table) -> None:
    lines = [cell.model_dump_json() for cell in table.cells if cell.competition in "ab"]
    done = Cell(competition="a", recipe="-", variant="", status=Status.SCORED).model_dump_json()
    (tmp_path / "cells.jsonl").write_text("\n".join([*lines, done]) + '\n{"torn')
    (tmp_path / "competitions.jsonl").write_text("".join(table.grounds[name].model_dump_json() + "\n" for name in "ab"))
    assert list(read_table(tmp_path).grounds) == ["a"]
    (tmp_path / "cells.jsonl").write_text("nonsense\n")
    with pytest.raises(StoreError, match="line 1"):
        read_table(tmp_path)
