"""Compare: several runs side by side, where they met the same competition also pair by pair on the same held-out rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from agentk.agent.ending.summary import Summary, summarize
from agentk.agent.insight.evidence import Evidence, contract_of, evidence_of
from agentk.errors import AgentKError, RunError
from agentk.graph.folder import RunFolder
from agentk.referee.differences import difference
from agentk.report.story import paired, tell


@dataclass(frozen=True)
class Compared:
    """One run beside the first."""

    summary: Summary
    name: str
    steps: tuple[tuple[float, float], ...]  # active seconds, best score so far
    gain: float | None = None  # over the first run, paired over rows; in the metric's units, positive: better
    error: float | None = None  # its standard error; infinite where rows cannot be paired
    folds: tuple[float, float] | None = None  # the same from the winners' scores fold by fold, where both had the same folds


def compare(folders: Sequence[RunFolder]) -> list[Compared]:
    """The runs, in the order given. Raises RunError where fewer than two are given or they were scored by different metrics."""
    if len(folders) < 2:
        raise RunError("one run cannot be compared: agentk compare RUN RUN …")
    summaries = [summarize(folder) for folder in folders]
    metrics = {summary.metric for summary in summaries if summary.metric is not None}
    if len(metrics) > 1:
        raise RunError(f"these runs were scored by {' and '.join(sorted(metrics))}: only runs of one metric can be compared")
    functions = {contract_of(folder).own_metric for folder, summary in zip(folders, summaries, strict=True) if summary.metric}
    if len({own and (own.source, own.direction) for own in functions}) > 1:
        raise RunError(f"{' and '.join(metrics)} was changed between these runs: only runs of one metric can be compared")
    first = _evidence(folders[0])
    found = []
    for place, (folder, summary) in enumerate(zip(folders, summaries, strict=True)):
        second = _evidence(folder) if place else None
        apart = _apart(first, summaries[0], second, folder, summary) if place else (None, None)
        folds = None if first is None or second is None else _by_folds(first, second)
        found.append(Compared(summary, folder.path.name, tell(folder).steps, *apart, folds))
    return found


def _evidence(folder: RunFolder) -> Evidence | None:
    try:
        return evidence_of(folder)
    except AgentKError:
        return None


def _by_folds(first: Evidence, second: Evidence) -> tuple[float, float] | None:
    """Mean difference of the winners' fold scores and its error, both runs having held out the same rows in every fold."""
    if first.layout.assignment.tolist() != second.layout.assignment.tolist():
        return None
    one, other = (tell(evidence.folder).winner for evidence in (first, second))
    return None if one is None or other is None else paired(other.attempt, one.attempt, first.judge.metric.direction)


def _apart(
    first: Evidence | None, one: Summary, second: Evidence | None, folder: RunFolder, other: Summary
) -> tuple[float | None, float | None]:
    """The paired difference of the winners' answers to the same training rows; a plain one where rows differ or are gone."""
    if one.cv_score is None or other.cv_score is None or one.metric is None:
        return None, None
    difference_of_scores = other.cv_score - one.cv_score
    plain = difference_of_scores if one.direction == "maximize" else -difference_of_scores, None
    if first is None or second is None or contract_of(folder).classes != first.competition.classes:
        return plain
    same = np.array_equal(first.judge.truth, second.judge.truth, equal_nan=True)
    best = [tell(evidence.folder).best for evidence in (first, second)]
    if not same or best[0] is None or best[1] is None:
        return plain
    try:
        mine, theirs = first.evaluation(best[0]), second.evaluation(best[1])
    except AgentKError:
        return plain
    assert mine.mask is not None and theirs.mask is not None, "a scored attempt has predictions"
    rows = mine.mask & theirs.mask
    answers = second.judge.answers(theirs)[rows], first.judge.answers(mine)[rows]
    return difference(first.judge.rules, first.judge.truth[rows], *answers, first.judge.weighing(rows))


def plot(runs: Sequence[Compared]) -> Markup:
    """The best score over the time of each run, as one SVG."""
    from agentk.report.charts import race

    return race([(run.name, run.steps, run.summary.seconds) for run in runs], runs[0].summary.direction or "maximize")
