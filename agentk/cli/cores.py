"""The cores belong to the programs: what agentk itself computes beside them takes one thread."""

from __future__ import annotations

import os


def leave_cores_to_programs() -> None:
    """To be called before numpy is imported."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
