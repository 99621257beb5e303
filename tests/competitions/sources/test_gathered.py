"""A file of measurements for each row: what its rows come to stands beside the row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.files.rows import load_rows
from agentk.competitions.files.tables import plan_of, rows_of
from agentk.errors import CompetitionError

N, M = 60, 20
RNG = np.random.default_rng(4)


def recorded(level: float) -> pd.DataFrame:
    """Twelve moments of one row."""
    return pd.DataFrame({"second": range(12), "pulse": RNG.normal(60 + 20 * level, 3, 12).round(2), "state": "lying"})


@pytest.fixture
def parts() -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """Train, test and sample of sleepers, and the recording of each."""
    ids, tired = [f"s{at:03d}" for at in range(N + M)], RNG.integers(0, 2, N + M)
    rows = pd.DataFrame({"sleeper": ids, "tired": tired})
    tables = {
        "train.csv": rows[:N],
        "test.csv": rows[N:].drop(columns="tired"),
        "sample_submission.csv": rows[N:].assign(tired=0.5),
    }
    return tables, {name: recorded(level) for name, level in zip(ids, tired, strict=True)}


@pytest.mark.parametrize("places", [("nights/", "nights/"), ("train/", "test/"), ("train_nights/", "test_nights/")])
def test_a_file_a_row(parts, places: tuple[str, str], write, understood) -> None:
    tables, recordings = parts
    files = {f"{places[at >= N]}{name}.csv": frame for at, (name, frame) in enumerate(recordings.items())}
    competition = understood(write({**tables, **files}))
    train, test = rows_of(competition)
    (mean,) = (name for name in train.columns if name.endswith("_pulse_mean"))
    assert train[mean].tolist() == pytest.approx([recordings[name]["pulse"].mean() for name in train["sleeper"]], abs=1e-3)
    assert len(test) == M and test[mean].notna().all()
    assert competition.targets == ("tired",) and not competition.unused
    assert load_rows(competition.folder, plan_of(competition))[1].equals(test), "as an exported program reads them"


def test_rows_without_a_file_and_files_without_a_row(parts, write, understood) -> None:
    tables, recordings = parts
    files = {f"nights/{name}.csv": frame for name, frame in recordings.items() if name != "s003"}
    train, _ = rows_of(understood(write({**tables, **files, "nights/calibration.csv": recorded(0)})))
    assert train.set_index("sleeper")["nights_pulse_mean"].isna().to_dict() == {name: name == "s003" for name in train["sleeper"]}


def test_files_called_after_nothing_are_left_where_they_are(parts, write, understood) -> None:
    tables, recordings = parts
    files = {f"nights/{at}-{at}.csv": frame for at, frame in enumerate(recordings.values())}
    competition = understood(write({**tables, **files}))
    assert not any("pulse" in column.name for column in competition.columns)


def test_files_without_numbers_are_left_where_they_are(parts, write, understood) -> None:
    tables, recordings = parts
    notes = {f"notes/{name}.json": '{"outline": [[1, 2], [3, 4]], "by": {"who": "me"}}' for name in recordings}
    competition = understood(write({**tables, **notes}))
    assert not any("outline" in column.name for column in competition.columns)


def test_a_file_that_is_no_table_is_named(parts, write, understood) -> None:
    tables, recordings = parts
    files: dict[str, object] = {f"nights/{name}.csv": frame for name, frame in recordings.items()}
    with pytest.raises(CompetitionError, match=r"s050\.csv is no table"):
        understood(write({**tables, **files, "nights/s050.csv": ""}))
