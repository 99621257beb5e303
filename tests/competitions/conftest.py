"""Competitions in a temporary folder, as Kaggle would lay them out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.draft import Overrides
from agentk.competitions.files.tables import forget_tables
from agentk.competitions.setup import set_up
from agentk.competitions.sources import builtin
from agentk.types.competition import Competition

N, M = 240, 80  # rows of train and of test


@pytest.fixture(autouse=True)
def _fresh_tables() -> None:
    forget_tables()


@pytest.fixture
def rows() -> pd.DataFrame:
    """N + M plain rows: an id, two numbers and a category."""
    generator = np.random.default_rng(7)
    return pd.DataFrame(
        {
            "id": np.arange(1000, 1000 + N + M),
            "height": generator.normal(170, 10, N + M).round(1),
            "weight": generator.normal(70, 12, N + M).round(1),
            "town": generator.choice(["Bern", "Genf", "Chur"], N + M),
        }
    )


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes tables and texts into one folder: write(**{"train.csv": frame, "description.md": "text"})."""

    def written(files: dict[str, pd.DataFrame | str | bytes], **csv: object) -> Path:
        folder = tmp_path / "data"
        folder.mkdir(exist_ok=True)
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                path.write_bytes(content)
            elif isinstance(content, str):
                path.write_text(content, encoding="utf-8")
            elif ".parquet" in name:
                content.to_parquet(path)
            elif ".json" in name:
                content.to_json(path, orient="records", lines=".jsonl" in name)
            else:
                content.to_csv(path, **{"index": False, **csv})  # type: ignore[call-overload]
        return folder

    return written


@pytest.fixture
def understood(tmp_path: Path) -> Callable[..., Competition]:
    """Sets up a folder with the given flags."""

    def competition(source: Path | str, **flags: object) -> Competition:
        return set_up(source, Overrides.model_validate(flags), tmp_path / "made")

    return competition


@pytest.fixture(scope="session")
def builtins(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Competition]:
    """Every built-in, set up once."""
    place = tmp_path_factory.mktemp("builtins")
    return {name: set_up(f"builtin:{name}", Overrides(), place / name) for name in builtin.names()}


@pytest.fixture
def parts(rows: pd.DataFrame) -> Callable[..., dict[str, pd.DataFrame]]:
    """train.csv, test.csv and sample_submission.csv for a target column of N + M values."""

    def made(name: str, target: object, sample: object = 0) -> dict[str, pd.DataFrame]:
        whole = rows.assign(**{name: target})
        test = whole.iloc[N:].drop(columns=name)
        return {
            "train.csv": whole.iloc[:N],
            "test.csv": test,
            "sample_submission.csv": pd.DataFrame({"id": test["id"], name: sample}),
        }

    return made
