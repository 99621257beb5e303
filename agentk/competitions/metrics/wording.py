"""Finds the metric in a description's words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from agentk.competitions.metrics.registry import METRICS, metric_named

_NUMBERED = (
    (r"\b(map|mean average precision) ?(@|at) ?(\d+)", "map@{}", 3),
    (r"\bf ?(0\.5|2|3)( ?(score|measure))?\b", "f{}", 1),
)


@dataclass(frozen=True)
class Mention:
    """A metric that a text speaks of, and with which words."""

    metric: str
    words: str
    start: int
    end: int


def mentioned(description: str) -> tuple[Mention, ...]:
    """The metrics of which the description speaks, the likeliest first.

    The section on evaluation counts before the rest of the text; within it the first mention counts, and of two that
    overlap the longer, so that "root mean squared logarithmic error" is not taken for something shorter.
    """
    whole = plain(description)
    section = plain(evaluation(description))
    return (*_mentions(section), *_mentions(whole)) if section else _mentions(whole)


def evaluation(description: str) -> str:
    """The section that tells how submissions are scored, "" where no heading says so."""
    lines = description.splitlines()
    for at, line in enumerate(lines):
        heading = line.strip().strip("#*=:_ ").lower()
        if re.fullmatch(
            r"(\d+\.? )?(evaluation|metric|scoring|score|how (submissions|you) are (scored|evaluated))( metric| criteria)?",
            heading,
        ):
            rest = "\n".join(lines[at + 1 :])
            level = len(line) - len(line.lstrip("#"))
            end = re.search(rf"^#{{1,{level}}} ", rest, re.MULTILINE) if level else None
            return rest[: end.start()] if end else rest[:3000]
    return ""


def plain(text: str) -> str:
    """Lower case, with dashes, markup and line ends as single spaces."""
    return re.sub(r"[\s\-–—_*`$\\{}\[\]\"“”]+", " ", text.lower())


def _mentions(text: str) -> tuple[Mention, ...]:
    found = [
        Mention(name if number is None else name.format(match[number]), match[0], match.start(), match.end())
        for pattern, name, number in _patterns()
        for match in pattern.finditer(text)
    ]
    whole = [m for m in found if not any(_within(m, other) for other in found)]
    return tuple(sorted(whole, key=lambda m: (m.start, -m.end)))


def _within(inner: Mention, outer: Mention) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end and (outer.end - outer.start) > (inner.end - inner.start)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str, int | None], ...]:
    named = [(re.compile(words), metric.name, None) for metric in METRICS for words in metric.wording]
    numbered = [(re.compile(words), name, group) for words, name, group in _NUMBERED]
    return (*named, *numbered)


def metric_in(description: str) -> str | None:
    """The name of the metric that the description asks for, None where it names none."""
    found = mentioned(description)
    return metric_named(found[0].metric).name if found else None
