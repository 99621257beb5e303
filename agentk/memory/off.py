"""No memory: recalls nothing, keeps nothing."""

# ruff: noqa: ARG002  (a memory that is off needs none of what it is told)

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agentk.memory.features import Features
from agentk.memory.lesson import Kind, Lesson
from agentk.memory.protocol import Credit, Recalled, Stats
from agentk.memory.scope import Scope


class Off:
    """Memory switched off."""

    frozen = True

    def recall(
        self,
        features: Features,
        text: str = "",
        *,
        scope: Scope | None = None,
        kinds: Sequence[Kind] | None = None,
        limit: int = 8,
        seed: int = 0,
        withhold: float = 0.0,
        leave_out: bool = False,
    ) -> list[Recalled]:
        """Nothing."""
        return []

    def remember(self, lessons: Iterable[Lesson], *, private: Iterable[str]) -> list[str]:
        """Keeps none."""
        return [lesson.id for lesson in lessons]

    def credit(self, run: str, credits: Iterable[Credit], *, competition: str) -> None:
        """Does nothing."""

    def consolidate(self, run: str, features: Features) -> None:
        """Does nothing."""

    def forget(self, ids: Iterable[str]) -> None:
        """Does nothing."""

    def get(self, ids: Iterable[str]) -> list[Lesson]:
        """None."""
        return []

    def lessons(self, *, scope: Scope | None = None, kinds: Sequence[Kind] | None = None) -> list[Lesson]:
        """None."""
        return []

    def search(self, text: str, *, kinds: Sequence[Kind] | None = None, limit: int = 10) -> list[tuple[Lesson, float]]:
        """Nothing."""
        return []

    def stats(self) -> Stats:
        """An empty memory."""
        return Stats(place="off", frozen=True, lessons=0, by_kind={}, by_level={}, runs=0, pending=0, embedder="none")

    def close(self) -> None:
        """Does nothing."""
