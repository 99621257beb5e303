"""Scopes: where in the nesting a lesson belongs, as a path from everything inwards to a step of a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from pydantic import BeforeValidator, PlainSerializer

Level = Literal["everything", "family", "competition", "run", "step"]

_ROOT = "everything"


@dataclass(frozen=True)
class Scope:
    """A place in the nesting step < run < competition < family < everything.

    Written as a path, outermost first: `everything`, `everything/tabular/binary`,
    `everything/tabular/binary/accuracy/small/@3f9a0c/#run-17/!4`.
    """

    family: tuple[str, ...] = ()  # modality, task, kind of metric, size; a shorter one is a wider family
    competition: str = ""  # digest of `Features`
    run: str = ""
    step: int | None = None

    def __post_init__(self) -> None:
        if (self.run and not self.competition) or (self.step is not None and not self.run):
            raise ValueError(f"a step lies in a run and a run in a competition: {self!r}")
        if any(not part or part[0] in "@#!" or "/" in part for part in self.family) or "/" in self.competition + self.run:
            raise ValueError(f"the parts of a scope are plain words without '/': {self!r}")

    @classmethod
    def parse(cls, path: str) -> Scope:
        """The scope that `str` wrote. Raises ValueError when it is none."""
        root, *parts = path.split("/")
        if root != _ROOT:
            raise ValueError(f"a scope begins with {_ROOT!r}, e.g. 'everything/tabular/binary': {path!r}")
        marked = {part[0]: part[1:] for part in parts if part[:1] in ("@", "#", "!")}
        family = tuple(part for part in parts if part[:1] not in ("@", "#", "!"))
        step = int(marked["!"]) if "!" in marked else None
        return cls(family, marked.get("@", ""), marked.get("#", ""), step)

    def __str__(self) -> str:
        parts = [_ROOT, *self.family]
        if self.competition:
            parts.append("@" + self.competition)
        if self.run:
            parts.append("#" + self.run)
        if self.step is not None:
            parts.append(f"!{self.step}")
        return "/".join(parts)

    @property
    def level(self) -> Level:
        """Which of the five levels it is on."""
        if self.step is not None:
            return "step"
        if self.run:
            return "run"
        if self.competition:
            return "competition"
        return "family" if self.family else "everything"

    @property
    def depth(self) -> int:
        """How far inside it lies; a deeper scope overrides those around it."""
        return len(self.family) + bool(self.competition) + bool(self.run) + (self.step is not None)

    @property
    def parent(self) -> Scope | None:
        """The next scope outwards; None for everything."""
        if self.step is not None:
            return replace(self, step=None)
        if self.run:
            return replace(self, run="")
        if self.competition:
            return replace(self, competition="")
        return Scope(self.family[:-1]) if self.family else None

    def climb(self) -> Iterator[Scope]:
        """Itself, then every scope around it, outwards."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def contains(self, other: Scope) -> bool:
        """Whether `other` lies within this scope, or is it."""
        return self in other.climb()


EVERYTHING = Scope()


def _read(value: object) -> object:
    return Scope.parse(value) if isinstance(value, str) else value


ScopePath = Annotated[Scope, BeforeValidator(_read), PlainSerializer(str, return_type=str)]
"""A scope as a field of a model: a path in JSON."""
