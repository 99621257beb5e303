"""A leaderboard: everybody's public scores, and the place that a score would take among them."""

from __future__ import annotations

import csv
import io
import math
import zipfile
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from agentk.errors import KaggleError, ServiceError

LEADERBOARD = "leaderboard.csv"
"""Scores of others, beside the data: of the end's report alone, so no table of the competition."""


@dataclass(frozen=True)
class Row:
    """One team."""

    team: str
    score: float


@dataclass(frozen=True)
class Place:
    """The place a score takes: 1 is best; a tie takes the best place of the tie."""

    place: int
    teams: int

    @property
    def top(self) -> float:
        """The share of teams down to this place, in (0, 1]."""
        return self.place / self.teams

    def words(self) -> str:
        """As a person says it: place 812 of 13,512 (top 6.0%)."""
        return f"place {self.place:,} of {self.teams:,} (top {max(0.1, 100 * self.top):.1f}%)"


def parse(text: str, source: str) -> tuple[Row, ...]:
    """The rows of a leaderboard's CSV, which has a column "score" and perhaps "teamname". Raises KaggleError where it has not."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    names = [name.strip().lower().replace(" ", "") for name in next(reader, [])]
    if "score" not in names:
        raise KaggleError(f"{source} is no leaderboard: it has no column 'score', only {names[:8]}")
    score, team = names.index("score"), names.index("teamname") if "teamname" in names else None
    rows = []
    for row in reader:
        try:
            value = float(row[score])
        except (ValueError, IndexError):
            continue  # a team whose submission has no score
        if math.isfinite(value):
            rows.append(Row(row[team] if team is not None else "", value))
    return tuple(rows)


def from_archive(data: bytes) -> tuple[Row, ...]:
    """The rows of the archive that Kaggle gives. Raises ServiceError where it is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            name = next(name for name in archive.namelist() if name.lower().endswith(".csv"))
            return parse(archive.read(name).decode("utf-8", errors="replace"), name)
    except (zipfile.BadZipFile, StopIteration) as error:
        raise ServiceError(f"Kaggle's leaderboard cannot be read ({error or 'no CSV in it'}): try again later") from None


def from_file(path: Path) -> tuple[Row, ...]:
    """The rows of a leaderboard.csv. Raises KaggleError where it cannot be read."""
    try:
        return parse(path.read_text(encoding="utf-8", errors="replace"), str(path))
    except OSError as error:
        raise KaggleError(f"{path} cannot be read: {error.strerror}") from None


def place_of(score: float, rows: Iterable[Row], direction: Literal["minimize", "maximize"]) -> Place | None:
    """The place that `score` would take, counted among the teams and itself; None on an empty board."""
    scores = sorted(row.score for row in rows)
    if not scores:
        return None
    better = bisect_left(scores, score) if direction == "minimize" else len(scores) - bisect_right(scores, score)
    return Place(better + 1, len(scores) + 1)
