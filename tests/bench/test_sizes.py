"""Competitions of every size are made alike for a seed, and runs on them are measured."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agentk.bench.footprint import footprint
from agentk.bench.sizes import chosen
from agentk.bench.synthetic.sizes import ACTIVE, SIZES, Size, tall, wide, write_size
from agentk.errors import SettingError


def test_there_are_tiny_tall_and_wide_ones() -> None:
    assert min(size.rows for size in SIZES) < 100 and max(size.rows for size in SIZES) > 10_000_000
    assert min(size.columns for size in SIZES) == 3 and max(size.columns for size in SIZES) == 10_000


def test_a_size_is_written_whole_and_a_simple_model_of_it_beats_the_mean(tmp_path: Path) -> None:
    size = Size("tall-rmse", 3000, 10, "rmse")
    for place in ("first", "second"):
        write_size(size, 3, tmp_path / place / "made", tmp_path / place / "answers", tmp_path / place / "simple")
    train, test, sample = (
        pd.read_csv(tmp_path / "first" / "made" / size.name / f"{name}.csv") for name in ("train", "test", "sample_submission")
    )
    truth, simple = (pd.read_csv(tmp_path / "first" / name / f"{size.name}.csv") for name in ("answers", "simple"))
    assert len(train) + len(test) == 3000 and list(test["id"]) == list(sample["id"]) == list(truth["id"]) == list(simple["id"])
    assert set(train) - set(test) == {"price"} and test.shape[1] == 11
    assert np.mean((truth["price"] - simple["price"]) ** 2) < 0.6 * truth["price"].var()
    again = [(tmp_path / place / "made" / size.name / "train.csv").read_bytes() for place in ("first", "second")]
    assert again[0] == again[1]


def test_few_columns_of_a_wide_table_mean_anything() -> None:
    frame, hidden = wide(np.random.default_rng(0), 4000, 600)
    related = np.abs(np.corrcoef(frame.to_numpy().T, hidden)[-1, :-1])
    assert ACTIVE / 3 < (related > 0.1).sum() < 5 * ACTIVE


def test_a_tall_table_mixes_numbers_words_and_holes() -> None:
    frame, _ = tall(np.random.default_rng(0), 1000, 12)
    assert frame.shape == (1000, 12) and frame.isna().any().any()
    assert sum(isinstance(kind, pd.CategoricalDtype) for kind in frame.dtypes) == 4


def test_a_size_that_is_none() -> None:
    with pytest.raises(SettingError, match="tiny-100-auc"):
        chosen(["small"])


def test_the_footprint_of_a_process_counts_what_it_and_its_children_hold() -> None:
    hold = "import sys; held = bytearray(b'x' * 60_000_000); print('ready', flush=True); sys.stdin.read()"
    twice = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {hold!r}], stdin=sys.stdin); {hold}"
    with subprocess.Popen([sys.executable, "-c", twice], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdin is not None
        assert [process.stdout.readline() for _ in range(2)] == [b"ready\n"] * 2
        held = footprint(process.pid)
        process.stdin.close()
    assert 120e6 < held < 400e6
