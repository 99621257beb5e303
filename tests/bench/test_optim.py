"""`agentk bench optim`: fair to every contestant, resumable, and its tables and pictures say what was measured."""

from __future__ import annotations

import json

import pytest

torch = pytest.importorskip("torch")

from agentk.bench.optim import bench_optim, cost, curves, estimator, tables  # noqa: E402
from agentk.bench.optim.contestants import Contestant, SophiaH, contestants, learn  # noqa: E402
from agentk.bench.optim.tasks import Task, quadratic, table, tasks  # noqa: E402
from agentk.errors import SettingError  # noqa: E402

SMALL = Task("separable", 40, quadratic(1e2, rotated=False))


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def by_name(name):
    return next(c for c in contestants() if c.name == name)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_first_order_methods_pay_for_no_second_order_graph(name):
    # the fused kernel has no second derivative: only plain backward gets through, and it frees its graph
    qkv = torch.randn(3, 1, 2, 4, 8, requires_grad=True)
    optimizer = by_name(name).make([qkv], 1e-3)
    loss = torch.nn.functional.scaled_dot_product_attention(*qkv).square().mean()
    learn(optimizer, loss)
    assert not qkv.grad.requires_grad
    with pytest.raises(RuntimeError, match="second time"):
        torch.autograd.backward(loss)


@pytest.mark.parametrize("task", tasks(), ids=lambda task: task.name)
@pytest.mark.parametrize("contestant", contestants(), ids=lambda contestant: contestant.name)
def test_every_contestant_learns_every_task(task, contestant):
    problem = task.problem(0)
    before = problem.held_out(problem.valid)
    small = {"SGD": 0.03, "Adam": 0.003, "AdamW": 0.003, "Sophia-H": 0.003}.get(contestant.name, 0.05)
    after = curves.run(problem, contestant, small / 10 if task.name == "rotated" else small, 20)
    assert after["valid"] < before
    assert after["curve"][0][0] == 0
    assert after["curve"][-1][0] == 20


def test_a_run_is_a_function_of_its_seed():
    task = tasks()[0]
    a, b, c = (curves.run(task.problem(seed), by_name("AdaHessian"), 0.1, 5)["test"] for seed in (3, 3, 4))
    assert a == b != c


def test_training_validation_and_test_rows_are_apart():
    problem = tasks()[0].problem(0)
    rows = [{tuple(row) for row in part.tolist()} for part in (problem.valid[0], problem.test[0])]
    trained = {tuple(row) for step in range(20) for row in problem.batch(step)[0].tolist()}
    assert not rows[0] & rows[1]
    assert not trained & (rows[0] | rows[1])
    assert len(trained) > 1000


def test_the_grid_of_rates_grows_where_the_best_lies_at_its_edge():
    timid = Contestant("SGD", by_name("SGD").make, (1e-6, 3e-6))
    rate, tried = curves.tuned(SMALL, timid, 40)
    assert rate == max(tried) > 3e-6
    assert len(tried) == 8


def test_a_run_that_diverges_is_reported_and_not_hidden():
    assert curves.run(SMALL.problem(0), by_name("SGD"), 1e6, 40)["test"] == 1e9


def test_a_comparison_goes_on_where_it_ended_and_gives_costly_methods_fewer_steps():
    made = {}

    def piece(name, make):
        if name not in made:
            made[name] = make()
        return made[name]

    first = curves.compare(SMALL, by_name("AdaHessian"), 2.5, 2, piece)
    pieces = len(made)
    again = curves.compare(SMALL, by_name("AdaHessian"), 2.5, 2, piece)
    assert again == first
    assert len(made) == pieces == 6  # at both measures the tuned rate and two seeds
    assert first["equal_steps"]["steps"] == 40
    assert first["equal_compute"]["steps"] == 16
    cheap = curves.compare(SMALL, by_name("SGD"), 0.8, 2, piece)
    assert cheap["equal_compute"] is cheap["equal_steps"]


def test_sophia_clips_every_elements_step_at_the_rate():
    x = torch.nn.Parameter(torch.tensor([5.0, -3.0, 0.0]))
    optimizer = SophiaH([x], 0.1)
    learn(optimizer, (x**2 * torch.tensor([1e-3, 1.0, 1.0])).sum())
    assert x.tolist() == pytest.approx([4.9, -2.9, 0.0])


def test_a_csv_file_becomes_a_task(tmp_path):
    lines = [f"{i % 7},{'ab'[i % 2]},{i if i % 5 else ''},{i * 1.5}" for i in range(60)]
    path = tmp_path / "prices.csv"
    path.write_text("\n".join(["size,kind,age,price", *lines]))
    number = table(path, None)(0)
    assert number.model[0].in_features == 4  # size, age, kind a and b
    assert torch.isfinite(number.loss(number.model, *number.batch(0)))
    classes = table(path, "kind")(0)
    assert classes.model[-1].out_features == 2
    assert tasks(path)[2].name == "prices"
    with pytest.raises(SettingError, match="weight"):
        table(path, "weight")
    with pytest.raises(SettingError, match=r"missing\.csv"):
        table(tmp_path / "missing.csv", None)


def test_costs_are_in_the_order_they_should_be_in():
    measured = cost.measure("CNN", blocks=2, methods=("gradient", "AdamW", "AdaHessian, each 1", "AdaHessian, each 10"))
    gradient, adamw, each, lazy = measured.values()
    assert 0 < gradient["ms"] < each["ms"]
    assert lazy["ms"] < each["ms"]
    assert each["peak_kib"] > 1.5 * adamw["peak_kib"] > gradient["peak_kib"] > 0
    assert each["state_kib"] < adamw["state_kib"]  # curvature is kept once for a kernel


def test_the_estimator_is_unbiased_and_spreads_as_the_exact_hessian_says():
    found = estimator.measure(repeats=60, samples=(1, 4))
    for measured, theory in zip(found["spread"], found["theory"], strict=True):
        assert measured == pytest.approx(theory, rel=0.15)
    for bias, noise in zip(found["bias"], found["noise"], strict=True):
        assert bias < 1.6 * noise
    assert found["rms"][0] > found["rms"][1] > 1


def test_what_was_measured_is_not_measured_again_and_is_told_in_tables_and_pictures(tmp_path):
    (tmp_path / "pieces").mkdir()
    found = {name: [0.5, 0.25] for name in ("bias", "noise", "spread", "theory", "rms")} | {"samples": [1, 2]}
    (tmp_path / "pieces" / "estimator.json").write_text(json.dumps(found))
    said: list[str] = []
    results = bench_optim(tmp_path, parts=["estimator"], say=said.append)
    assert results["estimator"] == found
    assert json.loads((tmp_path / "optim.json").read_text())["machine"]["torch"] == torch.__version__
    assert "| 2 | 0.250 | 0.250 | 0.250 | 0.250 | 0.250 |" in said
    pytest.importorskip("matplotlib")
    assert (tmp_path / "adahessian-estimator.png").read_bytes().startswith(b"\x89PNG")


def test_pictures_and_tables_of_curves(tmp_path):
    pytest.importorskip("matplotlib")
    from agentk.bench.optim.figures import draw

    entrants = {name: curves.compare(SMALL, by_name(name), 1.0, 2, lambda _, make: make()) for name in ("Adam", "AdaHessian")}
    results = {"machine": {"cpu": "x"}, "curves": {"separable": entrants}}
    assert [path.name for path in draw(results, tmp_path)] == ["adahessian-curves.png", "adahessian-rates.png"]
    assert any(line.startswith("| AdaHessian | 1.00 |") for line in tables.tables(results))


@pytest.mark.parametrize(
    ("settings", "named"),
    [({"parts": ["speed"]}, "speed.*choose of"), ({"scale": 0}, "scale")],
)
def test_an_unknown_part_and_a_scale_of_nothing_are_refused(tmp_path, settings, named):
    with pytest.raises(SettingError, match=named):
        bench_optim(tmp_path, **settings)
