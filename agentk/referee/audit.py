"""The audit: what is wrong with a program that can be said without running it; one that carries ids or labels is refused."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from agentk.types.competition import Competition
from agentk.types.solution import Solution

if TYPE_CHECKING:
    import pandas as pd

LONGEST_TEXT = 400_000  # characters of a program, beside its list of the columns
NAMED = 16  # characters that a column takes beside its name and kind
LONGEST_TABLE = 2000  # constants within one literal
SUSPECT = 60  # constants within one literal from which on they are compared with the rows
MATCHING = 0.5  # share of a literal's constants that may be ids
LONGEST_STRING = 20_000
BLOB = re.compile(r"[A-Za-z0-9+/=_\-]{1500,}|(?:\\x[0-9a-fA-F]{2}){400,}")

Identifiers = Callable[[], frozenset[str]]


def identifiers_of(competition: Competition, train: pd.DataFrame, test: pd.DataFrame) -> Identifiers:
    """The ids of all rows as text: what a program has no reason to know. Spelled out when first asked for."""
    columns = [frame[name] for frame in (train, test) for name in competition.id_columns if name in frame]
    return cache(lambda: frozenset[str]().union(*(column.astype(str) for column in columns)))


def audit(solution: Solution, competition: Competition, identifiers: Identifiers) -> str | None:
    """Why a program is refused before it runs, in plain words; None where nothing speaks against it."""
    source = solution.source
    longest = LONGEST_TEXT + sum(len(column.name) + len(column.kind) + NAMED for column in competition.columns)
    if len(source) > longest:
        return f"the program has {len(source):,} characters, at most {longest:,} are read"
    if BLOB.search(source):
        return "the program carries a long block of encoded data; a solution learns from the rows it is given"
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        return f"SyntaxError: {error.msg} (solution.py line {error.lineno})"
    except (ValueError, RecursionError, MemoryError) as error:
        return f"the program cannot be read: {error}"
    return _contract(tree) or _space(solution) or _tables(tree, competition, identifiers)


def _contract(tree: ast.Module) -> str | None:
    """`fit_predict` with four arguments, and nothing of agentk."""
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if any(name.split(".")[0] == "agentk" for name in names):
            return f"it imports agentk (line {getattr(node, 'lineno', '?')}); a solution stands alone"
    defined: list[str] = []
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef):
            wanted = {"fit_predict": 4, "prepare": 3}.get(statement.name)
            arguments = statement.args
            most = len(arguments.posonlyargs) + len(arguments.args)
            if wanted and not arguments.vararg and not most - len(arguments.defaults) <= wanted <= most:
                return f"{statement.name} must take {wanted} arguments, it takes {most} (line {statement.lineno})"
            defined.append(statement.name)
        elif isinstance(statement, ast.Assign):
            defined += [target.id for target in statement.targets if isinstance(target, ast.Name)]
        elif isinstance(statement, ast.ImportFrom | ast.Import):
            defined += [alias.asname or alias.name for alias in statement.names]
    if "fit_predict" not in defined:
        return "it has no function fit_predict(train, test, params, data_dir)"
    return None


def _space(solution: Solution) -> str | None:
    try:
        _ = solution.space
    except ValueError as error:
        return str(error)
    return None


def _tables(tree: ast.Module, competition: Competition, identifiers: Identifiers) -> str | None:
    """Literals that are too large, or made of ids or labels. Names of columns, their kinds and classes are nobody's secret."""
    classes = frozenset(map(str, competition.classes))

    def match(values: Iterable[str]) -> bool:
        """Many different values, a good part of which are ids; in a text of ids and labels, that is every other word."""
        different = set(values) - classes - {""}  # classes 0 to 99 are ids too where rows are counted
        return len(different) >= SUSPECT and len(different & identifiers()) >= MATCHING * len(different)

    public = {column.name for column in competition.columns} | {column.kind.value for column in competition.columns}
    for node in ast.walk(tree):
        if isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict):
            constants = [value for value in _constants(node) if value not in public]
            if len(constants) > LONGEST_TABLE:
                return (
                    f"line {node.lineno} holds a literal of {len(constants):,} constants, at most {LONGEST_TABLE:,} are allowed"
                )
            labels = [value for value in constants if value in classes]
            if len(labels) - len(set(labels)) >= max(SUSPECT, MATCHING * len(constants)):
                return f"line {node.lineno} holds a table of {len(constants)} values, most of them class labels, again and again"
            keys = [value for value in _constants(*node.keys) if value not in public] if isinstance(node, ast.Dict) else constants
            if match(keys):
                return f"line {node.lineno} holds a table of {len(keys)} values, most of them ids of this competition's rows"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            if len(node.value) > LONGEST_STRING:
                return (
                    f"line {node.lineno} holds a text of {len(node.value):,} characters, at most {LONGEST_STRING:,} are allowed"
                )
            text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            words = re.split(r"[\s,;:|=\[\](){}'\"]+", text)
            if match(words):
                return f"line {node.lineno} holds a text of {len(words)} words, most of them ids of this competition's rows"
    return None


def _constants(*nodes: ast.AST | None) -> Iterator[str]:
    """The constants of a literal as text, nested ones included."""
    for node in nodes:
        if node is None:
            continue
        for child in ast.walk(node):
            if isinstance(child, ast.Constant) and child.value is not None and not isinstance(child.value, bool):
                yield str(child.value)
