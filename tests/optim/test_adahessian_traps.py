"""Bugs found in AdaHessian implementations in use, one test each: none of them may be here."""

from __future__ import annotations

import gc
import weakref

import pytest

torch = pytest.importorskip("torch")

from agentk.optim import AdaHessian  # noqa: E402

F64 = torch.float64
D = torch.tensor([1.0, 10.0, 100.0], dtype=F64)


def start():
    return torch.tensor([1.0, 2.0, 3.0], dtype=F64, requires_grad=True)


def separable(x):
    return 0.5 * (D * x**2).sum()


def coupled(x):
    """Hessian [[2, 1], [1, 3]]."""
    return 0.5 * (2 * x[0] ** 2 + 2 * x[0] * x[1] + 3 * x[1] ** 2)


def test_probes_have_both_signs_so_that_the_mean_estimate_is_the_diagonal_and_not_the_row_sums():
    x = torch.zeros(2, dtype=F64, requires_grad=True)
    optimizer = AdaHessian([x], lr=0.0)
    seen = []
    for _ in range(2000):
        optimizer.zero_grad()
        optimizer.backward(coupled(x))
        seen.append(optimizer.hessian_diag()[x])
    seen = torch.stack(seen)
    assert {tuple(row) for row in seen.tolist()} == {(3.0, 4.0), (1.0, 2.0)}  # diagonal plus or minus the coupling
    torch.testing.assert_close(seen.mean(0), torch.tensor([2.0, 3.0], dtype=F64), rtol=0, atol=0.1)


@pytest.mark.parametrize("update_each", [2, 3, 10])
def test_lazy_estimates_of_a_constant_curvature_change_nothing(update_each):
    # neither a denominator of zero at the second step, nor an average fed with stale values or corrected by steps
    every, lazy = start(), start()
    optimizers = [AdaHessian([every]), AdaHessian([lazy], update_each=update_each, hessian_warmup=0)]
    for _ in range(25):
        optimizers[0].step(lambda: separable(every))
        optimizers[1].step(lambda: separable(lazy))
        torch.testing.assert_close(lazy.detach(), every.detach(), rtol=1e-12, atol=0)
    assert optimizers[1].state[lazy]["refreshes"] == -(-25 // update_each)
    assert optimizers[1].state[lazy]["step"] == 25


def test_between_two_estimates_the_average_of_the_curvature_rests():
    x = start()
    optimizer = AdaHessian([x], update_each=5, hessian_warmup=2)
    kept = []
    for _ in range(12):
        optimizer.step(lambda: (x**4).sum())
        kept.append(tuple(optimizer.state[x]["exp_hessian_diag_sq"].tolist()))
    changes = [i for i in range(12) if i == 0 or kept[i] != kept[i - 1]]
    assert changes == [0, 1, 2, 7]  # the warm-up, then each fifth


@pytest.mark.parametrize("dims", range(7))
@pytest.mark.parametrize("averaging", ["none", "conv", "row", 2])
def test_parameters_of_any_number_of_dimensions_get_their_own_curvature(dims, averaging):
    shape = (2, 3, 2, 2, 1, 2)[:dims]
    values = torch.arange(1.0, 1.0 + max(1, torch.Size(shape).numel()), dtype=F64).reshape(shape)
    before, x = torch.tensor(5.0, dtype=F64, requires_grad=True), values.clone().requires_grad_()
    AdaHessian([before, x], lr=1.0, betas=(0, 0), eps=0, averaging=averaging).step(lambda: before**2 + (x**4).sum())
    curvature = 12 * values**2
    if averaging == 2 and dims >= 2:
        curvature = curvature.reshape(-1, 2).mean(1).repeat_interleave(2).reshape(shape)
    elif averaging == "row" and dims == 2:
        curvature = curvature.mean(1, keepdim=True)
    elif averaging in ("conv", "row") and dims >= 3:
        curvature = curvature.mean(tuple(range(2, dims)), keepdim=True)
    torch.testing.assert_close(x.detach(), values - 4 * values**3 / curvature, rtol=1e-12, atol=1e-12)


def test_every_group_gets_its_own_gradient_curvature_and_settings():
    together, apart = start(), [torch.tensor([v], dtype=F64, requires_grad=True) for v in (1.0, 2.0, 3.0)]
    one = AdaHessian([together])
    several = AdaHessian([{"params": [apart[0]]}, {"params": [apart[1], apart[2]]}])
    for _ in range(5):
        one.step(lambda: separable(together))
        several.step(lambda: 0.5 * sum(d * p.sum() ** 2 for d, p in zip(D, apart, strict=True)))
    torch.testing.assert_close(torch.cat([p.detach() for p in apart]), together.detach(), rtol=1e-13, atol=0)


def test_averaging_and_eps_are_read_from_the_parameters_own_group():
    plain, rows = (torch.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=F64, requires_grad=True) for _ in range(2))
    groups = [{"params": [plain], "averaging": "none"}, {"params": [rows], "averaging": "row", "eps": 1.0}]
    AdaHessian(groups, lr=1.0, betas=(0, 0), eps=0).step(lambda: (plain**4).sum() + (rows**4).sum())
    values = torch.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=F64)
    torch.testing.assert_close(plain.detach(), values - values / 3)
    torch.testing.assert_close(rows.detach(), values - 4 * values**3 / ((12 * values**2).mean(1, keepdim=True) + 1))


def test_one_product_serves_all_groups(monkeypatch):
    x, y = start(), start()
    optimizer = AdaHessian([{"params": [x]}, {"params": [y], "weight_decay": 0.1}])
    calls = []
    original = torch.autograd.grad
    monkeypatch.setattr(torch.autograd, "grad", lambda *a, **k: calls.append(1) or original(*a, **k))
    optimizer.step(lambda: separable(x) + separable(y))
    assert len(calls) == 2  # the gradient and the product


def test_a_run_resumed_between_two_estimates_goes_on_bit_for_bit(tmp_path):
    def net():
        torch.manual_seed(0)
        return torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))

    x, y = torch.randn(16, 4), torch.randn(16, 1)
    settings = {"update_each": 4, "hessian_warmup": 2, "n_samples": 2, "weight_decay": 0.01}

    def train(model, optimizer, steps):
        for _ in range(steps):
            optimizer.step(lambda: ((model(x) - y) ** 2).mean())

    whole = net()
    train(whole, AdaHessian(whole.parameters(), **settings), 17)
    first = net()
    optimizer = AdaHessian(first.parameters(), **settings)
    train(first, optimizer, 8)
    assert not optimizer.hessian_due()
    torch.save({"model": first.state_dict(), "optimizer": optimizer.state_dict()}, tmp_path / "run.pt")
    torch.manual_seed(12345)  # the global generator plays no part
    saved = torch.load(tmp_path / "run.pt", weights_only=True)
    second = net()
    optimizer = AdaHessian(second.parameters())
    second.load_state_dict(saved["model"])
    optimizer.load_state_dict(saved["optimizer"])
    train(second, optimizer, 9)
    assert all(torch.equal(p, q) for p, q in zip(whole.parameters(), second.parameters(), strict=True))


def test_a_group_added_between_two_estimates_takes_part_at_once():
    x, late = start(), start()
    optimizer = AdaHessian([x], update_each=10, hessian_warmup=0)
    for _ in range(3):
        optimizer.step(lambda: separable(x))
    optimizer.add_param_group({"params": [late], "lr": 0.05})
    optimizer.step(lambda: separable(x) + separable(late))
    alone = start()
    AdaHessian([alone], lr=0.05).step(lambda: separable(alone))
    assert torch.equal(late, alone)


def test_the_closure_runs_with_gradients_enabled_even_under_no_grad():
    x, y = start(), start()
    with torch.no_grad():
        AdaHessian([x]).step(lambda: separable(x))
    AdaHessian([y]).step(lambda: separable(y))
    assert torch.equal(x, y)


def test_a_parameter_without_curvature_steps_and_one_without_gradient_rests():
    bent, linear, unused = (torch.tensor([1.0], dtype=F64, requires_grad=True) for _ in range(3))
    optimizer = AdaHessian([bent, linear, unused], lr=1e-5)
    optimizer.step(lambda: (bent**2 + 2 * linear).sum())
    assert linear.item() == pytest.approx(1 - 1e-5 * 2 / 1e-4)  # gradient / eps
    assert bent.item() < 1
    assert unused.item() == 1
    assert unused.grad is None and unused not in optimizer.state


def test_a_loss_without_any_curvature_steps():
    x = start()
    AdaHessian([x], lr=1e-5).step(lambda: (D * x).sum())
    torch.testing.assert_close(x.detach(), start().detach() - 0.1 * D)


def test_where_curvature_vanishes_the_update_clip_bounds_the_step():
    x, steep = start(), torch.tensor([-1.0, 0.5, 1.0], dtype=F64)
    AdaHessian([x], lr=0.15, update_clip=1.0).step(lambda: (steep * x).sum())
    torch.testing.assert_close(x.detach(), start().detach() - 0.15 * steep.sign())


@pytest.mark.parametrize("each", [1, 3])
def test_a_scaled_loss_with_its_scale_given_goes_the_unscaled_way(each):
    x, scaled = start(), start()
    plain = AdaHessian([x], update_each=each, hessian_warmup=0)
    other = AdaHessian([scaled], update_each=each, hessian_warmup=0)
    for _ in range(7):
        plain.step(lambda: separable(x))
        other.step(lambda: 1024 * separable(scaled), grad_scale=1024.0)
    assert torch.equal(x, scaled)


def test_clipping_the_gradient_shrinks_the_step_and_not_the_curvature():
    free, clipped = start(), start()
    AdaHessian([free]).step(lambda: separable(free))
    optimizer = AdaHessian([clipped])
    optimizer.backward(separable(clipped))
    norm = torch.nn.utils.clip_grad_norm_([clipped], 1.0)
    optimizer.step()
    moved = (start() - clipped).detach() * norm
    torch.testing.assert_close(moved, (start() - free).detach(), rtol=1e-6, atol=0)
    torch.testing.assert_close(optimizer.state[clipped]["exp_hessian_diag_sq"], 0.001 * D**2)


@pytest.mark.parametrize("way", ["backward", "closure", "create_graph"])
def test_nothing_refers_to_the_graph_after_the_step(way):
    gc.collect()
    gc.disable()
    try:
        model = torch.nn.Linear(3, 2)
        data = torch.randn(5, 3)
        optimizer = AdaHessian(model.parameters())
        hidden = []

        def loss(model=model):
            middle = model(data)
            hidden.append(weakref.ref(middle))
            return (middle**2).mean()

        if way == "backward":
            optimizer.backward(loss())
            optimizer.step()
        elif way == "closure":
            optimizer.step(loss)
        else:
            loss().backward(create_graph=True)
            optimizer.step()
        assert hidden[0]() is None
        assert all(not p.grad.requires_grad for p in model.parameters())
        gone = weakref.ref(model.weight)
        del model, optimizer, loss
        assert gone() is None  # by reference counting alone
    finally:
        gc.enable()


def test_accumulated_micro_batches_count_once():
    whole, parts = start(), start()
    AdaHessian([whole]).step(lambda: separable(whole))
    optimizer = AdaHessian([parts])
    for _ in range(4):
        optimizer.backward(separable(parts) / 4)
    optimizer.step()
    assert torch.equal(whole, parts)
    graph = start()
    optimizer = AdaHessian([graph])
    for _ in range(4):
        (separable(graph) / 4).backward(create_graph=True)
    optimizer.step()
    assert torch.equal(whole, graph)


def test_samples_are_averaged_with_their_signs():
    # Hessian [[0, 1], [1, 0]]: each sample is +1 or -1; the mean of absolute values would be 1
    x = torch.ones(2, dtype=F64, requires_grad=True)
    optimizer = AdaHessian([x], n_samples=400)
    optimizer.backward(x[0] * x[1])
    assert optimizer.hessian_diag()[x].abs().max() < 0.2
    optimizer.step()
    assert optimizer.state[x]["exp_hessian_diag_sq"].max() < 0.001 * 0.2**2


def test_no_second_order_graph_is_built_where_no_estimate_is_due():
    # the fused attention kernel has no second derivative: only a step that needs none can get through it
    qkv = torch.randn(3, 1, 2, 4, 8, requires_grad=True)

    def loss():
        return torch.nn.functional.scaled_dot_product_attention(*qkv).square().mean()

    optimizer = AdaHessian([qkv], update_each=2, hessian_warmup=0)
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        optimizer.step(loss)
    optimizer.step(loss)
    with pytest.raises(RuntimeError, match=r"SDPBackend\.MATH"):
        optimizer.step(loss)
