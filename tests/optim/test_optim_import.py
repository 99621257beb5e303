"""`agentk.optim` costs no import of torch, says what to install where torch is missing, and its folder stands alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import agentk.optim

WITHOUT_TORCH = """
import importlib.abc, sys
class Block(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")
sys.meta_path.insert(0, Block())
import agentk.optim
from agentk.errors import UserError
try:
    agentk.optim.AdaHessian
except ImportError as error:
    print(isinstance(error, UserError), error)
"""


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout


def test_importing_it_does_not_import_torch():
    assert run("import sys, agentk.optim; print('torch' in sys.modules)").strip() == "False"


def test_without_torch_the_error_names_what_to_install():
    said = run(WITHOUT_TORCH)
    assert said.startswith("True ")
    assert "pip install agentk[torch]" in said


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="Adam2"):
        _ = agentk.optim.Adam2


def test_the_optimizers_folder_imports_only_torch_the_standard_library_and_itself():
    modules = set()
    for file in (Path(agentk.optim.__file__).parent / "adahessian").glob("*.py"):
        tree = ast.parse(file.read_text())
        modules |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        modules |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and not n.level}
    assert {m.partition(".")[0] for m in modules} - set(sys.stdlib_module_names) == {"torch"}
