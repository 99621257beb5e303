"""The riskiest parts first: two busy slots whose programs want every core, and one fold that tries to tell the next."""

from pathlib import Path

import pytest

from agentk.sandbox.open import open_sandbox
from agentk.sandbox.protocol import End, Execution, Function, Limits, Sandbox

IMPORTS = (
    "numpy",
    "pandas",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "sklearn.model_selection",
    "lightgbm",
    "agentk.testing.programs",
)


@pytest.mark.parametrize("cores", [1, 2])
def test_programs_that_ask_for_every_core_finish_fast_on_busy_slots(cores: int, tmp_path: Path) -> None:
    """Each forked from a holder with data, two at a time, on cores that the other one keeps busy too."""
    with open_sandbox(2, cores, IMPORTS, tmp_path / "scratch") as sandbox:
        data = tmp_path / "rows.npy"
        entry = Function("agentk.testing.programs:fit_on_every_core", load="agentk.testing.programs:load_rows")
        futures = [
            sandbox.submit(
                Execution(
                    entry,
                    tmp_path / f"out{number}",
                    held={"rows": make_rows(data)},
                    arguments={"library": library},
                    limits=Limits(wall_s=30),
                )
            )
            for number, library in enumerate(["lightgbm", "forest", "grid", "lightgbm", "forest", "lightgbm"])
        ]
        results = [future.result(timeout=60) for future in futures]
    assert [(result.end, result.reason) for result in results] == [(End.OK, "")] * 6
    assert max(result.wall_s for result in results) < 15
    assert {result.slot for result in results} == {0, 1}


@pytest.fixture
def two_slots(tmp_path: Path):
    with open_sandbox(2, 1, ("agentk.testing.attacks",), tmp_path / "scratch") as sandbox:
        yield sandbox


def make_rows(path: Path) -> Path:
    import numpy as np

    if not path.exists():
        generator = np.random.default_rng(0)
        np.save(path, generator.normal(size=(2000, 10)))
    return path


def test_one_fold_cannot_tell_another(two_slots: Sandbox, tmp_path: Path) -> None:
    """Fold 1 is trained on fold 2's labels, so a note from the one to the other would be a leak."""

    def execute(name: str) -> str:
        target = Function(f"agentk.testing.attacks:{name}")
        execution = Execution(target, tmp_path / name, arguments={"run": str(tmp_path)}, limits=Limits(wall_s=20))
        return two_slots.submit(execution).result(timeout=30).log

    assert "left notes" in execute("leave_notes")
    assert execute("find_notes").startswith("held")


def test_one_fold_cannot_tell_another_that_runs_beside_it(two_slots: Sandbox, tmp_path: Path) -> None:
    arguments = {"run": str(tmp_path), "stay_s": 1.0}
    leaving = Execution(
        Function("agentk.testing.attacks:leave_notes"), tmp_path / "a", arguments=arguments, limits=Limits(wall_s=20)
    )
    first = two_slots.submit(leaving)
    finding = Execution(Function("agentk.testing.attacks:find_notes"), tmp_path / "b", arguments={**arguments, "wait_s": 0.5})
    assert two_slots.submit(finding).result(timeout=30).log.startswith("held")
    assert "left notes" in first.result(timeout=30).log
