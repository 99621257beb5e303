"""Metrics: Kaggle's common ones by name, by alias and by the words that describe them."""

from agentk.competitions.metrics.entry import NamedMetric
from agentk.competitions.metrics.registry import metric_named, metric_names
from agentk.competitions.metrics.wording import mentioned

__all__ = ["NamedMetric", "mentioned", "metric_named", "metric_names"]
