"""A workbench of real parts on a small competition: run folder, journal, referee, sandbox; only the reasoner follows a script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from agentk.agent.arena import CompetitionArena
from agentk.agent.request import Request
from agentk.competitions.draft import Overrides
from agentk.competitions.setup import begun
from agentk.errors import AgentKError, ReasonerError
from agentk.graph.clock import Clock
from agentk.graph.folder import RunFolder
from agentk.graph.journal import Journal, Line, read
from agentk.graph.ledger import Ledger
from agentk.graph.proposing import Proposing
from agentk.graph.workbench import Setting, Workbench
from agentk.llms.protocol import Reply
from agentk.memory.off import Off
from agentk.memory.protocol import Memory
from agentk.reasoning.colleagues import Colleagues
from agentk.reasoning.model.prompts import Prompts
from agentk.reasoning.model.reasoner import LLMReasoner
from agentk.reasoning.playbook import Playbook
from agentk.reasoning.questions import Code, CodeQuestion, Plan, PlanQuestion, Reasoner, Reflection, ReflectQuestion
from agentk.sandbox.open import open_sandbox
from agentk.sandbox.protocol import Sandbox
from agentk.testing.asking import LIBRARIES, ScriptedModel
from agentk.types.solution import Solution

WARM = ("numpy", "pandas", "agentk.referee.harness")
PROGRAM = """
import time
import numpy as np

SPACE = {"width": {"type": "float", "low": 0.05, "high": 20.0, "log": True, "default": 0.1}}

def fit_predict(train, test, params, data_dir):
    time.sleep(params.get("sleep", 0))
    if params.get("fail"):
        raise ValueError("it does not like these rows")
    names = [name for name in test.columns if test[name].dtype.kind == "f"]
    target = next(name for name in train.columns if name not in test.columns)
    classes = sorted(train[target].unique())
    middles = [train.loc[train[target] == one, names].mean().to_numpy() for one in classes]
    far = np.stack([((test[names].to_numpy() - middle) ** 2).sum(axis=1) for middle in middles], axis=1)
    near = np.exp(-(far - far.min(axis=1, keepdims=True)) / params.get("width", 0.1))
    return near / near.sum(axis=1, keepdims=True)
"""
"""Nearest middle of a class: it scores well within milliseconds."""


@dataclass
class Script:
    """A reasoner that gives the answers it was told to give, and counts what it was asked."""

    plans: list[Plan] = field(default_factory=list)
    params: list[dict[str, Any]] = field(default_factory=list)
    dumb: bool = False  # it draws no conclusions
    asked: list[str] = field(default_factory=list)
    name: str = "script"

    def plan(self, question: PlanQuestion) -> Plan:
        self.asked.append("plan")
        return self.plans.pop(0) if self.plans else Plan(giver=self.name, action="stop")

    def code(self, question: CodeQuestion) -> Code:
        self.asked.append("code")
        if question.plan.recipe == "none":
            raise ReasonerError("there is no program for it")
        return Code(giver=self.name, name="middles", source=PROGRAM, params=self.params.pop(0) if self.params else {})

    def reflect(self, question: ReflectQuestion) -> Reflection:
        self.asked.append(f"reflect {question.attempt.number}")
        if self.dumb:
            raise ReasonerError("it says nothing")
        return Reflection(giver=self.name, note="seen")


def say(action: str, **fields: Any) -> Plan:
    return Plan.model_validate({"giver": "script", "action": action} | fields)


def lines(bench: Workbench, event: str) -> list[Line]:
    return [line for line in read(bench.folder.journal) if line["event"] == event]


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    made = open_sandbox(2, 1, WARM, tmp_path_factory.mktemp("sandbox"))
    yield made
    made.close()


@pytest.fixture
def opened(tmp_path: Path, sandbox: Sandbox) -> Iterator[Callable[..., Workbench]]:
    """Opens a run in `tmp_path`, as a new process would: from its folder and its journal alone."""
    journals: list[Journal] = []

    def again(
        script: Reasoner | None = None,
        *,
        attempts: int | None = None,
        budget: float | None = None,
        person: str | None = None,
        competition: str = "builtin:iris",
        memory: Memory | None = None,
        name: str = "run",
    ) -> Workbench:
        path = tmp_path / name
        folder = RunFolder(path) if path.exists() else RunFolder.create(path, {})
        folder.unlock()
        clock = Clock(budget)
        ledger = Ledger.of(read(folder.journal), "minimize")
        journal = Journal(folder.journal, clock.active)
        journal.listen(ledger.apply)
        journals.append(journal)
        request = Request(competition=competition, attempts=attempts, budget=budget)
        return Workbench(
            folder=folder,
            journal=journal,
            clock=clock,
            ledger=ledger,
            setting=Setting(0, 2, 1, attempts, ("numpy",), None if person is None else Solution(person, "mine")),
            reasoner=script or Script(),
            memory=memory or Off(),
            first_draft=lambda: begun(request.competition, Overrides(), path),
            open_arena=lambda competition: CompetitionArena(competition, folder, request, sandbox),
            deliver=lambda bench: None,
        )

    yield again
    for journal in journals:
        journal.close()


@pytest.fixture
def begin(opened: Callable[..., Workbench]) -> Callable[..., Workbench]:
    """The same, with setup behind it."""
    from agentk.competitions.setup import STAGES
    from agentk.graph.nodes.setup import run_stage

    def made(script: Script | None = None, **options: Any) -> Workbench:
        bench = opened(script, **options)
        for stage in STAGES:
            run_stage(stage, bench, {})
        return bench

    return made


Beside = Callable[..., tuple[Workbench, ScriptedModel]]


@pytest.fixture
def beside(opened: Callable[..., Workbench]) -> Beside:
    """A run before its setup, with a language model beside the playbook that gives or raises these replies."""

    def made(*replies: str | Reply | AgentKError, **options: Any) -> tuple[Workbench, ScriptedModel]:
        model = ScriptedModel(*replies)
        reasoner = LLMReasoner(model, model, Prompts(), libraries=LIBRARIES, audit=lambda solution, competition: None, **options)
        bench = opened()
        bench.proposing = Proposing(Colleagues(Playbook(), reasoner))
        return bench, model

    return made


def write_table(folder: Path, known: pd.DataFrame, unknown: pd.DataFrame, target: str, page: str) -> None:
    """A regression in Kaggle's layout, with the description `page`."""
    folder.mkdir()
    known.to_csv(folder / "train.csv", index=False)
    unknown.to_csv(folder / "test.csv", index=False)
    unknown[["id"]].assign(**{target: 0.5}).to_csv(folder / "sample_submission.csv", index=False)
    (folder / "description.md").write_text(page)
