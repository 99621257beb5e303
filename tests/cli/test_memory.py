"""`agentk memory`: looking at a store and changing it, as a person does."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentk.memory.store import open_memory
from agentk.testing.memory import lesson

Say = Callable[..., Any]


@pytest.fixture
def told(say: Say, tmp_path: Path) -> Callable[..., Any]:
    """`agentk memory COMMAND … --memory STORE`, of a store with one lesson of a person's beside the starter lessons."""
    store = open_memory(str(tmp_path / "store"))
    store.remember([lesson("claim:moons", text="Tidal tables repeat with the moon", worth=9.0)], private=())
    store.close()
    return lambda *words: say("memory", *words, "--memory", str(tmp_path / "store"))


def test_a_store_is_listed_searched_and_shown(told: Say) -> None:
    listed = told("list", "--kind", "claim", "--limit", "1").out
    assert "Tidal tables repeat with the moon" in listed and "claim" in listed and "not tried yet" in listed
    found = told("search", "what does the moon do to tides", "--limit", "2").out
    assert found.index("Tidal tables") < found.index("everything", found.index("Tidal tables"))
    (shown,) = [json.loads(told("show", listed.split()[0]).out)]
    assert shown["subject"] == "claim:moons" and shown["id"].startswith(listed.split()[0])


def test_its_figures_are_told(told: Say) -> None:
    said = told("stats").out
    assert "embedder  hashing" in said and "scope     everything" in said


def test_what_is_forgotten_is_gone_and_nothing_else(told: Say, tmp_path: Path) -> None:
    id_ = told("list", "--limit", "1").out.split()[0]
    assert told("forget", id_).out == f"forgotten: {id_}\n"
    assert "Tidal tables" not in told("list", "--limit", "999").out
    first = Counter(known.id[0] for known in open_memory(str(tmp_path / "store")).lessons()).most_common(1)[0][0]
    many = told("forget", first)
    assert many.code == 2 and "give more" in many.err
    for command in ("forget", "show"):
        none = told(command, "nonesuch")
        assert none.code == 2 and "nonesuch" in none.err


def test_lessons_travel_as_a_file(told: Say, say: Say, tmp_path: Path) -> None:
    assert "lessons written to" in told("export", "lessons.jsonl").out
    taken = say("memory", "import", "lessons.jsonl", "--memory", str(tmp_path / "other"))
    assert "taken in" in taken.out
    assert "Tidal tables" in say("memory", "list", "--limit", "1", "--memory", str(tmp_path / "other")).out


def test_texts_are_compared_by_the_embedder_that_is_asked_for(told: Say) -> None:
    assert "are embedded by hashing" in told("embed", "hashing").out
    unknown = told("embed", "nonesuch")
    assert unknown.code == 2 and "minilm" in unknown.err
