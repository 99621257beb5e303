"""Gradient and Hessian product of a model as functions of its parameters: one forward-mode pass over the gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

Values: TypeAlias = dict[str, Tensor]
"""Tensors by the names of parameters."""


def gradient_and_product(
    model: torch.nn.Module, loss: Callable[..., Tensor], *, compile: bool
) -> tuple[Callable[..., tuple[Values, Tensor]], Callable[..., tuple[Values, Tensor, Values]]]:
    """Return `gradient(params, batch)` -> (gradients, loss) and `product(curved, flat, z, batch)` -> (gradients, loss, Hz).

    curved are the parameters along which z points, flat all others; see `AdaHessian.forward_over_reverse` for the arguments.
    """

    def gradient(params: Values, batch: Sequence[Any]) -> tuple[Values, Tensor]:
        def value(params: Values) -> Tensor:
            return loss(lambda *args, **kw: torch.func.functional_call(model, params, args, kw), *batch)

        grads, at = torch.func.grad_and_value(value)(params)
        return grads, at

    def product(curved: Values, flat: Values, z: Values, batch: Sequence[Any]) -> tuple[Values, Tensor, Values]:
        (grads, at), (hz, _) = torch.func.jvp(  # type: ignore[misc]
            lambda ps: gradient({**ps, **flat}, batch), (curved,), (z,)
        )
        return grads, at, hz

    return (torch.compile(gradient), torch.compile(product)) if compile else (gradient, product)
