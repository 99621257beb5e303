"""Pictures in columns of pixels are read as the same pictures in files are, and every image recipe learns from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score

from agentk.reasoning.recipes.compose import compose
from agentk.types.competition import Pixels

LIGHT = ["image_svm", "image_trees"]


def contract(pixels: Pixels, /, **facts: Any) -> dict[str, Any]:
    kinds = dict.fromkeys(pixels.columns, "pixel") | {"age": "numeric"}
    plain = {"task": "multiclass", "targets": ["digit"], "classes": list(range(10)), "kinds": kinds, "id_columns": []}
    told = pixels.model_dump(mode="json", exclude={"alike", "apart"})
    return plain | {"train_only": [], "metric": "accuracy", "rows": 600, "pixels": told} | facts


def program(entry: str, made_of: dict[str, Any]) -> dict[str, Any]:
    namespace: dict[str, Any] = {}
    exec(compile(compose(entry, made_of).source, f"<{entry}>", "exec"), namespace)
    return namespace


def laid(bits: np.ndarray, pixels: Pixels) -> pd.DataFrame:
    return pd.DataFrame(bits.reshape(len(bits), -1), columns=list(pixels.columns))


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    """scikit-learn's digits at 16 by 16, moved about."""
    data, draw = load_digits(), np.random.default_rng(0)
    order = draw.permutation(len(data.target))
    bits = np.kron(data.images[order] * 15.9, np.ones((2, 2)))
    moved = [np.roll(one, draw.integers(-1, 2, 2), axis=(0, 1)) for one in bits]
    return np.stack(moved).astype(np.uint8), data.target[order]


GRAY = Pixels(name="pixel{}", counts=(256,), height=16, width=16)
LAYOUTS = {
    "by number": (Pixels(name="pixel{}", counts=(432,), height=12, width=12, channels=3), (0, 1, 2, 3)),
    "by line and column": (Pixels(name="{}x{}", counts=(12, 12), first=1, height=12, width=12), (0, 1, 2, 3)),
    "one color after the other": (
        Pixels(name="p{:03d}", counts=(432,), height=12, width=12, channels=3, planar=True),
        (0, 3, 1, 2),
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_picture_is_the_same_in_columns_as_in_a_file(layout: str, tmp_path: Path) -> None:
    pixels, axes = LAYOUTS[layout]
    bits = np.random.default_rng(0).integers(0, 256, (20, 12, 12, pixels.channels)).astype(np.uint8)
    for row, one in enumerate(bits):
        Image.fromarray(one.squeeze()).save(tmp_path / f"{row}.png")
    paths = pd.DataFrame({"picture": [f"{row}.png" for row in range(20)]})
    in_files = program("image_svm", contract(pixels, kinds={"picture": "image"}, pixels=None))
    in_columns = program("image_svm", contract(pixels))
    for side in (12, 32, 64, 5):
        from_files = in_files["read_pictures"](paths, "picture", tmp_path, side)
        from_columns = in_columns["read_pictures"](laid(bits.transpose(axes), pixels), pixels.name, tmp_path, side)
        assert from_columns.shape == (20, side, side, pixels.channels)
        assert np.abs(from_columns - from_files).max() < 0.01  # files are rounded to bytes


def test_fractions_and_gaps() -> None:
    pixels = GRAY.model_copy(update={"white": 1})
    rows = laid(np.random.default_rng(0).random((3, 16, 16)), pixels)
    rows.loc[1, "pixel7"] = np.nan
    read = program("image_svm", contract(pixels))["read_pictures"](rows, "pixel{}", Path(), 16)
    assert np.allclose(read[0, :, :, 0].ravel(), rows.iloc[0]) and read[1, 0, 7, 0] == 0.5


@pytest.mark.parametrize("entry", [*LIGHT, "image_cnn"])
def test_digits_are_read_from_columns(entry: str, digits: tuple[np.ndarray, np.ndarray], tmp_path: Path) -> None:
    if entry == "image_cnn":
        pytest.importorskip("torch")
    bits, truth = digits
    rows = laid(bits[:900], GRAY).assign(age=1.0)
    solution = program(entry, contract(GRAY))
    params = {"seed": 0, "threads": 1, "device": "cpu"} | (
        {"epochs": 3, "channels": 8} if entry == "image_cnn" else {"trees": 100}
    )
    features = solution["prepare"](rows, params, tmp_path)
    both = pd.concat([rows.drop(columns=[n for n in features if n in rows]), features], axis=1)
    train, test = both.iloc[:600].assign(digit=truth[:600]), both.iloc[600:].reset_index(drop=True)
    found = solution["fit_predict"](train, test, params, tmp_path)
    assert accuracy_score(truth[600:900], found.argmax(axis=1)) > (0.7 if entry == "image_cnn" else 0.9)
    plain = solution["fit_predict"](
        rows.iloc[:600].assign(digit=truth[:600]), rows.iloc[600:].reset_index(drop=True), params, tmp_path
    )
    assert np.allclose(found, plain, atol=1e-4)


@pytest.mark.parametrize("entry", LIGHT)
def test_a_fit_can_be_given_a_sample_of_the_rows(entry: str, digits: tuple[np.ndarray, np.ndarray]) -> None:
    bits, truth = digits
    solution = program(entry, contract(GRAY))
    train, test = laid(bits[:600], GRAY).assign(digit=truth[:600]), laid(bits[600:700], GRAY)
    params = {"seed": 0, "threads": 1, "device": "cpu", "trees": 50}
    few = solution["fit_predict"](train, test, params | {"most_rows": 250}, Path())
    assert few.shape == (100, 10) and not np.allclose(few, solution["fit_predict"](train, test, params, Path()))


def test_a_program_carries_what_it_needs_of_the_pixels_and_no_more() -> None:
    image, table = (program(entry, contract(GRAY))["CONTRACT"] for entry in ("image_svm", "table_lightgbm"))
    assert image["kinds"] == {"age": "numeric"} and image["pixels"]["name"] == "pixel{}"
    assert table["kinds"] == dict.fromkeys(GRAY.columns, "numeric") | {"age": "numeric"} and "pixels" not in table
    assert '"pixel7"' not in compose("table_lightgbm", contract(GRAY)).source, "counted, not named one by one"
    source = compose("image_svm", contract(GRAY)).source
    assert "PIL" not in source and len(source) < 25_000
    assert "from PIL import Image" in compose("image_svm", contract(GRAY, pixels=None)).source


@pytest.mark.parametrize("layout", LAYOUTS)
def test_columns_are_counted_as_they_are_called(layout: str) -> None:
    pixels = LAYOUTS[layout][0]
    assert program("constant", contract(pixels))["CONTRACT"]["kinds"].keys() == {*pixels.columns, "age"}


def test_tables_are_learned_from_pixels_too(digits: tuple[np.ndarray, np.ndarray]) -> None:
    bits, truth = digits
    rows = laid(bits, GRAY).assign(age=1.0)
    solution = program("table_neighbors", contract(GRAY))
    found = solution["fit_predict"](rows.iloc[:500].assign(digit=truth[:500]), rows.iloc[500:800], {"seed": 0}, Path())
    assert accuracy_score(truth[500:800], found.argmax(axis=1)) > 0.75
