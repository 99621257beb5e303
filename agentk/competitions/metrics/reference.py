"""A metric of one's own as it is spelled, FILE.py:FUNCTION, and the file that it means."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from agentk.errors import SettingError

_SPELLED = re.compile(r"(?P<file>.*\.py)(?::(?P<function>.*))?", re.DOTALL)


@dataclass(frozen=True)
class Reference:
    """A function of a Python file, and the file's text."""

    file: Path
    function: str
    source: str

    @property
    def name(self) -> str:
        """What the metric is called from now on."""
        return f"{self.file.name}:{self.function}"


def is_reference(metric: str) -> bool:
    """Whether these words of `--metric` mean a file rather than a metric that agentk knows."""
    return _SPELLED.fullmatch(metric) is not None


def absolute(metric: str, base: Path) -> str:
    """The same wherever it is read: the file is looked for in `base`."""
    spelled = _SPELLED.fullmatch(metric)
    assert spelled is not None, metric
    file = (base / Path(spelled["file"]).expanduser()).absolute()
    return str(file) if spelled["function"] is None else f"{file}:{spelled['function']}"


def read_reference(metric: str) -> Reference:
    """Reads the file, without executing it. Raises SettingError when there is no such file or no such function in it."""
    spelled = _SPELLED.fullmatch(metric)
    assert spelled is not None, metric
    file, function = Path(spelled["file"]).expanduser(), spelled["function"] or ""
    if not file.is_file():
        raise SettingError(f"--metric {metric}: there is no file {file.absolute()}. Give it as FILE.py:FUNCTION.")
    try:
        source = file.read_text(encoding="utf-8")
        tree = ast.parse(source)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise SettingError(f"--metric {metric}: {file} cannot be read: {error}") from None
    except SyntaxError as error:
        raise SettingError(f"--metric {metric}: {file} is no Python: {error.msg}, line {error.lineno}") from None
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    names = [*functions, *(name for node in tree.body for name in _bound(node))]
    if function not in names:
        said = f"{file.name} has no function {function}" if function else f"name the function, as {file.name}:FUNCTION"
        near = get_close_matches(function, names, n=1)
        has = f"Did you mean {near[0]}?" if near else f"It has {', '.join(functions) or 'no function at all'}."
        raise SettingError(f"--metric {metric}: {said}. {has}")
    return Reference(file, function, source)


def _bound(node: ast.stmt) -> list[str]:
    """Names that a statement binds at the top of a file other than by `def`: a partial, a wrapped or an imported function."""
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.ImportFrom):
        return [alias.asname or alias.name for alias in node.names]
    return []
