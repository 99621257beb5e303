"""Hashed counts of word and character n-grams, made of whole arrays at once: far faster than vocabularies of strings."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from agentk.reasoning.recipes.blocks.contract import CONTRACT

TOKEN = re.compile(r"\w+|[^\w\s]")
CHARACTERS_READ = 30_000_000  # of all texts together; longer ones are cut to their beginning, so that memory stays bounded
HASH_BITS = 20
HASH_BASE = np.uint64(0x9E3779B97F4A7C15)


def text_columns() -> list[str]:
    """Columns of words: texts, then lists."""
    kinds = CONTRACT["kinds"]
    return [name for kind in ("text", "list") for name in kinds if kinds[name] == kind]


def column_texts(frame: pd.DataFrame, name: str, lowercase: bool = False) -> list[str]:
    """The texts of a column, white space made single; empty where there is none."""
    limit = max(200, CHARACTERS_READ // max(CONTRACT["rows"], 1))
    texts = []
    for value in frame[name]:
        whole = " ".join(map(str, value)) if isinstance(value, list | tuple | np.ndarray) else value
        text = " ".join(whole[: 2 * limit].split())[:limit] if isinstance(whole, str) else ""
        texts.append(text.lower() if lowercase else text)
    return texts


def word_counts(texts: list[str], low: int, high: int) -> Any:
    """(N, 2^20) CSR counts of the runs of `low` to `high` words; a punctuation mark is a word."""
    words = [TOKEN.findall(text) for text in texts]
    flat = np.array([word for row in words for word in row], dtype=object)
    codes = pd.util.hash_array(flat, categorize=True) if len(flat) else np.zeros(0, np.uint64)
    return _run_counts(codes, np.array([len(row) for row in words], dtype=np.int64), low, high)


def character_counts(texts: list[str], low: int, high: int) -> Any:
    """(N, 2^20) CSR counts of the runs of `low` to `high` characters, across words."""
    padded = [f" {text} " for text in texts]
    codes = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
    return _run_counts(codes, np.array([len(text) for text in padded], dtype=np.int64), low, high)


def _run_counts(codes: NDArray[np.uint64], lengths: NDArray[np.int64], low: int, high: int) -> Any:
    """Counts of hashed runs of codes that do not cross rows; row r owns the next `lengths[r]` codes."""
    row = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    rows, buckets = [np.zeros(0, np.int32)], [np.zeros(0, np.int32)]
    run = np.zeros(len(codes), dtype=np.uint64)
    for length in range(1, min(high, len(codes)) + 1):
        run = run[: len(codes) - length + 1] * HASH_BASE + codes[length - 1 :] + np.uint64(length)
        if length < low:
            continue
        whole = row[: len(run)] == row[length - 1 :]
        rows.append(row[: len(run)][whole])
        buckets.append((_mixed(run[whole]) >> np.uint64(64 - HASH_BITS)).astype(np.int32))
    ones = np.ones(sum(map(len, rows)), dtype=np.float32)
    shape = (len(lengths), 1 << HASH_BITS)
    return sparse.coo_matrix((ones, (np.concatenate(rows), np.concatenate(buckets))), shape=shape).tocsr()


def _mixed(codes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spreads every bit over all bits (the finalizer of SplitMix64, Steele et al. 2014)."""
    codes = (codes ^ (codes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    codes = (codes ^ (codes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return codes ^ (codes >> np.uint64(31))


def weighted_ngrams(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any]) -> tuple[Any, Any]:
    """CSR matrices of train and test: tf-idf of the word and character n-grams of every text column, side by side.

    Reads lowercase, words (longest run, 0 for none) and characters (longest run, 0 for none) from `params`.
    """
    parts: list[tuple[Any, Any]] = []
    for name in text_columns():
        lowercase = bool(params["lowercase"])
        texts, others = column_texts(train, name, lowercase), column_texts(test, name, lowercase)
        if params["words"]:
            parts.append(tf_idf(word_counts(texts, 1, params["words"]), word_counts(others, 1, params["words"])))
        if params["characters"]:
            longest = params["characters"]
            parts.append(tf_idf(character_counts(texts, 2, longest), character_counts(others, 2, longest)))
    if not any(fitted.shape[1] for fitted, _ in parts):  # no word occurs twice: every row looks alike
        parts.append((sparse.csr_matrix(np.ones((len(train), 1))), sparse.csr_matrix(np.ones((len(test), 1)))))
    return tuple(sparse.hstack(side, format="csr") for side in zip(*parts, strict=True))


def tf_idf(train: Any, test: Any) -> tuple[Any, Any]:
    """Log counts times inverse document frequency, rows of length 1; what occurs in one training row only is left out."""
    frequency = np.bincount(train.indices, minlength=train.shape[1])
    kept = np.flatnonzero(frequency >= 2)
    weights = np.log((1 + train.shape[0]) / (1 + frequency[kept])) + 1
    return _damped(train[:, kept], weights), _damped(test[:, kept], weights)


def _damped(counts: Any, weights: NDArray[np.float64]) -> Any:
    counts.data = (1 + np.log(counts.data)).astype(np.float32)
    return unit_rows(scaled_columns(counts, weights))


def scaled_columns(matrix: Any, weights: NDArray[np.float64]) -> Any:
    """Every column of a CSR matrix times its weight."""
    return sparse.csr_matrix(
        (matrix.data * weights.astype(np.float32)[matrix.indices], matrix.indices, matrix.indptr), matrix.shape
    )


def unit_rows(matrix: Any) -> Any:
    """Every row of a CSR matrix divided by its Euclidean length; empty rows stay empty."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    factors = np.repeat(1 / np.maximum(lengths, 1e-12), np.diff(matrix.indptr)).astype(np.float32)
    return sparse.csr_matrix((matrix.data * factors, matrix.indices, matrix.indptr), matrix.shape)
