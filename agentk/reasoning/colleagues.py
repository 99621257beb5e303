"""Colleagues: which questions a model answers and which the playbook, and when the model is asked no more."""

from __future__ import annotations

from agentk.errors import AccessError, AgentKError, BudgetError
from agentk.reasoning.questions import WRITTEN, Plan, PlanQuestion, Reasoner
from agentk.types.attempt import Attempt

PATIENCE = 3
"""Failures of the model in a row, after which the playbook goes on alone."""


BASELINE = 2
"""Attempts that have ended before a model is asked: the answer that needs no model, and a plain one to beat."""


class Colleagues:
    """The playbook, and beside it a model, whose failures are counted.

    The playbook makes the first sound baseline, writes what a plan takes from its catalogue, works while the model thinks, and
    takes over when the model fails or what it may spend is gone.
    """

    def __init__(self, playbook: Reasoner, model: Reasoner | None = None) -> None:
        self.playbook = playbook
        self.model = model
        self.left: str | None = None  # why the model is asked no more
        self._failures = 0

    @property
    def helped(self) -> bool:
        """Whether a model is asked at all."""
        return self.model is not None and self.left is None

    def plans(self, question: PlanQuestion) -> bool:
        """Whether the model is asked what to do next: from when there is something to begin from."""
        return self.helped and question.scored > 0 and len(question.tree) >= BASELINE

    def writes(self, plan: Plan) -> bool:
        """Whether the model writes the program of its own plan; recipes are the playbook's to write."""
        return plan.recipe is None

    def reflects(self, attempt: Attempt) -> bool:
        """Whether the model draws the conclusion: on what it has written."""
        return self.helped and attempt.origin not in (self.playbook.name, "person") and attempt.kind in WRITTEN

    def succeeded(self) -> None:
        """An answer of the model's could be acted on."""
        self._failures = 0

    def failed(self, error: AgentKError) -> None:
        """An answer did not come, or could not be acted on; some failures are final."""
        self._failures += 1
        if isinstance(error, BudgetError | AccessError):
            self.left = str(error)
        elif self._failures >= PATIENCE:
            self.left = f"{self._failures} answers in a row failed, the last one so: {error}"
