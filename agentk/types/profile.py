"""A profile: what the columns of a competition hold, in numbers, bounded whatever the width of the table."""

from __future__ import annotations

from agentk.types.competition import Frozen


class Numbers(Frozen):
    """How the values of a numeric column are spread; missing ones left out."""

    low: float
    quarter: float
    median: float
    three_quarters: float
    high: float
    mean: float
    std: float
    zeros: float = 0.0  # share
    whole: bool = False  # whether all are whole numbers


class Share(Frozen):
    """A value as the file spells it, and the share of training rows that have it."""

    value: str
    share: float


class ColumnProfile(Frozen):
    """One feature column."""

    name: str
    signal: float = 0.0  # share of the target's variance that its bins or values alone explain, corrected for their number
    test_missing: float = 0.0  # share
    unseen: float = 0.0  # share of test values that train never has; of words
    numbers: Numbers | None = None
    span: tuple[str, str] | None = None  # of dates: first and last of train
    test_span: tuple[str, str] | None = None  # the same of test
    words: float | None = None  # of texts: mean number
    shares: tuple[Share, ...] = ()  # of words that repeat: the most frequent first
    examples: tuple[str, ...] = ()  # cut where long


class TargetProfile(Frozen):
    """One target: its numbers (of spans, of their words), or the shares of its classes."""

    name: str
    numbers: Numbers | None = None
    shares: tuple[Share, ...] = ()


class Profile(Frozen):
    """The targets, and the columns that say most about them."""

    targets: tuple[TargetProfile, ...] = ()
    columns: tuple[ColumnProfile, ...] = ()  # by signal, the strongest first
