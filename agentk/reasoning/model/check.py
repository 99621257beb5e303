"""What is wrong with a program that can be said before it runs, so that whoever wrote it mends it at once."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Collection

from agentk.types.competition import Competition
from agentk.types.solution import RESERVED, Solution
from agentk.types.space import parse_space

Audit = Callable[[Solution, Competition], str | None]
"""The referee's own word on a program that is to be executed: why it would be refused, None where it would not."""

_CLOCKS = {
    "time": {
        "time",
        "time_ns",
        "perf_counter",
        "perf_counter_ns",
        "monotonic",
        "monotonic_ns",
        "process_time",
        "clock",
        "localtime",
    },
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "Timestamp": {"now", "today", "utcnow"},
}
_CARRIED = {"sklearn": ("joblib", "threadpoolctl"), "pandas": ("dateutil",)}  # what a library cannot be without
_MACHINE = re.compile(r"(getenv|system|popen|fork|kill|exec\w*|spawn\w*)$")
_OUTSIDE = {"subprocess", "socket", "requests", "urllib", "http", "ftplib", "smtplib", "pty", "ctypes", "webbrowser"}


def problem(source: str, libraries: Collection[str], entry: str = "fit_predict", params: Collection[str] = ()) -> str | None:
    """Why the program is not accepted, in one sentence for its author; None where nothing speaks against it.

    libraries  import names that the sandbox has, besides Python's own
    entry      "fit_predict", or "explore" of a look at the data
    params     parameters it is given besides its SPACE
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        text = (error.text or "").strip()
        return f"SyntaxError: {error.msg}, line {error.lineno}" + (f": {text[:120]!r}" if text else "")
    except (ValueError, RecursionError, MemoryError) as error:
        return f"the program cannot be read: {error or 'it is nested too deeply'}"
    try:
        return (
            _entry(tree, entry)
            or _imports(tree, libraries)
            or _outside(tree)
            or (_params(tree, source, params) if entry == "fit_predict" else None)
        )
    except (RecursionError, MemoryError):
        return "the program is nested too deeply to be read"


_ARGUMENTS = {"fit_predict": 4, "prepare": 3, "explore": 3}


def _entry(tree: ast.Module, entry: str) -> str | None:
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    if entry not in functions:
        arguments = "train, test, params, data_dir" if entry == "fit_predict" else "train, test, data_dir"
        return f"it has no function {entry}({arguments}) at its top level"
    for name, function in functions.items():
        wanted = _ARGUMENTS.get(name)
        if wanted is None or (name == "explore" and entry != "explore"):
            continue
        if isinstance(function, ast.AsyncFunctionDef):
            return f"{name} must be a plain function, not async (line {function.lineno})"
        arguments_ = function.args
        most = len(arguments_.posonlyargs) + len(arguments_.args)
        if not arguments_.vararg and not most - len(arguments_.defaults) <= wanted <= most:
            return f"{name} must take {wanted} arguments, it takes {most} (line {function.lineno})"
        if name != "explore" and not any(isinstance(node, ast.Return) and node.value is not None for node in ast.walk(function)):
            return f"{name} returns nothing (line {function.lineno})"
    return None


def _imports(tree: ast.Module, libraries: Collection[str]) -> str | None:
    guarded = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Try)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    carried = {name for library in libraries for name in _CARRIED.get(library, ())}
    for node in ast.walk(tree):
        names: list[str] = []
        line = 0
        if isinstance(node, ast.Import):
            names, line = [alias.name.split(".")[0] for alias in node.names], node.lineno
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                return f"it imports from a package of its own (line {node.lineno}); a solution is one file that stands alone"
            names, line = [(node.module or "").split(".")[0]], node.lineno
        for name in names:
            if name == "agentk":
                return f"it imports agentk (line {line}); a solution stands alone"
            if name in _OUTSIDE:
                return f"it imports {name} (line {line}): a solution reaches neither the network nor other processes"
            if name not in libraries and name not in carried and name not in sys.stdlib_module_names and id(node) not in guarded:
                return f"it imports {name} (line {line}), which is not there; there are {', '.join(sorted(libraries))}"
    return None


def _outside(tree: ast.Module) -> str | None:
    """Clocks, the environment, and code made of text."""
    stored = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)}
    clocks = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "time"
        for alias in node.names
        if alias.name in _CLOCKS["time"]
    }
    for node in ast.walk(tree):
        where = f"(line {getattr(node, 'lineno', '?')})"
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Attribute) and _last(function.value) in _CLOCKS:
                if function.attr in _CLOCKS[_last(function.value)]:
                    return f"it reads the clock {where}: the same rows must always give the same predictions"
            elif isinstance(function, ast.Name) and function.id in clocks:
                return f"it reads the clock {where}: the same rows must always give the same predictions"
            elif isinstance(function, ast.Name) and function.id in ("eval", "exec", "input", "__import__"):
                return f"it calls {function.id} {where}: a solution is plain code that can be read"
            elif isinstance(function, ast.Attribute) and _last(function.value) == "os" and _MACHINE.match(function.attr):
                return f"it calls os.{function.attr} {where}: a solution has no business with the machine it runs on"
        elif isinstance(node, ast.Attribute) and node.attr == "environ" and _last(node.value) == "os" and id(node) not in stored:
            return f"it reads os.environ {where}: what a solution may know is in its arguments"
    return None


def _last(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _params(tree: ast.Module, source: str, params: Collection[str]) -> str | None:
    """A parameter that nobody gives."""
    try:
        known = {*parse_space(source), *RESERVED, *params}
    except ValueError as error:
        return str(error)
    for function in tree.body:
        if not isinstance(function, ast.FunctionDef) or function.name not in ("fit_predict", "prepare"):
            continue
        arguments = [*function.args.posonlyargs, *function.args.args]
        position = 2 if function.name == "fit_predict" else 1
        if len(arguments) <= position:
            continue
        name = arguments[position].arg
        uses = [node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id == name]
        if any(isinstance(use.ctx, ast.Store) for use in uses):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == name:
                key = node.slice
                if (
                    isinstance(node.ctx, ast.Load)
                    and isinstance(key, ast.Constant)
                    and isinstance(key.value, str)
                    and key.value not in known
                ):
                    return f'params["{key.value}"] (line {node.lineno}) is neither in SPACE nor reserved: put it into SPACE'
    return None
