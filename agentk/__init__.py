"""agentk: an open Agent K. Point it at a competition; get a submission whose score can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agentk.notebook.agent import Agent
    from agentk.notebook.run import Run

__version__ = "0.1.0"
__all__ = ["Agent", "Run", "__version__"]

_PLACES = {"Agent": "agentk.notebook.agent", "Run": "agentk.notebook.run"}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'agentk' has no attribute {name!r}")
    from importlib import import_module  # late: the command line shall not wait for what it does not use

    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
