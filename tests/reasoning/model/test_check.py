"""What is wrong with a program is said before it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agentk.reasoning.model.check import problem
from agentk.reasoning.recipes.catalogue import recipes_for
from agentk.reasoning.recipes.compose import compose
from agentk.testing.asking import LIBRARIES, PROGRAM

HEAD = "def fit_predict(train, test, params, data_dir):\n"


def test_a_sound_program_passes() -> None:
    assert problem(PROGRAM, LIBRARIES) is None


@pytest.mark.parametrize("name", ["wine", "notes", "rides", "digits-images"])
def test_every_ready_program_passes_so_that_it_can_be_improved(name: str, made: Callable[[str], Any]) -> None:
    competition, _ = made(name)
    libraries = {*LIBRARIES, "xgboost", "catboost", "PIL", "torch"}
    for recipe in recipes_for(competition):
        assert problem(compose(recipe.entry, competition.contract()).source, libraries) is None, recipe.name


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (HEAD + "return 1", "SyntaxError"),
        ("x = (\n", "SyntaxError"),
        ("def predict(train, test):\n    return 1\n", "it has no function fit_predict"),
        ("class A:\n    def fit_predict(self, train, test, params, data_dir):\n        return 1\n", "no function fit_predict"),
        ("def fit_predict(train, test):\n    return 1\n", "must take 4 arguments, it takes 2"),
        ("async def fit_predict(train, test, params, data_dir):\n    return 1\n", "not async"),
        (HEAD + "    print(train.shape)\n", "fit_predict returns nothing"),
        ("import requests\n" + HEAD + "    return 1\n", "imports requests"),
        ("import tensorflow as tf\n" + HEAD + "    return 1\n", "imports tensorflow .* which is not there; there are lightgbm"),
        ("from agentk.referee import audit\n" + HEAD + "    return 1\n", "a solution stands alone"),
        ("from . import x\n" + HEAD + "    return 1\n", "one file that stands alone"),
        ("import time\n" + HEAD + "    begun = time.time()\n    return begun\n", "reads the clock"),
        ("from time import perf_counter as now\n" + HEAD + "    return now()\n", "reads the clock"),
        ("import datetime\n" + HEAD + "    return datetime.datetime.now()\n", "reads the clock"),
        ("import pandas as pd\n" + HEAD + "    return pd.Timestamp.now()\n", "reads the clock"),
        ("import os\n" + HEAD + "    print(os.environ)\n    return 1\n", "reads os.environ"),
        ("import os\n" + HEAD + "    return os.getenv('HOME')\n", "calls os.getenv"),
        ("import os\n" + HEAD + "    return os.system('ls')\n", "calls os.system"),
        (HEAD + "    return eval('1')\n", "calls eval"),
        (HEAD + "    return params['depth']\n", r'params\["depth"\] \(line 2\) is neither in SPACE nor reserved'),
        (
            "SPACE = {'a': {'type': 'float', 'low': 2, 'high': 1, 'default': 1}}\n" + HEAD + "    return 1\n",
            "SPACE is not of the form",
        ),
        ("SPACE = dict(a=1)\n" + HEAD + "    return 1\n", "SPACE must be a literal"),
        (HEAD + "    return " + "(" * 300 + "1" + ")" * 300 + "\n", "SyntaxError|nested"),
        (HEAD + "    return " + "-" * 60_000 + "1\n", "nested|SyntaxError|cannot be read"),
        (HEAD + "    return 1 \x00\n", "null bytes|cannot be read"),
    ],
)
def test_a_fault_is_named(source: str, reason: str) -> None:
    import re

    found = problem(source, LIBRARIES)
    assert found is not None and re.search(reason, found), found


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    import catboost\nexcept ImportError:\n    catboost = None\n" + HEAD + "    return 1\n",
        "import os\nos.environ['OMP_NUM_THREADS'] = '1'\n" + HEAD + "    return 1\n",
        "import time\n" + HEAD + "    time.sleep(0)\n    return 1\n",
        HEAD + "    return params['seed'] + params['threads'] + len(params['device'])\n",
        HEAD + "    params = dict(params, depth=1)\n    return params['depth']\n",
        HEAD + "    return params.get('depth', 3)\n",
        "def fit_predict(train, test, params, data_dir=None):\n    return 1\n",
    ],
)
def test_what_only_looks_like_a_fault_passes(source: str) -> None:
    assert problem(source, LIBRARIES) is None


def test_a_parameter_that_the_plan_gives_is_known() -> None:
    assert problem(HEAD + "    return params['depth']\n", LIBRARIES, params=("depth",)) is None


def test_a_look_at_the_data_has_an_entry_of_its_own() -> None:
    assert problem("def explore(train, test, data_dir):\n    print(train.shape)\n", LIBRARIES, "explore") is None
    assert "no function explore" in str(problem(PROGRAM, LIBRARIES, "explore"))
