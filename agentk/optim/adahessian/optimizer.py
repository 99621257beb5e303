"""The optimizer: settings, the ways to a gradient with curvature, the step, and saving."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.optim import Optimizer

from .averaging import Averaging
from .checks import check, explained
from .curvature import Curvature, Due, due_among, rounds, trainable
from .forward import gradient_and_product
from .state import begun, loaded, refresh, state_dtype
from .update import multi_tensor, single_tensor


class AdaHessian(Optimizer):
    """AdaHessian with Hutchinson's estimate built in.

    Every setting may differ per parameter group.

    Args:
        params: parameters or groups of them: dense, real, floating point, of any rank.
        lr: step size; 0.15 suits most tasks (Adam's rates are about 100 times smaller). A tensor where `capturable`.
        betas: decay of the averages of the gradient and of the squared curvature.
        eps: added to the denominator; it alone bounds the step where curvature vanishes (see `update_clip`).
        weight_decay: decoupled decay: p shrinks by lr * weight_decay a step.
        hessian_power: k in (0, 1]: the denominator is the root mean square curvature to this power.
        averaging: which |d| are averaged. "conv": each kernel of a tensor of 3 or more dimensions (over dimensions 2 and up);
            "row": that, and the rows of matrices; "none"; an int b: runs of b elements of tensors of 2 or more dimensions;
            or a function from |d| to a tensor that broadcasts to its shape.
        update_each: estimate the curvature at every `update_each`-th step (cheaper), after the warm-up.
        hessian_warmup: this many first steps estimate at every step; without, `update_each` > 1 starts from one noisy sample.
        n_samples: Hessian products an estimate; the signed products are averaged.
        update_clip: bound on each element of m / denominator, as Sophia has it; None for the paper's step.
        maximize: ascend instead of descend.
        foreach: multi-tensor kernels; None chooses them where all parameters of a group lie on an accelerator.
        capturable: keep counters on the parameters' device, so that `step()` neither synchronizes nor reads a number.
        seed: the probes are a function of seed, rank, group and number of the probe: no generator state to save or lose.
        process_group: average gradients and estimates over these ranks (data parallel, on the bare module, not on DDP's wrapper).

    State for each parameter: `exp_avg` (its shape), `exp_hessian_diag_sq` (the shape after averaging), both at least
    float32, and the counters `step` and `refreshes`.

    Raises:
        ValueError: a setting outside its range.
        TypeError: a parameter that is complex, sparse, of integers, or sharded (DTensor, FSDP).
    """

    _curvature: Curvature

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float | Tensor = 0.15,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-4,
        weight_decay: float = 0.0,
        *,
        hessian_power: float = 1.0,
        averaging: Averaging = "conv",
        update_each: int = 1,
        hessian_warmup: int = 50,
        n_samples: int = 1,
        update_clip: float | None = None,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        seed: int = 0,
        process_group: dist.ProcessGroup | None = None,
    ) -> None:
        self._curvature = Curvature(process_group)
        if process_group is None and dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1:
            warnings.warn(
                "several ranks run, and AdaHessian averages nothing over them: pass process_group= if they train one model "
                "(the gradient hooks of DistributedDataParallel do not see its backward pass)",
                stacklevel=2,
            )
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "hessian_power": hessian_power,
            "averaging": averaging,
            "update_each": update_each,
            "hessian_warmup": hessian_warmup,
            "n_samples": n_samples,
            "update_clip": update_clip,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": False,
            "seed": seed,
            "steps": 0,  # of the group; counters live in the group so that every way of saving it keeps them
            "probes": 0,
        }
        super().__init__(params, defaults)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group, at any time; its curvature is estimated from its own first step on."""
        super().add_param_group(param_group)
        try:
            check(self.param_groups[-1])
        except (TypeError, ValueError):
            self.param_groups.pop()
            raise

    # --- gradient and curvature -------------------------------------------------------------------------------------

    def backward(self, loss: Tensor, *, grad_scale: float | Tensor = 1.0, sync: bool = True) -> None:
        """Add the loss's gradient to `.grad`, and where an estimate is due, this loss's Hessian products to the estimate.

        Takes the place of `loss.backward()`; the graph is freed and nothing refers to it afterwards. Call it once for each
        micro-batch to accumulate. Gradients may be clipped before `step()`: clipping shrinks m, hence the step, and
        leaves the curvature, a property of the loss, alone.

        Args:
            loss: scalar with a graph.
            grad_scale: what the loss was multiplied with (`scaler.get_scale()`). `.grad` stays scaled, for
                `scaler.unscale_`; the curvature is divided by it, and where it overflowed `.grad` becomes nan, so that
                the scaler skips the step as for any overflow.
            sync: with a process group, average over ranks now; False for all micro-batches but the last.

        Raises:
            ValueError: the loss is not a scalar.
            RuntimeError: no graph, or one without second derivative (the message says what to do).
        """
        if loss.numel() != 1:
            raise ValueError(f"the loss must be a scalar, not of shape {tuple(loss.shape)}: take its mean or sum")
        if not loss.requires_grad:
            raise RuntimeError("the loss has no graph: compute it from the parameters with gradients enabled")
        due, params = self._begin_backward()
        with torch.enable_grad(), explained():
            if not due:
                torch.autograd.backward(loss, inputs=params)
            else:
                grads = torch.autograd.grad(loss, params, create_graph=True, allow_unused=True)
                self._curvature.differentiate(due, dict(zip(params, grads, strict=True)), grad_scale)
                self._add_gradients(params, grads)
        self._finish_backward(grad_scale, sync)

    def forward_over_reverse(
        self, model: torch.nn.Module, loss: Callable[..., Tensor], *, compile: bool = True
    ) -> Callable[..., Tensor]:
        """Return `run(*batch)`, which does what `backward(loss(model, *batch))` does in one forward-mode pass over the gradient.

        Compiled (the default, needs a C++ compiler on CPUs) it is the cheapest way there is; `torch.compile(model)` itself
        has no second derivative. `run` takes backward's `grad_scale` and `sync` as well and returns the detached loss;
        parameters that the loss does not use get zeros for gradients.

        Args:
            model: its forward must not write to buffers (batch normalization in training mode does: use `backward`).
            loss: `loss(forward, *batch)` with `forward(...)` in place of `model(...)`, returning a scalar.
            compile: False runs the same eagerly.
        """
        names: dict[Tensor, str] = {p: name for name, p in model.named_parameters()}
        gradient_of, product_of = gradient_and_product(model, loss, compile=compile)

        def run(*batch: Any, grad_scale: float | Tensor = 1.0, sync: bool = True) -> Tensor:
            due, params = self._begin_backward()
            if missing := [p for p in params if p not in names]:
                raise ValueError(f"{len(missing)} parameters of the optimizer are not the model's: use backward() instead")
            values = {names[p]: p.detach() for p in params}
            every = [taking for taking in rounds(due) if taking]
            with explained():
                if not every:
                    grads, at = gradient_of(values, batch)
                for taking in every:
                    probes: dict[Tensor, Tensor] = {}
                    for group, index in taking:
                        probes |= self._curvature.probe(group, index, trainable(group))
                    curved = {names[p]: values[names[p]] for p in probes}
                    flat = {name: value for name, value in values.items() if name not in curved}
                    grads, at, hz = product_of(curved, flat, {names[p]: z for p, z in probes.items()}, batch)
                    for group, _ in taking:
                        for p in trainable(group):
                            self._curvature.add(p, probes[p], hz[names[p]], group["n_samples"], grad_scale)
            self._add_gradients(params, [grads[names[p]] for p in params])
            self._finish_backward(grad_scale, sync)
            return at.detach()

        return run

    def set_hessian_diag(self, diagonal: Mapping[Tensor, Tensor]) -> None:
        """Use these estimates of the diagonal (signed or not, each of its parameter's shape) at the next step, due or not."""
        for p, d in diagonal.items():
            if d.shape != p.shape:
                raise ValueError(f"the diagonal has shape {tuple(d.shape)}, its parameter {tuple(p.shape)}: they must agree")
            self._curvature.products[p] = d.detach().to(device=p.device, dtype=state_dtype(p), copy=True)

    def hessian_diag(self) -> dict[Tensor, Tensor]:
        """Return the signed estimates gathered since the last step, each of its parameter's shape, before averaging."""
        return {p: product.clone() for p, product in self._curvature.products.items()}

    def hessian_due(self) -> bool:
        """Whether the next step is one that estimates the curvature (of any group)."""
        return bool(due_among(self.param_groups))

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, and the Hessian products that came with them."""
        self._curvature.products.clear()
        super().zero_grad(set_to_none)

    def _begin_backward(self) -> tuple[Due, list[Tensor]]:
        for p in [p for p in self._curvature.products if p.grad is None]:  # `model.zero_grad()` was called after a skipped step
            del self._curvature.products[p]
        return due_among(self.param_groups), [p for group in self.param_groups for p in trainable(group)]

    @torch.no_grad()
    def _add_gradients(self, params: Sequence[Tensor], grads: Sequence[Tensor | None]) -> None:
        for p, g in zip(params, grads, strict=True):
            if g is not None and p.grad is None:
                p.grad = g.detach().clone()  # autograd may hand out one tensor twice, or an expanded one
            elif g is not None and p.grad is not None:
                p.grad.add_(g.detach())

    @torch.no_grad()
    def _finish_backward(self, scale: float | Tensor, sync: bool) -> None:
        if not isinstance(scale, float) or scale != 1.0:
            for p, product in self._curvature.products.items():
                if p.grad is not None:
                    p.grad.add_(product * 0.0)  # inf or nan becomes nan, which the gradient scaler looks for
        if sync:
            self._curvature.average_over_ranks(self.param_groups)

    # --- step -------------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def step(  # type: ignore[override]  # the closure's loss is returned detached
        self, closure: Callable[[], Tensor] | None = None, *, grad_scale: float | Tensor = 1.0
    ) -> Tensor | None:
        """Take one step from `.grad` and the estimate that came with it.

        Three ways lead here: `backward(loss)` before; a closure that returns the loss (it is differentiated here, gradients
        are zeroed first); or, for code that cannot be changed, `loss.backward(create_graph=True)` before or in the
        closure: the estimate is then taken from the graph of `.grad`, which is cut off so that nothing leaks.

        Args:
            closure: computes the loss, and returns it.
            grad_scale: what the closure's loss was multiplied with; gradient and curvature are divided by it. Without a
                closure only the curvature from the graph of `.grad` is, since the gradient scaler divides `.grad`:
                `scaler.step(optimizer, grad_scale=scaler.get_scale())`; after `backward(..., grad_scale=...)` leave it out.

        Returns:
            The closure's loss without its graph.

        Raises:
            RuntimeError: an estimate is due and there is nothing to take it from.
        """
        loss: Tensor | None = None
        if closure is not None:
            self.zero_grad()
            with torch.enable_grad():
                loss = closure()
            if all(
                p.grad is None for group in self.param_groups for p in group["params"]
            ):  # else it did the backward pass itself
                self.backward(loss, grad_scale=grad_scale)
            loss = loss.detach()
        self._adopt_graphs(grad_scale)
        if closure is not None and (not isinstance(grad_scale, float) or grad_scale != 1.0):
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        p.grad /= grad_scale
        for group in self.param_groups:
            self._step_group(group)
        self._curvature.products.clear()
        return loss

    def _adopt_graphs(self, scale: float | Tensor) -> None:
        """Take due estimates from gradients that carry a graph, and cut every such graph off."""
        due = []
        for group, index in due_among(self.param_groups):
            with_grad = [p for p in group["params"] if p.grad is not None]
            if not with_grad or any(p in self._curvature.products for p in with_grad):
                continue
            if not any(p.grad.requires_grad for p in with_grad):
                raise RuntimeError(
                    "a curvature estimate is due at this step, but the gradients came without one: call "
                    "optimizer.backward(loss) instead of loss.backward(), or pass step() a closure that returns the loss"
                )
            due.append((group, index))
        graphs = {p: p.grad for group in self.param_groups for p in group["params"] if p.grad is not None}
        if due:
            with torch.enable_grad(), explained():
                self._curvature.differentiate(due, graphs, scale)
        for p, g in graphs.items():
            if g.requires_grad:
                p.grad = g.detach()  # parameter -> gradient -> graph -> parameter is a cycle
        if due:
            self._curvature.average_over_ranks(self.param_groups)

    def _step_group(self, group: dict[str, Any]) -> None:
        seen = False
        params: list[Tensor] = []
        grads: list[Tensor] = []
        for p in group["params"]:
            if p.grad is None:
                continue
            if p.grad.is_sparse:
                raise RuntimeError("AdaHessian needs dense gradients: build the embedding with sparse=False")
            seen = True
            product = self._curvature.products.get(p)
            if p not in self.state:
                if product is None:
                    continue  # its curvature is unknown: it waits for the group's next estimate
                self.state[p] = begun(p, group)
            if product is not None:
                refresh(self.state[p], product, group)
            params.append(p)
            grads.append(p.grad)
        if seen:
            group["steps"] += 1
        foreach = group["foreach"]
        if foreach is None:
            foreach = all(p.device.type != "cpu" for p in params)
        if params:
            (multi_tensor if foreach else single_tensor)(params, grads, [self.state[p] for p in params], group)

    # --- saving -----------------------------------------------------------------------------------------------------

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load a state; one saved by other implementations of AdaHessian with the same names of state is taken as well.

        Raises:
            ValueError: the state of something else; nothing has been changed.
        """
        final: dict[str, Any] = {}

        def keep(_: Optimizer, given: dict[str, Any]) -> None:
            for values in given["state"].values():
                if missing := {"step", "exp_avg", "exp_hessian_diag_sq"} - values.keys():
                    raise ValueError(f"this is no state of AdaHessian: it lacks {', '.join(sorted(missing))}")
            final.update(given)

        handle = self.register_load_state_dict_pre_hook(keep)  # the last, so that it sees what other hooks made of the state
        try:
            super().load_state_dict(state_dict)
        finally:
            handle.remove()
        saved = [index for group in final["param_groups"] for index in group["params"]]
        own = [(p, group) for group in self.param_groups for p in group["params"]]
        for index, (p, group) in zip(saved, own, strict=True):
            if values := final["state"].get(index):
                self.state[p] = loaded(p, group, values)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        own = self.__dict__.get("_curvature")
        self._curvature = Curvature(own.process_group if own is not None else None)  # process groups cannot be pickled
        for group in self.param_groups:
            for name, value in self.defaults.items():
                group.setdefault(name, value)
