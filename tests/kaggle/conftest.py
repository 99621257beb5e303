"""A kaggle.com on this machine, and a small competition that it holds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .server import Server, World


def penguins() -> dict[str, bytes]:
    """Train, test and sample submission: which of two kinds, told by a length that overlaps little."""

    def penguin(i: int) -> str:
        return f"{i},{(i % 2) * 5 + i % 7},{'north' if i % 3 else 'south'},nest{i * i % 13}"

    train = ["id,length,island,nest,kind"] + [f"{penguin(i)},{'ab'[i % 2]}" for i in range(120)]
    test = ["id,length,island,nest"] + [penguin(i) for i in range(200, 260)]
    sample = ["id,kind"] + [f"{i},a" for i in range(200, 260)]
    rows = {"train.csv": train, "test.csv": test, "sample_submission.csv": sample}
    return {name: ("\n".join(lines) + "\n").encode() for name, lines in rows.items()}


PAGES = [
    {"name": "rules", "content": "<p>One account for each participant.</p>", "mimeType": "text/html"},
    {"name": "evaluation", "content": "<h2>Goal</h2><p>Submissions are scored by <b>accuracy</b>.</p>", "mimeType": "text/html"},
    {"name": "description", "content": "Tell the **kind** of penguins.", "mimeType": "text/markdown"},
]


@pytest.fixture
def world() -> World:
    return World(files=penguins(), pages=list(PAGES))


@pytest.fixture
def server(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with Server(world) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running
