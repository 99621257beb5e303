"""Accepting a program: what speaks against one that a model has written, and the code that it becomes."""

from __future__ import annotations

import ast
from collections.abc import Collection

from pydantic import JsonValue

from agentk.reasoning.model.check import Audit, problem
from agentk.reasoning.model.names import Names
from agentk.reasoning.questions import Code, CodeQuestion
from agentk.types.solution import Solution
from agentk.types.space import active, parse_space
from agentk.types.wording import shortened

REVISED = ("improve", "shrink", "debug", "ablate")
"""Actions whose programs are answered as edits of the parent."""


def fault_of(
    source: str, before: str | None, question: CodeQuestion, names: Names, libraries: Collection[str], audit: Audit
) -> str | None:
    """Why the program cannot be accepted, in words for its author; None where nothing speaks against it.

    source  as the model wrote it; `names` turns its words into those of the data
    before  the program that it was to be made from, as the model saw it; None for a new one
    """
    explores = question.plan.action == "explore"
    fault = problem(source, libraries, "explore" if explores else "fit_predict", question.plan.params)
    if fault is not None:
        return fault
    if not explores and (refused := audit(Solution(names.written(source), "solution"), question.competition)):
        return names.text(refused)
    if before is not None and _same(source, before):
        return "the program is the one it was to be made from: nothing is changed"
    return None


def code_of(source: str, before: str | None, question: CodeQuestion, names: Names, giver: str) -> Code:
    """The accepted program with a title and all parameters of its first execution.

    They are spelled out, so that a program that reads params["name"] runs alike whether or not its SPACE was searched before.
    """
    params = dict(question.plan.params)
    if question.plan.action != "explore":
        params = active(parse_space(source), _inherited(question, source) | params)
    return Code(giver=giver, name=_titled(source, before, question), source=names.written(source), params=params)


def _inherited(question: CodeQuestion, source: str) -> dict[str, JsonValue]:
    """What a changed program keeps of how its parent ran, perhaps after a search: the dimensions of SPACE that stay as they were.

    Its defaults instead would be a second change, and its worth nobody's.
    """
    if question.plan.action not in REVISED:
        return {}
    parent = question.parents[0]
    try:
        before, now = parse_space(parent.source), parse_space(source)
    except ValueError:  # a program that is mended
        return {}
    return {name: value for name, value in parent.attempt.params.items() if name in now and now[name] == before.get(name)}


def _same(source: str, before: str) -> bool:
    try:
        return ast.dump(ast.parse(source)) == ast.dump(ast.parse(before))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source == before


def _titled(source: str, before: str | None, question: CodeQuestion) -> str:
    """What the program calls itself, or, where it says nothing new, what the plan says of it."""
    title = _first_line(source)
    if not title or (before is not None and question.broken is None and title == _first_line(before)):
        title = question.plan.idea or question.plan.action
    return shortened(title, 60)


def _first_line(source: str) -> str:
    try:
        doc = ast.get_docstring(ast.parse(source)) or ""
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # a program that is mended
        return ""
    return doc.strip().split("\n")[0].rstrip(".")
