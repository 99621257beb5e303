"""Practice: works through competitions to fill the memory, choosing the next one by what would teach most.

The choice is that of Agent K's first paper, as a score of our own: competitions that resemble past successes come before those
that resemble past failures, and of these the ones whose outcome memory is least sure of.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from agentk.agent.request import Request
from agentk.errors import SettingError, StoreError, UserError
from agentk.graph.folder import replace
from agentk.memory.features import Features, features_of, likeness
from agentk.memory.protocol import Memory
from agentk.types.competition import Frozen
from agentk.types.metric import sign_of

if TYPE_CHECKING:
    from agentk.graph.workbench import Workbench

Line = TypeVar("Line", "Candidate", "Done")

BUILTINS = "builtin:"
HISTORY = "practice.jsonl"
SHARP = 6.0
"""Power of likeness: what is half alike says next to nothing."""
NOVELTY = 0.5
"""Weight of what memory does not know beside whether the like of it went well."""


class Candidate(Frozen):
    """A competition that may be practiced on."""

    name: str
    source: str  # what `agentk run` is given
    features: Features


class Done(Frozen):
    """One practice run."""

    name: str
    run: str
    features: Features
    success: float  # -1..1: what the best of the run gained on its first model, or -1 where nothing was scored
    reason: str = ""


@dataclass(frozen=True)
class Choice:
    """Which competition is next, and why."""

    candidate: Candidate
    score: float
    why: str


def sources(place: str) -> list[tuple[str, str]]:
    """(name, what a run is given): the folders and tables in a folder, or all built-ins. Raises SettingError for neither."""
    if place == BUILTINS:
        from agentk.competitions.sources.builtin import names

        return [(name, BUILTINS + name) for name in names()]
    folder = Path(place)
    if not folder.is_dir():
        raise SettingError(f"{place} is no folder of competitions; give one, or {BUILTINS} for the built-in ones")
    found = [(path.stem, str(path)) for path in sorted(folder.iterdir()) if path.is_dir() or path.suffix == ".csv"]
    if not found:
        raise SettingError(f"{place} holds no competition: no folder and no CSV file")
    return found


def looked_at(sources: Sequence[tuple[str, str]], folder: Path) -> tuple[list[Candidate], dict[str, str]]:
    """What can be set up, with its features, and why the rest cannot; kept in `folder`, so that a second look is free."""
    from agentk.competitions.draft import Overrides
    from agentk.competitions.setup import set_up

    file = folder / "candidates.jsonl"
    known = {entry.name: entry for entry in _lines(file, Candidate)}
    failed = {}
    for name, source in sources:
        if name in known:
            continue
        try:
            competition = set_up(source, Overrides(), folder / "looks" / name)
            known[name] = Candidate(name=name, source=source, features=features_of(competition))
        except UserError as error:
            failed[name] = str(error)
    replace(file, "".join(entry.model_dump_json() + "\n" for entry in known.values()))
    return [known[name] for name, _ in sources if name in known], failed


def history(folder: Path) -> list[Done]:
    """The practice runs so far."""
    return _lines(folder / HISTORY, Done)


def choices(candidates: Sequence[Candidate], done: Sequence[Done], memory: Memory) -> list[Choice]:
    """Candidates by what they would teach, the best first; those practiced already come after all others."""
    practiced = {one.name for one in done}
    ranked = [_choice(candidate, done, memory) for candidate in candidates]
    return sorted(ranked, key=lambda choice: (choice.candidate.name in practiced, -choice.score))


def _choice(candidate: Candidate, done: Sequence[Done], memory: Memory) -> Choice:
    here = candidate.features
    alike = [(likeness(here, one.features) ** SHARP, one) for one in done if one.name != candidate.name]
    total = sum(weight for weight, _ in alike)
    promise = sum(weight * one.success for weight, one in alike) / (1.0 + total)
    found = memory.recall(here, kinds=["recipe"], limit=20)
    unsure = sum(hit.lesson.value.spread for hit in found) / len(found) if found else 1.0
    news = unsure / (1.0 + total)
    nearest = max(alike, key=lambda pair: pair[0], default=None)
    like = "the first"
    if nearest is not None:
        like = f"{nearest[0] ** (1 / SHARP):.0%} like {nearest[1].name}, which came to {nearest[1].success:+.2f}"
    why = f"{like}; promise {promise:+.2f}, uncertainty of its recipes {unsure:.2f}, news {news:.2f}"
    return Choice(candidate, promise + NOVELTY * news, why)


def practice(
    candidates: Sequence[Candidate],
    folder: Path,
    request: Request,
    *,
    until: float = math.inf,
    begins: Callable[[Choice], None],
    listen: Callable[[Workbench], None],
) -> Iterator[Done]:
    """Runs one choice after another, each competition at most once a call, none begun after `until` (`time.monotonic`).

    Yields each as it ends, once it is kept in `folder`: an interrupted practice goes on with what was not practiced yet. A run
    that fails for a reason of the competition's is a failure that the choice learns from. `begins` is told what comes next and
    why, `listen` is shown each run's workbench.
    """
    from agentk.memory.store import open_memory

    practiced = {one.name for one in history(folder)}
    left = [one for one in candidates if one.name not in practiced] or list(candidates)
    while left and time.monotonic() < until:
        memory = open_memory(request.memory)
        try:
            choice = choices(left, history(folder), memory)[0]
        finally:
            memory.close()
        begins(choice)
        done = _run(choice.candidate, request, listen)
        replace(folder / HISTORY, "".join(one.model_dump_json() + "\n" for one in [*history(folder), done]))
        left = [one for one in left if one is not choice.candidate]
        yield done


def _run(candidate: Candidate, request: Request, listen: Callable[[Workbench], None]) -> Done:
    from agentk.agent.session import begin, request_of, session, work

    folder = begin(request.model_copy(update={"competition": candidate.source}))
    facts = {"name": candidate.name, "run": folder.path.name, "features": candidate.features}
    try:
        with session(folder, request_of(folder)) as bench:
            listen(bench)
            work(bench)
            sign = sign_of(bench.arena.metric.direction)
            scores = [sign * attempt.score for attempt in bench.ledger.scored if attempt.score is not None]
    except UserError as error:
        return Done.model_validate({**facts, "success": -1.0, "reason": str(error)[:300]})
    if len(scores) < 2:
        return Done.model_validate({**facts, "success": -1.0, "reason": "no model was scored"})
    spread = max(scores) - min(scores)
    return Done.model_validate({**facts, "success": (max(scores) - scores[1]) / spread if spread else 0.0})


def _lines(path: Path, form: type[Line]) -> list[Line]:
    if not path.exists():
        return []
    try:
        return [form.model_validate_json(line) for line in path.read_text("utf-8").splitlines()]
    except (OSError, ValidationError) as error:
        raise StoreError(f"{path} holds no practice that this agentk reads: {error}; remove the file to begin anew") from None
