"""The riskiest parts first: two busy slots whose programs want every core, and one fold that tries to tell the next."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from agentk.sandbox.forks import ForkSandbox
from agentk.sandbox.protocol import End, Execution, Function, Limits, Sandbox
from agentk.sandbox.walls import Kind

IMPORTS = (
    "numpy",
    "pandas",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "sklearn.model_selection",
    "lightgbm",
    "agentk.testing.programs",
)


@pytest.mark.parametrize(("kind", "cores"), [(Kind.NAMESPACES, 1), (Kind.NAMESPACES, 2), (Kind.LANDLOCK, 2)])
def test_programs_that_ask_for_every_core_neither_hang_nor_spin(kind: Kind, cores: int, tmp_path: Path) -> None:
    """Each forked from a holder with data, two at a time, on cores that the other one keeps busy too.

    Processor time shows a spin whatever else the machine does; the grid's workers are processes that import anew.
    """
    libraries = ["lightgbm", "forest", "grid", "lightgbm", "forest", "lightgbm"]
    entry = Function("agentk.testing.programs:fit_on_every_core", load="agentk.testing.programs:load_rows")
    held = {"rows": make_rows(tmp_path / "rows.npy")}
    with closing(ForkSandbox(2, cores, IMPORTS, tmp_path / "scratch", kind=kind)) as sandbox:
        futures = [
            sandbox.submit(
                Execution(entry, tmp_path / f"out{number}", held, arguments={"library": library}, limits=Limits(wall_s=60))
            )
            for number, library in enumerate(libraries)
        ]
        results = [future.result(timeout=200) for future in futures]
    assert [(result.end, result.reason) for result in results] == [(End.OK, "")] * 6
    assert max(result.cpu_s for result, library in zip(results, libraries, strict=True) if library != "grid") < 4
    assert max(result.cpu_s for result in results) < 15
    assert {result.slot for result in results} == {0, 1}
    assert all(int(np.load(result.outputs["cores.npy"])) <= cores for result in results)


@pytest.fixture
def two_slots(tmp_path: Path) -> Iterator[Sandbox]:
    with closing(ForkSandbox(2, 1, ("agentk.testing.notes",), tmp_path / "scratch")) as sandbox:
        yield sandbox


def make_rows(path: Path) -> Path:
    np.save(path, np.random.default_rng(0).normal(size=(2000, 10)))
    return path


def test_one_fold_cannot_tell_another(two_slots: Sandbox, tmp_path: Path) -> None:
    """Fold 1 is trained on fold 2's labels, so a note from the one to the other would be a leak."""

    def execute(name: str) -> str:
        target = Function(f"agentk.testing.notes:{name}")
        execution = Execution(target, tmp_path / name, arguments={"run": str(tmp_path)}, limits=Limits(wall_s=20))
        return two_slots.submit(execution).result(timeout=30).log

    assert "left notes" in execute("leave_notes")
    assert execute("find_notes").startswith("held")


def test_one_fold_cannot_tell_another_that_runs_beside_it(two_slots: Sandbox, tmp_path: Path) -> None:
    arguments = {"run": str(tmp_path), "stay_s": 1.0}
    leaving = Execution(
        Function("agentk.testing.notes:leave_notes"), tmp_path / "a", arguments=arguments, limits=Limits(wall_s=20)
    )
    first = two_slots.submit(leaving)
    finding = Execution(Function("agentk.testing.notes:find_notes"), tmp_path / "b", arguments={**arguments, "wait_s": 0.5})
    assert two_slots.submit(finding).result(timeout=30).log.startswith("held")
    assert "left notes" in first.result(timeout=30).log
