"""`agentk add`, `tell` and `explain`: a person and the agent at work on one run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agentk.agent.session import find, request_of, session, work
from agentk.agent.teammate import add_predictions, add_program, came_of, receiving, tell
from agentk.errors import RunError, SettingError
from agentk.graph.journal import read
from agentk.graph.ledger import Ledger
from agentk.settings import seconds

if TYPE_CHECKING:
    from agentk.agent.insight.ablation import Idea
    from agentk.agent.insight.worth import Worth
    from agentk.graph.folder import RunFolder
    from agentk.types.attempt import Attempt


def tell_run(run: str, out: Path, idea: str) -> None:
    """Puts an idea into the run's inbox and says when it will be read."""
    folder = find(run, out)
    tell(folder, idea)
    if folder.at_work:
        print(f"told {folder.path.name}; its next plan reads it")
    else:
        print(f"kept for {folder.path.name}; it reads it when it goes on: agentk resume {folder.path} --budget +10m")


def add_to_run(run: str, out: Path, program: Path | None, oof: Path | None, test: Path | None, name: str | None) -> None:
    """Puts a model into the inbox; a run that nobody works on takes it in at once."""
    folder = find(run, out)
    if program is not None and oof is None and test is None:
        add_program(folder, program, name or program.stem)
    elif program is None and oof is not None and test is not None:
        add_predictions(folder, oof, test, name or oof.stem)
    else:
        raise SettingError("give a program (agentk add RUN solution.py), or both --oof FILE and --test-pred FILE of a model")
    if folder.at_work:
        print(f"given to {folder.path.name}; it enters with the next plan, and the blends after it")
        return
    _take_in(folder)


def _take_in(folder: RunFolder) -> None:
    from agentk.cli.screen.display import display_for

    with receiving(folder) as bench:
        before = set(bench.ledger.attempts)
        display, shown = display_for(bench, live=False)
        bench.journal.listen(display.line)
        with shown():
            work(bench)
        for told in came_of(bench, before):
            print(told)


def explain_run(run: str, out: Path, budget: str, *, ablate: bool) -> None:
    """Prints how the winner came about; with `ablate`, takes it apart."""
    folder = find(run, out)
    allowed = seconds(budget)
    if not ablate:
        _tell_story(folder)
        return
    from agentk.agent.insight.ablation import ablate as take_apart
    from agentk.agent.insight.ablation import told
    from agentk.agent.insight.taught import teach

    with session(folder, request_of(folder), looking=True) as bench:
        if bench.ledger.best is None:
            raise RunError(f"no attempt of {folder.path.name} has a score yet: there is nothing to take apart")
        winner = bench.ledger.attempts[bench.ledger.best]
        print(f"#{winner.number} {winner.name} scores {winner.score:.5f}; without …")
        known = told(bench, winner.number)
        found: list[tuple[Idea, Worth]] = []
        for idea, worth in take_apart(bench, allowed):
            member = f"#{idea.member}: " if winner.weights and idea.params is not None else ""
            print(f"  {member}{idea.without}: {_left(worth)}", flush=True)
            found.append((idea, worth))
        if not found:
            print("  nothing: it is one program with every parameter at its default")
        taught = teach(bench, [pair for pair in found if (pair[0].member, pair[0].without) not in known], len(known))
        if taught:
            print(f"memory keeps {len(taught)} lessons of it: agentk memory explain {folder.path.name}", file=sys.stderr)
    print("a gain within half its error is no difference; everything is in the journal and in the report", file=sys.stderr)


def _left(worth: Worth) -> str:
    score = "" if worth.score is None else f"{worth.score:.5f}, "
    return f"{score}{worth.told}"


def _tell_story(folder: RunFolder) -> None:
    ledger = Ledger.of(read(folder.journal), "maximize")
    if ledger.best is None:
        raise RunError(f"no attempt of {folder.path.name} has a score yet: there is nothing to explain")
    for attempt in _ancestry(ledger, ledger.best):
        score = "no score" if attempt.score is None else f"{attempt.score:.5f}"
        print(f"{attempt.title}, {score}: {attempt.idea}")
        if attempt.verdict:
            print(f"    {attempt.verdict}")


def _ancestry(ledger: Ledger, number: int) -> list[Attempt]:
    """The attempts that an attempt rests on, oldest first: parents, and the members of a blend; itself last."""
    found: dict[int, Attempt] = {}
    ask = [number]
    while ask:
        attempt = ledger.attempts[ask.pop()]
        if attempt.number not in found:
            found[attempt.number] = attempt
            ask += [*attempt.weights, *([] if attempt.parent is None else [attempt.parent])]
    return [found[one] for one in sorted(found)]
