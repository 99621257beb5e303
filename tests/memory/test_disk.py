"""The store on disk: kills, several processes, other versions and other embedders."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import chromadb
import numpy as np
import pytest
from chromadb.config import Settings
from filelock import FileLock

from agentk.errors import StoreError
from agentk.memory import chroma, nested, table, vectors
from agentk.memory.disk import DiskShelf
from agentk.memory.embedders import HashingEmbedder
from agentk.memory.features import DIMENSION
from agentk.memory.nested import NestedMemory
from agentk.memory.protocol import Vectors
from agentk.memory.scope import EVERYTHING
from agentk.memory.store import open_memory
from agentk.memory.table import row
from agentk.testing.memory import features, lesson

Open = Callable[..., NestedMemory]

WRITER = """
import sys
from hashlib import sha256
from pathlib import Path

from agentk.memory.disk import DiskShelf
from agentk.memory.embedders import HashingEmbedder
from agentk.memory.nested import NestedMemory
from agentk.memory.value import Value
from agentk.testing.memory import features, lesson

folder, name, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
memory = NestedMemory(DiskShelf(folder), HashingEmbedder())
for number in range(rounds):
    here, run = features(name), f"{name}-{number}"
    said = {f"claim:{run}-{i}": sha256(f"{run}-{i}".encode()).hexdigest() for i in range(5)}  # no two sound alike
    value = Value().add(name, 2.0)
    memory.remember([lesson(subject, here.run(run), text=text, value=value) for subject, text in said.items()], private=())
    memory.consolidate(run, here)
    print(run, flush=True)
memory.close()
"""

KILLED = """
import os, signal, sys
from hashlib import sha256
from pathlib import Path

import chromadb
import numpy as np

from agentk.memory.disk import DiskShelf
from agentk.memory.embedders import HashingEmbedder
from agentk.memory.nested import NestedMemory
from agentk.memory.value import Value
from agentk.testing.memory import features, lesson

folder, rounds = Path(sys.argv[1]), int(sys.argv[2])
embedder, generator = HashingEmbedder(), np.random.default_rng(0)
embedder.embed(["loaded once, before the forks"])


def consolidate(number, last):
    memory = NestedMemory(DiskShelf(folder), embedder)
    here, run = features(f"c{number % 10}"), f"r{number}"
    said = {f"claim:{run}/{i}": sha256(f"{run}-{i}".encode()).hexdigest() for i in range(5)}
    value = Value().add(here.digest, 2.0)
    memory.remember([lesson(subject, here.run(run), text=text, value=value) for subject, text in said.items()], private=())
    print("kept", run, flush=True)
    calls = 0

    def count(frame, event, arg):
        nonlocal calls
        calls += 1
        if calls == last:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)
    memory.consolidate(run, here)
    sys.setprofile(None)
    print("done", run, flush=True)
    return calls


reader, writer = os.pipe()
calls = 0
for number in range(rounds + 1):  # the first is not killed: it tells how many calls there are
    last = int(generator.integers(1, calls + 1)) if number else 0
    child = os.fork()
    if not child:
        os.write(writer, consolidate(number, last).to_bytes(8, "big"))
        os._exit(0)
    os.waitpid(child, 0)
    calls = calls or int.from_bytes(os.read(reader, 8), "big")
"""


def writer(folder: Path, name: str, rounds: int) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", WRITER, str(folder), name, str(rounds)], stdout=subprocess.PIPE, text=True)


def whole(memory: NestedMemory, name: str) -> dict[str, int]:
    """How many lessons each of a writer's runs left in each of the places they move to; checks that none is half there."""
    counts: dict[str, dict[str, int]] = {}
    for found in memory.lessons():
        if found.subject.startswith(f"claim:{name}-"):
            run = found.subject.removeprefix("claim:").rsplit("-", 1)[0]
            places = counts.setdefault(run, {})
            places[str(found.scope)] = places.get(str(found.scope), 0) + 1
    for run, places in counts.items():
        assert set(places.values()) == {5}, (run, places)
    return {run: len(places) for run, places in counts.items()}


def survive_kills(open_: Open, folder: Path, delays: Sequence[float]) -> None:
    acknowledged: set[str] = set()
    for round_, delay in enumerate(delays):
        process = writer(folder, f"w{round_}", 10_000)
        assert process.stdout is not None
        acknowledged.add(process.stdout.readline().strip())  # it is well under way
        time.sleep(delay)
        os.kill(process.pid, signal.SIGKILL)
        acknowledged |= {line.strip() for line in process.stdout if line.endswith("\n")}
        process.stdout.close()
        process.wait()
    memory = open_()
    found = {run: places for round_ in range(len(delays)) for run, places in whole(memory, f"w{round_}").items()}
    assert acknowledged <= set(found)
    assert {found[run] for run in acknowledged} == {3}  # the competition, its family, the task
    assert memory.recall(features("w0"), limit=5) != []
    memory.close()


def test_a_kill_loses_nothing_acknowledged_and_leaves_nothing_half_done(on_disk: Open, tmp_path: Path) -> None:
    survive_kills(on_disk, tmp_path / "memory", [0.037, 0.011])


def consolidations_killed(open_: Open, folder: Path, rounds: int) -> tuple[int, int]:
    """Kills so many consolidations, each at another call within it; how many were over already, and how many orders were left.

    Checks that every lesson whose writing was acknowledged is there, once the store has been opened again: where it was, or, all
    of its run together, in the places it moves to.
    """
    out = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder), str(rounds)], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    said = [line.split() for line in out.splitlines()]
    kept, done = ({run for word, run in said if word == which} for which in ("kept", "done"))
    assert len(kept) == rounds + 1, "each was killed after its lessons were written"
    orders = len(list((folder / "orders").glob("*.json")))
    memory = open_()
    places: dict[str, dict[str, int]] = {}
    for found in memory.lessons():
        run = found.subject.removeprefix("claim:").rsplit("/", 1)[0]
        at = places.setdefault(run, {})
        at[found.scope.level] = at.get(found.scope.level, 0) + 1
    assert set(places) == kept, "no lesson that was acknowledged is lost"
    moved = {run for run, at in places.items() if at == {"competition": 5, "family": 10}}
    still = {run for run, at in places.items() if at == {"run": 5}}
    assert moved | still == kept, "none is half written or half moved"
    assert done <= moved, "no consolidation that was acknowledged is undone"
    assert not (folder / "commit.json").exists() and memory.stats().pending == 0
    memory.close()
    return len(done), orders


def test_killed_at_any_call_a_consolidation_is_done_or_not_begun(on_disk: Open, tmp_path: Path) -> None:
    consolidations_killed(on_disk, tmp_path / "memory", 6)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_two_hundred_consolidations_are_killed_and_nothing_is_lost(on_disk: Open, tmp_path: Path) -> None:
    done, _ = consolidations_killed(on_disk, tmp_path / "memory", 200)
    assert done < 40, "nearly all of them were cut short"


def test_a_change_that_was_cut_short_is_finished(on_disk: Open, tmp_path: Path) -> None:
    """As a kill leaves it after the plan was written and before the table had it."""
    memory = on_disk()
    memory.remember([lesson("claim:a")], private=())
    ledger = json.loads((tmp_path / "memory" / "ledger.json").read_text())
    memory.close()
    told, width = lesson("claim:b"), ledger["dimension"]
    vector = np.ones(width, np.float32)
    plan = {"put": [row(told)], "vectors": base64.b64encode(vector.tobytes()).decode(), "width": width}
    plan |= {"revise": [], "drop": [], "ledger": ledger, "order": None}
    (tmp_path / "memory" / "commit.json").write_text(json.dumps(plan))
    assert {found.subject for found in on_disk().lessons()} == {"claim:a", "claim:b"}
    assert not (tmp_path / "memory" / "commit.json").exists()


def test_a_store_of_before_there_was_a_table_is_taken_over(
    on_disk: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """chromadb held the lessons then, beside their vectors."""
    monkeypatch.setattr(chroma, "PAGE", 4)
    memory, home = on_disk(), features().scope
    memory.remember([lesson(f"claim:{number}", scope) for number in range(6) for scope in (EVERYTHING, home)], private=())
    before = {known.id: known for known in memory.lessons()}
    memory.close()
    client = chromadb.PersistentClient(str(tmp_path / "memory" / "chroma"), settings=Settings(anonymized_telemetry=False))
    for collection in client.list_collections():
        if ids := collection.get(include=[])["ids"]:
            collection.update(ids=ids, metadatas=[{"lesson": before[id_].model_dump_json()} for id_ in ids])
    client.close()
    (file,) = (tmp_path / "memory").glob("lessons-*.sqlite")
    file.unlink()
    again = on_disk()
    assert {known.id: known for known in again.lessons()} == before
    assert len(again.recall(features(), limit=20)) == 6 and again.search("scale the columns", limit=3) != []
    again.close()
    assert not any(
        b"scale the columns" in path.read_bytes() for path in (tmp_path / "memory" / "chroma").rglob("*") if path.is_file()
    )


def test_a_store_that_has_lost_its_table_says_so(on_disk: Open, tmp_path: Path) -> None:
    memory = on_disk()
    memory.remember([lesson("claim:a")], private=())
    memory.close()
    (file,) = (tmp_path / "memory").glob("lessons-*.sqlite")
    file.unlink()
    with pytest.raises(StoreError, match="import the last export"):
        on_disk()


def test_processes_take_turns_and_see_what_others_wrote(on_disk: Open, tmp_path: Path) -> None:
    mine = on_disk()
    others = [writer(tmp_path / "memory", name, 4) for name in ("one", "two")]
    for number in range(4):
        mine.remember([lesson(f"claim:mine-{number}")], private=())
        assert mine.recall(features(), limit=5) != []
    said = [process.communicate()[0].split() for process in others]
    assert said == [[f"{name}-{number}" for number in range(4)] for name in ("one", "two")]
    assert [process.returncode for process in others] == [0, 0]
    assert whole(mine, "one") == {f"one-{number}": 3 for number in range(4)}
    assert whole(mine, "two") == {f"two-{number}": 3 for number in range(4)}
    assert mine.stats().runs == 8


def test_a_write_that_finds_the_store_busy_is_left_for_the_next(
    on_disk: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nested, "WRITE_WAIT_S", 0.05)
    monkeypatch.setattr(nested, "READ_WAIT_S", 0.05)
    memory = on_disk()
    with FileLock(str(tmp_path / "memory" / "lock")):
        memory.remember([lesson("claim:late")], private=())
        with pytest.raises(StoreError, match="stayed busy"):
            memory.recall(features())
    assert memory.stats().pending == 1
    assert "left for the next process" in memory.stats().notes[0]
    assert [found.subject for found in on_disk().lessons()] == ["claim:late"]


class Backwards(HashingEmbedder):
    id = "backwards"
    dimension = 100

    def embed(self, texts: Sequence[str]) -> Vectors:
        rows = np.array([[ord(char) for char in text[::-1][:100].ljust(100)] for text in texts], np.float32).reshape(-1, 100)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_another_embedder_embeds_everything_again(on_disk: Open, tmp_path: Path) -> None:
    memory = on_disk()
    memory.remember([lesson(f"claim:{number}") for number in range(5)], private=())
    memory.close()
    with pytest.raises(StoreError, match="hashing-384-1"):
        NestedMemory(DiskShelf(tmp_path / "memory"), Backwards(), frozen=True)
    other = NestedMemory(DiskShelf(tmp_path / "memory"), Backwards())
    assert len(other.recall(features(), "scale the columns")) == 5
    other.close()
    back = on_disk()
    assert len(back.recall(features(), "scale the columns")) == 5
    assert back.stats().lessons == 5


def test_a_store_from_before_a_kind_of_task_was_known_embeds_everything_again(
    on_disk: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr("agentk.memory.nested.PLACES", "earlier")
        earlier.setattr("agentk.memory.nested.DIMENSION", DIMENSION - 1)
        earlier.setattr("agentk.memory.vectors.DIMENSION", DIMENSION - 1)
        for module, name in ((nested, "structure"), (vectors, "structure"), (vectors, "outline")):
            made = getattr(module, name)
            earlier.setattr(module, name, lambda *told, made=made: made(*told)[1:])
        memory = on_disk()
        memory.remember([lesson(f"claim:{number}") for number in range(5)], private=())
        memory.close()
    assert len(on_disk().recall(features(), "scale the columns")) == 5


def test_a_store_of_another_version_is_left_alone(on_disk: Open, tmp_path: Path) -> None:
    on_disk().close()
    ledger = tmp_path / "memory" / "ledger.json"
    ledger.write_text(ledger.read_text().replace('"schema_version": 1', '"schema_version": 99'))
    before = ledger.read_bytes()
    with pytest.raises(StoreError, match=r"version 99.*export"):
        on_disk()
    assert ledger.read_bytes() == before


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(StoreError, match="is no memory"):
        open_memory(str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_damaged_table_says_so(on_disk: Open, tmp_path: Path) -> None:
    on_disk().close()
    (file,) = (tmp_path / "memory").glob("lessons-*.sqlite")
    file.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match="move it away and import the last export"):
        on_disk()


def test_damaged_neighbors_are_made_again_of_the_table(on_disk: Open, tmp_path: Path) -> None:
    """A kill while chromadb writes its graph leaves files that it refuses; no lesson hangs on them."""
    memory = on_disk()
    told = [lesson(f"claim:{number}", scope) for number in range(9) for scope in (EVERYTHING, features().scope)]
    memory.remember(told, private=())
    found = [(known.id, near) for known, near in memory.search("scale the columns", limit=5)]
    memory.close()
    (tmp_path / "memory" / "chroma" / "chroma.sqlite3").write_bytes(b"not a database at all" * 100)
    again = on_disk()
    assert [(known.id, near) for known, near in again.search("scale the columns", limit=5)] == found
    again.remember([lesson("claim:more")], private=())
    assert {known.subject for known in again.lessons()} == {one.subject for one in told} | {"claim:more"}
    again.close()
    (tmp_path / "memory" / "mending").touch()  # a kill in the middle of that
    assert len(on_disk().search("scale the columns", limit=5)) == 5
    assert not (tmp_path / "memory" / "mending").exists()


def test_opens_and_recalls_as_it_was_left(on_disk: Open) -> None:
    memory = on_disk()
    memory.remember([lesson(f"claim:{number}") for number in range(30)], private=())
    before = [(found.lesson.id, found.value) for found in memory.recall(features(), seed=5)]
    memory.close()
    assert [(found.lesson.id, found.value) for found in on_disk().recall(features(), seed=5)] == before


def test_more_lessons_than_one_statement_asks_for_are_all_found(on_disk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "_ASKED", 4)
    memory = on_disk()
    here = features()
    told = [lesson(f"claim:{number}", scope) for number in range(8) for scope in (here.scope, EVERYTHING)]
    memory.remember(told, private=())
    assert {found.id for found in memory.get([one.id for one in told])} == {one.id for one in told}
    assert {found.lesson.subject for found in memory.recall(here, limit=20)} == {f"claim:{number}" for number in range(8)}
    memory.forget([one.id for one in told[:9]])
    assert {found.id for found in memory.lessons()} == {one.id for one in told[9:]}


def test_an_order_of_another_version_says_so(on_disk: Open, tmp_path: Path) -> None:
    on_disk().close()
    (tmp_path / "memory" / "orders" / "1.json").write_text('{"order": "dance"}')
    with pytest.raises(StoreError, match="dance"):
        on_disk()


def test_two_memories_of_one_process_share_a_store(on_disk: Open) -> None:
    one, other = on_disk(), on_disk()
    one.remember([lesson("claim:a")], private=())
    assert [found.lesson.subject for found in other.recall(features())] == ["claim:a"]
    other.remember([lesson("claim:b")], private=())
    other.close()
    assert {found.lesson.subject for found in one.recall(features())} == {"claim:a", "claim:b"}


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_kills_among_three_writers_at_once_lose_nothing(on_disk: Open, tmp_path: Path) -> None:
    acknowledged: set[str] = set()
    generator = np.random.default_rng(1)
    for round_ in range(6):
        crowd = [writer(tmp_path / "memory", f"k{round_}{letter}", 10_000) for letter in "abc"]
        for process in crowd:
            assert process.stdout is not None
            acknowledged.add(process.stdout.readline().strip())
        for process in crowd:
            time.sleep(generator.uniform(0, 0.5))
            process.kill()
        for process in crowd:
            assert process.stdout is not None
            acknowledged |= {line.strip() for line in process.stdout if line.endswith("\n")}
            process.stdout.close()
            process.wait()
    memory = on_disk()
    found: dict[str, int] = {}
    for name in sorted({run.rsplit("-", 1)[0] for run in acknowledged}):
        found |= whole(memory, name)
    assert {run: found.get(run) for run in acknowledged} == dict.fromkeys(acknowledged, 3)
