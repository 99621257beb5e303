"""`agentk step`: a run one node at a time from a terminal: look, change an answer, go on, go back."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agentk.agent.request import Request
from agentk.agent.session import begin, find, request_of
from agentk.agent.stepping import Paused, Stepper
from agentk.cli.kaggle import fetched
from agentk.cli.screen.cards import step_card
from agentk.errors import RunError, SettingError, UserError
from agentk.reasoning.questions import Plan

if TYPE_CHECKING:
    from agentk.agent.steps import Step
    from agentk.graph.folder import RunFolder

KEYS = "Enter: next step  e: edit the answer  b N: back to step N  r: run on  w: whole program  q: quit"


def step_run(target: str, request: Request, until: str | None) -> int:
    """Steps a run, or a new run of a competition; interactive on a terminal. Returns the exit code."""
    stepper = Stepper(*_run_of(target, request))
    if over := stepper.ledger.ended:
        raise RunError(
            f"{stepper.folder.path.name} has ended ({over}); for more: agentk resume {target} --budget +10m, or --attempts N"
        )
    try:
        if sys.stdin.isatty() and until is None:
            _converse(stepper)
        else:
            told = stepper.step() if until is None else list(stepper.until(until))[-1]
            _show(told)
    except Paused as pause:
        print(f"{pause}; `agentk step {stepper.folder.path.name}` goes on", file=sys.stderr)
        return 130
    finally:
        stepper.close()
    return 0


def _run_of(target: str, request: Request) -> tuple[RunFolder, Request]:
    try:
        folder = find(target, request.out)
    except RunError as error:
        if not target.startswith(("builtin:", "http")) and not Path(target).exists():
            raise RunError(f"{error}; nor is it a competition: a folder, a CSV file, or builtin:NAME") from None
        folder = begin(fetched(request, None))
        folder.unlock()
        print(f"a new run: {folder.path}", file=sys.stderr)
    return folder, request_of(folder)


def _converse(stepper: Stepper) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console()
    console.print(Text(KEYS, style="dim"))
    while stepper.next is not None:
        key = console.input(Text(f"next: {stepper.next} ▸ ", style="bold cyan")).strip()
        try:
            if key == "q":
                return
            _obey(stepper, key)
        except UserError as error:
            console.print(Text(f"{error}", style="red"))
        except Paused as pause:
            console.print(Text(f"{pause}", style="yellow"))
    console.print(Text(f"the run has ended: {stepper.folder.path}", style="green"))


def _obey(stepper: Stepper, key: str) -> None:
    if key == "":
        _show(stepper.step())
    elif key == "r":
        for step in stepper.until(None):
            print(f"{step.number:>4} {step.node:<8} {step.headline}", flush=True)
    elif key == "e":
        _edit(stepper)
    elif key == "w" and stepper.steps:
        _show(stepper.steps[-1], whole=True)
    elif key.startswith("b"):
        steps = {f"{step.number}": step for step in stepper.steps}
        wanted = key[1:].strip()
        if wanted not in steps:
            raise SettingError(f"there is no step {wanted!r} to go back to: b 7 goes back to the end of step 7 of {len(steps)}")
        stepper.rewind(steps[wanted])
    else:
        raise SettingError(f"{key!r} is no key here. {KEYS}")


def _edit(stepper: Stepper) -> None:
    """Opens the last answer in the person's editor: a plan as JSON, a program as Python."""
    import click

    last = stepper.steps[-1] if stepper.steps else None
    if last is None or last.node not in ("plan", "code"):
        raise SettingError("there is no answer to edit here: after a step of plan or code there is")
    if last.node == "code":
        program = next((section.text for section in last.sections if section.kind == "code"), "")
        changed = click.edit(program, extension=".py")
        if changed is not None and changed != program:
            stepper.edit(code=changed)
        return
    plan = json.dumps(last.state["plan"], indent=1, ensure_ascii=False)
    changed = click.edit(plan, extension=".json")
    if changed is None or changed == plan:
        return
    try:
        stepper.edit(plan=Plan.model_validate_json(changed))
    except ValueError as error:
        raise SettingError(f"this is no plan: {error}") from None


def _show(step: Step, *, whole: bool = False) -> None:
    from rich.console import Console

    Console().print(step_card(step, whole=whole))
