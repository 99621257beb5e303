"""How commands present themselves: in groups by what a person wants, options by what they take, and refused values with that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from typer import BadParameter
from typer.core import TyperGroup, TyperOption

from agentk.cli.arguments import unfit

GROUPS = {
    "Begin": ("run", "step", "resume", "doctor"),
    "Look": ("list", "show", "report", "watch", "compare", "explain"),
    "Work beside it": ("tell", "add"),
    "Take away": ("export", "predict", "submit", "leaderboard"),
    "Learn, measure, keep in order": ("memory", "weights", "practice", "bench", "replay", "clean"),
}
TAKES = {str: "TEXT", Path: "PATH", int: "N", float: "NUMBER"}


class Plain(TyperGroup):
    """Commands whose help says what an option takes in a word of a person's."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command."""
        command: Any = super().get_command(ctx, cmd_name)
        if command is not None:
            _say_what_it_takes(command.get_params(ctx))
        return command

    def get_params(self, ctx: Any) -> list[Any]:
        """Its own options."""
        return _say_what_it_takes(super().get_params(ctx))


class Commands(Plain):
    """The commands of agentk. What `GROUPS` does not know stands at the end, under "Commands"."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the command that is asked for. Raises SettingError for a value that its option does not take."""
        try:
            return super().invoke(ctx)
        except BadParameter as error:
            from pydantic import ValidationError

            if error.param is None or not isinstance(error.__cause__, ValidationError):
                raise
            raise unfit(error.param.opts[0], error.__cause__) from None

    def list_commands(self, ctx: Any) -> list[str]:
        """Names in the order of the groups."""
        known = [name for names in GROUPS.values() for name in names]
        return sorted(super().list_commands(ctx), key=lambda name: known.index(name) if name in known else len(known))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, in its group."""
        command: Any = super().get_command(ctx, cmd_name)
        if command is not None:
            command.rich_help_panel = next((group for group, names in GROUPS.items() if cmd_name in names), None)
        return command


def _say_what_it_takes(params: list[Any]) -> list[Any]:
    """Puts a word in place of Python's types: nothing for a flag, N for an int."""
    for option in params:
        if isinstance(option, TyperOption) and option.metavar is None:
            kind = option.type_descriptor.annotation
            option.metavar = "" if option.is_flag else TAKES.get(next(iter(getattr(kind, "__args__", ())), kind), "TEXT")
    return params
