"""A solution: a program that stands alone, fits on labelled rows and predicts unlabelled ones."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

from agentk.types.space import Space, parse_space

LIMITS = ("most_rows", "most_work")
RESERVED = ("seed", "threads", "device", *LIMITS)
"""Parameters that are no part of a SPACE. The referee sets the first three on every call; `most_rows`, the training rows that
a fit should use at most, and `most_work`, the share of its usual work, are there where a plan says so."""
SMOKE_ROWS, SMOKE_SECONDS = 2000, 30.0
"""What a program's first run handles at most (four fifths to fit on, one fifth held out), and how long it may take."""
EXPLORED = 3000
"""Characters kept of what a look at the data prints."""


@dataclass(frozen=True)
class Solution:
    """The source of a solution under a readable name.

    The contract (one Python file, public libraries only, nothing of agentk):
    fit_predict(train, test, params, data_dir) -> float matrix, one row a test row, columns as `TaskKind` orders them;
        of several targets a row of `train` may lack some, never all
    prepare(rows, params, data_dir) -> DataFrame   optional: label-free features of all rows, cached
    SPACE = {...}                                  optional: a literal, see `agentk.types.space`
    """

    source: str
    name: str

    @cached_property
    def digest(self) -> str:
        """Sixteen hexadecimal digits of the source."""
        return hashlib.sha256(self.source.encode()).hexdigest()[:16]

    @cached_property
    def space(self) -> Space:
        """What it can be tuned over. Raises ValueError when SPACE cannot be read."""
        return parse_space(self.source)
