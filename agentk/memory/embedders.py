"""Embedders: texts to vectors. The default works offline from the first second; others when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np

from agentk.errors import AccessError, ModelError, SettingError
from agentk.memory.protocol import Embedder, EmbedderError, Vectors

GROUP = "agentk.embedders"
DEFAULT = "hashing"
NAMES = "hashing (offline, the default), minilm (fetched once), onnx:FOLDER, or SERVER/MODEL of a provider"


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


class ProviderEmbedder:
    """A provider's model, e.g. `openai/text-embedding-3-small`: every text that memory keeps or asks with is sent there."""

    def __init__(self, name: str) -> None:
        """Raises SettingError for an unknown server, AccessError where a key is missing."""
        from agentk.llms.embeddings import EmbeddingModel
        from agentk.settings import load_settings

        self.id = name
        self._model = EmbeddingModel(name, load_settings())

    @cached_property
    def dimension(self) -> int:
        """Length of a row, as the provider tells it."""
        return len(self._sent(["length"])[0])

    def embed(self, texts: Sequence[str]) -> Vectors:
        """(N, d); 0 for a text without a word. Raises EmbedderError when the provider does not answer."""
        said = {text: place for place, text in enumerate(dict.fromkeys(text for text in texts if text.strip()))}
        rows = np.array(self._sent(list(said)) if said else np.zeros((0, self.dimension)), np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        blank = np.zeros(rows.shape[1], np.float32)
        return np.stack([rows[said[text]] if text in said else blank for text in texts]) if texts else rows

    def _sent(self, texts: Sequence[str]) -> list[list[float]]:
        try:
            return self._model.embed(texts)
        except (ModelError, AccessError) as error:
            raise EmbedderError(f"{error}; or let the memory do without: agentk memory embed hashing") from error


def spelled(name: str) -> str:
    """The name as it means the same from any working directory."""
    return f"onnx:{Path(name.removeprefix('onnx:')).expanduser().resolve()}" if name.startswith("onnx:") else name


def embedder(name: str = DEFAULT) -> Embedder:
    """The embedder of that name, see NAMES. Raises SettingError for one that there is not, AccessError without its key."""
    if name == DEFAULT:
        return HashingEmbedder()
    if name == "minilm":
        from agentk.memory.encoder import minilm

        return minilm()
    if name.startswith("onnx:"):
        from agentk.memory.encoder import OnnxEmbedder

        return OnnxEmbedder(Path(name.removeprefix("onnx:")))
    found = entry_points(group=GROUP)
    if name not in found.names:
        if "/" in name:
            return ProviderEmbedder(name)
        more = f"; of packages: {', '.join(sorted(found.names))}" if found.names else ""
        raise SettingError(f"there is no embedder {name!r}; there are {NAMES}{more}")
    made = found[name].load()()
    if not isinstance(made, Embedder):
        raise SettingError(
            f"the entry point {name!r} of {GROUP!r} makes a {type(made).__name__}, which has no id, dimension and embed"
        )
    return made
