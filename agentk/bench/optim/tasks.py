"""Small problems on which optimizers are compared: each is a model, a loss, training batches and two held-out losses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from agentk.errors import SettingError

Batch = tuple[Tensor, ...]


@dataclass(frozen=True)
class Problem:
    """One seed of a task. `loss(forward, *batch)` is a scalar; learning rates are chosen on `valid`, reported is `test`."""

    model: nn.Module
    loss: Callable[..., Tensor]
    batch: Callable[[int], Batch]
    valid: Batch
    test: Batch

    def held_out(self, batch: Batch) -> float:
        """Return the loss on a held-out batch."""
        self.model.eval()
        with torch.no_grad():
            value = float(self.loss(self.model, *batch))
        self.model.train()
        return value


@dataclass(frozen=True)
class Task:
    """A problem for each seed, and how many steps a run of it takes."""

    name: str
    steps: int
    problem: Callable[[int], Problem]


def _shuffled(seed: int, size: int, rows: int) -> Callable[[int], Tensor]:
    """Return the rows of a step's batch: epochs of permutations, a function of seed and step."""
    each = max(1, rows // size)

    def rows_of(step: int) -> Tensor:
        generator = torch.Generator().manual_seed(seed * 100_003 + step // each)
        start = step % each * size
        return torch.randperm(rows, generator=generator)[start : start + size]

    return rows_of


def _supervised(seed: int, X: Tensor, y: Tensor, model: nn.Module, loss: Callable[..., Tensor], size: int) -> Problem:
    """Split rows 60 : 20 : 20 by seed and standardize columns by the training rows."""
    order = torch.randperm(len(X), generator=torch.Generator().manual_seed(seed))
    a, b = int(0.6 * len(X)), int(0.8 * len(X))
    mean, std = X[order[:a]].mean(0), X[order[:a]].std(0)
    X = (X - mean) / torch.where(std > 1e-6, std, 1.0)  # a column that is constant in training need not be elsewhere
    train, valid, test = ((X[rows], y[rows]) for rows in (order[:a], order[a:b], order[b:]))
    rows_of = _shuffled(seed, min(size, a), a)

    def batch(step: int) -> Batch:
        rows = rows_of(step)
        return train[0][rows], train[1][rows]

    return Problem(model, loss, batch, valid, test)


def _cross_entropy(forward: Callable[[Tensor], Tensor], x: Tensor, y: Tensor) -> Tensor:
    return nn.functional.cross_entropy(forward(x).flatten(0, -2), y.flatten())


def _squared_error(forward: Callable[[Tensor], Tensor], x: Tensor, y: Tensor) -> Tensor:
    return nn.functional.mse_loss(forward(x).squeeze(-1), y)


def _mlp(seed: int, *widths: int) -> nn.Sequential:
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for a, b in pairwise(widths):
        layers += [nn.Linear(a, b), nn.GELU()]
    return nn.Sequential(*layers[:-1])


def digits(seed: int) -> Problem:
    """Handwritten digits of 8 x 8 pixels (scikit-learn), a perceptron with one hidden layer."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return _supervised(seed, torch.tensor(X).float(), torch.tensor(y), _mlp(seed, 64, 64, 10), _cross_entropy, 128)


def table(path: Path | None, target: str | None) -> Callable[[int], Problem]:
    """Return the task of a table: a CSV file's, or scikit-learn's breast cancer; a perceptron with two hidden layers.

    The target is a class where it is no number or has at most 20 values. Text columns are one-hot, gaps the median.

    Raises:
        SettingError: the file or its target column is missing.
    """
    if path is None:
        from sklearn.datasets import load_breast_cancer

        X, y = load_breast_cancer(return_X_y=True)
        features, labels, classes = torch.tensor(X).float(), torch.tensor(y), 2
    else:
        features, labels, classes = _read(path, target)
    loss = _cross_entropy if classes else _squared_error
    width = features.shape[1]
    return lambda seed: _supervised(seed, features, labels, _mlp(seed, width, 64, 64, max(classes, 1)), loss, 128)


def _read(path: Path, target: str | None) -> tuple[Tensor, Tensor, int]:
    import pandas as pd

    if not path.is_file():
        raise SettingError(f"there is no table at {path}: give the path of a CSV file")
    frame = pd.read_csv(path)
    name = target or str(frame.columns[-1])
    if name not in frame:
        raise SettingError(f"{path} has no column {name!r}: its columns are {', '.join(map(str, frame.columns))}")
    frame = frame.dropna(subset=[name])
    y, X = frame[name], frame.drop(columns=name)
    X = X.drop(columns=[c for c in X if not pd.api.types.is_numeric_dtype(X[c]) and X[c].nunique() > 20])
    X = pd.get_dummies(X, dtype=float)
    features = torch.tensor(X.fillna(X.median()).fillna(0).to_numpy(float)).float()
    if pd.api.types.is_numeric_dtype(y) and y.nunique() > 20:
        return features, torch.tensor(((y - y.mean()) / y.std()).to_numpy(float)).float(), 0
    codes, names = pd.factorize(y, sort=True)
    return features, torch.tensor(codes), len(names)


HEADS = 2


class TinyTransformer(nn.Module):
    """A causal language model; attention is written out, since fused kernels have no second derivative."""

    def __init__(self, vocabulary: int, length: int, width: int, layers: int) -> None:
        super().__init__()
        self.token, self.place = nn.Embedding(vocabulary, width), nn.Parameter(0.02 * torch.randn(length, width))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2 * layers + 1))
        self.mixers = nn.ModuleList(nn.Linear(width, 3 * width) for _ in range(layers))
        self.joins = nn.ModuleList(nn.Linear(width, width) for _ in range(layers))
        self.feeds = nn.ModuleList(
            nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)) for _ in range(layers)
        )
        self.out = nn.Linear(width, vocabulary)
        self.mask: Tensor
        self.register_buffer("mask", torch.full((length, length), -torch.inf).triu(1))

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens (batch, length) to logits (batch, length, vocabulary)."""
        h = self.token(tokens) + self.place
        for i, (mixer, join, feed) in enumerate(zip(self.mixers, self.joins, self.feeds, strict=True)):
            batch, length, width = h.shape
            qkv = mixer(self.norms[2 * i](h)).view(batch, length, 3, HEADS, width // HEADS)
            q, k, v = qkv.permute(2, 0, 3, 1, 4)
            weights = (q @ k.transpose(-1, -2) / (width // HEADS) ** 0.5 + self.mask).softmax(-1)
            h = h + join((weights @ v).transpose(1, 2).reshape(batch, length, width))
            h = h + feed(self.norms[2 * i + 1](h))
        logits: Tensor = self.out(self.norms[-1](h))
        return logits


def text(seed: int) -> Problem:
    """Text of a random second-order Markov chain over 12 letters, a transformer with one layer."""
    letters, length = 12, 16
    rng = np.random.default_rng(7)  # one language for all seeds
    chances = rng.dirichlet(np.full(letters, 0.15), size=(letters, letters)).cumsum(-1)
    rng = np.random.default_rng(seed)
    tokens = np.zeros((1400, length + 1), int)
    tokens[:, :2] = rng.integers(letters, size=(1400, 2))
    for t in range(2, length + 1):
        drawn = rng.random((1400, 1)) > chances[tokens[:, t - 2], tokens[:, t - 1]]
        tokens[:, t] = drawn.sum(1).clip(max=letters - 1)
    x, y = torch.tensor(tokens[:, :-1]), torch.tensor(tokens[:, 1:])
    torch.manual_seed(seed)
    model = TinyTransformer(letters, length, 32, 1)
    rows_of = _shuffled(seed, 16, 1000)

    def batch(step: int) -> Batch:
        rows = rows_of(step)
        return x[rows], y[rows]

    return Problem(model, _cross_entropy, batch, (x[1000:1200], y[1000:1200]), (x[1200:], y[1200:]))


class _Point(nn.Module):
    def __init__(self, start: Tensor) -> None:
        super().__init__()
        self.x = nn.Parameter(start)

    def forward(self, matrix: Tensor, goal: Tensor) -> Tensor:
        off = self.x - goal
        value: Tensor = 0.5 * off @ (matrix @ off)
        return value


def quadratic(condition: float, *, rotated: bool) -> Callable[[int], Problem]:
    """Return quadratics of 40 dimensions with curvatures from 1 down to 1/condition, along the axes or rotated at random."""

    def problem(seed: int) -> Problem:
        generator = torch.Generator().manual_seed(seed)
        matrix = torch.diag(torch.logspace(0, -float(np.log10(condition)), 40))
        if rotated:
            turn, _ = torch.linalg.qr(torch.randn(40, 40, generator=generator))
            matrix = turn @ matrix @ turn.T
        start, goal = torch.randn(2, 40, generator=generator)  # the goal is not the origin, where weight decay would lead
        batch = (matrix, goal)
        return Problem(_Point(start.clone()), lambda forward, a, b: forward(a, b), lambda _: batch, batch, batch)

    return problem


def tasks(data: Path | None = None, target: str | None = None) -> list[Task]:
    """Return all tasks; `data` and `target` replace the table by a CSV file's, and its name by the file's."""
    return [
        Task("digits", 300, digits),
        Task("text", 200, text),
        Task(data.stem if data else "table", 200, table(data, target)),
        Task("separable", 400, quadratic(1e6, rotated=False)),
        Task("rotated", 400, quadratic(1e4, rotated=True)),
    ]
