"""What is installed is what is in the repository: the wheel carries the starter lessons, and importing agentk is cheap."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_starter_lessons_prompts_and_the_recorded_run_are_shipped_in_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    shipped = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    lessons = {f"memory_store/{path.name}" for path in (ROOT / "memory_store").glob("*.toml")}
    assert set(shipped) == {"prompts", "notebooks/recorded"} | lessons


def test_the_command_line_imports_nothing_heavy() -> None:
    code = "import sys, agentk.cli.main; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    heavy = {"numpy", "pandas", "sklearn", "lightgbm", "langgraph", "chromadb", "optuna", "pydantic", "torch", "pyarrow"}
    assert heavy.isdisjoint(modules)


def test_constraints_are_names_and_versions_and_nothing_else() -> None:
    lines = (ROOT / "constraints.txt").read_text().split()
    assert all(line.count("==") == 1 and "/" not in line for line in lines)


def test_importing_agentk_creates_nothing(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", "import agentk, agentk.cli.main"], check=True, cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []
