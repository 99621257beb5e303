"""Who answers: the playbook begins and takes over, the model is asked as long as it answers."""

from __future__ import annotations

import pytest

from agentk.errors import AccessError, AgentKError, BudgetError, ModelError, ReasonerError
from agentk.reasoning.colleagues import PATIENCE, Colleagues
from agentk.reasoning.playbook import Playbook
from agentk.reasoning.questions import Plan


def test_without_a_model_nobody_is_asked() -> None:
    assert not Colleagues(Playbook()).helped


@pytest.mark.parametrize("error", [BudgetError("the money is gone"), AccessError("the key is refused")])
def test_some_failures_are_final(error: AgentKError) -> None:
    both = Colleagues(Playbook(), Playbook())
    both.failed(error)
    assert both.left == str(error) and not both.helped


def test_others_are_forgiven_until_there_are_too_many_in_a_row() -> None:
    both = Colleagues(Playbook(), Playbook())
    for _ in range(2):
        for _ in range(PATIENCE - 1):
            both.failed(ReasonerError("no program"))
        assert both.helped
        both.succeeded()
    for _ in range(PATIENCE):
        both.failed(ModelError("overloaded"))
    assert both.left is not None and "overloaded" in both.left


def test_a_recipe_of_the_catalogue_is_the_playbooks_to_write() -> None:
    both = Colleagues(Playbook(), Playbook())
    assert both.writes(Plan(giver="m", action="draft")) and not both.writes(Plan(giver="m", action="draft", recipe="lightgbm"))
