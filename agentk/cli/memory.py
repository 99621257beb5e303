"""`agentk memory`: what agentk has learned, and how a person looks at it and changes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentk.cli.arguments import Out, Run
from agentk.cli.helping import Plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentk.memory.lesson import Kind, Lesson
    from agentk.memory.protocol import Memory

memory = typer.Typer(cls=Plain, help="What agentk has learned: look, change, carry elsewhere.", no_args_is_help=True)

Where = Annotated[str, typer.Option("--memory", help="The store: write (the usual one), or a folder.")]
Ids = Annotated[list[str], typer.Argument(help="Ids of lessons, or how they begin.")]


@contextmanager
def _open(where: str, embedder: str | None = None) -> Iterator[Memory]:
    from agentk.memory.store import open_memory

    store = open_memory(where, embedder=embedder)
    try:
        yield store
    finally:
        store.close()


def _print(lessons: Iterable[tuple[Lesson, str]]) -> None:
    """A line of figures for each, and below it what it says."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    from agentk.memory.lesson import Conditions

    console, any_ = Console(), False
    for lesson, note in lessons:
        any_ = True
        worth = f"{lesson.value.mean:+.2f} ± {lesson.value.spread:.2f}"
        place = str(lesson.scope).removeprefix("everything/")
        tried = f"{lesson.evidence} competition{'' if lesson.evidence == 1 else 's'}" if lesson.evidence else "not tried yet"
        console.print(Text.assemble((lesson.id[:8], "bold"), f" {lesson.kind:6} {worth} ", (f"{tried}, {place} {note}", "dim")))
        when = "" if lesson.conditions == Conditions() else f" ({lesson.conditions})"
        console.print(Padding(Text.assemble(lesson.text, (when, "dim")), (0, 0, 0, 9)))
    if not any_:
        console.print("nothing is remembered yet")


@memory.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the most valuable first.")] = 30,
    kind: Annotated[list[str] | None, typer.Option(help="recipe, params, claim, fix or setup. Repeatable.")] = None,
    where: Where = "write",
) -> None:
    """The lessons, the most valuable first."""
    with _open(where) as store:
        _print((lesson, "") for lesson in store.lessons(kinds=_kinds(kind))[:limit])


@memory.command()
def search(
    text: Annotated[str, typer.Argument(help="In your words.")],
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 10,
    where: Where = "write",
) -> None:
    """The lessons whose words are nearest to a text."""
    with _open(where) as store:
        _print((lesson, f"[{near:.2f}]") for lesson, near in store.search(text, limit=limit))


@memory.command()
def show(ids: Ids, where: Where = "write") -> None:
    """Lessons whole, as JSON."""
    with _open(where) as store:
        for lesson in _named(store, ids):
            print(json.dumps({"id": lesson.id, **lesson.model_dump(mode="json")}, indent=1))


@memory.command()
def explain(
    run: Run,
    out: Out = Path("runs"),
    where: Annotated[
        str | None, typer.Option("--memory", help="The store that lessons are looked up in; by default the run's.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All that was recalled, not the first few of each kind.")] = False,
) -> None:
    """What a run recalled at each step, why, what was withheld, and what it earned."""
    from agentk.agent.ending.learning import explanation
    from agentk.agent.session import find, request_of

    folder = find(run, out)
    own = request_of(folder).memory
    frozen = {"off": "off", "write": "read"}.get(own, own if own.startswith("read") else f"read:{own}")
    with _open(where or frozen) as store:
        for line in explanation(folder, store, every=every):
            print(line)


@memory.command()
def forget(ids: Ids, where: Where = "write") -> None:
    """Remove lessons for good."""
    with _open(where) as store:
        found = _named(store, ids, one_each=True)
        store.forget(lesson.id for lesson in found)
    print(f"forgotten: {', '.join(lesson.id[:8] for lesson in found)}")


@memory.command("export")
def export_(file: Annotated[Path, typer.Argument(help="Where they go.")], where: Where = "write") -> None:
    """Write all lessons to a file of JSON lines."""
    from agentk.memory.exchange import export_lessons

    with _open(where) as store:
        print(f"{export_lessons(store, file)} lessons written to {file}")


@memory.command("import")
def import_(file: Annotated[Path, typer.Argument(help="What `agentk memory export` wrote.")], where: Where = "write") -> None:
    """Take in the lessons of a file that `export` wrote."""
    from rich.console import Console
    from rich.progress import Progress

    from agentk.memory.exchange import import_lessons

    with _open(where) as store, Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("writing", total=None)
        count = import_lessons(store, file, each=lambda done, all_: progress.update(task, completed=done, total=all_))
    print(f"{count} lessons taken in from {file}")


@memory.command()
def embed(
    by: Annotated[
        str, typer.Argument(help="hashing (offline), minilm (80 MB, fetched once), onnx:FOLDER, or SERVER/MODEL of a provider.")
    ],
    where: Where = "write",
) -> None:
    """Have texts compared by another embedder, from now on: all lessons are embedded again.

    A provider is sent the texts of lessons, without the names of their competition, and of questions, which may hold names.
    """
    from rich.console import Console

    with Console(stderr=True).status(f"embedding all lessons by {by} …"), _open(where, by) as store:
        found = store.stats()
    print(f"{found.lessons} lessons at {found.place} are embedded by {found.embedder}")


@memory.command()
def stats(where: Where = "write") -> None:
    """How much is remembered, and where."""
    with _open(where) as store:
        found = store.stats()
    print(f"place     {found.place}\nlessons   {found.lessons} of {found.runs} runs\nembedder  {found.embedder}")
    for heading, counts in (("kind", found.by_kind), ("scope", found.by_level)):
        for name, count in counts.items():
            print(f"{heading:9} {name}: {count}")
    for note in found.notes:
        print(f"note      {note}")


def _named(store: Memory, ids: list[str], *, one_each: bool = False) -> list[Lesson]:
    """The lessons whose ids begin so. Raises SettingError where none does, or, with `one_each`, more than one."""
    from agentk.errors import SettingError

    found = []
    for id_ in ids:
        named = store.get([id_])
        if not named:
            raise SettingError(f"{id_}: no lesson's id begins so; agentk memory list shows them")
        if one_each and len(named) > 1:
            raise SettingError(f"{id_}: the ids of {len(named)} lessons begin so; give more of the one that is meant")
        found += named
    return found


def _kinds(kinds: list[str] | None) -> list[Kind] | None:
    from typing import get_args

    from agentk.errors import SettingError
    from agentk.memory.lesson import Kind

    unknown = set(kinds or ()) - set(get_args(Kind))
    if unknown:
        raise SettingError(f"--kind {', '.join(sorted(unknown))}: the kinds are {', '.join(get_args(Kind))}")
    return [kind for kind in get_args(Kind) if kind in kinds] if kinds else None
