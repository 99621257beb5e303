"""Networks on torch: what they are given, what members share, when training ends, and what they make of tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, make_friedman1
from sklearn.metrics import log_loss, r2_score
from sklearn.utils import Bunch

from agentk.reasoning.recipes.blocks.net.inputs import BOUND, Inputs, gently_scaled, network_inputs

RNG = np.random.default_rng(0)
PARAMS = {"seed": 0, "category_rows": 3, "device": "cpu", "threads": 1}
NETWORK = {"width": 16, "layers": 2}
TRAINING = {"dropout": 0.1, "rate": 0.04, "decay": 0.02, "smoothing": 0.0}


def numbers(rows: int, columns: int) -> Inputs:
    empty = np.zeros((rows, 0))
    return Inputs(RNG.normal(size=(rows, columns)).astype(np.float32), empty.astype(np.float32), empty.astype(np.int64), ())


def test_numbers_are_scaled_by_their_middle_half_and_never_leave_the_bound() -> None:
    X = np.column_stack([np.r_[np.arange(99.0), 1e9], np.r_[np.zeros(80), np.full(20, 4.0)], np.full(100, 7.0)])
    known, asked = gently_scaled(X, X[-1:] * 10)
    assert np.abs(known).max() <= BOUND and np.abs(asked).max() <= BOUND
    assert known[25, 0] == pytest.approx(-0.5, abs=0.02)
    assert known[-1, 1] == pytest.approx(2.0 / np.sqrt(1 + (2.0 / BOUND) ** 2))  # no width in the middle: half of the range
    assert (known[:, 2] == 0).all()


def test_few_categories_get_columns_and_many_get_places_the_rare_and_unknown_the_first() -> None:
    many = [f"c{number // 5}" for number in range(100)]
    many[:2] = ["rare", "seldom"]
    head = pd.DataFrame({"few": list("xy") * 50, "many": many, "fine": RNG.normal(size=100)})
    tail = pd.DataFrame({"few": ["x", None], "many": ["c7", "rare"], "fine": [0.0, np.nan]})
    kind = pd.CategoricalDtype(sorted(set(many)))
    head, tail = (part.astype({"few": pd.CategoricalDtype(["x", "y"]), "many": kind}) for part in (head, tail))
    known, asked = network_inputs(head, tail, RNG.normal(size=100), False, PARAMS)
    assert known.sizes == (21,) and known.places.max() == 20 and known.places[:2, 0].tolist() == [0, 0]
    assert asked.places[0, 0] == known.places[35, 0] > 0 and asked.places[1, 0] == 0
    assert sorted(asked.flags[0, -2:].tolist()) == [0.0, 1.0] and not asked.flags[1, -2:].any()
    assert known.numbers.shape[1] == 2  # the numbers, and the means of the targets by category
    assert np.isfinite(asked.numbers).all()


def test_members_differ_and_each_row_is_seen_by_itself() -> None:
    torch = pytest.importorskip("torch")
    from agentk.reasoning.recipes.blocks.net.members import MEMBERS, Members

    torch.manual_seed(0)
    rows = numbers(30, 5)
    network = Members(rows, torch.zeros(3), NETWORK)
    seen = tuple(torch.tensor(part) for part in rows[:3])
    outputs = network.outputs_of(network.weights, *seen)
    assert outputs.shape == (MEMBERS, 30, 3)
    assert (outputs.std(dim=0) > 0).all()
    alone = network.outputs_of(network.weights, *(part[7:8] for part in seen))
    assert torch.allclose(alone[:, 0], outputs[:, 7], atol=1e-5)


def test_forgetting_leaves_the_mean_as_it_was() -> None:
    torch = pytest.importorskip("torch")
    from agentk.reasoning.recipes.blocks.net.members import Members

    torch.manual_seed(0)
    rows = numbers(1, 5)
    network = Members(rows, torch.zeros(1), NETWORK | {"layers": 1})
    seen = tuple(torch.tensor(part).repeat(4000, 1) for part in rows[:3])
    plain, forgetful = (network.outputs_of(network.weights, *seen, dropout=share) for share in (0.0, 0.4))
    assert torch.allclose(forgetful.mean(dim=1), plain.mean(dim=1), atol=0.1)
    assert (forgetful.std(dim=1) > 0.1).all()


def test_training_keeps_the_epoch_that_the_watched_rows_liked_best() -> None:
    torch = pytest.importorskip("torch")
    from agentk.reasoning.recipes.blocks.net.members import Members
    from agentk.reasoning.recipes.blocks.net.train import best_weights, loss_of_mean, predicted

    torch.manual_seed(0)
    rows = numbers(200, 5)
    noise = torch.randn(200)
    network = Members(rows, torch.zeros(1), NETWORK)
    seen = tuple(torch.tensor(part) for part in rows[:3])
    fit, watch = torch.arange(150), torch.arange(150, 200)
    alike = torch.ones(200)
    best = best_weights(network, (seen, noise, alike), fit, watch, 20, TRAINING)
    kept = loss_of_mean(predicted(network, best, tuple(part[watch] for part in seen)), noise[watch], alike[watch])
    assert kept < 1.2 * float(noise[watch].var())  # noise cannot be learned; fitted to its end it would be at twice the variance


@pytest.mark.parametrize("absolute", [False, True])
def test_curves_and_products_are_learned(solved: Any, real_case: Any, absolute: bool) -> None:
    pytest.importorskip("torch")
    X, y = make_friedman1(800, noise=0.5, random_state=0)
    frame = pd.DataFrame(X, columns=[f"x{place}" for place in range(X.shape[1])])
    case, truth = real_case(Bunch(data=frame, target=pd.Series(y)), "regression", "mae" if absolute else "rmse")
    assert r2_score(truth, solved("table_tabm", case, networks=1)[:, 0]) > 0.93


def test_probabilities_can_be_relied_on(solved: Any, real_case: Any) -> None:
    pytest.importorskip("torch")
    case, truth = real_case(load_breast_cancer(as_frame=True), "binary", "log_loss")
    assert log_loss(truth, solved("table_tabm", case, networks=2)) < 0.25
