"""Embedders: texts to vectors. The default works offline from the first second; others come by entry point."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import entry_points
from typing import Any

import numpy as np

from agentk.errors import SettingError
from agentk.memory.protocol import Embedder, Vectors

GROUP = "agentk.embedders"


class HashingEmbedder:
    """Words, word pairs and character 3- to 5-grams hashed into 384 dimensions: lexical, offline, the same on every machine."""

    id = "hashing-384-1"
    dimension = 384

    def embed(self, texts: Sequence[str]) -> Vectors:
        """(N, 384): 192 of words, 192 of characters."""
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        words, characters = self._vectorizers
        rows = np.hstack([words.transform(texts).toarray(), characters.transform(texts).toarray()])
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows / np.where(lengths, lengths, 1.0), dtype=np.float32)

    @cached_property
    def _vectorizers(self) -> tuple[Any, Any]:
        from sklearn.feature_extraction.text import HashingVectorizer

        half = self.dimension // 2
        return (
            HashingVectorizer(n_features=half, ngram_range=(1, 2), stop_words="english", norm="l2"),
            HashingVectorizer(n_features=half, ngram_range=(3, 5), analyzer="char_wb", norm="l2"),
        )


def embedder(name: str = "hashing") -> Embedder:
    """The embedder of that name. Raises SettingError for one that is not installed."""
    if name == "hashing":
        return HashingEmbedder()
    found = entry_points(group=GROUP)
    if name not in found.names:
        known = ", ".join(sorted({"hashing", *found.names}))
        raise SettingError(
            f"there is no embedder {name!r}; installed: {known}. A package offers one by the entry point {GROUP!r}"
        )
    made = found[name].load()()
    if not isinstance(made, Embedder):
        raise SettingError(
            f"the entry point {name!r} of {GROUP!r} makes a {type(made).__name__}, which has no id, dimension and embed"
        )
    return made
