"""Advice in setup: a model is asked where the stages doubt, and what it says counts where every test agrees."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.draft import Draft, Overrides
from agentk.competitions.setup import begun, through
from agentk.errors import BudgetError
from agentk.graph.advice import heeded, setup_question
from agentk.testing.asking import ScriptedModel

from .conftest import Beside, write_table

PAGE = """# Trees

## Evaluation

Submissions are compared by the harmony of what was said with what is, on which the host's script has the last word: one half
of the squared misses, averaged.
"""


@pytest.fixture
def first(tmp_path: Path) -> Draft:
    """A regression whose page names no metric that agentk knows."""
    generator = np.random.default_rng(0)
    rows = pd.DataFrame({"id": np.arange(300), "height": generator.normal(10, 2, 300), "girth": generator.normal(1, 0.2, 300)})
    price = (rows["height"] * rows["girth"] + generator.normal(0, 0.1, 300)).round(3)
    write_table(tmp_path / "trees", rows[:200].assign(price=price[:200]), rows[200:], "price", PAGE)
    return begun(tmp_path / "trees", Overrides(), tmp_path / "made")


Asked = Callable[..., tuple[Draft, ScriptedModel]]


@pytest.fixture
def asked(beside: Beside) -> Asked:
    """The draft after a model with these replies was asked about it."""

    def made(first: Draft, *replies: Any, **options: Any) -> tuple[Draft, ScriptedModel]:
        bench, model = beside(*replies, **options)
        return heeded(bench, first, through(first))[0], model

    return made


def said(**beliefs: str) -> str:
    return json.dumps({"reason": "half of the squares orders as they do", "beliefs": beliefs})


def test_what_a_model_says_is_believed_where_it_stands_the_tests(asked: Asked, first: Draft) -> None:
    draft, model = asked(first, said(metric="mse"))
    assert (through(first).metric, draft.metric) == ("rmse", "mse")
    assert "scored by mse, minimize: as scripted/model said" in draft.reasons
    assert draft.reasons[-1].endswith("would believe metric mse: half of the squares orders as they do")
    assert draft.overrides == first.overrides
    assert [request.purpose for request in model.requests] == ["advise"]


def test_it_is_shown_the_page_the_columns_and_the_doubts_but_no_rows(asked: Asked, first: Draft) -> None:
    _, model = asked(first, said())
    for words in (
        "squared misses",
        "train: id, height, girth, price",
        "metric: rmse",
        "names no metric agentk knows",
        "log_loss",
    ):
        assert words in model.shown, words
    value = pd.read_csv(first.folder / "train.csv")["height"].iloc[0]
    assert f"{value:.4f}" not in model.shown


@pytest.mark.parametrize(
    ("beliefs", "told"),
    [
        ({"metric": "auc"}, "scores probabilities, but the task is regression"),
        ({"metric": "harmony"}, "no metric of that name"),
        ({"task": "binary"}, "--task binary: price has"),
        ({"task": "poetry"}, "Input should be"),
        ({"validation": "grouped"}, "validation"),
    ],
)
def test_what_does_not_hold_changes_nothing(asked: Asked, first: Draft, beliefs: dict[str, str], told: str) -> None:
    draft, _ = asked(first, said(**beliefs))
    before = through(first)
    assert (draft.metric, draft.task, draft.validation) == (before.metric, before.task, before.validation)
    assert "does not hold" in draft.reasons[-1] and told in draft.reasons[-1]


def test_what_there_is_not_is_sent_back(asked: Asked, first: Draft) -> None:
    draft, model = asked(first, said(target="prize"), said(), said(files="x"))
    assert "there is no column 'prize'" in model.requests[1].messages[-1].content
    assert draft.reasons[-1].startswith("scripted/model was asked about the doubts, and would believe nothing else")


def test_what_the_person_said_stands(asked: Asked, first: Draft) -> None:
    own = first.model_copy(update={"overrides": Overrides(task="regression")})
    assert setup_question(through(own)).said == ("task",)
    draft, model = asked(own, said(task="binary"), said(metric="mae"))
    assert "task was said by the person, and stands" in model.requests[1].messages[-1].content
    assert (draft.task, draft.metric) == ("regression", "mae")


def test_without_doubts_or_under_stand_ins_nothing_is_asked(asked: Asked, first: Draft) -> None:
    clear = first.model_copy(update={"description": "# Trees\n\n## Evaluation\n\nMAE\n"})
    assert not through(clear.model_copy(update={"overrides": Overrides(metric="mae")})).doubts
    draft, model = asked(first.model_copy(update={"overrides": Overrides(metric="mae")}), said(metric="mse"))
    assert draft.metric == "mae" and not model.requests
    _, model = asked(first, said(metric="mse"), hide=True)
    assert not model.requests


def test_a_model_that_fails_leaves_setup_as_it_is(beside: Beside, first: Draft) -> None:
    bench, _ = beside(BudgetError("nothing is left to spend"))
    draft, _ = heeded(bench, first, through(first))
    assert draft.metric == "rmse" and "in vain: nothing is left to spend" in draft.reasons[-1]
    assert bench.proposing is not None and not bench.proposing.colleagues.helped
