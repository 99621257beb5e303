"""AdaHessian in real training: mixed precision, gradient scaling, replicas, forward over reverse, and what cannot work."""

from __future__ import annotations

import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")

from agentk.optim import AdaHessian  # noqa: E402

F64 = torch.float64


def net(dtype=torch.float32):
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(6, 16), torch.nn.Tanh(), torch.nn.Linear(16, 3)).to(dtype)


def data(dtype=torch.float32):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(32, 6, generator=generator).to(dtype), torch.arange(32) % 3


def cross_entropy(forward, x, y):
    return torch.nn.functional.cross_entropy(forward(x), y)


def same(a, b, atol=0.0):
    for p, q in zip(a.parameters(), b.parameters(), strict=True):
        torch.testing.assert_close(p.detach(), q.detach(), rtol=0, atol=atol)


def test_with_a_gradient_scaler_it_goes_the_unscaled_way():
    plain, scaled = net(), net()
    optimizer, other = AdaHessian(plain.parameters()), AdaHessian(scaled.parameters())
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    for _ in range(10):
        optimizer.step(lambda: cross_entropy(plain, *data()))
        other.zero_grad()
        other.backward(scaler.scale(cross_entropy(scaled, *data())), grad_scale=scaler.get_scale())
        scaler.unscale_(other)
        torch.nn.utils.clip_grad_norm_(scaled.parameters(), 1e9)
        scaler.step(other)
        scaler.update()
    same(plain, scaled, atol=1e-6)


def test_with_a_gradient_scaler_and_a_graph_the_curvature_is_divided_by_the_scale_at_the_step():
    plain, scaled = net(), net()
    optimizer, other = AdaHessian(plain.parameters()), AdaHessian(scaled.parameters())
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    for _ in range(5):
        optimizer.step(lambda: cross_entropy(plain, *data()))
        other.zero_grad()
        scaler.scale(cross_entropy(scaled, *data())).backward(create_graph=True)
        scaler.step(other, grad_scale=scaler.get_scale())
        scaler.update()
    same(plain, scaled, atol=1e-6)


@pytest.mark.parametrize("zero", ["optimizer", "model"])
def test_curvature_that_overflows_makes_the_scaler_skip_the_step_and_leaves_no_trace(zero):
    x = torch.nn.Parameter(torch.tensor([1e-10]))
    holder = torch.nn.ParameterList([x])
    optimizer = AdaHessian([x], lr=0.5)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**83, backoff_factor=2.0**-40)  # the gradient fits, the product does not
    finite = []
    for _ in range(2):
        (optimizer if zero == "optimizer" else holder).zero_grad()
        optimizer.backward(scaler.scale(((1e10 * x) ** 2).sum()), grad_scale=scaler.get_scale())
        finite.append(bool(x.grad.isfinite().all()))
        scaler.step(optimizer)
        scaler.update()
    assert finite == [False, True]
    assert optimizer.state[x]["step"] == 1
    assert x.item() == pytest.approx(0.5e-10)  # Newton's step, halved


def test_a_scale_may_be_a_tensor():
    plain, scaled = net(F64), net(F64)
    AdaHessian(plain.parameters()).step(lambda: cross_entropy(plain, *data(F64)))
    scale = torch.tensor(8.0, dtype=F64)
    AdaHessian(scaled.parameters()).step(lambda: scale * cross_entropy(scaled, *data(F64)), grad_scale=scale)
    same(plain, scaled, atol=1e-14)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_under_autocast_it_learns_as_in_single_precision(dtype):
    single, mixed = net(), net()
    optimizer, other = AdaHessian(single.parameters()), AdaHessian(mixed.parameters())

    def loss_of_mixed():
        with torch.autocast("cpu", dtype=dtype):
            return cross_entropy(mixed, *data())

    for _ in range(30):
        plain = optimizer.step(lambda: cross_entropy(single, *data()))
        loss = other.step(loss_of_mixed)
    assert float(loss) == pytest.approx(float(plain), abs=0.05)
    assert other.state[mixed[0].weight]["exp_hessian_diag_sq"].dtype == torch.float32


def test_parameters_of_half_precision_train():
    model = net(torch.bfloat16)
    optimizer = AdaHessian(model.parameters(), averaging="row")
    first, *_, last = (float(optimizer.step(lambda: cross_entropy(model, *data(torch.bfloat16)))) for _ in range(60))
    assert last < 0.7 * first


def test_gradients_that_share_memory_are_kept_apart():
    # the gradients of a sum are one expanded tensor, handed out twice
    a, b = (torch.nn.Parameter(torch.ones(3)) for _ in range(2))
    optimizer = AdaHessian([a, b])
    optimizer.backward((a + b).sum())
    a.grad.mul_(2)
    assert a.grad.tolist() == [2, 2, 2]
    assert b.grad.tolist() == [1, 1, 1]


SETTINGS = [{}, {"n_samples": 3, "weight_decay": 0.1}, {"update_each": 3, "hessian_warmup": 1}]


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("grouped", [False, True])
def test_forward_over_reverse_equals_reverse_over_reverse(settings, grouped):
    reverse, forward = net(F64), net(F64)

    def groups(model):
        return [{"params": [p], "lr": 0.1 + 0.01 * p.dim()} for p in model.parameters()] if grouped else model.parameters()

    optimizer, other = AdaHessian(groups(reverse), **settings), AdaHessian(groups(forward), **settings)
    run = other.forward_over_reverse(forward, cross_entropy, compile=False)
    for _ in range(7):
        expected = optimizer.step(lambda: cross_entropy(reverse, *data(F64)))
        other.zero_grad()
        loss = run(*data(F64))
        other.step()
        torch.testing.assert_close(loss, expected)
    same(reverse, forward, atol=1e-12)


@pytest.mark.slow  # the compiler takes its time
def test_forward_over_reverse_compiles():
    eager, compiled = net(), net()
    optimizer, other = (AdaHessian(m.parameters(), update_each=2, hessian_warmup=0) for m in (eager, compiled))
    run = other.forward_over_reverse(compiled, cross_entropy)
    for _ in range(4):
        optimizer.step(lambda: cross_entropy(eager, *data()))
        other.zero_grad()
        run(*data())
        other.step()
    same(eager, compiled, atol=1e-5)


def test_forward_over_reverse_takes_frozen_parameters_and_refuses_foreign_ones():
    model = net(F64)
    model[0].weight.requires_grad_(False)
    optimizer = AdaHessian(model.parameters())
    optimizer.forward_over_reverse(model, cross_entropy, compile=False)(*data(F64))
    optimizer.step()
    assert torch.equal(model[0].weight, net(F64)[0].weight)
    assert not torch.equal(model[2].weight, net(F64)[2].weight)
    with pytest.raises(ValueError, match="not the model's"):
        optimizer.forward_over_reverse(net(F64), cross_entropy, compile=False)(*data(F64))


def test_forward_over_reverse_says_that_batch_normalization_cannot_take_it():
    model = torch.nn.Sequential(torch.nn.Linear(6, 3), torch.nn.BatchNorm1d(3))
    run = AdaHessian(model.parameters()).forward_over_reverse(model, cross_entropy, compile=False)
    with pytest.raises(RuntimeError, match=r"use backward\(\)"):
        run(*data())


class Attention(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = torch.nn.Linear(8, 24)

    def forward(self, x):
        q, k, v = self.qkv(x).view(2, 5, 2, 12).transpose(1, 2).chunk(3, -1)
        return torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True).square().mean()


def test_fused_attention_is_refused_with_what_to_do_and_plain_attention_works():
    model, x = Attention(), torch.randn(2, 5, 8)
    optimizer = AdaHessian(model.parameters(), lr=1e-4)
    run = optimizer.forward_over_reverse(model, lambda forward, x: forward(x), compile=False)
    with pytest.raises(RuntimeError, match=r"sdpa_kernel\(torch\.nn\.attention\.SDPBackend\.MATH\)"):
        optimizer.step(lambda: model(x))
    with pytest.raises(RuntimeError, match=r"sdpa_kernel\(torch\.nn\.attention\.SDPBackend\.MATH\)"):
        run(x)
    optimizer.zero_grad()
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        first = optimizer.step(lambda: model(x))
        run(x)
        optimizer.step()
        assert model(x) < first


MEET = """
import sys, torch, torch.distributed as dist
from agentk.optim import AdaHessian
rank, folder = int(sys.argv[1]), sys.argv[2]
torch.set_num_threads(1)
dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)

def net():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3)).double()

x = torch.randn(16, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))[rank::2]
y = (torch.arange(16) % 3)[rank::2]
settings = {"update_each": 2, "hessian_warmup": 1, "process_group": dist.group.WORLD}
"""

REPLICA = """
import warnings
out = {}
model = net()
unused = torch.nn.Parameter(torch.ones(2, dtype=torch.float64))
once = torch.nn.Parameter(torch.ones(2, dtype=torch.float64))  # rank 0 alone uses it

def loss():
    value = torch.nn.functional.cross_entropy(model(x), y)
    return value + (once ** 2).sum() if rank == 0 else value

params = [*model.parameters(), unused, once]
optimizer = AdaHessian(params, **settings)
optimizer.backward(loss(), sync=False)
out["own"] = [d for p, d in optimizer.hessian_diag().items() if p is not once]
optimizer.backward(0.0 * sum(p.sum() for p in model.parameters()))  # adds nothing, averages over ranks
out["mean"] = [d for p, d in optimizer.hessian_diag().items() if p is not once]
out["grads"] = [p.grad.clone() for p in model.parameters()]
out["once"] = once.grad.clone()
out["unused"] = unused.grad
optimizer.step()
for _ in range(5):
    optimizer.step(loss)
out["params"] = [p.detach() for p in params]
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    AdaHessian(net().parameters())
out["warned"] = [str(w.message) for w in caught]
torch.save(out, f"{folder}/{rank}.pt")
"""

WRAPPED = """
wrapped, bare = torch.nn.parallel.DistributedDataParallel(net()), net()
one, two = AdaHessian(wrapped.parameters(), **settings), AdaHessian(bare.parameters(), **settings)
for _ in range(5):
    one.step(lambda: torch.nn.functional.cross_entropy(wrapped(x), y))
    two.step(lambda: torch.nn.functional.cross_entropy(bare(x), y))
for p, q in zip(wrapped.parameters(), bare.parameters()):
    torch.testing.assert_close(p, q)
"""

SHARDED = """
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import init_device_mesh
model = net()
fully_shard(model, mesh=init_device_mesh("cpu", (2,)))
try:
    AdaHessian(model.parameters(), **settings)
except TypeError as error:
    assert "process_group=" in str(error), error
else:
    raise AssertionError("taken")
"""


# Straight out, when both are done: tearing gloo's threads down at the interpreter's exit aborts now and then.
LEAVE = """
import os
dist.barrier()
os._exit(0)
"""


def two_ranks(script, folder):
    command = [sys.executable, "-c", MEET + script + LEAVE]
    ranks = [subprocess.Popen([*command, str(rank), str(folder)], stderr=subprocess.PIPE, text=True) for rank in (0, 1)]
    errors = [rank.communicate(timeout=200)[1] for rank in ranks]
    assert [rank.returncode for rank in ranks] == [0, 0], errors


def test_two_replicas_draw_different_probes_average_signed_products_and_stay_equal(tmp_path):
    two_ranks(REPLICA, tmp_path)
    zero, one = (torch.load(tmp_path / f"{rank}.pt") for rank in (0, 1))

    for own, other, mean, again in zip(zero["own"], one["own"], zero["mean"], one["mean"], strict=True):
        assert not torch.equal(own.sign(), other.sign())
        torch.testing.assert_close(mean, (own + other) / 2)
        assert torch.equal(mean, again)

    torch.manual_seed(0)
    whole = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3)).double()
    x = torch.randn(16, 6, dtype=F64, generator=torch.Generator().manual_seed(1))
    torch.nn.functional.cross_entropy(whole(x), torch.arange(16) % 3).backward()
    for p, g in zip(whole.parameters(), zero["grads"], strict=True):
        torch.testing.assert_close(g, p.grad)
    assert one["once"].tolist() == [1.0, 1.0]  # half of rank 0's 2
    assert zero["unused"] is one["unused"] is None

    assert all(torch.equal(p, q) for p, q in zip(zero["params"], one["params"], strict=True))
    assert all("process_group=" in said for rank in (zero, one) for said in rank["warned"])
    assert len(zero["warned"]) == 1


@pytest.mark.slow
def test_a_wrapped_model_whose_hooks_average_too_goes_the_same_way(tmp_path):
    two_ranks(WRAPPED, tmp_path)


@pytest.mark.slow
def test_sharded_parameters_are_refused_with_what_to_do(tmp_path):
    two_ranks(SHARDED, tmp_path)
