"""All metrics by name: `metric_named("auc")`, and those with a number in their name: `metric_named("map@3")`."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache

from agentk.competitions.metrics.entry import NamedMetric
from agentk.competitions.metrics.labels import LABELS, f_beta
from agentk.competitions.metrics.probabilities import PROBABILITIES, map_at
from agentk.competitions.metrics.values import VALUES, pinball
from agentk.errors import SettingError

METRICS = (*LABELS, *PROBABILITIES, *VALUES)


def metric_names() -> tuple[str, ...]:
    """Every metric's own name; beside them `f<beta>`, `map@<k>` and `pinball@<quantile>`."""
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
    hint = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(metric_names())}."
    raise SettingError(f"--metric {name}: no metric of that name. {hint}")


@cache
def _by_key() -> dict[str, NamedMetric]:
    return {_key(spelling): metric for metric in METRICS for spelling in (metric.name, *metric.aliases)}


@cache
def _with_number(key: str) -> NamedMetric | None:
    if match := re.fullmatch(r"map@?(\d+)", key):
        return map_at(int(match[1]))
    if match := re.fullmatch(r"f(?:beta)?@?(\d+(?:\.\d+)?)(?:score)?", key):
        return f_beta(float(match[1]))
    if (match := re.fullmatch(r"(?:pinball|quantile)@?(0?\.\d+)", key)) and 0 < float(match[1]) < 1:
        return pinball(float(match[1]))
    return None


def _key(name: str) -> str:
    return re.sub(r"[\s_\-]", "", name.lower())
