"""All metrics by name: `metric_named("auc")`, and those with a number in their name: `metric_named("map@3")`."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from functools import cache

from agentk.competitions.metrics.agreement import AGREEMENT
from agentk.competitions.metrics.deviances import DEVIANCES, tweedie
from agentk.competitions.metrics.entry import NamedMetric
from agentk.competitions.metrics.labels import LABELS, f_beta, f_beta_samples
from agentk.competitions.metrics.probabilities import PROBABILITIES, partial_auc
from agentk.competitions.metrics.ranked import map_at, ndcg_at, top
from agentk.competitions.metrics.spans import SPANS
from agentk.competitions.metrics.values import VALUES, huber, pinball
from agentk.errors import SettingError

METRICS = (*LABELS, *PROBABILITIES, *VALUES, *AGREEMENT, *DEVIANCES, *SPANS)
FAMILIES = (
    "f<beta>",
    "f<beta>_samples",
    "map@<k>",
    "ndcg@<k>",
    "top@<k>",
    "pinball@<quantile>",
    "pauc@<rate>",
    "huber@<delta>",
    "tweedie@<power>",
)


def metric_names() -> tuple[str, ...]:
    """Every metric's own name; beside them there are those of `FAMILIES`, with a number in their name."""
    return tuple(metric.name for metric in METRICS)


def metric_named(name: str) -> NamedMetric:
    """The metric of this name or alias; case, spaces, dashes and underscores do not matter.

    Raises SettingError, with the nearest names, when there is none.
    """
    key = _key(name)
    if metric := _by_key().get(key) or _with_number(key):
        return metric
    spelled = {_key(spelling): spelling for metric in METRICS for spelling in (metric.name, *metric.aliases)}
    near = [spelled[k] for k in get_close_matches(key, spelled, n=3, cutoff=0.5)]
    hint = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(metric_names())}; or FILE.py:FUNCTION."
    raise SettingError(f"--metric {name}: no metric of that name. {hint}")


@cache
def _by_key() -> dict[str, NamedMetric]:
    return {_key(spelling): metric for metric in METRICS for spelling in (metric.name, *metric.aliases)}


@cache
def _with_number(key: str) -> NamedMetric | None:
    for pattern, make in _LISTS:
        if match := re.fullmatch(pattern, key):
            return make(int(match[1]))
    for pattern, make, low, high in _NUMBERED:
        if (match := re.fullmatch(pattern, key)) and low < float(match[1]) < high:
            return make(float(match[1]))
    if (match := re.fullmatch(r"tweedie(?:deviance)?@?(\d(?:\.\d+)?)", key)) and 1 <= float(match[1]) <= 2:
        return tweedie(float(match[1]))
    return None


_LISTS: tuple[tuple[str, Callable[[int], NamedMetric]], ...] = (
    (r"(?:map|mrr|meanaverageprecision|meanreciprocalrank)@?([1-9]\d*)", map_at),
    (r"ndcg@?([1-9]\d*)", ndcg_at),
    (r"(?:top|hit|hitrate|recall|accuracy)@([1-9]\d*)", top),
    (r"top([1-9]\d*)(?:accuracy)?", top),
)
_NUMBERED: tuple[tuple[str, Callable[[float], NamedMetric], float, float], ...] = (
    (r"f(?:beta)?@?(\d+(?:\.\d+)?)(?:score)?", f_beta, 0, float("inf")),
    (r"f(?:beta)?@?(\d+(?:\.\d+)?)samples", f_beta_samples, 0, float("inf")),
    (r"(?:pinball|quantile)@?(0?\.\d+)", pinball, 0, 1),
    (r"(?:pauc|partialauc)@?(0?\.\d+)", partial_auc, 0, 1),
    (r"huber@?(\d+(?:\.\d+)?)", huber, 0, float("inf")),
)


def _key(name: str) -> str:
    return re.sub(r"[\s_\-{}()']", "", name.lower())
