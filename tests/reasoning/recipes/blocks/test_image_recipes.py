"""Every image recipe reads files of any kind, copes with broken ones in every task, and reads digits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score, log_loss, r2_score

from agentk.reasoning.recipes.compose import compose

TASKS = ["binary", "multiclass", "multilabel", "regression", "multioutput", "ordinal"]
LIGHT = ["image_svm", "image_trees"]
DIGITS = list(range(10))


def contract(task: str, targets: list[str], classes: list[Any], rows: int) -> dict[str, Any]:
    return {
        "task": task, "targets": targets, "classes": classes, "kinds": {"picture": "image"}, "id_columns": [], "train_only": [],
        "metric": "accuracy", "rows": rows,
    }  # fmt: skip


def program(entry: str, made_of: dict[str, Any]) -> dict[str, Any]:
    namespace: dict[str, Any] = {}
    exec(compile(compose(entry, made_of).source, f"<{entry}>", "exec"), namespace)
    return namespace


def run(entry: str, made_of: dict[str, Any], train: pd.DataFrame, test: pd.DataFrame, folder: Path, **params: Any) -> np.ndarray:
    settings = {"seed": 0, "threads": 1, "device": "cpu"} | params
    return program(entry, made_of)["fit_predict"](train, test, settings, folder)


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    """scikit-learn's digits, 8 by 8, as png files."""
    folder = tmp_path_factory.mktemp("digits")
    data = load_digits()
    for row, image in enumerate(data.images):
        Image.fromarray((image * 15.9).astype(np.uint8)).save(folder / f"{row}.png")
    return folder, pd.DataFrame({"picture": [f"{row}.png" for row in range(len(data.target))], "digit": data.target})


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    """Sixty pictures of all modes, forms and sizes, the bright ones of them wanted; one file broken, one missing, one unnamed."""
    folder, draw = tmp_path_factory.mktemp("odd"), np.random.default_rng(0)
    light = draw.integers(0, 256, 60)
    for row, grey in enumerate(light):
        size = (int(draw.integers(1, 90)), int(draw.integers(1, 90)))
        mode = ["L", "RGB", "RGBA", "P", "1", "I;16"][row % 6]
        picture = Image.new("L", size, int(grey))
        picture = Image.new("I;16", size, int(grey) * 256) if mode == "I;16" else picture.convert(mode)
        picture.save(folder / f"{row}.png")
    (folder / "1.png").write_bytes(b"not a picture")
    (folder / "2.png").unlink()
    frame = pd.DataFrame({"picture": [f"{row}.png" for row in range(60)], "light": light})
    frame.loc[3, "picture"] = None
    return folder, frame


def labelled(task: str, light: pd.Series) -> tuple[pd.DataFrame, list[Any]]:
    grades = np.digitize(light, [64, 128, 192])
    return {
        "binary": (pd.DataFrame({"y": light > 128}), [False, True]),
        "multiclass": (pd.DataFrame({"y": np.array(["a", "b", "c", "d"])[grades]}), ["a", "b", "c", "d", "never seen"]),
        "multilabel": (pd.DataFrame({"y": light > 128, "z": light < 50}), []),
        "regression": (pd.DataFrame({"y": light / 10}), []),
        "multioutput": (pd.DataFrame({"y": light / 10, "z": -light}), []),
        "ordinal": (pd.DataFrame({"y": grades}), [0, 1, 2, 3]),
    }[task]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("entry", [*LIGHT, "image_cnn"])
def test_odd_pictures_get_finite_predictions_of_the_right_shape(entry: str, task: str, odd: tuple[Path, pd.DataFrame]) -> None:
    if entry == "image_cnn":
        pytest.importorskip("torch")
    folder, frame = odd
    labels, classes = labelled(task, frame["light"])
    train = pd.concat([frame[["picture"]], labels], axis=1)
    params = {"epochs": 2, "channels": 4} if entry == "image_cnn" else {}
    test = frame[["picture"]].iloc[:20]
    found = run(entry, contract(task, list(labels), classes, 60), train.iloc[:45], test, folder, **params)
    width = len(classes) if task in ("binary", "multiclass") else labels.shape[1]
    assert found.shape == (20, width)
    assert np.isfinite(found).all()
    if task in ("binary", "multiclass"):
        assert np.allclose(found.sum(axis=1), 1.0)


@pytest.mark.parametrize("entry", LIGHT)
def test_the_same_seed_gives_the_same_predictions(entry: str, digits: tuple[Path, pd.DataFrame]) -> None:
    folder, frame = digits
    made_of = contract("multiclass", ["digit"], DIGITS, 200)
    first, second = (run(entry, made_of, frame.iloc[:200], frame.iloc[200:250], folder, seed=3) for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize(("entry", "accuracy", "loss"), [("image_svm", 0.98, 0.1), ("image_trees", 0.96, 0.6)])
def test_digits_are_read(entry: str, accuracy: float, loss: float, digits: tuple[Path, pd.DataFrame]) -> None:
    folder, frame = digits
    order = np.random.default_rng(0).permutation(len(frame))
    train, test = frame.iloc[order[:1000]].reset_index(drop=True), frame.iloc[order[1000:]].reset_index(drop=True)
    found = run(entry, contract("multiclass", ["digit"], DIGITS, 1000), train, test[["picture"]], folder)
    assert accuracy_score(test["digit"], found.argmax(axis=1)) > accuracy
    assert log_loss(test["digit"], found) < loss


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_table_and_its_pictures_tell_more_together(task: str, tmp_path: Path) -> None:
    """Half of the answer is how bright the picture is, the other half stands in a column."""
    draw = np.random.default_rng(0)
    light, weight = draw.integers(0, 2, 300), draw.integers(0, 2, 300)
    for row, bright in enumerate(light):
        pixels = draw.integers(0, 120, (20, 20)) + 100 * int(bright)
        Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / f"{row}.png")
    frame = pd.DataFrame({"picture": [f"{row}.png" for row in range(300)], "weight": weight + draw.normal(0, 0.1, 300)})
    truth = {"binary": light ^ weight, "multiclass": 2 * light + weight, "regression": 3.0 * light + weight}[task]
    classes: list[Any] = sorted(set(truth.tolist())) if task != "regression" else []
    made_of = contract(task, ["y"], classes, 200)
    made_of["kinds"]["weight"] = "numeric"
    found = run("image_boosting", made_of, frame.iloc[:200].assign(y=truth[:200]), frame.iloc[200:], tmp_path, bags=1)
    if task == "regression":
        assert r2_score(truth[200:], found[:, 0]) > 0.8
    else:
        assert accuracy_score(truth[200:], np.array(classes)[found.argmax(axis=1)]) > 0.85


@pytest.mark.parametrize("entry", LIGHT)
def test_values_are_read_off_pictures(entry: str, digits: tuple[Path, pd.DataFrame]) -> None:
    folder, frame = digits
    ink = load_digits().data.sum(axis=1)
    made_of = contract("regression", ["y"], [], 600) | {"metric": "rmse"}
    train = frame[["picture"]].assign(y=ink).iloc[:600]
    found = run(entry, made_of, train, frame[["picture"]].iloc[600:900], folder)
    assert r2_score(ink[600:900], found[:, 0]) > (0.8 if entry == "image_svm" else 0.4)


def test_colors_tell_what_shapes_cannot(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    red = draw.random(120) < 0.5
    for row, is_red in enumerate(red):
        pixels = draw.integers(0, 120, (48, 60, 3))
        pixels[:, :, 0 if is_red else 2] += 60
        Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / f"{row}.jpg")
    frame = pd.DataFrame({"picture": [f"{row}.jpg" for row in range(120)], "red": red})
    made_of = contract("binary", ["red"], [False, True], 80)
    found = run("image_svm", made_of, frame.iloc[:80], frame[["picture"]].iloc[80:], tmp_path)
    assert accuracy_score(red[80:], found.argmax(axis=1)) > 0.9


@pytest.mark.parametrize("entry", [*LIGHT, "image_cnn"])
def test_prepared_features_stand_in_for_the_files(entry: str, digits: tuple[Path, pd.DataFrame], tmp_path: Path) -> None:
    if entry == "image_cnn":
        pytest.importorskip("torch")
    folder, frame = digits
    settings = {"seed": 0, "threads": 1, "device": "cpu", "epochs": 2, "channels": 4}
    solution = program(entry, contract("multiclass", ["digit"], DIGITS, 150))
    features = solution["prepare"](frame[["picture"]].iloc[:200], settings, folder)
    assert len(features) == 200
    rows = pd.concat([frame.iloc[:200], features], axis=1)
    train, test = rows.iloc[:150], rows.drop(columns="digit").iloc[150:].reset_index(drop=True)
    without_files = solution["fit_predict"](train, test, settings, tmp_path)
    plain = solution["fit_predict"](frame.iloc[:150], frame[["picture"]].iloc[150:200], settings, folder)
    assert np.allclose(without_files, plain, atol=1e-6)


def test_a_network_reads_digits(digits: tuple[Path, pd.DataFrame]) -> None:
    pytest.importorskip("torch")
    folder, frame = digits
    made_of = contract("multiclass", ["digit"], DIGITS, 600)
    found = run("image_cnn", made_of, frame.iloc[:600], frame[["picture"]].iloc[600:900], folder, epochs=6, channels=8)
    assert accuracy_score(frame["digit"].iloc[600:900], found.argmax(axis=1)) > 0.9


@pytest.mark.parametrize("entry", [*LIGHT, "image_cnn"])
def test_at_most_a_dozen_dimensions_are_searched(entry: str) -> None:
    assert len(compose(entry, contract("binary", ["y"], [0, 1], 9)).space) <= 12
