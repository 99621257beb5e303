"""AdaHessian for PyTorch: Adam's step with the Hessian's diagonal in place of the squared gradient. One file, torch alone.

Z. Yao, A. Gholami, S. Shen, M. Mustafa, K. Keutzer, M. W. Mahoney: "ADAHESSIAN: An Adaptive Second Order Optimizer for
Machine Learning", AAAI 2021, Algorithm 1. The defaults are the authors'. For each parameter tensor p with gradient g:

    z ~ Rademacher,  d = mean over samples of z * Hz        the Hessian's diagonal, estimated (Hutchinson)
    D = average(|d|)                                        over each convolution kernel, say
    m = b1 m + (1 - b1) g,    v = b2 v + (1 - b2) D^2       v only when D was estimated anew
    p = p - lr (m / (1 - b1^t) / ((v / (1 - b2^r))^(k/2) + eps) + weight_decay p)

t counts steps, r counts estimates. The file is licensed as agentk is (Apache-2.0) and may be copied on its own.

    optimizer = AdaHessian(model.parameters(), lr=0.15)
    for x, y in batches:
        optimizer.zero_grad()
        optimizer.backward(loss(model(x), y))     # instead of loss.backward()
        optimizer.step()
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.optim import Optimizer

__all__ = ["AdaHessian"]

Averaging = str | int | Callable[[Tensor], Tensor]

_MEAN_DIMS_FROM = {"none": {}, "conv": {3: 2}, "row": {2: 1, 3: 2}}  # smallest rank -> first dimension that is averaged away


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

    _products: dict[Tensor, Tensor]
    _process_group: dist.ProcessGroup | None

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
        self._products = {}  # parameter -> sum of signed z * Hz since the last step
        self._process_group = process_group
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
            _check(self.param_groups[-1])
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
        with torch.enable_grad(), _explained():
            if not due:
                torch.autograd.backward(loss, inputs=params)
            else:
                grads = torch.autograd.grad(loss, params, create_graph=True, allow_unused=True)
                self._add_products(due, dict(zip(params, grads, strict=True)), grad_scale)
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

        def gradient(params: dict[str, Tensor], batch: Sequence[Any]) -> tuple[dict[str, Tensor], Tensor]:
            def value(params: dict[str, Tensor]) -> Tensor:
                return loss(lambda *args, **kw: torch.func.functional_call(model, params, args, kw), *batch)

            grads, at = torch.func.grad_and_value(value)(params)
            return grads, at

        def product(curved: dict[str, Tensor], flat: dict[str, Tensor], z: dict[str, Tensor], batch: Sequence[Any]) -> Any:
            (grads, at), (hz, _) = torch.func.jvp(  # type: ignore[misc]
                lambda ps: gradient({**ps, **flat}, batch), (curved,), (z,)
            )
            return grads, at, hz

        if compile:
            gradient_of, product_of = torch.compile(gradient), torch.compile(product)
        else:
            gradient_of, product_of = gradient, product

        def run(*batch: Any, grad_scale: float | Tensor = 1.0, sync: bool = True) -> Tensor:
            due, params = self._begin_backward()
            if missing := [p for p in params if p not in names]:
                raise ValueError(f"{len(missing)} parameters of the optimizer are not the model's: use backward() instead")
            values = {names[p]: p.detach() for p in params}
            rounds = [taking for taking in self._rounds(due) if taking]
            with _explained():
                if not rounds:
                    grads, at = gradient_of(values, batch)
                for taking in rounds:
                    probes = {p: z for group, index in taking for p, z in self._probe(group, index, _trainable(group)).items()}
                    curved = {names[p]: values[names[p]] for p in probes}
                    flat = {name: value for name, value in values.items() if name not in curved}
                    grads, at, hz = product_of(curved, flat, {names[p]: z for p, z in probes.items()}, batch)
                    for group, _ in taking:
                        for p in _trainable(group):
                            self._add_product(p, probes[p], hz[names[p]], group["n_samples"], grad_scale)
            self._add_gradients(params, [grads[names[p]] for p in params])
            self._finish_backward(grad_scale, sync)
            return at.detach()

        return run

    def set_hessian_diag(self, diagonal: Mapping[Tensor, Tensor]) -> None:
        """Use these estimates of the diagonal (signed or not, each of its parameter's shape) at the next step, due or not."""
        for p, d in diagonal.items():
            if d.shape != p.shape:
                raise ValueError(f"the diagonal has shape {tuple(d.shape)}, its parameter {tuple(p.shape)}: they must agree")
            self._products[p] = d.detach().to(device=p.device, dtype=_state_dtype(p), copy=True)

    def hessian_diag(self) -> dict[Tensor, Tensor]:
        """Return the signed estimates gathered since the last step, each of its parameter's shape, before averaging."""
        return {p: product.clone() for p, product in self._products.items()}

    def hessian_due(self) -> bool:
        """Whether the next step is one that estimates the curvature (of any group)."""
        return bool(self._due_groups())

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, and the Hessian products that came with them."""
        self._products.clear()
        super().zero_grad(set_to_none)

    def _due_groups(self) -> list[tuple[dict[str, Any], int]]:
        def is_due(group: dict[str, Any]) -> bool:
            after_warmup = group["steps"] - group["hessian_warmup"]
            return bool(after_warmup < 0 or after_warmup % group["update_each"] == 0)

        return [(group, index) for index, group in enumerate(self.param_groups) if is_due(group)]

    @staticmethod
    def _rounds(due: Sequence[tuple[dict[str, Any], int]]) -> Iterator[list[tuple[dict[str, Any], int]]]:
        """Yield the groups that take part in the first, second ... product: one product serves all of them."""
        for number in range(max((group["n_samples"] for group, _ in due), default=0)):
            yield [(group, index) for group, index in due if group["n_samples"] > number and _trainable(group)]

    def _probe(self, group: dict[str, Any], index: int, params: Sequence[Tensor]) -> dict[Tensor, Tensor]:
        """Draw +1 and -1, each with probability 1/2, for these parameters, from a stream of this draw's own."""
        rank = 0 if self._process_group is None else dist.get_rank(self._process_group)
        # odd constants keep streams of different seeds, ranks and groups apart; CPU generators read 32 bits of a seed
        number = group["seed"] * 0x85EBCA6B + rank * 0x9E3779B1 + index * 0xC2B2AE35 + group["probes"]
        group["probes"] += 1
        generators = {device: torch.Generator(device).manual_seed(number % 2**32) for device in {p.device for p in params}}
        return {
            p: torch.randint(0, 2, p.shape, dtype=p.dtype, device=p.device, generator=generators[p.device]).mul_(2).sub_(1)
            for p in params
        }

    def _add_products(
        self, due: Sequence[tuple[dict[str, Any], int]], grads: Mapping[Tensor, Tensor | None], scale: float | Tensor
    ) -> None:
        """Differentiate gradients that carry a graph; a gradient without one is constant, its curvature zero."""
        rounds = list(self._rounds(due))
        for number, taking in enumerate(rounds, start=1):
            probes: dict[Tensor, Tensor] = {}
            for group, index in taking:
                probes |= self._probe(group, index, [p for p in group["params"] if grads.get(p) is not None])
            bent = [(g, z) for p, z in probes.items() if (g := grads[p]) is not None and g.requires_grad]
            products: Sequence[Tensor | None] = [None] * len(probes)
            if bent:
                products = torch.autograd.grad(
                    [g for g, _ in bent],
                    list(probes),
                    [z for _, z in bent],
                    retain_graph=number < len(rounds),
                    allow_unused=True,
                )
            product_of = dict(zip(probes, products, strict=True))
            for group, _ in taking:
                for p in group["params"]:
                    if p in probes:
                        self._add_product(p, probes[p], product_of[p], group["n_samples"], scale)

    def _add_product(self, p: Tensor, z: Tensor, hz: Tensor | None, n_samples: int, scale: float | Tensor) -> None:
        dtype = _state_dtype(p)
        signed = torch.zeros_like(p, dtype=dtype) if hz is None else (hz.detach() * z).to(dtype)
        if n_samples != 1:
            signed /= n_samples
        if not isinstance(scale, float) or scale != 1.0:
            signed /= scale
        self._products[p] = self._products[p].add_(signed) if p in self._products else signed

    def _begin_backward(self) -> tuple[list[tuple[dict[str, Any], int]], list[Tensor]]:
        for p in [p for p in self._products if p.grad is None]:  # `model.zero_grad()` was called after a skipped step
            del self._products[p]
        return self._due_groups(), [p for group in self.param_groups for p in _trainable(group)]

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
            for p, product in self._products.items():
                if p.grad is not None:
                    p.grad.add_(product * 0.0)  # inf or nan becomes nan, which the gradient scaler looks for
        if self._process_group is not None and sync:
            self._average_over_ranks()

    def _average_over_ranks(self) -> None:
        """Replace gradients and products by their means over ranks: signed, so that ranks count as samples."""
        params = [p for group in self.param_groups for p in _trainable(group)]
        mean = self._mean_over_ranks({p: p.grad for p in params if p.grad is not None}, {p: p.dtype for p in params})
        for p, g in mean.items():
            p.grad = g.clone(memory_format=torch.preserve_format)
        curved = [p for group, _ in self._due_groups() for p in _trainable(group)]
        self._products.update(self._mean_over_ranks(self._products, {p: _state_dtype(p) for p in curved}))

    def _mean_over_ranks(self, values: Mapping[Tensor, Tensor], dtypes: Mapping[Tensor, torch.dtype]) -> dict[Tensor, Tensor]:
        """Mean over ranks, a missing value counting as zero; a value that no rank has stays missing."""
        assert self._process_group is not None
        means: dict[Tensor, Tensor] = {}
        for kind in dict.fromkeys((p.device, dtype) for p, dtype in dtypes.items()):
            params = [p for p, dtype in dtypes.items() if (p.device, dtype) == kind]
            device, dtype = kind
            present = torch.tensor([float(p in values) for p in params], device=device, dtype=dtype)
            parts = [values[p].reshape(-1) if p in values else torch.zeros(p.numel(), device=device, dtype=dtype) for p in params]
            flat = torch.cat([*parts, present])
            dist.all_reduce(flat, group=self._process_group)
            flat /= dist.get_world_size(self._process_group)
            *averaged, present = torch.split(flat, [p.numel() for p in params] + [len(params)])
            for p, value, share in zip(params, averaged, present.tolist(), strict=True):
                if share > 0:
                    means[p] = value.view(p.shape)
        return means

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
        self._products.clear()
        return loss

    def _adopt_graphs(self, scale: float | Tensor) -> None:
        """Take due estimates from gradients that carry a graph, and cut every such graph off."""
        due = []
        for group, index in self._due_groups():
            with_grad = [p for p in group["params"] if p.grad is not None]
            if not with_grad or any(p in self._products for p in with_grad):
                continue
            if not any(p.grad.requires_grad for p in with_grad):
                raise RuntimeError(
                    "a curvature estimate is due at this step, but the gradients came without one: call "
                    "optimizer.backward(loss) instead of loss.backward(), or pass step() a closure that returns the loss"
                )
            due.append((group, index))
        graphs = {p: p.grad for group in self.param_groups for p in group["params"] if p.grad is not None}
        if due:
            with torch.enable_grad(), _explained():
                self._add_products(due, graphs, scale)
        for p, g in graphs.items():
            if g.requires_grad:
                p.grad = g.detach()  # parameter -> gradient -> graph -> parameter is a cycle
        if due and self._process_group is not None:
            self._average_over_ranks()

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
            product = self._products.get(p)
            if p not in self.state:
                if product is None:
                    continue  # its curvature is unknown: it waits for the group's next estimate
                self._start(p, group)
            if product is not None:
                self._refresh(p, product, group)
            params.append(p)
            grads.append(p.grad)
        if seen:
            group["steps"] += 1
        foreach = group["foreach"]
        if foreach is None:
            foreach = all(p.device.type != "cpu" for p in params)
        if params:
            (_multi_tensor if foreach else _single_tensor)(params, grads, [self.state[p] for p in params], group)

    def _start(self, p: Tensor, group: dict[str, Any]) -> None:
        device = p.device if group["capturable"] else torch.device("cpu")
        averaged = _average(torch.zeros_like(p, dtype=_state_dtype(p)), group["averaging"])
        self.state[p] = {
            "step": torch.zeros((), dtype=torch.float32, device=device),
            "refreshes": torch.zeros((), dtype=torch.float32, device=device),
            "exp_avg": torch.zeros_like(p, dtype=_state_dtype(p)),
            "exp_hessian_diag_sq": torch.zeros_like(averaged),
        }

    def _refresh(self, p: Tensor, product: Tensor, group: dict[str, Any]) -> None:
        state, beta2 = self.state[p], group["betas"][1]
        diagonal = _average(product.abs_(), group["averaging"])
        state["exp_hessian_diag_sq"].mul_(beta2).addcmul_(diagonal, diagonal, value=1 - beta2)
        state["refreshes"] += 1

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
                self.state[p] = _loaded(p, group, values)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._products = {}
        self.__dict__.setdefault("_process_group", None)  # process groups cannot be pickled
        for group in self.param_groups:
            for name, value in self.defaults.items():
                group.setdefault(name, value)


def _loaded(p: Tensor, group: Mapping[str, Any], saved: Mapping[str, Any]) -> dict[str, Any]:
    """Make a parameter's state of a saved one. The base class casts it to the parameter's type, which may hold less."""
    device = p.device if group["capturable"] else torch.device("cpu")
    return {
        "step": torch.as_tensor(saved["step"]).to(device, torch.float32, copy=True),
        # other implementations count steps alone and estimate at each
        "refreshes": torch.as_tensor(saved.get("refreshes", saved["step"])).to(device, torch.float32, copy=True),
        "exp_avg": saved["exp_avg"].to(p.device, _state_dtype(p), copy=True),
        "exp_hessian_diag_sq": saved["exp_hessian_diag_sq"].to(p.device, _state_dtype(p), copy=True),
    }


def _trainable(group: Mapping[str, Any]) -> list[Tensor]:
    return [p for p in group["params"] if p.requires_grad]


def _check(group: Mapping[str, Any]) -> None:
    def demand(fine: bool, name: str, range_: str) -> None:
        if not fine:
            raise ValueError(f"{name} must be {range_}, not {group[name]!r}")

    demand(float(group["lr"]) >= 0, "lr", "at least 0")
    demand(all(0 <= beta < 1 for beta in group["betas"]) and len(group["betas"]) == 2, "betas", "two numbers in [0, 1)")
    demand(group["eps"] >= 0, "eps", "at least 0")
    demand(group["weight_decay"] >= 0, "weight_decay", "at least 0")
    demand(0 < group["hessian_power"] <= 1, "hessian_power", "in (0, 1]")
    demand(group["update_each"] >= 1, "update_each", "at least 1")
    demand(group["hessian_warmup"] >= 0, "hessian_warmup", "at least 0")
    demand(group["n_samples"] >= 1, "n_samples", "at least 1")
    demand(group["update_clip"] is None or group["update_clip"] > 0, "update_clip", "None or above 0")
    averaging = group["averaging"]
    known = averaging >= 1 if isinstance(averaging, int) else averaging in _MEAN_DIMS_FROM or callable(averaging)
    demand(known, "averaging", f"one of {', '.join(_MEAN_DIMS_FROM)}, a positive int or a function")
    if isinstance(group["lr"], Tensor) and not group["capturable"]:
        raise ValueError("lr may be a tensor only with capturable=True")
    for p in group["params"]:
        if p.is_complex() or not p.is_floating_point():
            raise TypeError(f"AdaHessian needs real floating point parameters, not {p.dtype}: view a complex one as real")
        if p.layout != torch.strided:
            raise TypeError(f"AdaHessian needs dense parameters, not {p.layout}")
        if type(p).__name__ == "DTensor" or type(p.data).__name__ == "DTensor" or getattr(p, "_is_flat_param", False):
            raise TypeError(
                "AdaHessian cannot differentiate twice through sharded parameters (FSDP, DTensor): keep a whole copy on "
                "each rank and pass process_group=, or estimate outside and call set_hessian_diag() with plain tensors"
            )


@contextmanager
def _explained() -> Iterator[None]:
    """Say what to do where PyTorch only says what it cannot."""
    try:
        yield
    except RuntimeError as error:
        text = str(error)
        if "attention" in text and ("not implemented" in text or "does not support" in text):
            advice = (
                "this attention kernel has no second derivative: compute the loss under "
                "torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH)"
            )
        elif "double backward" in text and "compile" in text:
            advice = "a compiled model has no second derivative: give the plain one to forward_over_reverse(), which compiles it"
        elif "second time" in text:
            advice = "the loss's graph is gone: return the loss, or pass it to backward(), before anything else differentiates it"
        elif "mutate a captured Tensor" in text:
            advice = "the model writes to its buffers (batch normalization in training mode): use backward() for it"
        else:
            raise
        raise RuntimeError(f"{advice} (PyTorch: {text.splitlines()[0][:200]})") from error


def _state_dtype(p: Tensor) -> torch.dtype:
    return torch.promote_types(p.dtype, torch.float32)


def _average(diagonal: Tensor, averaging: Averaging) -> Tensor:
    """Average |d|, keeping as few elements as broadcast to its shape."""
    if isinstance(averaging, int):
        if diagonal.dim() < 2:
            return diagonal
        flat = diagonal.reshape(-1)
        run = torch.arange(flat.numel(), device=flat.device) // averaging
        sums = flat.new_zeros(math.ceil(flat.numel() / averaging)).index_add_(0, run, flat)
        sizes = torch.bincount(run).to(flat.dtype)
        return (sums / sizes)[run].view(diagonal.shape)
    if callable(averaging):
        return averaging(diagonal)
    starts = _MEAN_DIMS_FROM[averaging]
    first = starts.get(min(diagonal.dim(), 3))
    return diagonal if first is None else diagonal.mean(dim=tuple(range(first, diagonal.dim())), keepdim=True)


def _correction(beta: float, count: Tensor, capturable: bool) -> Any:
    """Return 1 - beta^count: a number, or where none may be read from the device, a tensor."""
    if not capturable:
        return 1 - beta ** count.item()
    return -torch.expm1(count * math.log(beta)) if beta else torch.ones_like(count)  # 1 - beta**count is coarse in float32


def _single_tensor(params: list[Tensor], grads: list[Tensor], states: list[dict[str, Any]], group: dict[str, Any]) -> None:
    (beta1, beta2), lr, clip, capturable = group["betas"], group["lr"], group["update_clip"], group["capturable"]
    for p, g, state in zip(params, grads, states, strict=True):
        m = state["exp_avg"]
        state["step"] += 1
        m.lerp_((-g if group["maximize"] else g).to(m.dtype), 1 - beta1)
        first = _correction(beta1, state["step"], capturable)
        denominator = state["exp_hessian_diag_sq"].sqrt().div_(_correction(beta2, state["refreshes"], capturable) ** 0.5)
        if group["hessian_power"] != 1:
            denominator.pow_(group["hessian_power"])
        denominator.add_(group["eps"])
        target = p if p.dtype == m.dtype else p.to(m.dtype)
        if group["weight_decay"]:
            target.mul_(1 - lr * group["weight_decay"])
        if clip is None and not capturable:
            target.addcdiv_(m, denominator, value=-lr / first)
        else:
            update = (m / denominator).div_(first)
            if clip is not None:
                update.clamp_(-clip, clip)
            target.sub_(update.mul_(lr))
        if target is not p:
            p.copy_(target)


def _multi_tensor(params: list[Tensor], grads: list[Tensor], states: list[dict[str, Any]], group: dict[str, Any]) -> None:
    for kind in dict.fromkeys((p.device, p.dtype) for p in params):
        rows = [i for i, p in enumerate(params) if (p.device, p.dtype) == kind]
        _multi_tensor_of_one_kind([params[i] for i in rows], [grads[i] for i in rows], [states[i] for i in rows], group)


def _multi_tensor_of_one_kind(
    params: list[Tensor], grads: list[Tensor], states: list[dict[str, Any]], group: dict[str, Any]
) -> None:
    (beta1, beta2), lr, clip, capturable = group["betas"], group["lr"], group["update_clip"], group["capturable"]
    averages = [state["exp_avg"] for state in states]
    dtype = averages[0].dtype
    torch._foreach_add_([state["step"] for state in states], 1)
    if group["maximize"]:
        grads = list(torch._foreach_neg(grads))
    torch._foreach_lerp_(averages, [g.to(dtype) for g in grads], 1 - beta1)
    first = [_correction(beta1, state["step"], capturable) for state in states]
    denominators = torch._foreach_sqrt([state["exp_hessian_diag_sq"] for state in states])
    torch._foreach_div_(denominators, [_correction(beta2, state["refreshes"], capturable) ** 0.5 for state in states])
    if group["hessian_power"] != 1:
        torch._foreach_pow_(denominators, group["hessian_power"])
    torch._foreach_add_(denominators, group["eps"])
    targets = params if params[0].dtype == dtype else [p.to(dtype) for p in params]
    if group["weight_decay"]:
        torch._foreach_mul_(targets, 1 - lr * group["weight_decay"])
    if clip is None and not capturable:
        torch._foreach_addcdiv_(targets, averages, denominators, [-lr / f for f in first])
    else:
        updates = torch._foreach_div(averages, denominators)
        torch._foreach_div_(updates, first)
        if clip is not None:
            torch._foreach_clamp_min_(updates, -clip)
            torch._foreach_clamp_max_(updates, clip)
        torch._foreach_mul_(updates, lr)
        torch._foreach_sub_(targets, updates)
    if targets is not params:
        torch._foreach_copy_(params, targets)
