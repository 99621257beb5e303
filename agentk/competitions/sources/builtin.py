"""Built-in competitions: made on the spot from scikit-learn's own data and from seeded generators, answers kept apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from agentk.competitions.sources import holdout, invented
from agentk.errors import CompetitionError, SettingError


@dataclass(frozen=True)
class Made:
    """Rows with their targets, and which are test."""

    rows: pd.DataFrame
    targets: tuple[str, ...]
    held_out: np.ndarray[Any, np.dtype[np.bool_]] | None = None  # None: one row in four, at random
    class_columns: bool = False  # the submission has a column a class
    pictures: dict[int, np.ndarray[Any, Any]] | None = None  # by id, written as png files


@dataclass(frozen=True)
class Builtin:
    """How a built-in is made, and the words that describe it."""

    make: Callable[[], Made]
    title: str
    story: str
    evaluation: str


def names() -> tuple[str, ...]:
    """All built-ins, as in "builtin:wine"."""
    return tuple(sorted(_BUILTINS))


def known_name(name: str) -> str:
    """The built-in's name with dashes; underscores and case do not matter. Raises SettingError with the nearest when unknown."""
    key = name.strip().lower().replace("_", "-")
    if key in _BUILTINS:
        return key
    near = get_close_matches(key, names(), n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"There are {', '.join(names())}."
    raise SettingError(f"builtin:{name} does not exist. {hint}")


def make(name: str, folder: Path, answers: Path, *, seed: int = 1) -> None:
    """Writes the built-in `name` into `folder` as Kaggle would, and ids and true targets of test to the file `answers`.

    seed: of the rows that are held out, where any may be. What has been made before is left as it is.
    Raises CompetitionError when a package that it needs is missing.
    """
    if not answers.exists():
        write(_BUILTINS[name], folder, answers, seed=seed)


def write(builtin: Builtin, folder: Path, answers: Path, *, seed: int = 1) -> None:
    """The same for a competition that is not among the built-ins."""
    made = builtin.make()
    held_out = holdout.chosen(made.rows[made.targets[0]], share=0.25, seed=seed) if made.held_out is None else made.held_out
    rows = made.rows if "id" in made.rows else made.rows.assign(id=np.arange(len(made.rows)))[["id", *made.rows.columns]]
    if made.held_out is None:
        rows = _shuffled(rows)
        held_out = held_out[rows.index]
    test = rows[held_out]
    folder.mkdir(parents=True, exist_ok=True)
    if made.pictures:
        _draw(folder, made.pictures, rows, held_out)
    (folder / "description.md").write_text(
        f"# {builtin.title}\n\n{builtin.story}\n\n## Evaluation\n\n{builtin.evaluation}\n", encoding="utf-8"
    )
    _sample(made, rows[~held_out], test).to_csv(folder / "sample_submission.csv", index=False)
    holdout.write(folder, answers, rows[~held_out], test, list(made.targets), ["id"])


def _shuffled(rows: pd.DataFrame) -> pd.DataFrame:
    """In another order, with ids that tell nothing."""
    order = np.random.default_rng(2).permutation(len(rows))
    return rows.iloc[order].assign(id=np.arange(1, len(rows) + 1))


def _sample(made: Made, train: pd.DataFrame, test: pd.DataFrame) -> pd.DataFrame:
    """A submission that knows nothing: the first label, the mean, or equal probabilities."""
    if made.class_columns:
        labels = sorted(train[made.targets[0]].unique())
        return pd.DataFrame({"id": test["id"], **{str(label): 1 / len(labels) for label in labels}})
    plain = {name: train[name].min() if train[name].nunique() < 20 else train[name].mean() for name in made.targets}
    return pd.DataFrame({"id": test["id"], **plain})


def _draw(folder: Path, pictures: dict[int, np.ndarray[Any, Any]], rows: pd.DataFrame, held_out: np.ndarray[Any, Any]) -> None:
    try:
        from PIL import Image
    except ImportError:
        raise CompetitionError('builtin:digits-images writes png files and needs pillow: pip install "agentk[images]".') from None
    for part, ids in (("train", rows["id"][~held_out]), ("test", rows["id"][held_out])):
        (folder / part).mkdir(exist_ok=True)
        for row, number in ids.items():
            Image.fromarray(pictures[int(row)]).save(folder / part / f"{number}.png")  # type: ignore[call-overload]


def _from_sklearn(name: str, words: bool = False, class_columns: bool = False) -> Callable[[], Made]:
    """A data set of scikit-learn; `words`: the classes by name instead of by number."""

    def made() -> Made:
        from sklearn import datasets

        data = getattr(datasets, f"load_{name}")(as_frame=True)
        rows = data.frame.rename(columns=lambda column: str(column).replace(" (cm)", "").replace(" ", "_"))
        if words:
            rows["target"] = rows["target"].map(dict(enumerate(map(str, data.target_names))))
        targets = [str(c).replace(" ", "_") for c in data.target.columns] if data.target.ndim == 2 else ["target"]
        return Made(rows, tuple(targets), class_columns=class_columns)

    return made


def _digits_images() -> Made:
    from sklearn.datasets import load_digits

    data = load_digits()
    pictures = {at: np.kron(image * 15.9375, np.ones((3, 3))).astype(np.uint8) for at, image in enumerate(data.images)}
    return Made(pd.DataFrame({"label": data.target}), ("label",), pictures=pictures)


def _invented(rows: Callable[[], invented.Rows]) -> Callable[[], Made]:
    def made() -> Made:
        frame, targets, held_out = rows()
        return Made(frame, targets, held_out)

    return made


_BUILTINS: dict[str, Builtin] = {
    "breast-cancer": Builtin(
        _from_sklearn("breast_cancer"),
        "Breast cancer",
        "Tell from measurements of cell nuclei whether a tumor is benign (1) or malignant (0).",
        "Area under the ROC curve between the predicted probability of 1 and the truth. Higher is better.",
    ),
    "wine": Builtin(
        _from_sklearn("wine"),
        "Wine",
        "Tell the cultivar of a wine from its chemistry.",
        "Accuracy: the share of wines whose cultivar is predicted correctly.",
    ),
    "iris": Builtin(
        _from_sklearn("iris", words=True, class_columns=True),
        "Iris",
        "Tell the species of an iris from four lengths.",
        "Multi-class logarithmic loss of the probabilities of the three species. Lower is better.",
    ),
    "digits": Builtin(
        _from_sklearn("digits"),
        "Digits",
        "Tell a digit from 64 pixels, one column each.",
        "Categorization accuracy: the percentage of digits that are predicted correctly.",
    ),
    "digits-images": Builtin(
        _digits_images,
        "Digits as pictures",
        "Tell the digit that a small picture shows: train/<id>.png and test/<id>.png.",
        "Accuracy: the share of pictures whose digit is predicted correctly.",
    ),
    "diabetes": Builtin(
        _from_sklearn("diabetes"),
        "Diabetes",
        "Predict how far the disease went within a year, from ten measurements.",
        "Root mean squared error (RMSE). Lower is better.",
    ),
    "linnerud": Builtin(
        _from_sklearn("linnerud"),
        "Linnerud",
        "Predict weight, waist and pulse of twenty men from three exercises.",
        "Mean columnwise root mean squared error (MCRMSE). Lower is better.",
    ),
    "friedman": Builtin(
        _invented(invented.friedman),
        "Friedman 1",
        "Predict a known function of five of ten numbers, under noise.",
        "R2, the coefficient of determination. Higher is better.",
    ),
    "shops": Builtin(
        _invented(invented.shops),
        "Sales of shops",
        "Forecast the daily sales of eight shops for the six weeks after the training data.",
        "Root Mean Squared Logarithmic Error (RMSLE). Lower is better.",
    ),
    "rides": Builtin(
        _invented(invented.rides),
        "Rides by the hour",
        "Predict hourly rides; the test set has the days from the 21st to the end of every month.",
        "Mean absolute error (MAE). Lower is better.",
    ),
    "patients": Builtin(
        _invented(invented.patients),
        "Patients",
        "Tell from repeated visits whether a patient is ill; test patients are new ones.",
        "Log loss of the predicted probability. Lower is better.",
    ),
    "grades": Builtin(
        _invented(invented.grades),
        "Grades",
        "Predict a grade from 1 to 6.",
        "Quadratic weighted kappa between predicted and true grades. Higher is better.",
    ),
    "tags": Builtin(
        _invented(invented.tags),
        "Tags",
        "Predict which of five tags a document bears, from the counts of its words.",
        "Mean column-wise ROC AUC of the predicted probabilities. Higher is better.",
    ),
    "notes": Builtin(
        _invented(invented.notes),
        "Notes",
        "Tell whether a short note is a complaint.",
        "F1 score of the positive class. Higher is better.",
    ),
}
