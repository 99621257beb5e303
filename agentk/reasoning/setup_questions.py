"""What setup asks of a reasoner that reads the description: what to believe in doubt, and a metric that agentk does not know.

A reasoner need not answer: the playbook does not.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from agentk.types.competition import Competition, Frozen

METRIC = "metric"
"""What the function is called in a file that a model writes."""


class SetupQuestion(Frozen):
    """What should be believed of a competition where its description and files leave doubts?"""

    competition: Competition  # as the stages of setup understood it, with its doubts
    tables: dict[str, tuple[str, ...]] = {}  # the columns of each file, 60 at most
    metrics: tuple[str, ...] = ()  # the names there are
    sayable: tuple[str, ...] = ()  # the flags that may be answered
    said: tuple[str, ...] = ()  # those that the person has said already, which stand


class Advice(Frozen):
    """What should be believed instead, in the words of the flags; empty where the doubts are unfounded."""

    giver: str
    beliefs: dict[str, str] = {}  # flag -> value; several columns joined by commas
    reason: str = ""


class RefusedMetric(Frozen):
    """A metric that was written and did not pass its checks."""

    source: str
    problem: str


class MetricQuestion(Frozen):
    """How are submissions scored, as a function? Asked where the description names a metric that agentk does not know."""

    competition: Competition
    tables: dict[str, tuple[str, ...]] = {}  # the columns of each file, 60 at most
    refused: tuple[RefusedMetric, ...] = ()  # earlier tries, oldest first
    left: int = 0  # tries after this one


class WrittenMetric(Frozen):
    """A file with a function `METRIC`, as `--metric FILE.py:FUNCTION` takes them."""

    giver: str
    source: str = ""  # empty: it cannot be written
    reason: str = ""  # why not


@runtime_checkable
class Adviser(Protocol):
    """A reasoner that can also be asked about setup; it need not."""

    def advise(self, question: SetupQuestion) -> Advice:
        """What to believe instead. Raises ReasonerError where no usable answer comes."""
        ...


@runtime_checkable
class MetricWriter(Protocol):
    """A reasoner that can also write a metric; it need not."""

    @property
    def name(self) -> str:
        """How its answers are signed."""
        ...

    def measure(self, question: MetricQuestion) -> WrittenMetric:
        """The metric as a file. Raises ReasonerError where no usable answer comes."""
        ...
