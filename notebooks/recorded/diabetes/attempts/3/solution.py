"""Linear models: ridge or logistic regression, the strength of their penalty chosen by inner cross-validation.

Composed by agentk from its recipe 'table_linear' and the blocks contract, task, table_encode, table_dense, table_dates,
table_inner, table_lists, table_numbers, table_strings, table_text, table_frame, table_pace, table_scale, table_solve.
"""

from __future__ import annotations

import json
import re
import warnings
from collections import Counter
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import skew
from sklearn.decomposition import TruncatedSVD
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
from sklearn.model_selection import KFold, train_test_split
from sklearn.preprocessing import QuantileTransformer, SplineTransformer, StandardScaler, TargetEncoder
from threadpoolctl import threadpool_limits

CONTRACT = {
    "task": "regression",
    "targets": ["target"],
    "classes": [],
    "kinds": {
        "id": "identifier",
        "age": "numeric",
        "sex": "numeric",
        "bmi": "numeric",
        "bp": "numeric",
        "s1": "numeric",
        "s2": "numeric",
        "s3": "numeric",
        "s4": "numeric",
        "s5": "numeric",
        "s6": "numeric",
    },
    "id_columns": ["id"],
    "train_only": [],
    "metric": "rmse",
    "rows": 332,
}

SPACE = {
    "scaling": {"type": "choice", "choices": ["standard", "quantile"], "default": "standard"},
    "category_rows": {"type": "int", "low": 2, "high": 50, "log": True, "default": 5},
    "dates": {"type": "choice", "choices": ["calendar"], "default": "calendar"},
    "text_directions": {"type": "choice", "choices": [8], "default": 8},
    "parts": {"type": "choice", "choices": [False, True], "default": True},
    "counts": {"type": "choice", "choices": [False, True], "default": True},
    "missing": {"type": "choice", "choices": [False, True], "default": True},
    "pairs": {"type": "choice", "choices": ["none", "differences", "ratios"], "default": "none"},
    "penalty": {"type": "float", "low": 0.1, "high": 10.0, "log": True, "default": 1.0},
    "curves": {"type": "choice", "choices": ["none", "steps", "splines"], "default": "splines"},
}


def with_defaults(params: dict[str, Any], space: dict[str, Any]) -> dict[str, Any]:
    """`params` completed by the defaults of `space` and of the reserved seed, threads and device."""
    defaults = {name: dimension["default"] for name, dimension in space.items()}
    return {"seed": 0, "threads": 1, "device": "cpu"} | defaults | params


Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Features = dict[str, Any]  # columns of equal length by name: float arrays, or pandas categories


def predict_targets(
    train: pd.DataFrame,
    rows: int,
    classify: Callable[[Codes], Floats],
    regress: Callable[[Floats], Floats],
) -> Floats:
    """The prediction matrix of all targets for `rows` test rows.

    classify: codes 0..K-1 of the training rows, all present, K >= 2 -> (rows, K) probabilities. regress: (N,) values -> (rows,).
    """
    if CONTRACT["task"] in ("binary", "multiclass"):
        return class_probabilities(class_codes(train), len(CONTRACT["classes"]), rows, classify)
    columns = []
    for target in CONTRACT["targets"]:
        if CONTRACT["task"] == "multilabel":
            codes = truth_codes(train[target])
            columns.append(class_probabilities(codes, 2, rows, classify)[:, 1])
        else:
            values = grades(train[target]) if CONTRACT["task"] == "ordinal" else pd.to_numeric(train[target]).to_numpy(float)
            pieces = summands(train, values) or [values]
            columns.append(
                np.sum([np.full(rows, piece[0]) if np.ptp(piece) == 0 else regress(piece) for piece in pieces], axis=0)
            )
    return np.column_stack(columns).astype(float)


def summands(train: pd.DataFrame, values: Floats) -> list[Floats]:
    """The columns that only training rows have and that add up to the target: each is easier to predict than their sum."""
    columns = [
        train[name].to_numpy(float) for name in CONTRACT["train_only"] if name in train and train[name].dtype.kind in "iuf"
    ]
    for size in (2, 3, 4):
        for pieces in combinations(columns[:6], size):
            if np.allclose(np.sum(pieces, axis=0), values):
                return list(pieces)
    return []


def class_codes(train: pd.DataFrame) -> Codes:
    """(N,) position of each row's class in the contract's classes."""
    positions = {label: code for code, label in enumerate(CONTRACT["classes"])}
    spelled = {str(label): code for label, code in positions.items()}
    values = train[CONTRACT["targets"][0]].tolist()
    return np.array([positions[value] if value in positions else spelled[str(value)] for value in values], dtype=np.int64)


def truth_codes(values: pd.Series[Any]) -> Codes:
    """(N,) 0 or 1 of a column that says yes or no as booleans, numbers or words."""
    if values.dtype.kind in "biuf":
        return (values.fillna(0).to_numpy(float) > 0).astype(np.int64)
    return values.astype(str).str.strip().str.lower().isin(["1", "1.0", "true", "yes", "y", "t"]).to_numpy().astype(np.int64)


def grades(values: pd.Series[Any]) -> Floats:
    """(N,) grades as numbers: their own values where numeric, otherwise the position in the contract's order."""
    if values.dtype.kind in "iuf":
        return values.to_numpy(float)
    positions = {str(label): float(place) for place, label in enumerate(CONTRACT["classes"])}
    return np.array([positions[str(value)] for value in values])


def class_probabilities(codes: Codes, width: int, rows: int, classify: Callable[[Codes], Floats]) -> Floats:
    """(rows, width) probabilities, 0 for classes that the training rows lack."""
    seen = np.unique(codes)
    result = np.zeros((rows, width))
    result[:, seen] = classify(np.searchsorted(seen, codes)) if len(seen) > 1 else 1.0
    result /= result.sum(axis=1, keepdims=True)
    return result


MANY_CLASSES = 10  # more classes are not target encoded: a column each would be too many


def target_means(
    head: pd.DataFrame, tail: pd.DataFrame, target: Codes | Floats, discrete: bool, *, seed: int
) -> tuple[Floats, Floats]:
    """Smoothed means of the target in each category (one for each class beyond two): out of fold for the training rows."""
    kind = "continuous" if not discrete else "binary" if len(np.unique(target)) == 2 else "multiclass"
    folds = KFold(min(5, len(head)), shuffle=True, random_state=seed)
    encoder = TargetEncoder(target_type=kind, smooth="auto", cv=folds)
    words, words_tail = (frame.astype(object).where(frame.notna(), "(missing)").astype(str) for frame in (head, tail))
    return encoder.fit_transform(words, target), encoder.transform(words_tail)


FAR = 5.0  # standard deviations that a value may lie from the mean
LONG_TAIL = 2.0  # skewness from which values are drawn together by logarithms


def dense(
    head: pd.DataFrame, tail: pd.DataFrame, target: Codes | Floats, discrete: bool, params: dict[str, Any]
) -> tuple[Floats, Floats]:
    """Standardised float matrices of training and test rows, without gaps."""
    names = [name for name in head if isinstance(head[name].dtype, pd.CategoricalDtype)]
    plain = [name for name in head if name not in names]
    numbers, numbers_tail = even_tails(head[plain].to_numpy(float), tail[plain].to_numpy(float))
    if names and not (discrete and len(np.unique(target)) > MANY_CLASSES):
        means, means_tail = target_means(head[names], tail[names], target, discrete, seed=params["seed"])
        numbers, numbers_tail = np.hstack([numbers, means]), np.hstack([numbers_tail, means_tail])
    numbers, numbers_tail = filled(numbers, numbers_tail)
    if params["scaling"] == "quantile":
        rank = QuantileTransformer(
            n_quantiles=min(200, len(head)), output_distribution="normal", random_state=params["seed"]
        ).fit(numbers)
        numbers, numbers_tail = rank.transform(numbers), rank.transform(numbers_tail)
    scale = StandardScaler().fit(numbers)
    left = [np.clip(scale.transform(numbers), -FAR, FAR)]
    right = [np.clip(scale.transform(numbers_tail), -FAR, FAR)]
    for name in names:
        counts = head[name].value_counts()
        frequent = counts.index[counts >= params["category_rows"]][:100]
        for part, frame in ((left, head), (right, tail)):
            code = pd.Categorical(frame[name], categories=frequent).codes
            part.append((code[:, None] == np.arange(len(frequent))).astype(float))
    return np.hstack(left), np.hstack(right)


def even_tails(X: Floats, X_test: Floats) -> tuple[Floats, Floats]:
    """The columns, those with a long tail drawn together by a logarithm of the distance from 0."""
    known = np.where(np.isnan(X).all(axis=0), 0.0, X)
    deviation = known - np.nanmean(known, axis=0)
    spread = np.maximum(np.sqrt(np.nanmean(deviation**2, axis=0)), 1e-12)
    tailed = np.abs(np.nanmean((deviation / spread) ** 3, axis=0)) > LONG_TAIL
    return tuple(np.where(tailed, np.sign(part) * np.log1p(np.abs(part)), part) for part in (X, X_test))  # type: ignore[return-value]


def filled(X: Floats, X_test: Floats) -> tuple[Floats, Floats]:
    """Gaps closed by the column's median over the training rows, 0 where it has none."""
    median = np.nanmedian(np.where(np.isnan(X).all(axis=0), 0.0, X), axis=0)
    return np.where(np.isnan(X), median, X), np.where(np.isnan(X_test), median, X_test)


CYCLES = (("month", 12.0), ("weekday", 7.0), ("hour", 24.0))
SEASON = ("dayofyear", "days")
EXACT = ("day", "week")


def date_features(name: str, values: pd.Series[Any], dates_used: str) -> Features:
    """Parts of a date column, NaN where it cannot be read.

    "calendar": what recurs each week, month and year; "season": also the day of the year and the time elapsed; "everything":
    also the day of the month and the week.
    """
    dates = read_dates(values)
    hours = (dates - dates.dt.normalize()).dt.total_seconds() / 3600.0
    parts = {
        "year": dates.dt.year,
        "month": dates.dt.month,
        "weekday": dates.dt.day_of_week,
        "hour": hours,
        "weekend_hour": hours + 24.0 * (dates.dt.day_of_week >= 5),
        "dayofyear": dates.dt.day_of_year,
        "days": (dates - dates.min()).dt.total_seconds() / 86400.0,
        "day": dates.dt.day,
        "week": dates.dt.isocalendar().week,
    }
    for part, period in CYCLES:
        turn = 2.0 * np.pi * parts[part] / period
        parts[f"{part}_sin"], parts[f"{part}_cos"] = np.sin(turn), np.cos(turn)
    left_out = {"calendar": SEASON + EXACT, "season": EXACT, "everything": ()}[dates_used]
    return {
        f"{name}:{part}": column.to_numpy(dtype=float, na_value=np.nan)
        for part, column in parts.items()
        if part not in left_out and ("hour" not in part or hours.nunique() > 1)
    }


def read_dates(values: pd.Series[Any]) -> pd.Series[Any]:
    """Dates without time zone; NaT where a value cannot be read. Plain numbers are seconds (above 1e8), years or days."""
    if values.dtype.kind in "iuf":
        size = values.abs().median()
        unit = "ms" if size > 1e11 else "s" if size > 1e8 else "D"
        if 1000 <= size <= 3000:
            return pd.to_datetime(values.astype("Int64").astype("string"), format="%Y", errors="coerce")
        return pd.to_datetime(values, unit=unit, errors="coerce")  # type: ignore[call-overload, no-any-return]
    dates = pd.to_datetime(values, errors="coerce", utc=True, format="mixed")
    return dates.dt.tz_localize(None)


WATCHED = 0.2
MOST_WATCHED = 20_000
TIME_BLOCKS = 40


def inner_split(train: pd.DataFrame, y: Floats | Codes, discrete: bool, seed: int) -> tuple[Codes, Codes]:
    """Positions to fit on and positions to watch. Where rows have dates, whole stretches of time are watched."""
    rows = np.arange(len(y))
    size = max(1, min(round(WATCHED * len(y)), MOST_WATCHED))
    classes, counts = np.unique(y, return_counts=True) if discrete else (y[:0], rows[:0])
    dates = [name for name, kind in CONTRACT["kinds"].items() if kind == "datetime" and name in train]
    if dates and len(y) >= 10 * TIME_BLOCKS:
        place = read_dates(train[dates[0]]).rank(method="dense", pct=True).fillna(0).to_numpy()
        stretch = np.minimum((place * TIME_BLOCKS).astype(int), TIME_BLOCKS - 1)
        watched = np.random.default_rng(seed).permutation(TIME_BLOCKS)[: round(WATCHED * TIME_BLOCKS)]
        fit, watch = rows[~np.isin(stretch, watched)], rows[np.isin(stretch, watched)]
    else:
        stratify = y if discrete and counts.min() >= 2 and size >= len(classes) and len(y) - size >= len(classes) else None
        fit, watch = train_test_split(rows, test_size=size, random_state=seed, stratify=stratify)
    if not len(watch) or not len(fit) or len(np.unique(y[fit])) < len(classes):  # every class must be fitted on
        return rows, rows
    return fit, watch


FREQUENT_MEMBERS = 30


def list_features(name: str, values: pd.Series[Any]) -> Features:
    """The length of each list, and 0 or 1 for each of the members that occur most often."""
    lists = [read_list(value) for value in values]
    counts = Counter(member for members in lists for member in set(members))
    frequent = [member for member, count in counts.most_common(FREQUENT_MEMBERS) if count >= 5]
    features: Features = {f"{name}:length": np.array([len(members) for members in lists], dtype=float)}
    for member in frequent:
        features[f"{name}:has {member}"] = np.array([float(member in members) for members in lists])
    return features


def read_list(value: Any) -> list[str]:
    """The members of a list, a JSON list or a comma-separated string, as strings."""
    if isinstance(value, str):
        try:
            value = json.loads(value.replace("'", '"'))
        except ValueError:
            value = value.strip("[](){}").split(",")
    if isinstance(value, list | tuple | set | np.ndarray):
        return [str(member).strip() for member in value if str(member).strip()]
    return []


ALIKE = 30.0  # typical sizes within this factor are of one scale
PAIRED_COLUMNS = 8
LARGEST = 1e30  # what single precision can hold, with room


def missing_features(rows: pd.DataFrame) -> Features:
    """The number of missing values in each row, and a flag for each column that lacks between 1% and 99%."""
    absent = rows.isna()
    shares = absent.mean()
    features: Features = {"row:missing": absent.sum(axis=1).to_numpy(float)}
    for name in rows.columns[(shares > 0.01) & (shares < 0.99)][:200]:
        features[f"{name}:missing"] = absent[name].to_numpy(float)
    return features


def row_features(numbers: Features) -> Features:
    """Sum, number of non-zeros and largest share over the sparse amounts of a row (columns that are at least 0 and often 0)."""
    amounts = []
    for name, values in numbers.items():
        known = values[~np.isnan(values)]
        if len(known) and known.min() >= 0 and np.mean(known == 0) > 0.2 and known.max() > 1:
            amounts.append((name, float(np.median(known[known > 0]))))
    alike = [name for name, size in amounts if size > 0 and max(s for _, s in amounts) <= ALIKE * size]
    if len(alike) < 2:
        return {}
    table = np.column_stack([numbers[name] for name in alike])
    known_table = np.nan_to_num(table)
    total = known_table.sum(axis=1)
    largest = known_table.max(axis=1) / np.where(total > 0, total, 1.0)
    return {"row:sum": total, "row:used": (known_table > 0).sum(axis=1).astype(float), "row:largest": largest}


def pair_features(numbers: Features, how: str) -> Features:
    """Differences or ratios of all pairs of the columns with the most distinct values."""
    distinct = {name: len(np.unique(values[:5000])) for name, values in numbers.items()}
    chosen = sorted(sorted(distinct, key=lambda name: -distinct[name])[:PAIRED_COLUMNS], key=list(numbers).index)
    features: Features = {}
    for left, right in combinations(chosen, 2):
        first, second = numbers[left], numbers[right]
        if how == "differences":
            features[f"{left} - {right}"] = first - second
        else:
            features[f"{left} / {right}"] = np.clip(first / np.where(second == 0, np.nan, second), -LARGEST, LARGEST)
    return features


SEPARATORS = ("/", "_", "-", ":", "|", ";", ", ", ",", ".", " ")
REGULAR = 0.9  # share of the values that must be built alike
CODE = re.compile(r"^(?P<prefix>.*?)\s*(?P<number>\d+)\D*$")


def string_parts(name: str, values: pd.Series[Any], train_rows: int) -> Features:
    """Pieces of the strings of a column, where most of them are built alike; nothing where they are not."""
    words = values.astype("string").str.strip()
    known = words.dropna()
    if known.nunique() < 10:
        return {}
    separator, count = regular_separator(known)
    if separator is None:
        return prefix_and_number(name, words, train_rows)
    pieces = of_distinct(words, lambda distinct: distinct.str.split(separator, n=count, expand=True))
    features: Features = {}
    for place in pieces.columns:
        label = f"{name}[{place}]"
        piece = pieces[place].str.strip()
        numbers = pd.to_numeric(piece, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        if np.isnan(numbers).sum() <= piece.isna().sum() + (1 - REGULAR) * len(piece):
            features[label] = numbers
        features |= as_category(label, piece, train_rows)
        first_word = piece.str.split(" ", n=1).str[0]
        if first_word.nunique() < 0.5 * piece.nunique():
            features |= as_category(f"{label} first word", first_word, train_rows)
        if 0.01 < piece.nunique() / len(piece) < 0.95:
            features[f"{label} count"] = occurrences(piece)
    return features


def regular_separator(known: pd.Series[Any]) -> tuple[str | None, int]:
    """The separator that occurs equally often, one to five times, in nearly all strings, and how often."""
    sample = known.iloc[:2000]
    for separator in SEPARATORS:
        found = sample.str.count(re.escape(separator))
        count = int(found.mode().iloc[0])
        if 1 <= count <= 5 and float((found == count).mean()) >= REGULAR:
            return separator, count
    return None, 0


def prefix_and_number(name: str, words: pd.Series[Any], train_rows: int) -> Features:
    """The letters before the last number of each string, and that number."""
    found = of_distinct(words, lambda distinct: distinct.str.extract(CODE))
    numbers = pd.to_numeric(found["number"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    prefix = found["prefix"].str.replace(r"[^A-Za-z]", "", regex=True).str.upper()
    features: Features = {}
    if np.mean(~np.isnan(numbers)) > 0.05:
        features[f"{name} number"] = numbers
        features[f"{name} length"] = words.str.len().to_numpy(dtype=float, na_value=np.nan)
        features |= as_category(f"{name} prefix", prefix, train_rows)
    return features


def of_distinct(words: pd.Series[Any], take_apart: Callable[[pd.Series[Any]], pd.DataFrame]) -> pd.DataFrame:
    """What `take_apart` makes of each row, computed once for strings that occur often."""
    codes, distinct = words.factorize()
    return take_apart(pd.Series(distinct, dtype="string")).reindex(codes).set_index(words.index)


def as_category(label: str, piece: pd.Series[Any], train_rows: int) -> Features:
    """The pieces as categories, the rare ones as one; nothing where there are too many or only one."""
    counts = piece.iloc[:train_rows].value_counts()
    frequent = counts.index[counts >= max(3, 0.002 * train_rows)]
    covered = piece.isin(frequent)
    if not 1 <= len(frequent) <= 100 or covered.sum() < 0.5 * piece.notna().sum():
        return {}
    return {
        label + " kind": piece.astype(object)
        .where(covered | piece.isna(), "(rare)")
        .where(piece.notna(), None)
        .astype("category")
    }


def count_feature(name: str, values: pd.Series[Any]) -> Features:
    """How many rows share the value, where some do and some do not."""
    share = values.nunique() / max(values.notna().sum(), 1)
    return {f"{name}:count": occurrences(values)} if 0.001 < share < 0.98 else {}


def occurrences(values: pd.Series[Any]) -> Any:
    """(N,) rows that hold the same value; NaN where there is none."""
    return values.map(values.value_counts()).to_numpy(dtype=float, na_value=np.nan)


def text_features(name: str, values: pd.Series[Any], train_rows: int, params: dict[str, Any]) -> Features:
    """Length, words, the shares of capitals, digits and marks, and the coordinates of tf-idf vectors on their main directions."""
    texts = values.astype("string").fillna("")
    length = texts.str.len().to_numpy(float)
    safe = np.maximum(length, 1.0)
    features: Features = {
        f"{name}:length": length,
        f"{name}:words": texts.str.count(r"\S+").to_numpy(float),
        f"{name}:capitals": texts.str.count(r"[A-Z]").to_numpy(float) / safe,
        f"{name}:digits": texts.str.count(r"\d").to_numpy(float) / safe,
        f"{name}:marks": texts.str.count(r"[^\w\s]").to_numpy(float) / safe,
        f"{name}:questions": texts.str.count(r"[?!]").to_numpy(float),
        f"{name}:lines": texts.str.count("\n").to_numpy(float),
    }
    directions = int(params["text_directions"])
    if directions:
        features |= text_directions(name, texts.tolist(), train_rows, directions, int(params["seed"]))
    return features


def text_directions(name: str, texts: list[str], train_rows: int, directions: int, seed: int) -> Features:
    """Coordinates on the main directions of the training rows' tf-idf vectors; nothing where there are too few words."""
    try:
        words = TfidfVectorizer(min_df=3, max_features=20_000, sublinear_tf=True, stop_words="english", dtype=np.float32)
        known = words.fit_transform(texts[:train_rows])
    except ValueError:  # no word occurs often enough
        return {}
    if known.shape[1] <= directions:
        return {}
    reduce = TruncatedSVD(directions, random_state=seed).fit(known)
    places = reduce.transform(words.transform(texts))
    return {f"{name}~{column}": places[:, column].astype(float) for column in range(directions)}


TRUE_WORDS = ("true", "yes", "y", "t", "1", "1.0")
FALSE_WORDS = ("false", "no", "n", "f", "0", "0.0")
MOST_DISTINCT = 0.3  # categories with more distinct values a row are noise: their parts and counts remain


def typed_frames(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Features of the training and of the test rows: float columns and category columns, none of them constant in train."""
    columns = [name for name in (*CONTRACT["id_columns"], *CONTRACT["kinds"]) if name in train and name in test]
    columns = list(dict.fromkeys(name for name in columns if name not in CONTRACT["targets"]))
    rows = pd.concat([train[columns], test[columns]], ignore_index=True)
    features: Features = {}
    for name in columns:
        features |= column_features(name, rows[name], len(train), params)
    numbers = {name: features[name] for name in columns if CONTRACT["kinds"].get(name) == "numeric"}
    if params["missing"]:
        features |= missing_features(rows)
    features |= row_features(numbers)
    if params["pairs"] != "none":
        features |= pair_features(numbers, params["pairs"])
    return split_frame(features, len(train))


def column_features(name: str, values: pd.Series[Any], train_rows: int, params: dict[str, Any]) -> Features:
    """What one column gives, by its kind."""
    kind = CONTRACT["kinds"].get(name, "identifier")
    if kind == "numeric":
        return {name: number(values)}
    if kind == "boolean":
        return {name: truth(values)}
    if kind == "datetime":
        return date_features(name, values, params["dates"])
    if kind == "list":
        return list_features(name, values)
    features: Features = {}
    if kind == "text":
        features |= text_features(name, values, train_rows, params)
    if kind == "categorical" and values.nunique() < MOST_DISTINCT * values.notna().sum():
        features[name] = values.astype("category") if is_number(values) else category(values)
    if kind in ("categorical", "identifier", "text") and not is_number(values):
        features |= string_parts(name, values, train_rows) if params["parts"] else {}
        features |= count_feature(name, values) if params["counts"] else {}
    return features


def split_frame(features: Features, rows: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The first `rows` rows and the rest, without the columns that do not vary over the first."""
    if not features:
        features = {"nothing": np.zeros(rows)}
        return pd.DataFrame(features), pd.DataFrame(features).iloc[:0]
    frame = pd.DataFrame({name: pd.Series(values) for name, values in features.items()})
    head, tail = frame.iloc[:rows], frame.iloc[rows:].reset_index(drop=True)
    varying = [name for name in frame if head[name].nunique(dropna=False) > 1] or list(frame)[:1]
    return head[varying], tail[varying]


def number(values: pd.Series[Any]) -> Any:
    """(N,) floats, NaN where there is no finite number."""
    result = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return np.clip(np.where(np.isfinite(result), result, np.nan), -LARGEST, LARGEST)


def truth(values: pd.Series[Any]) -> Any:
    """(N,) 1, 0 or NaN; two other words are ordered by the alphabet."""
    words = values.astype("string").str.strip().str.lower()
    if not words.dropna().isin(TRUE_WORDS + FALSE_WORDS).all():
        codes = category(values).cat.codes.to_numpy(float)
        return np.where(codes < 0, np.nan, codes)
    result = np.where(words.isin(TRUE_WORDS).fillna(False), 1.0, 0.0)
    return np.where(words.isna(), np.nan, result)


def category(values: pd.Series[Any]) -> pd.Series[Any]:
    """A column of categories, spelled as strings."""
    return values.astype("string").str.strip().astype(object).where(values.notna(), None).astype("category")


def is_number(values: pd.Series[Any]) -> bool:
    """Whether a column holds numbers already."""
    return values.dtype.kind in "iufb"


SMALL = 1e6  # rows x columns up to which a second thread waits more than it works, the more so on a busy machine


def useful_threads(params: dict[str, Any], cells: int) -> int:
    """The threads that shorten the work on so many rows x columns."""
    return int(params["threads"]) if cells > SMALL else 1


LOG_METRICS = ("rmsle", "msle", "rmse_log", "male", "mape", "smape", "rmspe")


def on_scale(values: Floats, fit: Callable[[Floats], Floats]) -> Floats:
    """What `fit` predicts, having been given the values on the scale that suits the metric, brought back to their own."""
    if logarithmic(values):
        low = values.min()
        shift = 1.0 if low >= 0 and CONTRACT["metric"] != "rmse_log" and (low == 0 or values.max() > 100 * low) else 0.0
        if low + shift <= 0:
            return fit(values)
        logs = np.log(values + shift)
        return np.exp(np.clip(fit(logs), logs.min() - 1.0, logs.max() + 1.0)) - shift
    return fit(values)


def logarithmic(values: Floats) -> bool:
    """Whether values are fitted as logarithms: the metric asks for it, or it evens out the long tail of positive values."""
    if values.min() < 0 or CONTRACT["task"] == "ordinal":
        return False
    if CONTRACT["metric"] in LOG_METRICS:
        return True
    return bool(values.min() > 0 and skew(values) > 2.0 and abs(skew(np.log(values))) < 0.5 * skew(values))


Represent = Callable[[pd.DataFrame, pd.DataFrame, Any, bool, dict[str, Any]], tuple[Any, Any]]
Classify = Callable[[Any, Codes, Any], Floats]  # X, codes 0..K-1, X_test -> (rows, K) probabilities
Regress = Callable[[Any, Floats, Any], Floats]  # X, values, X_test -> (rows,) values


def solve_table(
    train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], *, represent: Represent, classify: Classify, regress: Regress
) -> Floats:
    """The prediction matrix. `represent` makes float matrices of typed frames; numeric targets are fitted on their best scale."""
    head, tail = typed_frames(train, test, params)

    def class_shares(codes: Codes) -> Floats:
        X, X_test = represent(head, tail, codes, True, params)
        return classify(X, codes, X_test)

    def values(target: Floats) -> Floats:
        def fit(scaled: Floats) -> Floats:
            X, X_test = represent(head, tail, scaled, False, params)
            return np.clip(
                regress(X, scaled, X_test), 1.5 * scaled.min() - 0.5 * scaled.max(), 1.5 * scaled.max() - 0.5 * scaled.min()
            )

        return on_scale(target, fit)

    with threadpool_limits(limits=useful_threads(params, head.size)):  # linear algebra takes every core it sees otherwise
        return predict_targets(train, len(test), class_shares, values)


FEW_VALUES = 24  # a column of so many distinct values and less gets a column for each of them
STRENGTHS = np.logspace(-3.0, 1.0, 7)
SEARCHED = 20_000  # rows that a strength is looked for on at most


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """Predictions of a linear model; "penalty" multiplies the strength that the inner validation chooses."""
    params = with_defaults(params, SPACE)

    def classify(X: Floats, codes: Codes, X_test: Floats) -> Floats:
        fit, watch = inner_split(train, codes, True, params["seed"])
        sampled = np.random.default_rng(params["seed"]).permutation(fit)[:SEARCHED]
        if len(fit) > SEARCHED and len(np.unique(codes[sampled])) == len(np.unique(codes)):
            fit = sampled
        losses = []
        for strength in STRENGTHS:
            shares = logistic(X[fit], codes[fit], strength).predict_proba(X[watch])
            losses.append(-np.mean(np.log(np.clip(shares[np.arange(len(watch)), codes[watch]], 1e-9, 1.0))))
            if losses[-1] > 1.1 * min(losses):
                break
        return logistic(X, codes, STRENGTHS[int(np.argmin(losses))] / params["penalty"]).predict_proba(X_test)  # type: ignore[no-any-return]

    def regress(X: Floats, values: Floats, X_test: Floats) -> Floats:
        search = RidgeCV(alphas=params["penalty"] * np.logspace(-1.0, 4.0, 16))
        if len(X) <= SEARCHED:
            return search.fit(X, values).predict(X_test)  # type: ignore[no-any-return]
        rows = np.random.default_rng(params["seed"]).permutation(len(X))[:SEARCHED]
        strength = search.fit(X[rows], values[rows]).alpha_
        return Ridge(alpha=strength).fit(X, values).predict(X_test)  # type: ignore[no-any-return]

    return solve_table(train, test, params, represent=bent, classify=classify, regress=regress)


def bent(
    head: pd.DataFrame, tail: pd.DataFrame, target: Codes | Floats, discrete: bool, params: dict[str, Any]
) -> tuple[Floats, Floats]:
    """Dense features, and what lets a line bend: columns for single values of numbers with few, or splines of all numbers."""
    X, X_test = dense(head, tail, target, discrete, params)
    left, right = [X], [X_test]
    numbers = [name for name in head if not isinstance(head[name].dtype, pd.CategoricalDtype)]
    few = [name for name in numbers if 3 <= head[name].nunique() <= FEW_VALUES] if params["curves"] != "none" else []
    for name in few:
        values, counts = np.unique(head[name].dropna(), return_counts=True)
        common = values[counts >= params["category_rows"]]
        left.append((head[name].to_numpy()[:, None] == common).astype(float))
        right.append((tail[name].to_numpy()[:, None] == common).astype(float))
    if params["curves"] == "splines" and numbers:
        width = len(numbers)
        curves = SplineTransformer(n_knots=5, knots="quantile", extrapolation="constant", include_bias=False)
        varied = [column for column in range(width) if len(np.unique(np.quantile(X[:, column], np.linspace(0, 1, 5)))) == 5]
        if varied:
            left.append(curves.fit_transform(X[:, varied]))
            right.append(curves.transform(X_test[:, varied]))
    return np.hstack(left), np.hstack(right)


def logistic(X: Floats, codes: Codes, strength: float) -> Any:
    """A fitted logistic regression; stopping short of the last digit is no reason to warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        if len(X) > SEARCHED:  # single precision is half the work
            return LogisticRegression(C=strength, max_iter=100).fit(X.astype(np.float32), codes)
        return LogisticRegression(C=strength, max_iter=200).fit(X, codes)
