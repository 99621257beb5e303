"""Advice in setup: where the stages end in doubt, a model that reads the description is asked once what to believe instead."""

from __future__ import annotations

from pydantic import ValidationError

from agentk.competitions.advised import ADVISABLE, advised
from agentk.competitions.draft import Draft, Overrides
from agentk.competitions.files.tables import parts_of, sample_of
from agentk.competitions.metrics import metric_names
from agentk.competitions.metrics.registry import FAMILIES
from agentk.competitions.whole import contract_of
from agentk.errors import AgentKError, UserError
from agentk.graph.workbench import Workbench
from agentk.reasoning.setup_questions import Advice, Adviser, SetupQuestion

_MOST_COLUMNS = 60


def heeded(bench: Workbench, first: Draft, draft: Draft) -> tuple[Draft, Overrides]:
    """The draft under a model's advice, and which beliefs it takes from that.

    It stays as it was where it has no doubts, where there is no model to ask, and where a test of setup does not agree.
    first: the draft with which setup began. What the model said, and what came of it, is a reason of the contract.
    """
    nothing = Overrides()
    colleagues = bench.proposing.colleagues if bench.proposing is not None else None
    if colleagues is None or not colleagues.helped or not draft.doubts or not isinstance(colleagues.model, Adviser):
        return draft, nothing
    question = setup_question(draft)
    bench.notice("setup", f"{colleagues.model.name} is asked about {len(draft.doubts)} doubts")
    try:
        advice = colleagues.model.advise(question)
    except AgentKError as error:
        colleagues.failed(error)
        return draft.grown(reason=f"{colleagues.model.name} was asked about the doubts, in vain: {error}"), nothing
    finally:
        bench.record_calls()
    colleagues.succeeded()
    return _tested(first, draft, advice)


def setup_question(draft: Draft) -> SetupQuestion:
    """What is asked about a finished draft."""
    said = draft.overrides.model_dump(exclude_defaults=True)
    return SetupQuestion(
        competition=contract_of(draft),
        tables=tables_of(draft),
        metrics=(*metric_names(), *FAMILIES),
        sayable=ADVISABLE,
        said=tuple(name for name in ADVISABLE if name in said),
    )


def tables_of(draft: Draft) -> dict[str, tuple[str, ...]]:
    """The columns of each file."""
    train, test = parts_of(draft)
    tables = {"train": train, "test": test, "sample submission": sample_of(draft)}
    return {name: tuple(map(str, frame.columns[:_MOST_COLUMNS])) for name, frame in tables.items() if frame is not None}


def _tested(first: Draft, draft: Draft, advice: Advice) -> tuple[Draft, Overrides]:
    """The draft set up anew under the advice; as it was, with the reason why not, where a test does not agree."""
    why = f": {advice.reason}" if advice.reason else ""
    if not advice.beliefs:
        told = f"{advice.giver} was asked about the doubts, and would believe nothing else{why}"
        return draft.grown(reason=told), Overrides()
    words = ", ".join(f"{name} {said}" for name, said in advice.beliefs.items())
    lists = {
        name: tuple(one.strip() for one in advice.beliefs[name].split(",")) for name in ("target", "id") if name in advice.beliefs
    }
    try:
        said = Overrides.model_validate({**advice.beliefs, **lists})
        grown = advised(first, said, advice.giver)
    except (UserError, ValidationError) as error:
        told = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        return draft.grown(reason=f"{advice.giver} would believe {words}, which does not hold: {told}"), Overrides()
    told = f"{advice.giver} was asked about {len(draft.doubts)} doubts and would believe {words}{why}"
    return grown.grown(reason=told), said
