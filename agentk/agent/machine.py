"""What this machine offers a run: cores, memory, the libraries that solutions may import."""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

LIBRARIES = {
    "numpy": "numpy",
    "pandas": "pandas",
    "scipy": "scipy",
    "sklearn": "scikit-learn",
    "lightgbm": "lightgbm",
    "xgboost": "xgboost-cpu",
    "catboost": "catboost",
    "PIL": "pillow",
    "torch": "torch",
    "matplotlib": "matplotlib",
}
"""Import name -> the distribution that carries it."""

WARM = (
    "numpy", "pandas", "scipy.sparse", "scipy.stats", "sklearn.linear_model", "sklearn.ensemble", "sklearn.preprocessing",
    "sklearn.model_selection", "sklearn.feature_extraction.text", "sklearn.decomposition", "sklearn.svm", "sklearn.neighbors",
    "sklearn.pipeline", "sklearn.compose", "sklearn.impute", "sklearn.neural_network", "sklearn.gaussian_process",
    "sklearn.naive_bayes", "sklearn.calibration", "lightgbm", "xgboost", "catboost", "PIL.Image", "agentk.referee.harness",
)  # fmt: skip
"""What the sandbox's warm process imports before the first program; a missing one is passed over."""


LEAST_MEMORY, MOST_MEMORY = 2 << 30, 32 << 30
"""Bytes that a program may take at least and at most, whatever the machine has."""


def libraries() -> tuple[str, ...]:
    """The libraries a solution can import here, by import name."""
    return tuple(name for name in LIBRARIES if find_spec(name) is not None)


def library_versions() -> dict[str, str]:
    """The libraries a solution can import here: import name -> version."""
    return {name: version(LIBRARIES[name]) for name in libraries() if _installed(LIBRARIES[name])}


def _installed(distribution: str) -> bool:
    try:
        return bool(version(distribution))
    except PackageNotFoundError:
        return False


def versions() -> dict[str, str]:
    """Versions of what a result depends on."""
    return {name: version(name) for name in ("agentk", *(LIBRARIES[library] for library in libraries())) if _installed(name)}


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> int:
    """Bytes of memory that are free to use."""
    import psutil

    return int(psutil.virtual_memory().available)


def gpus() -> list[str]:
    """Names of the NVIDIA GPUs here, as the driver's own program tells them."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    try:
        command = [program, "--query-gpu=name", "--format=csv,noheader"]
        told = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return told.stdout.splitlines() if told.returncode == 0 else []


def memory_of_a_slot(slots: int) -> int:
    """Bytes, in whole gigabytes, that a program may take where so many run at once: most of what is free now."""
    share = int(0.7 * memory() / max(slots, 1)) >> 30 << 30
    return min(max(share, LEAST_MEMORY), MOST_MEMORY)
