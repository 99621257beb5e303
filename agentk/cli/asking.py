"""Asking the person about the contract: yes, a correction in the words of the flags, or no."""

from __future__ import annotations

import shlex
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from agentk.agent.request import Request
from agentk.cli.arguments import checked
from agentk.competitions.draft import Overrides
from agentk.errors import CompetitionError, SettingError, UserError

_LISTS = ("target", "id")


def agreed(request: Request, listen: Callable[[str], str] = input) -> Request:
    """The request with the corrections that the person made, once the contract was shown and answered with yes.

    Raises SettingError when the person says no, CompetitionError when nobody answers.
    """
    from rich.console import Console

    from agentk.cli.screen.contract import contract_panel
    from agentk.competitions.setup import set_up

    while True:
        try:
            with tempfile.TemporaryDirectory(prefix="agentk-setup-") as place:
                competition = set_up(request.competition, request.overrides, Path(place))
        except UserError as error:
            request = _mended(request, error, listen)
            continue
        Console(stderr=True).print(contract_panel(competition))
        answer = _heard("right? yes, no, or a correction such as --metric auc --validation grouped --column user", listen)
        if answer.lower() in ("y", "yes"):
            return request
        if answer.lower() in ("", "n", "no"):
            raise SettingError(
                "nothing was begun: the contract was not agreed to. Flags or competition.toml can say what is right"
            )
        request = _with(request, answer)


def attentive(request: Request) -> Request:
    """The request with leaks asked about, where a person sits at a terminal and has said nothing of them."""
    from agentk.competitions.said import said_in

    if not _at_a_terminal() or request.overrides.leaks or said_in(request.competition).leaks:
        return request
    return request.model_copy(update={"overrides": request.overrides.model_copy(update={"leaks": "ask"})})


def mended(request: Request, error: CompetitionError, listen: Callable[[str], str] = input) -> Request:
    """The request with what the person answers to the question that setup could not go on without.

    Raises `error` itself where there is no terminal, or the person has no answer.
    """
    if not _at_a_terminal():
        raise error
    return _mended(request, error, listen)


def _at_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _mended(request: Request, error: UserError, listen: Callable[[str], str]) -> Request:
    from agentk.competitions.validation.leaks import LeakError

    print(f"setup asks: {error}", file=sys.stderr)
    if isinstance(error, LeakError):
        answer = _heard("drop, use, or nothing to go on with a doubt", listen).removeprefix("--leaks").strip()
        return _with(request, f"--leaks {answer or 'report'}")
    answer = _heard("a flag and its value, such as --target COLUMN; nothing to give up", listen)
    if not answer:
        raise error
    return _with(request, answer)


def _with(request: Request, answer: str) -> Request:
    try:
        return request.model_copy(update={"overrides": corrected(request.overrides, answer)})
    except SettingError as error:
        print(error, file=sys.stderr)
        return request


def corrected(known: Overrides, words: str) -> Overrides:
    """What is known with a correction such as `--metric auc --target price`. Raises SettingError saying what can be corrected."""
    said: dict[str, object] = {}
    try:
        parts = shlex.split(words)
    except ValueError as error:
        raise SettingError(f"{words!r} cannot be read: {error}") from None
    if len(parts) % 2 or not parts:
        raise SettingError(f"{words!r}: a correction is a flag and its value, such as --metric auc")
    for flag, value in zip(parts[::2], parts[1::2], strict=True):
        name = flag.removeprefix("--")
        if not flag.startswith("--") or name not in Overrides.model_fields:
            flags = ", ".join(f"--{field}" for field in Overrides.model_fields)
            raise SettingError(f"{flag}: there is nothing of that name to correct. There are {flags}")
        earlier = said.get(name, ())
        said[name] = (*earlier, value) if name in _LISTS and isinstance(earlier, tuple) else value
    return checked(Overrides, **(known.model_dump() | said))


def _heard(question: str, listen: Callable[[str], str]) -> str:
    try:
        return listen(f"{question}: ").strip()
    except EOFError:
        raise CompetitionError(f"nobody answered the question ({question}): --ask needs a terminal, or lines on stdin") from None
