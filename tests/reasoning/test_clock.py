"""The clock says what can be paid for: drafts on samples of large tables, more rows later, nothing that cannot finish."""

from __future__ import annotations

from typing import Any

from agentk.reasoning.costs import LEAST_ROWS, rows_within, seconds_of
from agentk.reasoning.playbook import Playbook
from agentk.reasoning.questions import Effort, Plan, PlanQuestion, Resources, Running
from agentk.reasoning.recipes.catalogue import RECIPES
from agentk.reasoning.recipes.images import PIXELS
from agentk.types.attempt import Attempt
from agentk.types.competition import Column, ColumnKind, Competition, Pixels, TaskKind, Validation
from agentk.types.outcome import Outcome, Status

from .test_playbook import COMPETITION, LIBRARIES

LIGHTGBM = next(recipe for recipe in RECIPES if recipe.name == "lightgbm")


def sized(rows: int, columns: int) -> Competition:
    names = tuple(Column(name=f"n{at}", kind=ColumnKind.NUMERIC) for at in range(columns))
    folds = Validation(scheme="stratified", folds=2, most=100_000) if rows > 200_000 else Validation(scheme="stratified")
    return COMPETITION.model_copy(update={"rows": rows, "test_rows": rows // 3, "columns": names, "validation": folds})


def plan(competition: Competition, seconds: float | None, left: float | None = None, **facts: Any) -> Plan:
    resources = Resources(
        seconds_left=seconds if left is None else left,
        seconds_total=seconds,
        attempts_left=None if seconds else 5,
        slots=2,
        cores=1,
        libraries=(*LIBRARIES, "torch"),
    )
    known: dict[str, Any] = {"efforts": {}, "pending": 0, "scored": 0, "since_blend": 0, "tree": (), "best": None, "step": 0}
    question = PlanQuestion(competition=competition, direction="maximize", resources=resources, seed=0, **(known | facts))
    return Playbook().plan(question)


BASE = {"constant": Effort(drafts=1, seconds=1.0, best=1, best_score=0.3, best_merit=0.3, fold_seconds=0.1)}


def test_costs_grow_with_rows_and_columns_and_the_rows_that_a_time_pays_for_are_the_most() -> None:
    tall = sized(1_000_000, 20)
    assert seconds_of(LIGHTGBM, tall, 1_000_000) > 2 * seconds_of(LIGHTGBM, tall, 100_000)
    assert seconds_of(LIGHTGBM, sized(2000, 3000), 2000) > seconds_of(LIGHTGBM, sized(2000, 300), 2000)
    rows = rows_within(LIGHTGBM, tall, 30.0)
    assert LEAST_ROWS < rows < 1_000_000
    assert seconds_of(LIGHTGBM, tall, rows) <= 30.0 < seconds_of(LIGHTGBM, tall, int(1.15 * rows))
    assert rows < rows_within(LIGHTGBM, tall, 30.0, work=0.5) <= 1_000_000
    assert rows_within(LIGHTGBM, tall, 1e6) == 1_000_000 and rows_within(LIGHTGBM, tall, 1e-3) == 0


def test_a_large_table_is_first_tried_on_a_sample_and_a_small_one_never() -> None:
    first = plan(sized(5_000_000, 20), 60.0, efforts=BASE, scored=1)
    assert (first.action, first.recipe) == ("draft", "lightgbm")
    most = first.params["most_rows"]
    assert isinstance(most, int) and LEAST_ROWS <= most < 1_000_000
    assert "most_rows" not in plan(sized(5000, 20), 60.0, efforts=BASE, scored=1).params
    assert "most_rows" not in plan(sized(5_000_000, 4), 36_000.0, efforts=BASE, scored=1).params


def test_what_reads_words_is_paid_by_the_character() -> None:
    def letters(length: float) -> Competition:
        said = Column(name="said", kind=ColumnKind.TEXT, length=length)
        return sized(300_000, 2).model_copy(update={"columns": (said,)})

    linear = next(recipe for recipe in RECIPES if recipe.name == "text_linear")
    assert seconds_of(linear, letters(800.0), 300_000) > 5 * seconds_of(linear, letters(80.0), 300_000)
    assert seconds_of(LIGHTGBM, letters(800.0), 300_000) > 5 * seconds_of(LIGHTGBM, letters(8.0), 300_000)
    first = plan(letters(800.0), 60.0, efforts=BASE, scored=1)
    assert first.recipe == "text_linear" and LEAST_ROWS < int(str(first.params["most_rows"])) < 200_000
    assert "most_rows" not in plan(letters(100.0), 7200.0, efforts=BASE, scored=1).params


def test_where_time_is_short_words_alone_are_read_before_rows_are_left_out() -> None:
    said = Column(name="said", kind=ColumnKind.TEXT, length=400.0)
    comments = sized(45_000, 2).model_copy(update={"columns": (said,)})
    linear = next(recipe for recipe in RECIPES if recipe.name == "text_linear")
    assert seconds_of(linear, comments, 45_000, work=linear.least_work) < 0.25 * seconds_of(linear, comments, 45_000)
    first = plan(comments, 60.0, efforts=BASE, scored=1)
    assert first.recipe == "text_linear" and first.params.get("most_work") == linear.least_work
    assert "most_rows" not in first.params or int(str(first.params["most_rows"])) > 20_000
    assert "most_work" not in plan(comments, 3600.0, efforts=BASE, scored=1).params


def test_many_targets_are_left_to_who_fits_them_at_once() -> None:
    labels = {"task": TaskKind.MULTILABEL, "classes": (), "targets": tuple(f"t{at}" for at in range(200))}
    wide = sized(20_000, 800).model_copy(update=labels)
    assert plan(wide, 120.0, efforts=BASE, scored=1).recipe in {recipe.name for recipe in RECIPES if recipe.joint}


def test_rows_of_sequences_have_more_columns() -> None:
    rows = sized(400_000, 6)
    steps = tuple(column.model_copy(update={"unique": 5000}) for column in rows.columns)
    grouped = Validation(scheme="grouped", column="n0", folds=2)
    ordered, plain = (rows.model_copy(update={"columns": c, "validation": grouped}) for c in (steps, rows.columns))
    assert seconds_of(LIGHTGBM, ordered, 400_000) > 2 * seconds_of(LIGHTGBM, plain, 400_000)


def test_no_sample_is_drawn_where_no_clock_ticks_but_memory_has_its_limit() -> None:
    assert "most_rows" not in plan(sized(1_000_000, 20), None, efforts=BASE, scored=1).params
    assert plan(sized(100_000_000, 6), None, efforts=BASE, scored=1).params == {"most_rows": 10_000_000}


def test_a_busy_machine_gets_smaller_samples() -> None:
    def most(fold_seconds: float) -> int:
        seen = Effort(drafts=1, best=2, best_merit=0.8, fold_seconds=fold_seconds, sample=100_000, best_sample=100_000)
        return int(str(plan(sized(5_000_000, 20), 120.0, efforts=BASE | {"lightgbm": seen}, scored=2).params["most_rows"]))

    assert most(400.0) < most(20.0)


def test_the_best_of_those_made_on_samples_is_given_more_rows() -> None:
    efforts = BASE | {
        name: Effort(drafts=1, tunable=True, best=at, best_merit=score, fold_seconds=2.0, sample=50_000, best_sample=50_000)
        for at, (name, score) in enumerate({"lightgbm": 0.9, "linear": 0.7}.items(), 2)
    }
    tree = tuple(
        Attempt(number=at, parent=None, kind="draft", name=name, origin="playbook", recipe=name, params=params, score=0.9,
                outcome=Outcome(status=Status.SCORED))
        for at, name, params in ((2, "lightgbm", {"most_rows": 50_000, "leaves": 9}), (3, "linear", {"most_rows": 50_000}))
    )  # fmt: skip
    grown = plan(sized(2_000_000, 20), 120.0, 80.0, efforts=efforts, tree=tree, scored=3)
    assert (grown.action, grown.recipe, grown.parent, grown.params["leaves"]) == ("improve", "lightgbm", 2, 9)
    assert int(str(grown.params["most_rows"])) >= 100_000
    under_way = plan(sized(2_000_000, 20), 120.0, 80.0, efforts=efforts, tree=tree, scored=3, started=("lightgbm",), pending=1)
    assert under_way.recipe != "lightgbm"
    assert plan(sized(2_000_000, 20), 120.0, 2.0, efforts=efforts, tree=tree, scored=3).action != "improve"


def test_what_cannot_finish_is_not_started() -> None:
    names = {plan(sized(4000, 10_000), 20.0, efforts=BASE, scored=1).recipe}
    assert names.isdisjoint({"catboost", "mlp", "random_forest"})


def test_what_was_cut_is_tried_again_on_a_smaller_sample_and_not_for_ever() -> None:
    cut = Effort(drafts=1, failures=1, longer=30.0, sample=100_000)
    again = plan(sized(5_000_000, 20), 120.0, efforts=BASE | {"hist": cut}, scored=1, started=("linear",), pending=1)
    assert again.recipe == "hist" and int(str(again.params["most_rows"])) * float(str(again.params["most_work"])) <= 50_000
    often = cut.model_copy(update={"drafts": 3})
    assert plan(sized(5_000_000, 20), 120.0, efforts=BASE | {"hist": often}, scored=1).recipe != "hist"


def test_pictures_in_columns_cost_what_pictures_cost_however_many_columns_and_classes() -> None:
    pixels = Pixels(name="n{}", counts=(784,), height=28, width=28)
    columns = tuple(Column(name=name, kind=ColumnKind.PIXEL) for name in pixels.columns)
    many = sized(42_000, 784).model_copy(update={"columns": columns, "pixels": pixels})
    svm, trees, _ = PIXELS
    assert seconds_of(svm, many, 33_600) == seconds_of(svm, many.model_copy(update={"classes": tuple(range(10))}), 33_600)
    assert 5 < seconds_of(svm, many, 33_600) < 20 < seconds_of(trees, many, 33_600)
    first = plan(many, 180.0, efforts=BASE, scored=1)
    assert (first.recipe, "most_rows" in first.params) == ("image_svm", False)
    assert LEAST_ROWS <= plan(many, 30.0, efforts=BASE, scored=1).params["most_rows"] < 33_600


def test_a_network_does_less_work_where_all_of_it_would_take_too_long_and_none_where_that_is_too_little() -> None:
    started = tuple(recipe.name for recipe in RECIPES if recipe.name != "tabm")
    known: dict[str, Any] = {"efforts": BASE, "scored": 4, "started": started}
    assert plan(sized(2000, 12), 600.0, **known).params == {}
    some = plan(sized(2000, 12), 60.0, **known)
    assert some.recipe == "tabm" and 0.35 <= float(str(some.params["most_work"])) < 1
    assert plan(sized(2000, 12), 20.0, **known).recipe != "tabm"


def test_a_network_that_was_cut_is_tried_again_with_less_work() -> None:
    started = tuple(recipe.name for recipe in RECIPES if recipe.name != "tabm")
    cut = Effort(drafts=1, failures=1, longer=16.0)
    again = plan(sized(2000, 12), 400.0, efforts=BASE | {"tabm": cut}, scored=4, started=started)
    assert again.recipe == "tabm" and float(str(again.params["most_work"])) < 1
    assert plan(sized(2000, 12), 100.0, efforts=BASE | {"tabm": cut}, scored=4, started=started).recipe != "tabm"


def test_where_all_the_work_takes_too_long_all_rows_come_before_all_of_it() -> None:
    some = plan(sized(300_000, 6), 60.0, efforts=BASE, scored=1)
    assert some.recipe == "lightgbm" and "most_rows" not in some.params
    assert 0.25 <= float(str(some.params["most_work"])) < 1
    fewer = plan(sized(3_000_000, 60), 60.0, efforts=BASE, scored=1)
    assert fewer.params["most_work"] == 0.25 and "most_rows" in fewer.params
    assert plan(sized(300_000, 6), 3600.0, efforts=BASE, scored=1).params == {}


def test_what_did_less_work_is_given_more_once_a_few_are_scored() -> None:
    done = Effort(drafts=1, tunable=True, best=2, best_merit=0.9, fold_seconds=1.0, work=0.2, best_work=0.2)
    tree = (
        Attempt(number=2, parent=None, kind="draft", name="lightgbm", origin="playbook", recipe="lightgbm", score=0.9,
                params={"most_work": 0.2, "leaves": 9}, outcome=Outcome(status=Status.SCORED)),
    )  # fmt: skip
    grown = plan(sized(300_000, 6), 120.0, 90.0, efforts=BASE | {"lightgbm": done}, tree=tree, scored=4)
    assert (grown.action, grown.parent, grown.params) == ("improve", 2, {"leaves": 9})
    assert grown.idea == "lightgbm as it was, with all its work"


def test_what_is_under_way_is_paid_for_first() -> None:
    busy = tuple(Running(recipe=name) for name in ("lightgbm", "random_cuts", "xgboost"))
    known: dict[str, Any] = {"efforts": BASE, "scored": 3, "pending": 3, "started": tuple(one.recipe for one in busy)}
    large = sized(400_000, 20)
    free, taken = (plan(large, 120.0, 60.0, **known, running=running) for running in ((), busy))
    assert free.action == "draft"
    assert taken.action == "wait" or taken.params != free.params
    nearly = tuple(one.model_copy(update={"seconds": 1000.0}) for one in busy)
    assert plan(large, 120.0, 60.0, **known, running=nearly) == free


def test_time_that_nobody_can_use_goes_to_a_bold_try() -> None:
    """Rows that take longer to read than any share of the budget, and a machine that is slower than foreseen."""
    slow = Effort(drafts=1, best=2, best_merit=0.4, fold_seconds=9.0, sample=2000, best_sample=2000)
    known: dict[str, Any] = {"efforts": BASE | {"linear": slow}, "scored": 2}
    wide = sized(120_000, 600)
    assert plan(wide, 60.0, 30.0, **known).recipe == "lightgbm"
    assert plan(wide, 60.0, 1.0, **known).action == "stop"
