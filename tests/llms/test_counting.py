"""Counting tokens without a network: by vocabulary where it is at hand, by rule else, and closer with every bill."""

from pathlib import Path

import numpy as np
import pytest

from agentk.llms.counting import Counter, estimate, exact, tokens
from agentk.llms.protocol import ChatRequest, Message, Usage

SOURCES = sorted(Path(__file__).parents[2].glob("agentk/llms/*.py"))
HOSTILE = {
    "base64": "QWxhZGRpbjpvcGVuIHNlc2FtZQ==" * 50,
    "pictographs": "🌲🎄" * 100,
    "ideographs": "決定木の勾配ブースティング" * 50,
    "one letter": "a" * 10_000,
    "spaces": " " * 50_000,
    "numbers": "0.123456 12345 -1.5e-10\n" * 200,
    "nothing": "",
}


def asked(text: str) -> ChatRequest:
    return ChatRequest(messages=(Message(role="user", content=text),))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_first_call_takes_no_more_than_was_foreseen(text: str) -> None:
    """Also by rule alone, which is held here against the vocabulary where there is one."""
    assert tokens(text) <= Counter().worst(asked(text))
    assert tokens(text) <= 2 * estimate(text) + 50


def test_the_rule_follows_the_vocabulary() -> None:
    if not exact():
        pytest.skip("tiktoken's vocabulary is not on this machine")
    ratios = [estimate(text) / tokens(text) for text in (path.read_text() for path in SOURCES) if len(text) > 500]
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.08)
    assert np.percentile(ratios, [5, 95]) == pytest.approx([1.0, 1.0], abs=0.2)


def test_the_rule_gives_a_word_or_two_a_token() -> None:
    text = "The referee makes the folds, runs the solution in the sandbox, and scores its predictions."
    assert 15 <= estimate(text) <= 22


def test_each_bill_brings_the_count_nearer() -> None:
    """A vendor whose tokens are smaller than those counted here."""
    counter = Counter()
    request = asked(" ".join(path.read_text() for path in SOURCES))
    before = counter.expected(request)
    counter.learn(request, Usage(prompt=round(1.4 * before), reply=1))
    assert counter.expected(request) == pytest.approx(1.4 * before, rel=0.01)
    assert counter.worst(request) == pytest.approx(1.2 * 1.4 * before, rel=0.01)


def test_what_was_counted_here_teaches_nothing() -> None:
    counter, request = Counter(), asked("some words " * 100)
    before = counter.worst(request)
    counter.learn(request, Usage(prompt=9000, reply=1, estimated=True))
    assert counter.worst(request) == before


def test_the_worst_is_never_more_than_bytes() -> None:
    request = asked("é" * 10)
    assert Counter().worst(request) <= 20 + 8
