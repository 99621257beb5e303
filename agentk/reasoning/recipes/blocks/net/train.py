"""Training networks of members: each on an inner split of its own, kept as it was when the rows it watched liked it best."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.net.inputs import Inputs
from agentk.reasoning.recipes.blocks.net.members import Members
from agentk.reasoning.recipes.blocks.table.fitting.loss import value_loss
from agentk.reasoning.recipes.blocks.table.fitting.pace import useful_threads
from agentk.reasoning.recipes.blocks.task import Codes, Floats

SWINGS = 4  # of the rate, as RealMLP's coslog4 has them
MOST_WORK = 1e11  # multiplications of the forward passes of one fit: some twenty seconds on one core
EPOCHS, FEWEST_EPOCHS = 60, 15  # of a network, where the work can be afforded and where it cannot
MOMENTUM, SQUARES, TINY = 0.9, 0.95, 1e-8
CHUNK = 2048


def trained_outputs(
    X: Inputs,
    y: Floats | Codes,
    X_test: Inputs,
    *,
    classes: int,
    splits: list[tuple[Codes, Codes]],
    params: dict[str, Any],
    weights: Floats | None = None,
) -> Floats:
    """(N, classes) probabilities, or (N, 1) values where `classes` is 1, for the test rows: the mean over networks and members.

    There is a network for each of `splits`, positions to fit on and to watch; fewer, or fewer epochs, where the data are large,
    or params["most_work"] allows but a share of that.
    weights: (N,) how much each training row counts.
    """
    torch.set_num_threads(max(1, useful_threads(params, X.numbers.size)))
    device = torch.device(params["device"])
    known, unknown = (tuple(torch.tensor(part, device=device) for part in side[:3]) for side in (X, X_test))
    truth = torch.tensor(y, dtype=torch.int64 if classes > 1 else torch.float32, device=device)
    counted = torch.tensor(np.ones(len(y)) if weights is None else weights, dtype=torch.float32, device=device)
    prior = (torch.bincount(truth, counted) / counted.sum()).clamp_min(TINY).log() if classes > 1 else truth.median()[None]
    outputs = []
    for place, split in enumerate(splits):
        torch.manual_seed(params["seed"] + place)
        network = Members(X, prior, params)
        affordable = MOST_WORK / len(CONTRACT["targets"]) / (network.work * len(split[0]))  # epochs
        affordable = params.get("most_work", 1.0) * min(affordable, len(splits) * EPOCHS)
        epochs = int(np.clip(affordable, FEWEST_EPOCHS, EPOCHS))
        fit, watch = (torch.tensor(part, device=device) for part in split)
        best = best_weights(network, (known, truth, counted), fit, watch, epochs, params)
        outputs.append(predicted(network, best, unknown))
        if (place + 2) * epochs > affordable:
            break
    return np.asarray(torch.stack(outputs).mean(dim=0).cpu().numpy(), dtype=np.float64)


def best_weights(
    network: Members, known: tuple[Any, Tensor, Tensor], fit: Tensor, watch: Tensor, epochs: int, params: dict[str, Any]
) -> Tensor:
    """The weights after the epoch with the least loss on the watched rows. A swing of the rate that brought none is the last.

    known: of all rows the inputs, the truth, and how much each counts.
    """
    rows, truth, counted = known
    batch = int(np.clip(len(fit) // 30, 16, 256))
    steps, done = epochs * -(-len(fit) // batch), 0
    weights = network.weights.clone().requires_grad_()
    slope, squares = torch.zeros_like(network.weights), torch.zeros_like(network.weights)
    watched, least, best, best_swing = tuple(part[watch] for part in rows), math.inf, network.weights, 0
    for _ in range(epochs):
        swing = int(swings(done / steps))
        if swing > best_swing + 1:
            break
        for chosen in torch.split(fit[torch.randperm(len(fit)).to(fit.device)], batch):
            outputs = network.outputs_of(weights, *(part[chosen] for part in rows), dropout=params["dropout"])
            loss = loss_of_members(outputs, truth[chosen], counted[chosen], params["smoothing"])
            (gradient,) = torch.autograd.grad(loss, weights)
            done += 1
            rate = params["rate"] * 0.5 * (1.0 - math.cos(2.0 * math.pi * swings(done / steps)))
            with torch.no_grad():  # Adam with a decay apart; torch.optim would import for a second first
                slope.lerp_(gradient, 1.0 - MOMENTUM)
                squares.lerp_(gradient**2, 1.0 - SQUARES)
                step = slope / (1.0 - MOMENTUM**done) / ((squares / (1.0 - SQUARES**done)).sqrt() + TINY)
                weights -= rate * (network.paces * step + params["decay"] * network.decays * weights)
        lost = loss_of_mean(predicted(network, weights.detach(), watched), truth[watch], counted[watch])
        if lost < least:
            least, best, best_swing = lost, weights.detach().clone(), swing
    return best


def swings(share: float) -> float:
    """How often the rate has risen and fallen after a share of the steps: each time takes twice as long as the one before."""
    return math.log2(1.0 + (2**SWINGS - 1) * share)


def loss_of_members(outputs: Tensor, truth: Tensor, counted: Tensor, smoothing: float) -> Tensor:
    """The mean of the losses of the members, each for itself: what one misses no other may make up for."""
    repeated = truth.repeat(len(outputs))
    if outputs.shape[2] > 1:
        losses = functional.cross_entropy(outputs.flatten(0, 1), repeated, label_smoothing=smoothing, reduction="none")
    else:
        losses = value_losses(outputs.flatten(), repeated)
    return (losses.view(len(outputs), -1) * counted).sum() / (len(outputs) * counted.sum().clamp_min(TINY))


def loss_of_mean(found: Tensor, truth: Tensor, counted: Tensor) -> float:
    """The loss of the members' mean prediction."""
    if found.shape[1] > 1:
        losses = functional.nll_loss(found.clamp_min(1e-7).log(), truth, reduction="none")
    else:
        losses = value_losses(found[:, 0], truth)
    return float((losses * counted).sum() / counted.sum().clamp_min(TINY))


def value_losses(values: Tensor, truth: Tensor) -> Tensor:
    """(N,) what errors cost: by their size, above and below a quantile, where the metric wants one; else their squares."""
    kind, number = value_loss(-1.0)  # values are centered, so no deviance has a value for them
    if kind == "quantile":
        return 2.0 * torch.maximum(number * (truth - values), (number - 1.0) * (truth - values))
    return functional.mse_loss(values, truth, reduction="none")


def predicted(network: Members, weights: Tensor, rows: Any) -> Tensor:
    """(rows, outputs) means of the members' probabilities or values."""
    with torch.no_grad():
        chunks = [network.outputs_of(weights, *chunk) for chunk in zip(*(part.split(CHUNK) for part in rows), strict=True)]
        outputs = torch.cat(chunks, dim=1)
        return (outputs.softmax(dim=2) if network.outputs > 1 else outputs).mean(dim=0)
