"""Varying: a run told once more with something changed; what was executed before is judged again, not executed again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from agentk.agent.models import with_defaults
from agentk.agent.request import Models, Request
from agentk.agent.session import request_of
from agentk.errors import SettingError
from agentk.graph.branches import ended_attempts
from agentk.graph.folder import RunFolder
from agentk.graph.journal import read
from agentk.graph.workbench import Workbench
from agentk.settings import load_settings, seconds, wanted
from agentk.types.attempt import Attempt
from agentk.types.competition import Competition, Frozen
from agentk.types.outcome import Status

if TYPE_CHECKING:
    from agentk.agent.arena import CompetitionArena
    from agentk.referee.layout import Layout

CHANGES = ("model", "share", "memory", "folds", "validation", "seed", "attempts", "budget", "hint")
ALONE = "playbook"
"""Instead of a model: nobody is asked."""


class Step(Frozen):
    """One attempt of both histories, by number; None where one of them has no such attempt."""

    number: int
    then: str | None  # kind and name
    score_then: float | None = None
    now: str | None
    score_now: float | None = None
    same: bool  # the same program with the same parameters, from the same parents
    reused: bool = False  # not executed again


class Varied(Frozen):
    """Two histories side by side."""

    run: str
    again: str
    steps: tuple[Step, ...]

    @property
    def parting(self) -> int | None:
        """The first attempt that is not the same in both."""
        return next((step.number for step in self.steps if not step.same), None)


def varied(folder: RunFolder, changes: Sequence[str], out: Path) -> Request:
    """What the run was asked for, with `NAME=VALUE` changed, in another folder below `out`.

    Its model answers from the recording, unless another one is named. Raises SettingError for a change that cannot be.
    """
    before = request_of(folder)
    said: dict[str, str] = {}
    for change in changes:
        name, equals, value = change.partition("=")
        if not equals or name not in CHANGES:
            raise SettingError(f"--with {change!r}: it is NAME=VALUE, and what can be changed is {', '.join(CHANGES)}")
        said[name] = value
    if not said:
        raise SettingError(f"--with changes nothing: name what to change, of {', '.join(CHANGES)}")
    models = before.models
    if "model" in said:
        other = None if said["model"] == ALONE else said["model"]
        models = models.model_copy(update={"name": other, "code": None, "think": None})
    elif models.asked:
        models = models.model_copy(update={"name": f"replay:{folder.path.absolute()}", "code": None, "think": None})
    found = before.model_dump() | {"out": out}
    found |= {name: said[name] for name in ("memory", "seed", "attempts") if name in said}
    if "folds" in said:
        found["folds"] = Path(said["folds"]).absolute()
    if "validation" in said:
        scheme, _, column = said["validation"].partition(":")
        found["folds"] = None
        found["overrides"] |= {"validation": scheme, "column": column or None}
    if "budget" in said:
        found["budget"] = seconds(said["budget"])
    if "hint" in said:
        found["hints"] = (*before.hints, said["hint"])
    try:
        found["models"] = Models.model_validate(models.model_dump() | ({"share": said["share"]} if "share" in said else {}))
        if found["models"].asked and "model" in said:
            found["models"] = with_defaults(found["models"], load_settings())
        return Request.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingError(f"--with {first['loc'][-1]}={first['input']}: {wanted(first)}") from None


def recall(bench: Workbench, folder: RunFolder) -> None:
    """From when its arena is opened, `bench` does not execute what `folder` has executed on the same rows and folds."""
    import numpy as np

    from agentk.referee.evaluation import load

    opened: Callable[[Competition], CompetitionArena] = bench.open_arena  # type: ignore[assignment]  # the agent's own

    def recalling(competition: Competition) -> CompetitionArena:
        arena = opened(competition)
        if not _same_rows(arena.competition, arena.layout, folder):
            return arena
        for attempt in ended_attempts(read(folder.journal)):
            if attempt.outcome.status is Status.SCORED and attempt.kind != "blend":
                kept = load(folder.attempt(attempt.number))
                assert kept.oof is not None, "a scored attempt has predictions"
                judged = arena.referee.evaluate("", kept.oof, kept.test)
                if np.allclose(judged.fold_scores, kept.fold_scores, rtol=1e-9):  # else the labels are others by now
                    again = partial(load, folder.attempt(attempt.number))
                    arena.referee.recall(folder.read_solution(attempt), dict(attempt.params), again)
        return arena

    bench.open_arena = recalling


def _same_rows(competition: Competition, layout: Layout, then: RunFolder) -> bool:
    """Whether the recorded run had the same rows, columns and folds: wording apart."""
    from agentk.agent.arena import LAYOUT
    from agentk.referee.layout import Layout

    before = then.read_contract()
    if before is None or not (then.path / LAYOUT).exists():
        return False
    facts = {"task", "targets", "classes", "metric", "rows", "test_rows"}
    old = Layout.from_json((then.path / LAYOUT).read_text())
    return (
        before.model_dump(include=facts) == competition.model_dump(include=facts)
        and [column.name for column in before.columns] == [column.name for column in competition.columns]
        and old.forward == layout.forward
        and len(old.assignment) == len(layout.assignment)
        and bool((old.assignment == layout.assignment).all())
    )


def side_by_side(folder: RunFolder, again: RunFolder, reused: set[str]) -> Varied:
    """Both histories, attempt by attempt. `reused`: the keys of evaluations that needed no execution."""
    from agentk.graph.nodes.execute import key_of

    then, now = ({attempt.number: attempt for attempt in ended_attempts(read(one.journal))} for one in (folder, again))
    steps = []
    for number in sorted(then.keys() | now.keys()):
        old, new = then.get(number), now.get(number)
        steps.append(
            Step(
                number=number,
                then=None if old is None else f"{old.kind} {old.name}",
                score_then=None if old is None else old.score,
                now=None if new is None else f"{new.kind} {new.name}",
                score_now=None if new is None else new.score,
                same=old is not None and new is not None and _what(folder, old) == _what(again, new),
                reused=key_of(number) in reused,
            )
        )
    return Varied(run=str(folder.path), again=str(again.path), steps=tuple(steps))


def _what(folder: RunFolder, attempt: Attempt) -> tuple[object, ...]:
    """What an attempt is, whatever came of it; a blend is what it averages."""
    source = "" if attempt.kind == "blend" else folder.read_solution(attempt).source
    return attempt.kind, attempt.parent, attempt.parents, attempt.params, tuple(sorted(attempt.weights)), source
