"""A solution's SPACE: the parameters it can be tuned over, read from its source without executing it.

SPACE = {
    "learning_rate": {"type": "float", "low": 0.01, "high": 0.3, "log": True, "default": 0.1},
    "leaves": {"type": "int", "low": 7, "high": 255, "log": True, "default": 31},
    "encoding": {"type": "choice", "choices": ["codes", "target"], "default": "codes"},
    "smoothing": {"type": "float", "low": 1.0, "high": 100.0, "log": True, "default": 10.0, "when": {"encoding": "target"}},
}
"""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field, JsonValue, TypeAdapter, ValidationError, model_validator

from agentk.types.competition import Frozen

Value = bool | int | float | str | None
Params = dict[str, JsonValue]


class _Dimension(Frozen):
    when: dict[str, Value] = {}  # active only where the named parameters have these values


class FloatDimension(_Dimension):
    """A real interval."""

    type: Literal["float"]
    low: float
    high: float
    log: bool = False
    default: float

    @model_validator(mode="after")
    def _ordered(self) -> FloatDimension:
        _require(self.low < self.high and self.low <= self.default <= self.high, self)
        _require(not self.log or self.low > 0, self)
        return self


class IntDimension(_Dimension):
    """Whole numbers, both ends included."""

    type: Literal["int"]
    low: int
    high: int
    log: bool = False
    default: int

    @model_validator(mode="after")
    def _ordered(self) -> IntDimension:
        _require(self.low < self.high and self.low <= self.default <= self.high, self)
        _require(not self.log or self.low > 0, self)
        return self


class ChoiceDimension(_Dimension):
    """One of a few values; a switch is a choice between False and True."""

    type: Literal["choice"]
    choices: tuple[Value, ...]
    default: Value

    @model_validator(mode="after")
    def _contained(self) -> ChoiceDimension:
        _require(self.default in self.choices, self)
        return self


def _require(holds: bool, dimension: _Dimension) -> None:
    if not holds:
        raise ValueError(f"default must lie within the range, low below high, and a log range above 0: {dimension!r}")


Dimension = Annotated[FloatDimension | IntDimension | ChoiceDimension, Field(discriminator="type")]
Space = dict[str, Dimension]

_SPACE: TypeAdapter[Space] = TypeAdapter(Space)


@lru_cache(maxsize=256)  # one program is asked for its space by the audit, the graph and the search
def parse_space(source: str) -> Space:
    """The literal `SPACE` of a program, `{}` where it has none.

    Raises ValueError, in words for the program's author, when the program is no Python, or SPACE not a literal of the form above.
    """
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        raise ValueError(f"line {error.lineno}: {error.msg}") from None
    except (RecursionError, MemoryError):
        raise ValueError("it is nested too deeply to be read") from None
    for node in body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        if any(isinstance(target, ast.Name) and target.id == "SPACE" for target in targets):
            value = node.value  # type: ignore[attr-defined]
            try:
                return _SPACE.validate_python(ast.literal_eval(value))
            except ValidationError as error:
                raise ValueError(
                    f"SPACE is not of the form agentk reads: {error.errors()[0]['loc']}: {error.errors()[0]['msg']}"
                ) from None
            except (ValueError, TypeError, RecursionError, MemoryError) as error:
                raise ValueError(f"SPACE must be a literal, line {node.lineno}: {error}") from None
    return {}


def active(space: Space, params: Params) -> Params:
    """`params` completed with defaults and cut to the dimensions whose `when` holds, in the order of `space`.

    Keys outside the space (reserved ones such as seed and threads) are kept.
    """
    chosen: Params = {name: value for name, value in params.items() if name not in space}
    for name, dimension in space.items():
        if all(chosen.get(key) == value for key, value in dimension.when.items()):
            default = dimension.default
            chosen[name] = params.get(name, default)
    return chosen
