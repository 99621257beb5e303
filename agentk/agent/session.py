"""A session: one process at work on one run, from a request or from a run's folder."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue, ValidationError

from agentk import __version__
from agentk.agent import machine
from agentk.agent.models import check_models, open_proposing
from agentk.agent.request import Request
from agentk.competitions.draft import Overrides
from agentk.competitions.sources.existing import existing
from agentk.errors import RunError, SettingError
from agentk.graph.clock import Clock
from agentk.graph.folder import RunFolder, damaged, replace, room_needed
from agentk.graph.journal import Journal, read, real
from agentk.graph.ledger import Ledger
from agentk.graph.workbench import Setting, Workbench

if TYPE_CHECKING:
    from agentk.reasoning.recipes.recipe import Recipe
    from agentk.sandbox.protocol import Sandbox

MOST_SLOTS = 8
FINISHING = 0.03
"""Share of the budget that is kept for the last blend and for writing what the person takes away."""


def begin(request: Request) -> RunFolder:
    """Checks the request and makes the run's folder. Raises UserError before anything is written where that is possible."""
    if request.budget is not None and request.budget < 5:
        raise SettingError(f"--budget {request.budget:g}s is too short for one fit of one model: give at least 5s, better 60s")
    check_models(request)
    given: dict[str, Path] = {}
    for name in ("solution", "folds", "extra"):
        path: Path | None = getattr(request, name)
        if path is not None and not path.is_file():
            raise SettingError(f"--{name} {path}: there is no such file")
        if path is not None:
            given[name] = path.absolute()  # a run may be resumed from anywhere
    if not request.competition.startswith("builtin:"):
        given["competition"] = existing(request.competition).absolute()
    _memory_can_be_kept(request.memory)
    overrides = _own_metric(request.overrides)
    _recipes(request)  # refused now rather than later
    program = None if request.solution is None else _program(request.solution)
    slug = Path(request.competition.rpartition(":")[2]).stem.replace(" ", "-").lower() or "run"
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    path = _free(request.out, f"{slug}-{stamp}")
    facts: dict[str, Any] = {
        "agentk": __version__,
        "request": request.model_dump(mode="json")
        | {name: str(place) for name, place in given.items()}
        | {"recipes": [str(path.absolute()) for path in request.recipes], "overrides": overrides.model_dump(mode="json")},
        "reasoner": request.models.thinker or "playbook",
        "versions": machine.versions(),
        "started": datetime.now().astimezone().isoformat(timespec="seconds"),
    }
    folder = RunFolder.create(path, facts)
    if program is not None:
        replace(folder.given, program)
    return folder


def _memory_can_be_kept(setting: str) -> None:
    """Makes the folder that the memory is to lie in. Raises SettingError where that cannot be."""
    from agentk.memory.store import place_of

    folder = place_of(setting)
    if folder is None or setting == "read" or setting.startswith("read:"):
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(f"--memory {setting}: {folder} cannot be a folder: {error.strerror}. Name another, or off") from error


def _free(out: Path, name: str) -> Path:
    """A new folder of this name under `out`, with a number behind it where runs begin in the same second."""
    number = 1
    while True:
        path = out / (name if number == 1 else f"{name}-{number}")
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            number += 1
        except OSError as error:
            raise RunError(f"{path}: no folder can be made here: {error.strerror}; choose another --out") from error
        else:
            return path


def _own_metric(overrides: Overrides) -> Overrides:
    """With the file of the person's own metric, where there is one, named so that it is found from anywhere."""
    if overrides.metric is None:
        return overrides
    from agentk.competitions.metrics.reference import absolute, is_reference, read_reference

    if not is_reference(overrides.metric):
        return overrides
    read_reference(overrides.metric)
    return overrides.model_copy(update={"metric": absolute(overrides.metric, Path.cwd())})


def _program(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"--solution {path} is no Python program that can be read: {error}") from None


def find(run: str, out: Path) -> RunFolder:
    """The run that a person means: a folder, a name under `out`, or "last"."""
    if run == "last":
        runs = all_runs(out)
        if not runs:
            raise RunError(f"there are no runs in {out}; `agentk run` makes one, --out names another folder")
        return RunFolder.open(runs[-1].path)
    for path in (Path(run), out / run):
        if (path / "run.json").exists():
            return RunFolder.open(path)
    import difflib

    near = difflib.get_close_matches(run, ["last", *(folder.path.name for folder in all_runs(out))], n=3, cutoff=0.4)
    hint = f"; did you mean {' or '.join(near)}?" if near else "; `agentk list` shows the runs there are"
    raise RunError(f"there is no run {run!r} in {out}{hint}")


def all_runs(out: Path) -> list[RunFolder]:
    """The runs under `out`, oldest first."""
    files = sorted(out.glob("*/run.json"), key=lambda file: file.stat().st_ctime)
    return [RunFolder(file.parent) for file in files]


def request_of(folder: RunFolder) -> Request:
    """What the run was asked for."""
    try:
        return Request.model_validate(folder.facts().get("request"))
    except ValidationError as error:
        first = error.errors()[0]
        raise damaged(folder.facts_file, f"{'.'.join(map(str, ('request', *first['loc'])))}: {first['msg']}") from None


@contextmanager
def session(folder: RunFolder, request: Request, *, looking: bool = False) -> Iterator[Workbench]:
    """The run, open: its lock held, its sandbox warm, its journal listened to; all of it closed at the end.

    looking: the run is not gone on with, so that its journal gets no line of a new session.
    """
    since = time.monotonic()
    folder.lock()
    folder.tidy()
    sandbox = _sandbox(folder, request)  # first: its imports run while this process reads and imports
    try:
        bench = _workbench(folder, request, sandbox, since, looking=looking)
        try:
            yield bench
        finally:
            if bench.proposing is not None:
                bench.proposing.close()
                bench.record_calls()
            bench.memory.close()
            bench.journal.close()
    finally:
        sandbox.close()
        folder.unlock()


def _sandbox(folder: RunFolder, request: Request) -> Sandbox:
    from agentk.sandbox.open import open_sandbox

    slots = request.workers or min(machine.cores(), MOST_SLOTS)
    scratch = folder.work / "sandbox"
    return open_sandbox(slots, max(1, machine.cores() // slots), machine.WARM, scratch, strict=request.sandbox == "strict")


def _workbench(folder: RunFolder, request: Request, sandbox: Sandbox, since: float, *, looking: bool) -> Workbench:
    from agentk.agent.arena import CompetitionArena
    from agentk.agent.ending.delivery import deliver
    from agentk.competitions.setup import begun
    from agentk.memory.store import open_memory
    from agentk.reasoning.playbook import Playbook
    from agentk.types.solution import Solution

    lines = list(read(folder.journal))
    used = real(lines[-1]["active_s"]) if lines else 0.0
    reserve = 0.0 if request.budget is None else min(20.0, max(1.0, FINISHING * request.budget))
    clock = Clock(request.budget, used, reserve, since)
    journal = Journal(folder.journal, clock.active)
    ledger = Ledger.of(lines, "maximize")
    journal.listen(ledger.apply)

    person = None
    if request.solution is not None:
        person = Solution(folder.given.read_text(encoding="utf-8"), request.solution.stem)
    bench = Workbench(
        folder=folder,
        journal=journal,
        clock=clock,
        ledger=ledger,
        setting=Setting(request.seed, sandbox.slots, sandbox.cores, request.attempts, machine.libraries(), person),
        reasoner=Playbook(_recipes(request)),
        memory=open_memory(request.memory),
        first_draft=lambda: begun(request.competition, request.overrides, folder.path),
        open_arena=lambda competition: CompetitionArena(competition, folder, request, sandbox),
        deliver=deliver,
    )
    if looking:
        return bench
    bench.proposing = open_proposing(bench, request)
    if lines:
        folder.write_facts(folder.facts() | {"request": request.model_dump(mode="json")})
        journal.write("resumed", request=request.model_dump(mode="json"))
    else:
        journal.write("run_started", request=request.model_dump(mode="json"), versions=dict(machine.versions()))
    for hint in request.hints:
        if hint not in ledger.hints:
            journal.write("edited", hint=hint)
    guarantees: dict[str, JsonValue] = {guarantee.value: means for guarantee, means in sandbox.guarantees.items()}
    journal.write(
        "budget", seconds=request.budget, attempts=request.attempts, slots=sandbox.slots, cores=sandbox.cores, sandbox=guarantees
    )
    return bench


def _recipes(request: Request) -> tuple[Recipe, ...]:
    from agentk.reasoning.recipes.own import from_file, installed

    return (*(from_file(path) for path in request.recipes), *installed())


def work(bench: Workbench) -> None:
    """Runs the graph to the end of the budget; Ctrl-C ends it as the budget does, with the best valid submission in place."""
    from agentk.graph.build import walk
    from agentk.graph.nodes.execute import recover

    with _interruptible(bench), room_needed(bench.folder.path):
        if bench.folder.contract.exists():
            recover(bench)
        elif not bench.ledger.stages:
            bench.notice("setup", "read")
            bench.first_draft()  # it is made once; what is wrong with the files is told before langgraph is imported
        walk(bench)


@contextmanager
def _interruptible(bench: Workbench) -> Iterator[None]:
    """The first Ctrl-C or SIGTERM asks the run to end; a second one, or one before there is a submission, ends it at once."""

    asked = False

    def ask(_signum: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked or not bench.folder.submission.exists():
            raise KeyboardInterrupt
        asked = True
        bench.stop("interrupted")

    previous: dict[signal.Signals, Any] = {}
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(ValueError):  # not in the main thread: there the person interrupts the kernel, not us
            previous[number] = signal.signal(number, ask)
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
