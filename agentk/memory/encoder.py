"""Sentence encoders by ONNX: MiniLM, fetched once when it is asked for, or any other that lies in a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from agentk.errors import ServiceError, SettingError
from agentk.memory.protocol import Vectors

WORDS = 256
"""Pieces of words that are read of a text; the rest is cut off."""


class OnnxEmbedder:
    """A transformer in a folder with `model.onnx` and `tokenizer.json`; a text's vector is the mean over its words.

    One text at a time: quantized models round by what else is in the batch, and nothing need be padded.
    """

    def __init__(self, folder: Path) -> None:
        """Raises SettingError for a folder without the two files."""
        models = [path for path in (folder / "model.onnx", folder / "onnx" / "model.onnx") if path.is_file()]
        self._words = folder / "tokenizer.json"
        if not models or not self._words.is_file():
            raise SettingError(f"{folder} holds no sentence encoder: it needs the files model.onnx and tokenizer.json")
        self._model = models[0]

    @cached_property
    def id(self) -> str:
        """By what the model is, wherever it lies."""
        with self._model.open("rb") as file:
            return f"onnx-{hashlib.file_digest(file, 'sha256').hexdigest()[:16]}"

    @cached_property
    def dimension(self) -> int:
        """Length of a row."""
        return int(self._row("length").shape[0])

    def embed(self, texts: Sequence[str]) -> Vectors:
        """(N, d)."""
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        return np.stack([self._row(text) for text in texts])

    def _row(self, text: str) -> Vectors:
        words = self._tokenizer.encode(text)
        if not words.ids:
            return np.zeros(self.dimension, np.float32)
        given = {"input_ids": words.ids, "attention_mask": words.attention_mask, "token_type_ids": words.type_ids}
        wanted = [entry.name for entry in self._session.get_inputs()]
        told = self._session.run(None, {name: np.array([given[name]], np.int64) for name in wanted})[0]
        mean = told.reshape(-1, told.shape[-1]).mean(axis=0)  # of one text all words count: there is no padding
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), dtype=np.float32)

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        made = Tokenizer.from_file(str(self._words))
        made.no_padding()
        made.enable_truncation(max_length=WORDS)
        return made

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # programs have the other cores
        return onnxruntime.InferenceSession(str(self._model), options, providers=["CPUExecutionProvider"])


def minilm() -> OnnxEmbedder:
    """all-MiniLM-L6-v2 as chromadb fetches it: 80 MB into the user's cache, once, checked by its digest.

    Raises ServiceError where it cannot be fetched.
    """
    from chromadb.utils.embedding_functions import ONNXMiniLM_L6_V2 as MiniLM
    from httpx import HTTPError

    folder = MiniLM.DOWNLOAD_PATH / MiniLM.EXTRACTED_FOLDER_NAME
    if not (folder / "model.onnx").is_file():
        try:
            MiniLM()(["fetched"])
        except (HTTPError, OSError, ValueError) as error:
            raise ServiceError(
                f"MiniLM cannot be fetched from {MiniLM.MODEL_DOWNLOAD_URL}: {error}; with a model.onnx and a tokenizer.json of "
                "your own no network is needed: onnx:FOLDER"
            ) from error
    return OnnxEmbedder(folder)
