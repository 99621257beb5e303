"""Advice in setup: a model is asked where the stages doubt, and what it says counts where every test agrees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.draft import Draft, Overrides
from agentk.competitions.setup import begun, through
from agentk.errors import BudgetError
from agentk.graph.advice import heeded, setup_question
from agentk.graph.proposing import Proposing
from agentk.graph.workbench import Workbench
from agentk.reasoning.colleagues import Colleagues
from agentk.reasoning.model.prompts import Prompts
from agentk.reasoning.model.reasoner import LLMReasoner
from agentk.reasoning.playbook import Playbook
from agentk.testing.asking import LIBRARIES, ScriptedModel

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
    folder = tmp_path / "trees"
    folder.mkdir()
    rows[:200].assign(price=price[:200]).to_csv(folder / "train.csv", index=False)
    rows[200:].to_csv(folder / "test.csv", index=False)
    rows[200:][["id"]].assign(price=0.5).to_csv(folder / "sample_submission.csv", index=False)
    (folder / "description.md").write_text(PAGE)
    return begun(folder, Overrides(), tmp_path / "made")


def asked(opened: Any, first: Draft, *replies: Any, **options: Any) -> tuple[Draft, ScriptedModel, Workbench]:
    """The draft after a model with these replies was asked about it."""
    model = ScriptedModel(*replies)
    reasoner = LLMReasoner(model, model, Prompts(), libraries=LIBRARIES, audit=lambda solution, competition: None, **options)
    bench = opened()
    bench.proposing = Proposing(Colleagues(Playbook(), reasoner))
    return heeded(bench, first, through(first))[0], model, bench


def said(**beliefs: str) -> str:
    return json.dumps({"reason": "half of the squares orders as they do", "beliefs": beliefs})


def test_what_a_model_says_is_believed_where_it_stands_the_tests(opened, first: Draft) -> None:
    draft, model, _ = asked(opened, first, said(metric="mse"))
    assert (through(first).metric, draft.metric) == ("rmse", "mse")
    assert "scored by mse, minimize: as scripted/model said" in draft.reasons
    assert draft.reasons[-1].endswith("would believe metric mse: half of the squares orders as they do")
    assert draft.overrides == first.overrides
    assert [request.purpose for request in model.requests] == ["advise"]


def test_it_is_shown_the_page_the_columns_and_the_doubts_but_no_rows(opened, first: Draft) -> None:
    _, model, _ = asked(opened, first, said())
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
def test_what_does_not_hold_changes_nothing(opened, first: Draft, beliefs: dict[str, str], told: str) -> None:
    draft, _, _ = asked(opened, first, said(**beliefs))
    before = through(first)
    assert (draft.metric, draft.task, draft.validation) == (before.metric, before.task, before.validation)
    assert "does not hold" in draft.reasons[-1] and told in draft.reasons[-1]


def test_what_there_is_not_is_sent_back(opened, first: Draft) -> None:
    draft, model, _ = asked(opened, first, said(target="prize"), said(), said(files="x"))
    assert "there is no column 'prize'" in model.requests[1].messages[-1].content
    assert draft.reasons[-1].startswith("scripted/model was asked about the doubts, and would believe nothing else")


def test_what_the_person_said_stands(opened, first: Draft) -> None:
    own = first.model_copy(update={"overrides": Overrides(task="regression")})
    assert setup_question(through(own)).said == ("task",)
    draft, model, _ = asked(opened, own, said(task="binary"), said(metric="mae"))
    assert "task was said by the person, and stands" in model.requests[1].messages[-1].content
    assert (draft.task, draft.metric) == ("regression", "mae")


def test_without_doubts_or_under_stand_ins_nothing_is_asked(opened, first: Draft) -> None:
    clear = first.model_copy(update={"description": "# Trees\n\n## Evaluation\n\nMAE\n"})
    assert not through(clear.model_copy(update={"overrides": Overrides(metric="mae")})).doubts
    draft, model, _ = asked(opened, first.model_copy(update={"overrides": Overrides(metric="mae")}), said(metric="mse"))
    assert draft.metric == "mae" and not model.requests
    _, model, _ = asked(opened, first, said(metric="mse"), hide=True)
    assert not model.requests


def test_a_model_that_fails_leaves_setup_as_it_is(opened, first: Draft) -> None:
    class Broke(ScriptedModel):
        def ask(self, request: Any) -> Any:
            raise BudgetError("nothing is left to spend")

    model = Broke()
    reasoner = LLMReasoner(model, model, Prompts(), libraries=LIBRARIES, audit=lambda solution, competition: None)
    bench = opened()
    bench.proposing = Proposing(Colleagues(Playbook(), reasoner))
    draft, _ = heeded(bench, first, through(first))
    assert draft.metric == "rmse" and "in vain: nothing is left to spend" in draft.reasons[-1]
    assert not bench.proposing.colleagues.helped
