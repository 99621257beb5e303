"""Trees at a bearable pace: on large or wide data boosting takes larger steps and every tree looks at fewer columns.

Where a plan allows a fit but a share of its usual work ("most_work"), boosting takes larger steps still, the rounds are limited,
and what was fitted to find their number is the model: a second fit on all rows would take as long again.
"""

from __future__ import annotations

from typing import Any

import numpy as np

LEISURE = 2e6  # rows x columns x classes up to which the learning rate is taken as it is
MANY_TREES = 12  # of a round, up to which small ones take no time to speak of
FASTEST = 4.0
LARGEST_STEP = 0.3  # learning rate
FARTHEST = 40.0  # rounds times the learning rate, where work is limited
MOST_TREES, FEWEST_ROUNDS = 1000, 50  # then, where a round is a tree for each of many classes
LIGHT_WORK = 1e6  # rows x columns up to which a second thread waits more than it works, the more so on a busy machine
WIDE, WIDE_IN_HASTE = 150, 40  # columns up to which the share of columns is taken as it is


def paced(params: dict[str, Any], X: Any, classes: int = 1) -> dict[str, Any]:
    """`params` with the learning rate, columns and threads that suit the size of X; `classes` is the trees a round takes."""
    rows, columns = X.shape
    faster = np.clip(np.sqrt(max(rows * columns * classes / LEISURE, classes / MANY_TREES)), 1.0, FASTEST)
    if hurried(params):
        faster = max(faster, min(FASTEST, faster / params["most_work"]))
    share = params["column_share"] * min(1.0, np.sqrt((WIDE_IN_HASTE if hurried(params) else WIDE) / columns))
    rate = {"learning_rate": min(LARGEST_STEP, float(params["learning_rate"] * faster))} if "learning_rate" in params else {}
    return params | rate | {"column_share": float(share), "threads": useful_threads(params, rows * columns)}


def hurried(params: dict[str, Any]) -> bool:
    """Whether a fit may do but a share of its usual work."""
    return bool(params.get("most_work", 1.0) < 1.0)


def most_rounds(paced: dict[str, Any], usual: int, classes: int = 1) -> int:
    """Rounds of boosting at most, of `classes` trees each, at the learning rate that `paced` has found."""
    if not hurried(paced):
        return usual
    return min(usual, int(FARTHEST / paced["learning_rate"]), max(FEWEST_ROUNDS, MOST_TREES // classes))


def useful_threads(params: dict[str, Any], cells: int) -> int:
    """The threads that shorten the work on so many rows x columns."""
    return int(params["threads"]) if cells > LIGHT_WORK else 1
