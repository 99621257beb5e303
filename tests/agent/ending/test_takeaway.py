"""What a person takes away: a folder that stands alone and makes the run's submission again."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from agentk.agent.ending.takeaway import MOST_MEMBERS, Member, Takeaway, write_takeaway
from agentk.competitions.draft import Overrides
from agentk.competitions.files.rows import load_rows
from agentk.competitions.files.tables import plan_of
from agentk.competitions.metrics import metric_named
from agentk.competitions.scoring.truth import encode_truth, format_submission
from agentk.competitions.setup import set_up
from agentk.referee import harness
from agentk.referee.apply import combine, decide, from_link, to_link
from agentk.referee.decision import Adjust, Argmax, AsIs, Decision, Thresholds
from agentk.referee.layout import Layout, make_layout
from agentk.referee.predictions import check_predictions
from agentk.types.competition import Column, ColumnKind, Competition, SubmissionFormat, TableFile, TaskKind, Validation

FORESTS = """
import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

def prepare(rows, params, data_dir):
    return rows[["a"]].rank(pct=True).rename(columns={"a": "rank"}).assign(b=rows["b"].fillna(rows["b"].mean()))

def fit_predict(train, test, params, data_dir):
    X, T, y = train[["a", "b", "rank"]], test[["a", "b", "rank"]], train["y"]
    settings = {"n_estimators": params["trees"], "random_state": params["seed"], "n_jobs": params["threads"]}
    if y.nunique() > 5:
        return ExtraTreesRegressor(**settings).fit(X, y).predict(T)
    return ExtraTreesClassifier(**settings).fit(X, y).predict_proba(T)
"""

SHARES = '''
import numpy as np

def fit_predict(train, test, params, data_dir):
    """Knows the labels' shares, how many rows it is asked for, and chance."""
    noise = np.random.rand(len(test)) * 0.1 + 0.0001 * len(test)
    y = train["y"]
    if y.nunique() > 5:
        return float(np.log1p(y).mean()) + noise + 0.1 * test["a"].to_numpy()
    return np.full(len(test), (y == y.max()).mean() * 0.5) + 0.2 * (test["a"] > 0).to_numpy() + noise
'''


SEES = """
import numpy as np

def fit_predict(train, test, params, data_dir):
    return np.full(len(test), train["y"].max())
"""


def make(folder: Path, task: TaskKind, scheme: str = "random") -> Competition:
    rng = np.random.default_rng(0)
    signal = {"a": rng.normal(size=150), "b": rng.normal(size=150)}
    frame = pd.DataFrame({"id": [f"r{i:03d}" for i in range(150)], **signal, "day": np.arange(150)})
    frame.loc[::7, "b"] = np.nan
    value = signal["a"] + 0.3 * rng.normal(size=150)
    frame["y"] = np.expm1(np.abs(value) + 0.1) if task is TaskKind.REGRESSION else np.where(value > 0, "yes", "no")
    frame["hint"] = value  # only train has it
    frame.iloc[:110].to_csv(folder / "train.csv", index=False)
    frame.iloc[110:].drop(columns=["y", "hint"]).to_csv(folder / "test.csv", index=False)
    sample = frame.iloc[110:][["id"]].sample(frac=1, random_state=1)  # in an order of its own
    sample.assign(y=0 if task is TaskKind.REGRESSION else "no").to_csv(folder / "sample.csv", index=False)
    kinds = {"a": ColumnKind.NUMERIC, "b": ColumnKind.NUMERIC, "day": ColumnKind.NUMERIC}
    return Competition(
        name="made",
        folder=folder,
        task=task,
        train=TableFile(path="train.csv"),
        test=TableFile(path="test.csv"),
        sample=TableFile(path="sample.csv"),
        id_columns=("id",),
        targets=("y",),
        classes=() if task is TaskKind.REGRESSION else ("no", "yes"),
        columns=tuple(Column(name=name, kind=kind) for name, kind in kinds.items()),
        train_only=("hint",),
        metric="rmsle" if task is TaskKind.REGRESSION else "accuracy",
        submission=SubmissionFormat(
            columns=("id", "y"), id_columns=("id",), kind="values" if task is TaskKind.REGRESSION else "label"
        ),
        validation=Validation.model_validate({"scheme": scheme, "folds": 3, "column": "day" if scheme == "rolling" else None}),
        rows=110,
        test_rows=40,
    )


def take(competition: Competition, members: tuple[Member, ...], decision: Decision, method: str = "mean") -> Takeaway:
    train, test = load_rows(competition.folder, plan_of(competition))
    layout = make_layout(competition, train, test, encode_truth(competition, train), 0)
    return Takeaway(
        competition=competition,
        metric=metric_named(competition.metric),
        layout=layout,
        members=members,
        decision=decision,
        method=method,
        workers=2,
        score=0.5,
        std=0.01,
        title="two members, blended",
        versions={"numpy": np.__version__},
    )


def member(number: int, source: str, weight: float = 1.0, **params: Any) -> Member:
    reserved: dict[str, Any] = {"seed": 3, "threads": 1, "device": "cpu"}
    return Member(number, f"recipe {number}", source, reserved | params, weight)


def as_the_referee_does(takeaway: Takeaway, scratch: Path) -> pd.DataFrame:
    """The submission through the referee's own harness, call by call."""
    competition, layout, link = takeaway.competition, takeaway.layout, takeaway.metric.link
    train, test = load_rows(competition.folder, plan_of(competition))
    rows = pd.concat([train[test.columns], test], ignore_index=True)
    rows.to_pickle(scratch / "rows")
    predictions = []
    for given in takeaway.members:
        made = []
        for call in layout.calls:
            if not layout.predicts_test(call):
                continue
            fit_rows, asked = layout.train(call), np.concatenate([layout.held_out(call), np.arange(len(train), len(rows))])
            hidden = [name for name in train if name not in test]
            labels = train[hidden].iloc[fit_rows].reset_index(drop=True)
            fold = {"train_rows": fit_rows, "test_rows": asked, "labels": labels, "columns": list(train.columns)}
            pd.to_pickle(fold, scratch / "fold")
            arguments = {
                "source": given.source,
                "params": given.params,
                "inputs": str(scratch),
                "prepared": "def prepare" in given.source,
            }
            if arguments["prepared"]:
                harness.prepare(None, scratch, {**arguments, "labels": hidden})
                (scratch / harness.PREPARED).rename(scratch / "prepared")
            harness.predict(harness.load({"rows": scratch / "rows", "fold": scratch / "fold"}), scratch, arguments)
            matrix = check_predictions(np.load(scratch / harness.PREDICTIONS), competition.task)
            made.append(to_link(matrix[-len(test) :], link))
        predictions.append(from_link(np.mean(made, axis=0), link))
    if len(predictions) > 1:
        predictions = [combine(predictions, [given.weight for given in takeaway.members], takeaway.method, link)]
    return format_submission(competition, decide(takeaway.decision.model_dump(), predictions[0]), test)


def run(place: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """As if agentk were not installed: importing it fails."""
    barrier = place.parent / "barrier"
    barrier.mkdir(exist_ok=True)
    (barrier / "agentk.py").write_text("raise ImportError('a solution stands alone')\n")
    command = [sys.executable, str(place / "solution.py"), *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(barrier)}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=barrier, env=environment)


def both_ways(
    takeaway: Takeaway, competition: Competition, data: Path, folder: Path, **reading: Any
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The submission as the referee forms it, and as the program in `folder`/solution makes it of the same data."""
    (folder / "scratch").mkdir()
    expected = as_the_referee_does(takeaway, folder / "scratch")
    write_takeaway(takeaway, load_rows(data, plan_of(competition))[1], folder / "solution")
    done = run(folder / "solution", "--data", data, "--out", folder / "submission.csv")
    assert done.returncode == 0, done.stderr
    return expected, pd.read_csv(folder / "submission.csv", **reading)


CASES: dict[str, tuple[TaskKind, str, tuple[Member, ...], Decision, str]] = {
    "one member": (TaskKind.BINARY, "random", (member(1, FORESTS, trees=20),), Argmax(weights=(0.8, 1.2)), "mean"),
    "a blend of probabilities": (
        TaskKind.BINARY,
        "stratified",
        (member(1, FORESTS, 0.7, trees=20), member(4, SHARES, 0.3)),
        Argmax(weights=(1.0, 1.0)),
        "geometric",
    ),
    "values on a log scale": (
        TaskKind.REGRESSION,
        "random",
        (member(1, FORESTS, 0.5, trees=20), member(2, FORESTS, 0.2, trees=10), member(3, SHARES, 0.3)),
        Adjust(link="log1p", slope=1.1, shift=-0.02, low=0.0, high=9.0),
        "mean",
    ),
    "folds that know the past alone": (TaskKind.REGRESSION, "rolling", (member(1, FORESTS, trees=20),), AsIs(), "mean"),
}


@pytest.mark.parametrize("case", CASES)
def test_makes_the_submission_again_as_the_referee_made_it(tmp_path: Path, case: str):
    task, scheme, members, decision, method = CASES[case]
    data, scratch, place = tmp_path / "data", tmp_path / "scratch", tmp_path / "solution"
    data.mkdir()
    scratch.mkdir()
    takeaway = take(make(data, task, scheme), members, decision, method)
    expected = as_the_referee_does(takeaway, scratch)
    write_takeaway(takeaway, pd.read_csv(data / "test.csv"), place)
    done = run(place, "--data", data, "--out", tmp_path / "submission.csv")
    assert done.returncode == 0, done.stderr
    remade = pd.read_csv(tmp_path / "submission.csv")
    pd.testing.assert_frame_equal(remade, expected.reset_index(drop=True), check_dtype=False, rtol=0, atol=1e-9)
    assert list(remade["id"]) == list(pd.read_csv(data / "sample.csv")["id"])
    assert "1/" in done.stderr and "40 rows written" in done.stderr


def test_the_sample_may_call_the_ids_otherwise_than_test_does(tmp_path: Path):
    data, scratch, place = tmp_path / "data", tmp_path / "scratch", tmp_path / "solution"
    data.mkdir()
    scratch.mkdir()
    competition = make(data, TaskKind.BINARY)
    pd.read_csv(data / "sample.csv").rename(columns={"id": "Id"}).to_csv(data / "sample.csv", index=False)
    form = SubmissionFormat(columns=("Id", "y"), id_columns=("Id",), kind="label")
    takeaway = take(competition.model_copy(update={"submission": form}), CASES["one member"][2], Argmax(weights=(1.0, 1.0)))
    expected = as_the_referee_does(takeaway, scratch)
    write_takeaway(takeaway, pd.read_csv(data / "test.csv"), place)
    done = run(place, "--data", data, "--out", tmp_path / "submission.csv")
    assert done.returncode == 0, done.stderr
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "submission.csv"), expected.reset_index(drop=True), check_dtype=False)


def test_predicts_new_rows_in_their_own_order(tmp_path: Path):
    takeaway = take(make(tmp_path, TaskKind.REGRESSION), (member(1, SHARES),), AsIs())
    write_takeaway(takeaway, pd.read_csv(tmp_path / "test.csv"), tmp_path / "solution")
    new = pd.DataFrame({"day": [3, 4], "a": [2.0, -1.0], "b": [None, 0.1], "id": ["x", "y"], "more": [1, 1]})
    new.to_csv(tmp_path / "new.csv", index=False)
    told = ["--data", tmp_path, "--out", tmp_path / "out.csv", "--rows", tmp_path / "new.csv", "--workers", "1"]
    done = run(tmp_path / "solution", *told)
    assert done.returncode == 0, done.stderr
    predicted = pd.read_csv(tmp_path / "out.csv")
    assert list(predicted.columns) == ["id", "y"] and list(predicted["id"]) == ["x", "y"]
    assert predicted["y"].between(0, 20).all()
    new.drop(columns=["a"]).to_csv(tmp_path / "new.csv", index=False)
    done = run(tmp_path / "solution", *told)
    assert done.returncode == 1 and done.stderr.strip().endswith("lacks the columns ['a']: it must have those of the test file")


def test_further_labelled_rows_have_to_be_given_again(tmp_path: Path):
    takeaway = take(make(tmp_path, TaskKind.REGRESSION), (member(1, SEES),), AsIs())
    write_takeaway(replace(takeaway, extra=2), pd.read_csv(tmp_path / "test.csv"), tmp_path / "solution")
    extra = pd.DataFrame({"y": [1e6, 1e6], "b": [0.0, 0.0], "a": [0.0, 0.0], "day": [1, 2]})
    extra.to_csv(tmp_path / "extra.csv", index=False)
    told = ["--data", tmp_path, "--out", tmp_path / "out.csv", "--workers", "1"]
    done = run(tmp_path / "solution", *told)
    assert done.returncode == 1 and "was given 2 further labelled rows: give their file with --extra" in done.stderr
    done = run(tmp_path / "solution", *told, "--extra", tmp_path / "extra.csv")
    assert done.returncode == 0, done.stderr
    assert np.allclose(pd.read_csv(tmp_path / "out.csv")["y"], 1e6), "every call has seen them"


def test_says_when_the_data_are_not_those_of_the_run(tmp_path: Path):
    takeaway = take(make(tmp_path, TaskKind.BINARY), (member(1, SHARES),), Argmax(weights=(1.0, 1.0)))
    write_takeaway(takeaway, pd.read_csv(tmp_path / "test.csv"), tmp_path / "solution")
    pd.read_csv(tmp_path / "train.csv").iloc[:-1].to_csv(tmp_path / "train.csv", index=False)
    done = run(tmp_path / "solution", "--data", tmp_path, "--out", tmp_path / "out.csv")
    assert done.returncode == 1 and "109 training rows, the run had 110" in done.stderr
    done = run(tmp_path / "solution", "--data", tmp_path / "nowhere", "--out", tmp_path / "out.csv")
    assert done.returncode == 1 and done.stderr.startswith("error: ") and "nowhere" in done.stderr


def test_the_folder_stands_alone_and_holds_no_row(tmp_path: Path):
    takeaway = take(
        make(tmp_path, TaskKind.BINARY), (member(1, FORESTS, trees=10), member(12, SHARES)), Argmax(weights=(1.0, 1.0))
    )
    place = tmp_path / "solution"
    write_takeaway(takeaway, pd.read_csv(tmp_path / "test.csv"), place)
    write_takeaway(takeaway, pd.read_csv(tmp_path / "test.csv"), place)  # again, in place of the first
    assert sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()) == [
        "README.md",
        "apply.py",
        "members/001_recipe_1.py",
        "members/012_recipe_12.py",
        "plan.json",
        "reshaped.py",
        "rows.py",
        "solution.py",
        "submission.py",
    ]
    assert (place / "members/012_recipe_12.py").read_text() == SHARES
    for path in place.rglob("*.py"):
        modules = [node.module or "" for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
        assert not [module for module in modules if module.startswith("agentk")], path
    plan = (place / "plan.json").read_text()
    assert "r115" not in plan and json.loads(plan)["submission"]["answers"] == [
        {"column": "y", "kind": "label", "labels": ["no", "yes"]}
    ]
    readme = (place / "README.md").read_text()
    assert "two members, blended" in readme and "accuracy 0.50000 ± 0.01000" in readme and f"numpy=={np.__version__}" in readme
    assert not list(tmp_path.glob(".solution*"))


def test_says_where_the_data_are_that_the_run_itself_made(tmp_path: Path):
    (tmp_path / "data").mkdir()
    takeaway = take(make(tmp_path / "data", TaskKind.BINARY), (member(1, SHARES),), Argmax(weights=(1.0, 1.0)))
    write_takeaway(takeaway, pd.read_csv(tmp_path / "data" / "test.csv"), tmp_path / "solution")
    assert "the competition's folder (here `../data`):" in (tmp_path / "solution" / "README.md").read_text()
    write_takeaway(takeaway, pd.read_csv(tmp_path / "data" / "test.csv"), tmp_path / "run" / "solution")
    assert "the competition's folder:" in (tmp_path / "run" / "solution" / "README.md").read_text()


def test_the_answers_columns_follow_the_form_of_the_submission(tmp_path: Path):
    competition = make(tmp_path, TaskKind.BINARY).model_copy(
        update={"task": TaskKind.MULTICLASS, "classes": (3, 1, 2), "metric": "log_loss", "sample": None}
    )
    test = pd.read_csv(tmp_path / "test.csv")
    layout = Layout(np.arange(110) % 3, 3, "random", 0)

    def answers(kind: str, columns: tuple[str, ...]) -> Any:
        form = SubmissionFormat.model_validate({"columns": ("id", *columns), "id_columns": ("id",), "kind": kind})
        made = Takeaway(
            competition.model_copy(update={"submission": form}), metric_named("log_loss"), layout, (member(1, SHARES),), AsIs()
        )
        write_takeaway(made, test, tmp_path / "solution")
        return json.loads((tmp_path / "solution" / "plan.json").read_text())["submission"]["answers"]

    assert answers("class_probabilities", ("1", "2", "3")) == [
        {"column": "1", "kind": "value", "from": 1},
        {"column": "2", "kind": "value", "from": 2},
        {"column": "3", "kind": "value", "from": 0},
    ]
    assert answers("label", ("y",)) == [{"column": "y", "kind": "label", "labels": [3, 1, 2]}]
    competition = competition.model_copy(update={"metric": "map@2"})
    assert answers("ranking", ("y",)) == [{"column": "y", "kind": "ranking", "labels": ["3", "1", "2"], "length": 2}]
    competition = competition.model_copy(update={"metric": "log_loss", "classes": tuple(range(19))})
    last = answers("class_probabilities", tuple(map(str, range(20))))[-2:]
    assert last == [{"column": "18", "kind": "value", "from": 18}, {"column": "19", "kind": "nothing", "from": -1}]


def test_a_solution_has_at_least_one_member_and_few_enough_to_read(tmp_path: Path):
    takeaway = take(make(tmp_path, TaskKind.BINARY), (member(1, SHARES),), Argmax(weights=(1.0, 1.0)))
    for members in ((), tuple(member(number, SHARES) for number in range(MOST_MEMBERS + 1))):
        with pytest.raises(ValueError, match="1 to 8 members"):
            write_takeaway(replace(takeaway, members=members), pd.read_csv(tmp_path / "test.csv"), tmp_path / "solution")
    assert not (tmp_path / "solution").exists()


MEANS = """
import numpy as np

def fit_predict(train, test, params, data_dir):
    return np.outer(1 + test["a"].to_numpy(), [train[name].mean() for name in ("x", "y")])
"""


def test_answers_below_each_other_are_picked_as_the_run_picked_them(tmp_path: Path):
    data, place = tmp_path / "data", tmp_path / "solution"
    data.mkdir()
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"id": [f"r{i:03d}" for i in range(90)], "a": rng.random(90), "x": rng.random(90), "y": rng.random(90)})
    frame.loc[:20, "x"] = np.nan
    frame.iloc[:60].to_csv(data / "train.csv", index=False)
    frame.iloc[60:][["id", "a"]].to_csv(data / "test.csv", index=False)
    asked = pd.DataFrame({"cell": [f"{key}_{name}" for key in frame["id"][60:] for name in "xy"], "value": 0.0})
    asked.sample(frac=0.6, random_state=2).to_csv(data / "sample_submission.csv", index=False)
    competition = set_up(data, Overrides(metric="mae", validation="random"), tmp_path / "made")
    takeaway = take(competition, (member(1, MEANS),), AsIs())
    expected, remade = both_ways(takeaway, competition, data, tmp_path)
    pd.testing.assert_frame_equal(remade, expected.reset_index(drop=True), rtol=0, atol=1e-9)
    assert remade["cell"].tolist() == pd.read_csv(data / "sample_submission.csv")["cell"].tolist()

    pd.DataFrame({"id": ["new"], "a": [0.5]}).to_csv(tmp_path / "new.csv", index=False)
    done = run(place, "--data", data, "--out", tmp_path / "new_out.csv", "--rows", tmp_path / "new.csv")
    assert done.returncode == 0, done.stderr
    assert list(pd.read_csv(tmp_path / "new_out.csv").columns) == ["id", "x", "y"]


STEPS = """
import numpy as np

def fit_predict(train, test, params, data_dir):
    return train["value"].mean() + test["step"].to_numpy()[:, None]
"""


def test_next_steps_stand_beside_each_other_as_in_the_run(tmp_path: Path):
    data, place = tmp_path / "data", tmp_path / "solution"
    data.mkdir()
    names = [f"item_{at}" for at in range(8)]
    values = pd.DataFrame(np.random.default_rng(4).poisson(9, (8, 30)), columns=[f"d_{at}" for at in range(1, 31)])
    values.assign(id=names).to_csv(data / "train.csv", index=False)
    pd.DataFrame({"id": names[::-1], "F1": 0, "F2": 0}).to_csv(data / "sample_submission.csv", index=False)
    competition = set_up(data, Overrides(metric="mae"), tmp_path / "made")
    takeaway = take(competition, (member(1, STEPS),), AsIs())
    expected, remade = both_ways(takeaway, competition, data, tmp_path)
    pd.testing.assert_frame_equal(remade, expected.reset_index(drop=True), rtol=0, atol=1e-9)
    assert list(remade.columns) == ["id", "F1", "F2"] and remade["id"].tolist() == names[::-1]
    assert (remade["F2"] - remade["F1"]).round(9).eq(1).all()

    pd.DataFrame({"id": ["item_3"], "F1": [0]}).to_csv(tmp_path / "new.csv", index=False)
    done = run(place, "--data", data, "--out", tmp_path / "new_out.csv", "--rows", tmp_path / "new.csv")
    assert done.returncode != 0 and "Traceback" not in done.stderr  # it has not the columns of the sample


SHARES_OF_TAGS = """
import numpy as np

def fit_predict(train, test, params, data_dir):
    targets = [name for name in train if name.startswith("tags_")]
    return np.clip(np.outer(0.5 + test["a"].to_numpy(), 2 * train[targets].mean().to_numpy()), 0, 1)
"""


def test_labels_of_a_row_are_named_in_one_cell_as_in_the_run(tmp_path: Path):
    data = tmp_path / "data"
    data.mkdir()
    rng = np.random.default_rng(4)
    names = np.array(["road", "water", "haze", "field"])
    cells = [" ".join(names[rng.random(4) < [0.7, 0.5, 0.3, 0.2]]) or "road" for _ in range(150)]
    frame = pd.DataFrame({"id": [f"r{i:03d}" for i in range(150)], "a": rng.random(150), "tags": cells})
    frame.iloc[:110].to_csv(data / "train.csv", index=False)
    frame.iloc[110:][["id", "a"]].to_csv(data / "test.csv", index=False)
    frame.iloc[110:][["id"]].assign(tags="road water").to_csv(data / "sample_submission.csv", index=False)
    competition = set_up(data, Overrides(metric="f1_samples"), tmp_path / "made")
    takeaway = take(competition, (member(1, SHARES_OF_TAGS),), Thresholds(thresholds=(0.5,) * 4))
    expected, remade = both_ways(takeaway, competition, data, tmp_path, keep_default_na=False)
    pd.testing.assert_frame_equal(remade, expected.reset_index(drop=True), check_dtype=False)
    assert remade["tags"].nunique() > 1 and set(" ".join(remade["tags"]).split()) <= set(names)


BY_PLACE = """
import numpy as np

def fit_predict(train, test, params, data_dir):
    return np.clip(0.9 - 0.2 * test["place"].to_numpy() + 0.001 * (test["ad"].to_numpy() % 7), 0, 1)
"""


def test_candidates_are_listed_as_in_the_run(tmp_path: Path):
    data, place = tmp_path / "data", tmp_path / "solution"
    data.mkdir()
    rng = np.random.default_rng(4)
    rows = [(page, ad, at) for page in range(90) for at, ad in enumerate(rng.choice(40, 4, replace=False) + 100)]
    frame = pd.DataFrame(rows, columns=["page", "ad", "place"]).sample(frac=1, random_state=0)
    frame[frame["page"] < 60].assign(clicked=lambda f: (f["place"] == 0).astype(int)).to_csv(data / "train.csv", index=False)
    test = frame[frame["page"] >= 60]
    test.to_csv(data / "test.csv", index=False)
    listed = test.groupby("page", sort=False)["ad"].agg(lambda own: " ".join(map(str, own))).reset_index()
    listed.to_csv(data / "sample_submission.csv", index=False)
    competition = set_up(data, Overrides(validation="random"), tmp_path / "made")
    takeaway = take(competition, (member(1, BY_PLACE),), AsIs())
    expected, remade = both_ways(takeaway, competition, data, tmp_path)
    pd.testing.assert_frame_equal(remade, expected.reset_index(drop=True), check_dtype=False)
    first = test[test["place"] == 0].set_index("page")["ad"].astype(str)
    assert (remade.set_index("page")["ad"].str.split().str[0] == first.loc[remade["page"]]).all()

    test.head(8).to_csv(tmp_path / "new.csv", index=False)
    done = run(place, "--data", data, "--out", tmp_path / "new_out.csv", "--rows", tmp_path / "new.csv")
    assert done.returncode == 0, done.stderr
    assert pd.read_csv(tmp_path / "new_out.csv")["page"].tolist() == test.head(8)["page"].drop_duplicates().tolist()
