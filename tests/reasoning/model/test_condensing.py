"""A long description is made short once a run; a short one is shown as it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from agentk.reasoning.model.condensing import BRIEF, WHOLE
from agentk.reasoning.model.reasoner import LLMReasoner
from agentk.testing.asking import ScriptedModel, plan_question
from agentk.types.competition import Competition
from agentk.types.profile import Profile

Made = Callable[[str], tuple[Competition, Profile]]
Make = Callable[..., LLMReasoner]
PLAN = json.dumps({"action": "improve", "parent": 4, "idea": "ratios"})


def test_a_description_that_is_hardly_too_long_costs_no_call(made: Made, reasoner: Make) -> None:
    competition, profile = made("wine")
    model = ScriptedModel(PLAN)
    reasoner(model).plan(plan_question(competition.model_copy(update={"description": "Wines. " * (WHOLE // 7)}), profile))
    assert [request.purpose for request in model.requests] == ["plan"] and "Wines. " * (WHOLE // 7 - 1) in model.shown


def test_a_long_description_is_condensed_once_and_kept(made: Made, reasoner: Make, tmp_path: Path) -> None:
    competition, profile = made("wine")
    long = competition.model_copy(update={"description": "Wines of three growers. " * 500})
    model = ScriptedModel("Wines of three growers, in brief.", PLAN)
    reasoner(model, kept=tmp_path / "brief.md").plan(plan_question(long, profile))
    assert model.requests[0].purpose == "condense"
    again = ScriptedModel(PLAN)
    reasoner(again, kept=tmp_path / "brief.md").plan(plan_question(long, profile))
    assert "in brief." in again.shown and len(again.requests) == 1


def test_where_condensing_fails_the_beginning_is_shown(made: Made, reasoner: Make) -> None:
    competition, profile = made("wine")
    long = competition.model_copy(update={"description": "Wines. " + "x" * 9000})
    model = ScriptedModel("", "", "", PLAN)
    reasoner(model).plan(plan_question(long, profile))
    assert "Wines. xxx" in model.shown and "x" * (BRIEF + 1) not in model.shown
