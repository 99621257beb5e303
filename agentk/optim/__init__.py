"""Optimizers for neural recipes. PyTorch is imported only when one of them is asked for (extra `agentk[torch]`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentk.errors import SettingError

if TYPE_CHECKING:
    from agentk.optim.adahessian import AdaHessian as AdaHessian

__all__ = ["AdaHessian", "TorchMissingError"]


class TorchMissingError(SettingError, ImportError):
    """PyTorch is not installed; `except ImportError` catches it as well."""


def __getattr__(name: str) -> Any:
    if name != "AdaHessian":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from agentk.optim.adahessian import AdaHessian
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise TorchMissingError("AdaHessian needs PyTorch, which is not installed: pip install agentk[torch]") from error
    return AdaHessian
