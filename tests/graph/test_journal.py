"""The journal is append-only, survives a kill in the middle of a line, and refuses what it cannot read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentk.errors import StoreError
from agentk.graph.journal import Journal, read

Opened = Callable[[], Journal]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Opens the journal, as a new process would."""
    journals: list[Journal] = []

    def again() -> Journal:
        journals.append(Journal(tmp_path / "journal.jsonl", active=lambda: 1.25))
        return journals[-1]

    yield again
    for journal in journals:
        journal.close()


def test_every_line_says_when_where_and_what(opened: Opened, tmp_path: Path) -> None:
    journal = opened()
    journal.write("run_started", request={"seed": 3})
    journal.write("run_finished", stopped_by="budget")
    first, last = read(tmp_path / "journal.jsonl")
    assert (first["seq"], first["event"], first["request"]) == (0, "run_started", {"seed": 3})
    assert (last["seq"], last["active_s"], last["branch"], last["schema"]) == (1, 1.25, "main", 1)
    assert str(last["time"]).endswith("+00:00")


def test_a_torn_last_line_is_cut_off_and_the_count_goes_on(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    opened().write("run_started")
    with path.open("ab") as file:
        file.write(b'{"schema": 1, "seq": 1, "ev')
    assert [line["seq"] for line in read(path)] == [0]
    opened().write("resumed")
    assert [(line["seq"], line["event"]) for line in read(path)] == [(0, "run_started"), (1, "resumed")]


def test_listeners_see_each_line_after_it_is_written(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal, seen = opened(), []
    journal.listen(lambda line: seen.append((line["event"], sum(1 for _ in read(path)))))
    journal.write("run_started")
    assert seen == [("run_started", 1)]


@pytest.mark.parametrize(("line", "word"), [("no json", "not JSON"), (json.dumps({"schema": 99, "seq": 0}), "schema 99")])
def test_a_foreign_or_damaged_line_is_an_error_that_names_it(tmp_path: Path, line: str, word: str) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(StoreError, match=f"line 1.*{word}"):
        list(read(path))
