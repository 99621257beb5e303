"""What a solution knows of its competition, and how it reads its parameters."""

from __future__ import annotations

from typing import Any

CONTRACT: dict[str, Any] = {
    "task": "regression",
    "targets": ["target"],
    "classes": [],
    "kinds": {},
    "id_columns": [],
    "train_only": [],
    "metric": "rmse",
    "rows": 0,
}


def with_defaults(params: dict[str, Any], space: dict[str, Any]) -> dict[str, Any]:
    """`params` completed by the defaults of `space` and of the reserved seed, threads and device."""
    defaults = {name: dimension["default"] for name, dimension in space.items()}
    return {"seed": 0, "threads": 1, "device": "cpu"} | defaults | params
