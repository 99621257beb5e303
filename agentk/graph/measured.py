"""A metric that agentk does not know: a model writes it from the description, and it counts where every check agrees."""

from __future__ import annotations

from agentk.competitions.advised import advised
from agentk.competitions.draft import Draft, Overrides
from agentk.competitions.whole import contract_of
from agentk.errors import AgentKError, CompetitionError, UserError
from agentk.graph.advice import tables_of
from agentk.graph.folder import replace
from agentk.graph.workbench import Workbench
from agentk.reasoning.setup_questions import METRIC, MetricQuestion, MetricWriter, RefusedMetric

FILE = "metric.py"
"""In the run's folder."""
TRIES = 3


def measured(bench: Workbench, first: Draft, draft: Draft) -> Draft:
    """The draft with a metric that a model writes, where agentk does not know the description's and there is a model to ask.

    first: the draft with which setup began. Each try goes through all stages and their tests; what they have against it is told
    with the next question. Raises CompetitionError, with what the person may say, when no try passes.
    """
    colleagues = bench.proposing.colleagues if bench.proposing is not None else None
    if colleagues is None or not colleagues.helped or not isinstance(colleagues.model, MetricWriter):
        return draft
    if not draft.metric_assumed or first.overrides.metric or not draft.description.strip():
        return draft
    writer, file, refused = colleagues.model, bench.folder.path / FILE, list[RefusedMetric]()
    said = f"{file}:{METRIC}"
    for left in range(TRIES - 1, -1, -1):
        bench.notice("setup", f"{writer.name} is asked to write the metric, {left + 1} of {TRIES} tries left")
        question = MetricQuestion(competition=contract_of(draft), tables=tables_of(draft), refused=tuple(refused), left=left)
        try:
            written = writer.measure(question)
        except AgentKError as error:
            colleagues.failed(error)
            return draft.grown(reason=f"{writer.name} was asked to write the metric, in vain: {error}")
        finally:
            bench.record_calls()
        colleagues.succeeded()
        if not written.source:
            return draft.grown(
                reason=f"{written.giver} was asked to write the metric, and did not: {written.reason or 'no reason'}"
            )
        replace(file, written.source)
        try:
            grown = advised(first, Overrides(metric=said), written.giver)
        except UserError as error:
            refused.append(RefusedMetric(source=written.source, problem=str(error).replace(f"--metric {said}: ", "")))
            continue
        told = f"the metric was written by {written.giver} from the description and has passed every check: look at {FILE}"
        return grown.grown(doubt=f"{told} (--metric NAME or FILE.py:FUNCTION says otherwise)")
    raise CompetitionError(
        f"{draft.folder}: the description's metric is none that agentk knows, and what {writer.name} wrote in {TRIES} tries does "
        f"not hold: {refused[-1].problem} Say how submissions are scored: --metric NAME, or --metric FILE.py:FUNCTION "
        f"({file} is the last try)."
    )
