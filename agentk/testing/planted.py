"""A table with values planted in it that nobody outside can know: whoever shows one has seen a row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

TOWN, WORD, NUMBER, DAY = "Quolmsk", "zebrafinch", "7310529", "2017-03-19"
PLANTED = (TOWN, WORD, NUMBER, DAY)
"""A category, a word of a text, a number and a date."""


def write_clients(folder: Path) -> Path:
    """Clients of a shop in Kaggle's layout, 300 known and 100 asked for; returns `folder`, which it makes."""
    folder.mkdir(parents=True, exist_ok=True)
    rng, count = np.random.default_rng(0), 400
    rows = pd.DataFrame(
        {
            "client": np.arange(count),
            "town": rng.choice([TOWN, "Arden", "Brill"], count),
            "note": [f"a {WORD} of {n}" if n % 3 else f"no word on {n} and its owner" for n in rng.integers(0, 999, count)],
            "account": np.where(rng.random(count) < 0.5, float(NUMBER), rng.integers(1_000_000, 9_999_999, count).astype(float)),
            "since": [(DAY, "2016-04-11", "2018-01-02")[n % 3] for n in range(count)],
        }
    )
    late = pd.Series(np.where((rows.town == TOWN) ^ (rng.random(count) < 0.2), "yes", "no"), name="late")
    rows[:300].assign(late=late[:300]).to_csv(folder / "train.csv", index=False)
    rows[300:].to_csv(folder / "test.csv", index=False)
    pd.DataFrame({"client": rows.client[300:], "late": "no"}).to_csv(folder / "sample_submission.csv", index=False)
    (folder / "description.md").write_text("Clients of a shop. Predict who pays late; submissions are scored by accuracy.")
    return folder
