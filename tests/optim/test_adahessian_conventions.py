"""AdaHessian keeps PyTorch's conventions for optimizers: settings, groups, hooks, states, schedulers, multi-tensor paths."""

from __future__ import annotations

import copy
import pickle

import pytest

torch = pytest.importorskip("torch")

from torch.optim import lr_scheduler  # noqa: E402

from agentk.optim import AdaHessian  # noqa: E402

F64 = torch.float64


def net(dtype=torch.float32):
    torch.manual_seed(0)
    layers = [torch.nn.Conv1d(2, 3, 3), torch.nn.Tanh(), torch.nn.Flatten(), torch.nn.Linear(12, 2)]
    return torch.nn.Sequential(*layers).to(dtype)


def data(dtype=torch.float32):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(8, 2, 6, generator=generator).to(dtype), torch.randn(8, 2, generator=generator).to(dtype)


def train(model, optimizer, steps=6):
    x, y = data(next(model.parameters()).dtype)
    for _ in range(steps):
        loss = optimizer.step(lambda: ((model(x) - y) ** 2).mean())
    return float(loss)


def same(a, b, **tolerance):
    for p, q in zip(a.parameters(), b.parameters(), strict=True):
        torch.testing.assert_close(p.detach(), q.detach(), **tolerance or {"rtol": 0, "atol": 0})


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("lr", -1.0),
        ("betas", (0.9, 1.0)),
        ("betas", (-0.1, 0.9)),
        ("eps", -1e-8),
        ("weight_decay", -1.0),
        ("hessian_power", 0.0),
        ("hessian_power", 1.5),
        ("averaging", "columns"),
        ("averaging", 0),
        ("update_each", 0),
        ("hessian_warmup", -1),
        ("n_samples", 0),
        ("update_clip", 0.0),
    ],
)
def test_a_setting_out_of_range_is_named_with_its_value(setting, value):
    with pytest.raises(ValueError, match=setting):
        AdaHessian([torch.nn.Parameter(torch.ones(2))], **{setting: value})
    optimizer = AdaHessian([torch.nn.Parameter(torch.ones(2))])
    with pytest.raises(ValueError, match=setting):
        optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(2))], setting: value})
    assert len(optimizer.param_groups) == 1


def test_a_tensor_for_a_rate_needs_capturable():
    with pytest.raises(ValueError, match="capturable"):
        AdaHessian([torch.nn.Parameter(torch.ones(2))], lr=torch.tensor(0.1))


@pytest.mark.parametrize("value", [torch.ones(2, dtype=torch.complex64), torch.eye(2).to_sparse()])
def test_complex_and_sparse_parameters_are_refused(value):
    with pytest.raises(TypeError, match=r"complex|dense"):
        AdaHessian([value.requires_grad_()])


def test_sparse_gradients_are_refused():
    table = torch.nn.Embedding(5, 3, sparse=True)
    with pytest.raises(RuntimeError, match="sparse=False"):
        AdaHessian(table.parameters()).step(lambda: table(torch.tensor([1, 2])).square().sum())


def test_gradients_without_a_graph_are_refused_at_a_step_that_estimates_and_taken_between():
    model = net()
    optimizer = AdaHessian(model.parameters(), update_each=2, hessian_warmup=0)
    x, y = data()
    ((model(x) - y) ** 2).mean().backward()
    with pytest.raises(RuntimeError, match=r"optimizer\.backward\(loss\)"):
        optimizer.step()
    train(model, optimizer, 1)
    optimizer.zero_grad()
    ((model(x) - y) ** 2).mean().backward()
    before = model[0].weight.detach().clone()
    optimizer.step()
    assert not torch.equal(before, model[0].weight)


@pytest.mark.parametrize("bad", [torch.ones(3, requires_grad=True) * 2, torch.ones(())])
def test_a_loss_that_is_no_scalar_or_has_no_graph_is_refused(bad):
    with pytest.raises((ValueError, RuntimeError), match=r"scalar|graph"):
        AdaHessian([torch.nn.Parameter(torch.ones(3))]).backward(bad)


def test_a_loss_differentiated_before_is_explained():
    x = torch.nn.Parameter(torch.ones(3))
    loss = (x**2).sum()
    loss.backward()
    with pytest.raises(RuntimeError, match="graph is gone"):
        AdaHessian([x]).backward(loss)


def test_without_any_gradient_a_step_does_nothing():
    model = net()
    optimizer = AdaHessian(model.parameters())
    optimizer.step()
    same(model, net())
    assert not optimizer.state


def test_frozen_parameters_rest():
    model = net()
    model[0].weight.requires_grad_(False)
    train(model, AdaHessian(model.parameters()))
    assert torch.equal(model[0].weight, net()[0].weight)
    assert not torch.equal(model[3].weight, net()[3].weight)


def test_a_parameter_thawed_between_two_estimates_waits_for_the_next():
    model = net()
    model[3].weight.requires_grad_(False)
    optimizer = AdaHessian(model.parameters(), update_each=3, hessian_warmup=0)
    train(model, optimizer, 1)
    model[3].weight.requires_grad_(True)
    train(model, optimizer, 2)
    assert torch.equal(model[3].weight, net()[3].weight)
    train(model, optimizer, 1)
    assert not torch.equal(model[3].weight, net()[3].weight)


def test_maximize_climbs_what_minimize_descends():
    down, up = net(), net()
    minimizing, maximizing = AdaHessian(down.parameters()), AdaHessian(up.parameters(), maximize=True)
    x, y = data()
    for _ in range(5):
        minimizing.step(lambda: ((down(x) - y) ** 2).mean())
        maximizing.step(lambda: -((up(x) - y) ** 2).mean())
    same(down, up)


VARIANTS = [
    {},
    {"weight_decay": 0.1, "hessian_power": 0.5},
    {"maximize": True, "lr": 1e-3},
    {"update_clip": 0.5, "averaging": "row"},
    {"update_each": 3, "hessian_warmup": 1, "n_samples": 2, "averaging": 4},
]


@pytest.mark.parametrize("settings", VARIANTS)
@pytest.mark.parametrize("other", [{"foreach": True}, {"capturable": True}, {"foreach": True, "capturable": True}])
def test_multi_tensor_and_capturable_paths_equal_the_plain_one(settings, other):
    plain, variant = net(F64), net(F64)
    train(plain, AdaHessian(plain.parameters(), foreach=False, **settings))
    train(variant, AdaHessian(variant.parameters(), **settings, **other))
    same(plain, variant, rtol=0, atol=1e-6 if "capturable" in other else 1e-13)


@pytest.mark.parametrize("foreach", [False, True])
def test_capturable_steps_read_no_number_from_the_device(foreach):
    # tensors on the meta device have no values: reading one raises
    p = torch.nn.Parameter(torch.empty(3, 4, device="meta"))
    lr = torch.empty((), device="meta")
    optimizer = AdaHessian([p], capturable=True, foreach=foreach, weight_decay=0.1)
    optimizer.param_groups[0]["lr"] = lr
    for _ in range(2):
        p.grad = torch.empty_like(p)
        optimizer.set_hessian_diag({p: torch.empty_like(p)})
        optimizer.step()
    assert optimizer.state[p]["step"].device.type == "meta"


def test_a_tensor_rate_steps_as_its_number_does():
    number, tensor = net(F64), net(F64)
    train(number, AdaHessian(number.parameters(), lr=0.1, weight_decay=0.1))
    train(tensor, AdaHessian(tensor.parameters(), lr=torch.tensor(0.1, dtype=F64), weight_decay=0.1, capturable=True))
    same(number, tensor, rtol=0, atol=1e-6)


def test_the_state_has_at_least_single_precision_and_averaged_curvature_takes_little_room():
    model = net(torch.bfloat16)
    optimizer = AdaHessian(model.parameters())
    train(model, optimizer)
    state = optimizer.state[model[0].weight]
    assert state["exp_avg"].dtype == state["exp_hessian_diag_sq"].dtype == torch.float32
    assert state["exp_hessian_diag_sq"].shape == (3, 2, 1)
    assert model[0].weight.dtype == torch.bfloat16


@pytest.mark.parametrize("foreach", [False, True])
def test_a_loaded_state_keeps_its_precision_and_its_counters(foreach):
    model = net(torch.bfloat16)
    optimizer = AdaHessian(model.parameters(), foreach=foreach)
    train(model, optimizer, 300)  # bfloat16 cannot count that far
    twin = copy.deepcopy(model)
    loaded = AdaHessian(twin.parameters(), foreach=foreach)
    loaded.load_state_dict(optimizer.state_dict())
    for p, q in zip(model.parameters(), twin.parameters(), strict=True):
        for name, value in optimizer.state[p].items():
            assert loaded.state[q][name].dtype == torch.float32
            assert torch.equal(loaded.state[q][name], value)
            assert loaded.state[q][name].data_ptr() != value.data_ptr()
    train(model, optimizer, 3)
    train(twin, loaded, 3)
    same(model, twin)


def test_a_state_of_another_implementation_is_taken():
    model, twin = net(F64), net(F64)
    optimizer = AdaHessian(model.parameters())
    train(model, optimizer, 4)
    state = optimizer.state_dict()
    group = {k: state["param_groups"][0][k] for k in ("lr", "betas", "eps", "weight_decay", "hessian_power", "params")}
    old = {
        index: {
            "step": int(s["step"]),
            "exp_avg": s["exp_avg"],
            # others keep averages expanded to the parameter's shape
            "exp_hessian_diag_sq": s["exp_hessian_diag_sq"].expand_as(s["exp_avg"]).clone(),
        }
        for index, s in state["state"].items()
    }
    loaded = AdaHessian(twin.parameters())
    loaded.load_state_dict({"state": old, "param_groups": [group]})
    twin.load_state_dict(model.state_dict())
    for o in (optimizer, loaded):
        o.param_groups[0]["probes"] = 100
    train(model, optimizer, 3)
    train(twin, loaded, 3)
    same(model, twin)


def test_a_state_of_another_optimizer_is_refused():
    model = net()
    adam = torch.optim.Adam(model.parameters())
    x, y = data()
    ((model(x) - y) ** 2).mean().backward()
    adam.step()
    optimizer = AdaHessian(model.parameters())
    train(model, optimizer, 1)
    with pytest.raises(ValueError, match="no state of AdaHessian"):
        optimizer.load_state_dict(adam.state_dict())
    train(model, optimizer, 1)  # goes on with what it had


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda both: pickle.loads(pickle.dumps(both))])
def test_a_copy_goes_on_as_the_original_does(copied):
    model = net()
    optimizer = AdaHessian(model.parameters(), update_each=3, hessian_warmup=1)
    train(model, optimizer, 3)
    twin, other = copied((model, optimizer))
    train(model, optimizer, 4)
    train(twin, other, 4)
    same(model, twin)


def test_hooks_of_steps_and_states_run():
    model = net()
    optimizer = AdaHessian(model.parameters())
    seen = []
    optimizer.register_step_pre_hook(lambda *_: seen.append("before"))
    optimizer.register_step_post_hook(lambda *_: seen.append("after"))
    optimizer.register_state_dict_post_hook(lambda _, state: {**state, "note": 1})
    optimizer.register_load_state_dict_pre_hook(lambda _, state: {k: v for k, v in state.items() if k != "note"})

    def halve(_, state):
        state["state"] = {i: {**s, "exp_avg": s["exp_avg"] / 2} for i, s in state["state"].items()}
        return state

    train(model, optimizer, 1)
    assert seen == ["before", "after"]
    state = optimizer.state_dict()
    assert state["note"] == 1
    optimizer.register_load_state_dict_pre_hook(halve)
    before = optimizer.state[model[0].weight]["exp_avg"].clone()
    optimizer.load_state_dict(state)
    assert torch.equal(optimizer.state[model[0].weight]["exp_avg"], before / 2)


SCHEDULERS = {
    "step": lambda o: lr_scheduler.StepLR(o, 2, 0.5),
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, 6),
    "one cycle": lambda o: lr_scheduler.OneCycleLR(o, 0.2, total_steps=10),
    "plateau": lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=0),
    "sequence": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.LinearLR(o, 0.1, total_iters=2), lr_scheduler.ExponentialLR(o, 0.9)], [2]
    ),
}


@pytest.mark.parametrize("name", SCHEDULERS)
def test_schedulers_of_torch_drive_it(name, recwarn):
    model = net()
    optimizer = AdaHessian(model.parameters())
    scheduler = SCHEDULERS[name](optimizer)
    rates, losses = [], []
    for _ in range(8):
        losses.append(train(model, optimizer, 1))
        scheduler.step(*([1.0] if name == "plateau" else []))
        rates.append(optimizer.param_groups[0]["lr"])
    assert len(set(rates)) > 2
    assert losses[-1] < losses[0]
    assert not [w for w in recwarn if "lr_scheduler.step()" in str(w.message)]


def test_named_parameters_keep_their_names():
    model = net()
    optimizer = AdaHessian(model.named_parameters())
    train(model, optimizer, 2)
    assert optimizer.state_dict()["param_groups"][0]["param_names"][0] == "0.weight"


def test_averaging_may_be_a_function():
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=F64, requires_grad=True)
    AdaHessian([x], lr=1.0, betas=(0, 0), eps=0, averaging=lambda d: d.mean()).step(lambda: (x**4).sum())
    values = torch.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=F64)
    torch.testing.assert_close(x.detach(), values - 4 * values**3 / (12 * values**2).mean())


def test_runs_of_a_block_may_end_short():
    x = torch.tensor([[1.0, 2.0, 3.0]], dtype=F64, requires_grad=True)
    AdaHessian([x], lr=1.0, betas=(0, 0), eps=0, averaging=2).step(lambda: (x**4).sum())
    values = torch.tensor([[1.0, 2.0, 3.0]], dtype=F64)
    curvature = torch.tensor([[30.0, 30.0, 108.0]], dtype=F64)
    torch.testing.assert_close(x.detach(), values - 4 * values**3 / curvature)


def test_an_outside_estimate_takes_the_place_of_its_own():
    ours, theirs = net(F64), net(F64)
    optimizer, other = AdaHessian(ours.parameters()), AdaHessian(theirs.parameters())
    x, y = data(F64)
    optimizer.backward(((ours(x) - y) ** 2).mean())
    ((theirs(x) - y) ** 2).mean().backward()
    estimates = zip(theirs.parameters(), optimizer.hessian_diag().values(), strict=True)
    other.set_hessian_diag(dict(estimates))
    optimizer.step()
    other.step()
    same(ours, theirs)
    with pytest.raises(ValueError, match="shape"):
        other.set_hessian_diag({theirs[0].weight: torch.ones(1)})
