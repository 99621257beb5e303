"""The standing: where a score would be on a leaderboard that lies beside the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agentk.agent.summary import Summary
from agentk.competitions.rows import read_table
from agentk.graph.folder import RunFolder
from agentk.types.competition import Competition

NAMES = ("leaderboard.csv", "private_leaderboard.csv", "public_leaderboard.csv")
COLUMNS = ("score", "private score", "public score")


@dataclass(frozen=True)
class Standing:
    """The place a score takes among those of a leaderboard."""

    score: float
    place: int  # 1 is the best
    of: int
    source: str  # the file
    graded: bool  # whether the score is that of the test rows, or only what the folds promise

    @property
    def share(self) -> float:
        """Share of the leaderboard that it beats or equals."""
        return (self.of - self.place + 1) / self.of


def standing_of(folder: RunFolder, competition: Competition, summary: Summary) -> Standing | None:
    """The place of the run's score, None without a leaderboard, a score, or a column of scores that can be read."""
    score = summary.test_score if summary.test_score is not None else summary.cv_score
    path = next((place / name for place in (folder.path, competition.folder) for name in NAMES if (place / name).is_file()), None)
    if score is None or path is None:
        return None
    try:
        table = read_table(path)
    except (ValueError, OSError):
        return None
    column = next((name for name in table.columns if str(name).strip().lower() in COLUMNS), None)
    if column is None:
        return None
    values = np.asarray(table[column].dropna(), dtype=np.float64)
    better = values > score if summary.direction == "maximize" else values < score
    return Standing(score, int(better.sum()) + 1, len(values) + 1, path.name, summary.test_score is not None)
