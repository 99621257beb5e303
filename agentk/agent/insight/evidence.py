"""Evidence: the rows, labels and folds of a run, read again from its folder; for those who look at a run from outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentk.agent.arena import LAYOUT
from agentk.competitions.files.rows import load_rows
from agentk.competitions.files.tables import plan_of
from agentk.competitions.metrics.own import metric_of
from agentk.competitions.scoring.truth import encode_truth, weights_of
from agentk.errors import RunError
from agentk.graph.folder import RunFolder
from agentk.referee.evaluation import Evaluation, load
from agentk.referee.judge import Judge
from agentk.referee.layout import Layout
from agentk.types.competition import Competition

if TYPE_CHECKING:
    import pandas as pd


@dataclass(eq=False)
class Evidence:
    """What scores are made of. Nothing is executed with it, and nothing of it is written."""

    folder: RunFolder
    competition: Competition
    train: pd.DataFrame
    test: pd.DataFrame
    layout: Layout
    judge: Judge
    _evaluations: dict[int, Evaluation] = field(default_factory=dict)

    def evaluation(self, number: int) -> Evaluation:
        """The predictions of a scored attempt. Raises StoreError where its folder lacks them."""
        if number not in self._evaluations:
            self._evaluations[number] = load(self.folder.attempt(number))
        return self._evaluations[number]


def contract_of(folder: RunFolder) -> Competition:
    """The contract that setup arrived at. Raises RunError when setup has not ended."""
    competition = folder.read_contract()
    if competition is None:
        raise RunError(f"{folder.path.name} has not got through setup: `agentk resume {folder.path.name}` goes on with it")
    return competition


def evidence_of(folder: RunFolder) -> Evidence:
    """Reads the competition's files. Raises RunError where they or the run's folds are gone, or are others than the run's."""
    competition = contract_of(folder)
    layout_file = folder.path / LAYOUT
    if not layout_file.exists():
        raise RunError(f"{folder.path.name} has made no folds yet: `agentk resume {folder.path.name}` goes on with it")
    if not competition.folder.exists():
        raise RunError(f"the data of {folder.path.name} are no longer at {competition.folder}: put them back to look at rows")
    train, test = load_rows(competition.folder, plan_of(competition))
    layout = Layout.from_json(layout_file.read_text())
    if len(train) != len(layout.assignment):
        raise RunError(
            f"{competition.folder} has {len(train)} training rows now, the run had {len(layout.assignment)}: put its data back"
        )
    metric = metric_of(competition)
    truth = encode_truth(competition, train)
    weights = weights_of(competition, train)
    judge = Judge(metric, competition.task, competition.classes, truth, layout.assignment, weights, layout.apart)
    return Evidence(folder, competition, train, test, layout, judge)
