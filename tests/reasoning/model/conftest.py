"""Built-in competitions with their profiles, and a reasoner over a scripted model."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from agentk.competitions.draft import Overrides
from agentk.competitions.files.rows import load_rows
from agentk.competitions.files.tables import plan_of
from agentk.competitions.profile import profile_of
from agentk.competitions.scoring.truth import encode_truth
from agentk.competitions.setup import set_up
from agentk.reasoning.model.prompts import Prompts
from agentk.reasoning.model.reasoner import LLMReasoner
from agentk.referee.audit import audit
from agentk.testing.asking import LIBRARIES, ScriptedModel
from agentk.types.competition import Competition
from agentk.types.profile import Profile

Made = Callable[[str], tuple[Competition, Profile]]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A built-in competition by name, with its profile."""

    @cache
    def make(name: str) -> tuple[Competition, Profile]:
        competition = set_up(f"builtin:{name}", Overrides(), tmp_path_factory.mktemp(name))
        train, test = load_rows(competition.folder, plan_of(competition))
        return competition, profile_of(competition, train, test, encode_truth(competition, train))

    return make


@pytest.fixture(scope="session")
def reasoner() -> Callable[..., LLMReasoner]:
    """A reasoner over a scripted model, with the referee's real audit."""

    prompts = Prompts()

    def make(model: ScriptedModel, **options: Any) -> LLMReasoner:
        facts = {"libraries": LIBRARIES, "audit": lambda solution, competition: audit(solution, competition, frozenset())}
        return LLMReasoner(model, model, prompts, **{**facts, **options})

    return make
