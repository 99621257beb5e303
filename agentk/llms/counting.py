"""Counting tokens without a network: with tiktoken where its vocabulary lies on this machine, else an estimate; both calibrated.

The provider's own figures are what is billed; what is counted here says beforehand what a call may come to.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import math
import os
import re
import tempfile
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path

from agentk.llms.pictures import tokens_of
from agentk.llms.protocol import ChatRequest, Message, Usage

_ENCODING = "o200k_base"
_FILE = "fb374d419588a4632f3f557e76b4b70aebbca790"  # its name in tiktoken's cache: SHA-1 of its address
_DIGEST = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"  # SHA-256 of its content
_PIECE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d{1,3}|[ \t]{2,80}|\n[ \t]*|[^\sA-Za-z\d]{1,2}")
_SCALE = 0.88  # brings the rule in line with the o200k vocabulary on the files of this repository
_SLICE = 20_000  # characters encoded at once: tiktoken is slow on very long runs of one character
_MESSAGE = 8  # tokens around each message
_SCHEMA = 700  # tokens that a provider adds for a structured answer, at most
_UNKNOWN = 2.0  # how far the count may be off before the provider has sent a first figure
_KNOWN = 1.2  # and on top of the worst seen after it


class Counter:
    """Counts for one model, and learns from each bill how far its own count is off. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._prompt = 0  # tokens billed and counted so far
        self._counted = 0
        self._highest = 0.0  # of billed / counted

    def expected(self, request: ChatRequest) -> int:
        """The tokens that go in with `request`, most likely."""
        factor = self._prompt / self._counted if self._counted else 1.0
        return round(_raw(request) * factor)

    def worst(self, request: ChatRequest) -> int:
        """The most tokens that can go in: never more than bytes, as every token has at least one."""
        raw = _raw(request)
        margin = _KNOWN * max(1.0, self._highest) if self._counted else _UNKNOWN
        return min(math.ceil(raw * margin), _bytes(request))

    def learn(self, request: ChatRequest, usage: Usage) -> None:
        """Takes in what the provider counted for `request`."""
        if usage.estimated or usage.prompt <= 0:
            return
        raw = max(1, _raw(request))
        with self._lock:
            self._prompt += usage.prompt
            self._counted += raw
            self._highest = max(self._highest, usage.prompt / raw)


def tokens(text: str) -> int:
    """The tokens of `text` under OpenAI's current vocabulary where it is at hand, else estimated."""
    encode = _encoder()
    if encode is None:
        return estimate(text)
    return sum(encode(text[start : start + _SLICE]) for start in range(0, len(text), _SLICE))


def estimate(text: str) -> int:
    """Tokens by rule: words in pieces of some letters, digits by threes, indentation as one, other signs by twos."""
    total = 0.0
    for piece in _PIECE.findall(text):
        if not piece.isascii():
            total += sum(2.0 if character > "\uffff" else len(character.encode()) / 3 for character in piece)
        elif piece.isalpha() and len(piece) > 7:
            total += len(piece) / 5
        else:
            total += 1
    return math.ceil(total * _SCALE)


def exact() -> bool:
    """Whether a vocabulary is at hand."""
    return _encoder() is not None


def _raw(request: ChatRequest) -> int:
    total = sum(tokens(message.content) + _MESSAGE + _seen(message) for message in request.messages)
    return total + (tokens(json.dumps(request.answer_schema)) if request.answer_schema else 0)


def _bytes(request: ChatRequest) -> int:
    total = sum(len(message.content.encode()) + _MESSAGE + 2 * _seen(message) for message in request.messages)
    return total + (len(json.dumps(request.answer_schema)) + _SCHEMA if request.answer_schema else 0)


def _seen(message: Message) -> int:
    return sum(map(tokens_of, message.pictures))


@cache
def _encoder() -> Callable[[str], int] | None:
    """A function that counts, if tiktoken is installed and needs no network for its vocabulary."""
    if importlib.util.find_spec("tiktoken") is None:
        return None
    for folder in _folders():
        path = folder / _FILE
        # tiktoken deletes a file whose content it does not expect: it is shown none that it would
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == _DIGEST:
            import tiktoken

            before = os.environ.get("TIKTOKEN_CACHE_DIR")
            os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)
            try:
                encoding = tiktoken.get_encoding(_ENCODING)
            finally:
                if before is None:
                    del os.environ["TIKTOKEN_CACHE_DIR"]
                else:
                    os.environ["TIKTOKEN_CACHE_DIR"] = before
            return lambda text: len(encoding.encode_ordinary(text))
    return None


def _folders() -> list[Path]:
    said = [Path(os.environ[name]) for name in ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR") if os.environ.get(name)]
    litellm = importlib.util.find_spec("litellm")  # its wheel carries the vocabularies; it is looked at, never imported
    carried = [Path(litellm.origin).parent / "litellm_core_utils" / "tokenizers"] if litellm and litellm.origin else []
    return [*said, Path(tempfile.gettempdir()) / "data-gym-cache", *carried]
