"""Conformance of memories, shelves and embedders: subclass one, say how yours is made, and run it with pytest.

class TestMine(EmbedderConformance):
    def make(self) -> Embedder:
        return MyEmbedder()
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agentk.memory.features import DIMENSION, Features
from agentk.memory.lesson import Lesson, Provenance
from agentk.memory.protocol import Change, Credit, Embedder, Memory, Shelf, Vectors
from agentk.memory.scope import EVERYTHING, Scope
from agentk.memory.value import Value
from agentk.types.competition import TaskKind


def features(digest: str = "c0ffee", *, rows: int = 1500, task: TaskKind = TaskKind.BINARY, metric: str = "accuracy") -> Features:
    """A small table, as memory sees it."""
    return Features(
        digest=digest,
        modality="tabular",
        task=task,
        metric=metric,
        rows=rows,
        columns=12,
        numeric=0.6,
        categorical=0.4,
        classes=2,
    )


def lesson(subject: str = "claim:scale", scope: Scope = EVERYTHING, worth: float = 0.0, **changed: object) -> Lesson:
    """A claim that somebody wrote."""
    text = f"About {subject}: scale the columns before fitting a kernel"
    fields = {"kind": "claim", "subject": subject, "text": text, "scope": scope, "value": Value(prior=worth, strength=50.0)}
    return Lesson.model_validate({**fields, "provenance": Provenance(origin="person"), **changed})


class EmbedderConformance:
    """What every embedder keeps to."""

    def make(self) -> Embedder:
        """The embedder under test."""
        raise TypeError("say how the embedder is made: def make(self) -> Embedder")

    def test_gives_one_row_a_text(self) -> None:
        """Of the length it names, as 32-bit floats, none for no text."""
        embedder = self.make()
        assert embedder.embed(["one", "two words", ""]).shape == (3, embedder.dimension)
        assert embedder.embed(["one"]).dtype == np.float32
        assert embedder.embed([]).shape == (0, embedder.dimension)

    def test_rows_have_length_one(self) -> None:
        """So that a product is a cosine; a text without a word may be nothing."""
        lengths = np.linalg.norm(self.make().embed(["gradient boosting on trees", "naïve Bayes, 2-grams", "決定木"]), axis=1)
        assert np.allclose(lengths, 1.0, atol=1e-5)

    def test_the_same_text_gives_the_same_row(self) -> None:
        """In another batch and by another instance of the same id."""
        first, second = self.make(), self.make()
        assert first.id == second.id
        assert np.allclose(first.embed(["alpha", "beta"])[1], second.embed(["beta"])[0], atol=1e-5)

    def test_near_texts_lie_nearer_than_far_ones(self) -> None:
        """The least that can be asked of a meaning."""
        asked, near, far = self.make().embed(
            ["encode categorical columns by the target", "target encoding of categorical columns", "rotate the pictures a little"]
        )
        assert asked @ near > asked @ far + 0.1


class ShelfConformance:
    """What every shelf keeps to."""

    def make(self, folder: Path) -> Shelf:  # noqa: ARG002
        """The shelf under test; a second one made of the same folder sees the same lessons, unless it is kept in memory."""
        raise TypeError("say how the shelf is made: def make(self, folder: Path) -> Shelf")

    @pytest.fixture
    def shelf(self, tmp_path: Path) -> Shelf:
        """A new shelf, ready for vectors of the usual length."""
        shelf = self.make(tmp_path / "shelf")
        with shelf.window(1.0):
            shelf.rebuild((), _vectors(0), {"embedder": "test", "dimension": DIMENSION})
        return shelf

    def test_gives_back_what_was_put(self, shelf: Shelf) -> None:
        """By id, all together, and counted."""
        kept = [lesson("claim:a"), lesson("claim:b", Scope(("tabular",), "c0ffee"))]
        with shelf.window(1.0):
            shelf.commit(Change(put=kept, ledger=shelf.ledger()), _vectors(2), None)
            assert {found.id for found in shelf.all()} == {known.id for known in kept}
            assert shelf.get([kept[1].id, "0" * 16]) == [kept[1]]
            assert shelf.count() == 2

    def test_a_change_puts_revises_and_drops(self, shelf: Shelf) -> None:
        """And making it twice is making it once."""
        stays, goes = lesson("claim:a"), lesson("claim:b")
        change = Change(revise=[stays.credited("c0ffee", 1.0, 3)], drop=[goes.id], ledger=shelf.ledger())
        with shelf.window(1.0):
            shelf.commit(Change(put=[stays, goes], ledger=shelf.ledger()), _vectors(2), None)
            for _ in range(2):
                shelf.commit(change, _vectors(0), None)
                assert [(found.id, found.evidence) for found in shelf.all()] == [(stays.id, 1)]

    def test_inner_lessons_are_found_by_competition_and_no_other_way(self, shelf: Shelf) -> None:
        """What belongs to a competition is not among the neighbors of another."""
        home = Scope(("tabular",), "c0ffee")
        inner, outer = lesson("claim:a", home), lesson("claim:b")
        with shelf.window(1.0):
            shelf.commit(Change(put=[inner, outer], ledger=shelf.ledger()), _vectors(2), None)
            assert shelf.inner("c0ffee") == [inner]
            assert shelf.inner("another") == []
            assert [found.lesson for found in shelf.nearest(_vectors(1)[0], "claim", 5)] == [outer]

    def test_gives_whole_scopes_with_their_vectors(self, shelf: Shelf) -> None:
        """Those asked for and none inside or around them; what is revised is given as revised."""
        family = Scope(("tabular",))
        kept = [lesson("claim:a"), lesson("recipe:b", family, kind="recipe"), lesson("claim:c", Scope(("tabular",), "c0ffee"))]
        vectors = _vectors(3)
        with shelf.window(1.0):
            shelf.commit(Change(put=kept, ledger=shelf.ledger()), vectors, None)
            revised = kept[1].credited("c0ffee", 1.0, 3)
            shelf.commit(Change(revise=[revised], ledger=shelf.ledger()), _vectors(0), None)
            assert [found.read() for found in shelf.lying([family])] == [revised]
            assert {found.id for found in shelf.lying([known.scope for known in kept])} == {known.id for known in kept}
            for found in shelf.lying([kept[2].scope]):
                assert np.allclose(found.vector, vectors[2], atol=1e-6)
            assert shelf.lying([Scope(("text",))]) == []

    def test_its_version_differs_after_every_change(self, shelf: Shelf) -> None:
        """And stays when nothing was changed, so that what was read may be kept."""
        with shelf.window(1.0):
            shelf.commit(Change(put=[lesson("claim:a")], ledger=shelf.ledger()), _vectors(1), None)
            before = shelf.version()
        with shelf.window(1.0):
            assert shelf.version() == before
            shelf.commit(Change(drop=[lesson("claim:a").id], ledger=shelf.ledger()), _vectors(0), None)
            assert shelf.version() != before

    def test_the_nearest_come_first(self, shelf: Shelf) -> None:
        """By cosine."""
        kept, vectors = [lesson(f"claim:{number}") for number in range(40)], _vectors(40)
        with shelf.window(1.0):
            shelf.commit(Change(put=kept, ledger=shelf.ledger()), vectors, None)
            for number in (0, 17, 39):
                assert shelf.nearest(vectors[number], "claim", 3)[0].lesson == kept[number]
            assert shelf.nearest(vectors[0], "recipe", 3) == []

    def test_orders_wait_until_their_change_is_made(self, shelf: Shelf) -> None:
        """Oldest first."""
        shelf.submit("first")
        shelf.submit("second")
        with shelf.window(1.0):
            (name, order), later = shelf.orders()
            assert (order, later[1]) == ("first", "second")
            shelf.commit(Change(ledger=shelf.ledger()), _vectors(0), name)
            assert shelf.orders() == [later]


class MemoryConformance:
    """What every memory keeps to."""

    def make(self, folder: Path) -> Memory:  # noqa: ARG002
        """An empty, writable memory."""
        raise TypeError("say how the memory is made: def make(self, folder: Path) -> Memory")

    @pytest.fixture
    def memory(self, tmp_path: Path) -> Memory:
        """A new memory."""
        return self.make(tmp_path / "memory")

    def test_remembers(self, memory: Memory) -> None:
        """What it was told, by id, by the start of an id, by text."""
        (id_,) = memory.remember([lesson("claim:a")], private=())
        assert [found.subject for found in memory.get([id_[:8]])] == ["claim:a"]
        assert memory.search("columns for a kernel")[0][0].id == id_
        assert memory.stats().lessons == 1

    def test_told_twice_is_told_once(self, memory: Memory) -> None:
        """One lesson, no more evidence."""
        told = lesson("claim:a").credited("d1", 1.0, 0)
        for _ in range(2):
            memory.remember([told], private=())
        assert [(found.subject, found.evidence) for found in memory.lessons()] == [("claim:a", 1)]

    def test_recalls_the_same_for_the_same_seed(self, memory: Memory) -> None:
        """Draws are seeded."""
        memory.remember([lesson(f"claim:{number}", value=Value()) for number in range(9)], private=())

        def order(seed: int) -> list[str]:
            return [found.lesson.subject for found in memory.recall(features(), seed=seed, limit=9)]

        assert order(1) == order(1)
        assert len({tuple(order(seed)) for seed in range(5)}) > 1

    def test_the_valuable_come_first(self, memory: Memory) -> None:
        """And what is worth less than nothing last."""
        memory.remember([lesson("claim:bad", worth=-2), lesson("claim:fair", worth=0), lesson("claim:good", worth=2)], private=())
        assert [found.lesson.subject for found in memory.recall(features())] == ["claim:good", "claim:fair", "claim:bad"]
        assert len(memory.recall(features(), limit=1)) == 1

    def test_inner_overrides_outer(self, memory: Memory) -> None:
        """One lesson a subject, from the innermost scope that has it; other competitions' lessons are not seen."""
        here, elsewhere = features("here"), features("elsewhere")
        for scope in (EVERYTHING, Scope(here.family), here.scope, elsewhere.scope):
            memory.remember([lesson("claim:a", scope)], private=())
        assert [found.lesson.scope for found in memory.recall(here)] == [here.scope]
        assert [found.lesson.scope for found in memory.recall(features("third"))] == [Scope(here.family)]
        assert [found.lesson.scope for found in memory.recall(features("fourth", metric="roc_auc"))] == [EVERYTHING]

    def test_credit_moves_the_value_once_a_run(self, memory: Memory) -> None:
        """The second call for a run changes nothing."""
        (id_,) = memory.remember([lesson("claim:a", value=Value())], private=())
        for _ in range(2):
            memory.credit("run-1", [Credit(id_, 2.0)], competition="d1")
        (found,) = memory.get([id_])
        assert (found.value.count, found.uses) == (1, 1)
        assert 0 < found.value.mean < 2

    def test_what_misleads_sinks_and_is_forgotten(self, memory: Memory) -> None:
        """After several competitions, not after one."""
        (id_,) = memory.remember([lesson("claim:poison", value=Value(prior=1.0))], private=())
        memory.credit("run-0", [Credit(id_, -2.0)], competition="d0")
        assert memory.get([id_])[0].value.mean < 0
        for run in range(1, 8):
            memory.credit(f"run-{run}", [Credit(id_, -2.0)], competition=f"d{run}")
        assert memory.get([id_]) == []

    def test_what_held_up_moves_outwards(self, memory: Memory) -> None:
        """From the run to the competition and its family, with its evidence; the run's own copy goes."""
        here = features("here")
        memory.remember([lesson("claim:a", here.run("r1"), value=Value().add("here", 2.0))], private=())
        memory.consolidate("r1", here)
        assert {(found.scope, found.evidence) for found in memory.lessons()} == {
            (here.scope, 1),
            (Scope(here.family), 1),
            (Scope(here.family[:2]), 1),
        }
        assert memory.recall(features("sibling"))[0].lesson.subject == "claim:a"

    def test_leaves_a_competition_out(self, memory: Memory) -> None:
        """As if nothing had been learned from it."""
        here = features("here")
        memory.remember([lesson("claim:a", here.run("r1"), value=Value().add("here", 2.0))], private=())
        memory.consolidate("r1", here)
        assert memory.recall(here) != []
        assert memory.recall(here, leave_out=True) == []

    def test_withholds_at_random_and_says_so(self, memory: Memory) -> None:
        """Those withheld come on top of the limit."""
        memory.remember([lesson(f"claim:{number}") for number in range(40)], private=())
        found = memory.recall(features(), limit=20, withhold=0.3, seed=3)
        assert sum(not recalled.withheld for recalled in found) == 20
        assert 1 <= sum(recalled.withheld for recalled in found) <= 15

    def test_forgets(self, memory: Memory) -> None:
        """For good."""
        ids = memory.remember([lesson("claim:a"), lesson("claim:b")], private=())
        memory.forget(ids[:1])
        assert [found.id for found in memory.lessons()] == ids[1:]

    def test_names_of_a_competition_do_not_leave_it(self, memory: Memory) -> None:
        """They stay in its own lessons and are gone from what moves outwards."""
        here = features("here")
        said = lesson("claim:a", here.run("r1"), text="Bin CabinDeck before encoding", value=Value().add("here", 2.0))
        memory.remember([said], private=["CabinDeck"])
        memory.consolidate("r1", here)
        texts = {found.scope.level: found.text for found in memory.lessons()}
        assert texts == {"competition": "Bin CabinDeck before encoding", "family": "Bin a column before encoding"}


def _vectors(count: int) -> Vectors:
    return np.random.default_rng(7).normal(size=(count, DIMENSION)).astype(np.float32)
