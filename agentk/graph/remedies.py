"""Remedies: what memory knows of the errors of this run, found by their class and words, and which program it would mend."""

from __future__ import annotations

from collections.abc import Sequence

from agentk.graph.folder import RunFolder
from agentk.graph.journal import whole
from agentk.graph.ledger import Ledger
from agentk.memory.features import Features
from agentk.memory.privacy import error_class, error_pattern
from agentk.memory.protocol import Memory, Recalled
from agentk.reasoning.questions import Lesson
from agentk.types.attempt import Attempt
from agentk.types.change import changed, edits_in
from agentk.types.outcome import Status

ERRORS = 12
"""Different errors of one run that memory is asked about."""
KEPT = 3
"""Fixes that are brought to mind for one error."""
READ = 24
"""Fixes that these are chosen from."""

_FAULTS = (Status.FAILED, Status.CRASHED, Status.OUT_OF_MEMORY, Status.INVALID)


def fixes(memory: Memory, here: Features, reason: str, seed: int) -> list[Recalled]:
    """Lessons on what mended this very error before, then on what mended errors of its class; none on other classes."""
    pattern, kind = error_pattern(reason), error_class(reason)
    hits = memory.recall(here, pattern, kinds=("fix",), limit=READ, seed=seed)

    def strange(hit: Recalled) -> int:
        known = str(hit.lesson.payload.get("error", ""))
        if known == pattern:
            return 0
        named = error_class(known or hit.lesson.text)
        return 1 if named == kind else 2 if not (named and kind) else 3

    return sorted((hit for hit in hits if strange(hit) < 3), key=strange)[:KEPT]


class Remedies:
    """For each failed attempt the remembered change that its program takes; memory is asked once for each error."""

    def __init__(self, memory: Memory, here: Features, folder: RunFolder, ledger: Ledger, seed: int) -> None:
        self._memory, self._here, self._folder, self._ledger, self._seed = memory, here, folder, ledger, seed
        self._known: dict[str, tuple[Recalled, ...]] = {}

    def meet(self) -> list[Recalled]:
        """What is known of errors that were not met before."""
        fresh: list[Recalled] = []
        for attempt in self._failed():
            error = error_pattern(attempt.outcome.reason)
            if error not in self._known and len(self._known) < ERRORS:
                found = fixes(self._memory, self._here, attempt.outcome.reason, self._seed)
                self._known[error] = tuple(found)
                fresh += found
        return fresh

    def open(self, shown: Sequence[Lesson]) -> dict[int, str]:
        """By attempt, the lesson whose change its program takes: of programs that no model wrote, and that nobody has mended yet.

        A model reads the lesson, and decides for itself.
        """
        folder, attempts = self._folder, self._ledger.attempts
        mended = {attempt.parent for attempt in attempts.values() if attempt.kind == "debug"}
        under_way = [folder.started_solution(number)[1] for number in self._ledger.under_way]
        mended |= {whole(plan["parent"]) for plan in under_way if plan["kind"] == "debug"}
        ids = {lesson.id for lesson in shown}
        found: dict[int, str] = {}
        for attempt in self._failed():
            if attempt.number in mended or attempt.origin not in ("playbook", "person"):
                continue
            source = folder.read_solution(attempt).source
            for hit in self._known.get(error_pattern(attempt.outcome.reason), ()):
                if hit.lesson.id in ids and changed(source, edits_in(hit.lesson.payload)) is not None:
                    found[attempt.number] = hit.lesson.id
                    break
        return found

    def _failed(self) -> list[Attempt]:
        attempts = self._ledger.attempts.values()
        return [one for one in attempts if one.outcome.status in _FAULTS and one.outcome.reason and one.kind != "blend"]
