"""A person's own recipe is one file; it is tried like the catalogue's, and a file that is none is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentk.errors import SettingError
from agentk.reasoning.recipes.catalogue import recipes_for
from agentk.reasoning.recipes.compose import compose
from agentk.reasoning.recipes.own import from_file
from agentk.types.competition import Column, ColumnKind, Competition, SubmissionFormat, TableFile, TaskKind, Validation
from agentk.types.solution import Solution

RECIPE = '''"""Nearest neighbors on scaled columns: who is like you."""

from sklearn.neighbors import KNeighborsRegressor

RECIPE = {"name": "likeness", "cost": 0.3, "tasks": ["regression"], "variants": {"many": {"neighbors": 40}}}
SPACE = {"neighbors": {"type": "int", "low": 1, "high": 60, "default": 9}}


def fit_predict(train, test, params, data_dir):
    model = KNeighborsRegressor(params.get("neighbors", 9))
    columns = [name for name in test.columns if test[name].dtype.kind == "f"]
    return model.fit(train[columns], train["y"]).predict(test[columns])[:, None]
'''


def competition(task: TaskKind) -> Competition:
    return Competition(
        name="c",
        folder=Path("c"),
        task=task,
        train=TableFile(path="train.csv"),
        test=TableFile(path="test.csv"),
        targets=("y",),
        classes=() if task is TaskKind.REGRESSION else ("a", "b"),
        columns=(Column(name="x", kind=ColumnKind.NUMERIC),),
        metric="rmse",
        submission=SubmissionFormat(columns=("y",), id_columns=(), kind="values"),
        validation=Validation(scheme="random"),
        rows=100,
        test_rows=10,
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(RECIPE)
    return path


def test_a_file_tells_its_name_its_idea_its_cost_and_when_it_applies(file: Path) -> None:
    recipe = from_file(file)
    assert (recipe.name, recipe.cost, recipe.idea) == ("likeness", 0.3, "Nearest neighbors on scaled columns: who is like you.")
    assert recipe.applies(competition(TaskKind.REGRESSION)) and not recipe.applies(competition(TaskKind.BINARY))
    assert recipe.variants == {"many": {"neighbors": 40}}


def test_it_comes_right_after_the_baseline_and_replaces_its_namesake(file: Path) -> None:
    names = [one.name for one in recipes_for(competition(TaskKind.REGRESSION), None, (from_file(file),))]
    assert names[:2] == ["constant", "likeness"]
    file.write_text(RECIPE.replace('"likeness"', '"linear"'))
    own = from_file(file)
    found = [one for one in recipes_for(competition(TaskKind.REGRESSION), None, (own,)) if one.name == "linear"]
    assert found == [own]


def test_its_program_stands_alone_and_says_nothing_of_the_recipe(file: Path) -> None:
    recipe = from_file(file)
    solution = compose(recipe.entry, competition(TaskKind.REGRESSION).contract(), recipe.home or Path())
    assert isinstance(solution, Solution) and "agentk.reasoning" not in solution.source and "RECIPE" not in solution.source
    assert list(solution.space) == ["neighbors"]


def test_an_edited_file_is_read_anew(file: Path) -> None:
    from_file(file)
    file.write_text(RECIPE.replace("who is like you", "who is near you"))
    assert "who is near you" in from_file(file).idea


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def fit_predict(:", "invalid syntax|mine"),
        ("x = 1\n", "no fit_predict"),
        ('RECIPE = {"cost": -1}\ndef fit_predict(a, b, c, d): ...\n', "cost"),
        ("import agentk.cli\ndef fit_predict(a, b, c, d): ...\n", "public libraries"),
    ],
)
def test_a_file_that_is_no_recipe_is_named_with_the_reason(tmp_path: Path, source: str, words: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(source)
    with pytest.raises(SettingError, match=words):
        from_file(path)
    with pytest.raises(SettingError, match="cannot be read"):
        from_file(tmp_path / "none.py")
