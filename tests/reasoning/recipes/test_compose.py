"""Composed programs are whole, readable, and always the same."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from agentk.errors import ReasonerError
from agentk.reasoning.recipes.catalogue import RECIPES
from agentk.reasoning.recipes.compose import PACKAGE, compose
from agentk.types.space import ChoiceDimension, parse_space

ENTRIES = sorted({recipe.entry for recipe in RECIPES})


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the program of every recipe."""
    contract = {"task": "binary", "targets": ["y"], "classes": ["no", "yes"]}
    contract |= {"kinds": {"a": "numeric", 'a "b"': "text", "c": "categorical"}}
    contract |= {"id_columns": ["id"], "train_only": [], "metric": "auc", "rows": 10}
    folder = tmp_path_factory.mktemp("programs")
    for entry in ENTRIES:
        (folder / f"{entry}.py").write_text(compose(entry, contract).source)
    return folder


def write(folder: Path, **blocks: str) -> Path:
    for name, source in blocks.items():
        (folder / f"{name}.py").write_text(source)
    return folder


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_recipe_makes_a_program_that_stands_alone(programs: Path, entry: str) -> None:
    tree = ast.parse((programs / f"{entry}.py").read_text())
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert not any(str(module).startswith("agentk") for module in modules)
    assert "fit_predict" in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_every_space_can_be_read_and_holds_the_variants(programs: Path, recipe: Any) -> None:
    space = parse_space((programs / f"{recipe.entry}.py").read_text())
    assert sum(not isinstance(dimension, ChoiceDimension) or len(dimension.choices) > 1 for dimension in space.values()) <= 16
    for params in recipe.variants.values():
        for name, value in params.items():
            dimension = space[name]
            assert value in dimension.choices if dimension.type == "choice" else dimension.low <= value <= dimension.high


def test_programs_are_written_as_the_linter_and_formatter_would(programs: Path) -> None:
    ruff = pytest.importorskip("ruff")
    settings = Path(__file__).parents[3] / "pyproject.toml"
    for command in (["check", "--ignore", "ARG001"], ["format", "--check"]):
        run = [ruff.find_ruff_bin(), *command, "--no-cache", "--config", str(settings), str(programs)]
        done = subprocess.run(run, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_a_program_runs_where_agentk_cannot_be_imported(programs: Path) -> None:
    source = (programs / "table_neighbors.py").read_text()
    check = (
        "import sys; sys.modules['agentk'] = None\n"
        f"space = {{}}; exec({source!r}, space)\n"
        "import pandas as pd; from pathlib import Path\n"
        "train = pd.DataFrame({'id': range(8), 'a': range(8), 'a \"b\"': ['x'] * 8, 'y': ['no', 'yes'] * 4})\n"
        "shares = space['fit_predict'](train, train.drop(columns='y'), {}, Path())\n"
        "assert shares.shape == (8, 2), shares\n"
    )
    done = subprocess.run([sys.executable, "-I", "-c", check], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_same_program_is_composed_twice(contract: dict[str, Any]) -> None:
    assert compose("table_lightgbm", contract) == compose("table_lightgbm", dict(contract))


def test_the_competition_is_written_into_the_program(contract: dict[str, Any]) -> None:
    namespace: dict[str, Any] = {}
    exec(compose("constant", contract).source, namespace)
    assert namespace["CONTRACT"] == contract


def test_what_the_entry_does_not_reach_is_left_out(tmp_path: Path) -> None:
    parts = "import json\nimport math\n\n\ndef used():\n    return math.pi\n\n\ndef unused():\n    return json.dumps(1)\n"
    entry = f"from {PACKAGE}.parts import used\n\n\ndef fit_predict(train, test, params, data_dir):\n    return used()\n"
    source = compose("entry", {}, write(tmp_path, parts=parts, entry=entry)).source
    assert "import math" in source
    assert "json" not in source
    assert "unused" not in source


def test_comments_above_a_definition_are_kept(tmp_path: Path) -> None:
    entry = "# why it is so\nTWO = 2\n\n\ndef fit_predict(train, test, params, data_dir):\n    return TWO\n"
    assert "# why it is so\nTWO = 2" in compose("entry", {}, write(tmp_path, entry=entry)).source


def test_an_entrys_dimension_overrides_that_of_a_block(tmp_path: Path) -> None:
    dimension = '"x": {{"type": "int", "low": 1, "high": 9, "default": {}}}'
    parts = f"SPACE = {{{dimension.format(3)}}}\n\n\ndef used(params):\n    return params['x']\n"
    entry = f"from {PACKAGE}.parts import used\n\nSPACE = {{{dimension.format(7)}}}\n\n\n"
    entry += "def fit_predict(train, test, params, data_dir):\n    return used(params)\n"
    assert compose("entry", {}, write(tmp_path, parts=parts, entry=entry)).space["x"].default == 7


def test_a_dimension_about_kinds_that_are_absent_has_one_choice(tmp_path: Path) -> None:
    space = 'SPACE = {"x": {"type": "int", "low": 1, "high": 9, "default": 3, "kinds": ["text"]}}\n\n\n'
    folder = write(tmp_path, entry=space + "def fit_predict(train, test, params, data_dir):\n    return params['x']\n")
    assert compose("entry", {"kinds": {"a": "text"}}, folder).space["x"].low == 1
    assert compose("entry", {"kinds": {"a": "numeric"}}, folder).space["x"].choices == (3,)


FIT = "\n\ndef fit_predict(train, test, params, data_dir):\n    return one(), two()\n"


@pytest.mark.parametrize(
    ("blocks", "complaint"),
    [
        ({"entry": "def other():\n    return 1\n"}, "defines no fit_predict"),
        ({"entry": "import agentk.errors\n"}, "public libraries and sibling blocks only"),
        ({"entry": "if True:\n    x = 1\n"}, "top level"),
        ({"entry": f"from {PACKAGE}.missing import x\n"}, "there is no block 'missing'"),
        ({"entry": f"from {PACKAGE}.a import one\n", "a": f"from {PACKAGE}.entry import x\n"}, "entry -> a -> entry"),
        ({"entry": f"from {PACKAGE}.a import one as uno\n", "a": "one = 1\n"}, "imported as"),
        (
            {
                "entry": f"from {PACKAGE}.a import one\nfrom {PACKAGE}.b import two\n{FIT}",
                "a": "one = x = 1\n",
                "b": "two = x = 2\n",
            },
            "both define 'x'",
        ),
        (
            {
                "entry": f"import numpy as np\nfrom {PACKAGE}.a import one\n{FIT}",
                "a": "import numpy.linalg as np\n\none = np.inv\n",
            },
            "import different things as 'np'",
        ),
        (
            {"entry": f"import math as one\nfrom {PACKAGE}.a import one\n{FIT}", "a": "one = 1\n"},
            "defined by block 'a' and imported",
        ),
    ],
)
def test_blocks_that_cannot_be_joined_are_refused(tmp_path: Path, blocks: dict[str, str], complaint: str) -> None:
    with pytest.raises(ReasonerError, match=complaint):
        compose("entry", {}, write(tmp_path, **blocks))


def test_targets_that_some_rows_do_not_know_are_fitted_where_they_are_known() -> None:
    numbers = np.random.default_rng(0)
    train = pd.DataFrame(numbers.normal(size=(200, 3)), columns=list("abc"))
    train["low"], train["high"] = train["a"] - train["b"], 5 * train["c"] + numbers.normal(size=200)
    test = pd.DataFrame(numbers.normal(size=(40, 3)), columns=list("abc"))
    holed = train.assign(low=train["low"].mask(numbers.random(200) < 0.4))
    contract = {"task": "multioutput", "targets": ["low", "high"], "classes": [], "kinds": dict.fromkeys("abc", "numeric")}
    contract |= {"id_columns": [], "train_only": [], "metric": "rmse", "rows": 200}

    def predicted(rows: pd.DataFrame, **changes: Any) -> np.ndarray:
        module: dict[str, Any] = {}
        exec(compose("table_linear", contract | changes).source, module)
        return np.asarray(module["fit_predict"](rows, test, {"seed": 0, "threads": 1, "device": "cpu"}, Path()))

    both = predicted(holed, gaps=True)
    known = holed.dropna(subset="low").reset_index(drop=True)
    assert np.allclose(both[:, 0], predicted(known.drop(columns="high"), targets=["low"])[:, 0])
    assert np.allclose(both[:, 1], predicted(train)[:, 1])
