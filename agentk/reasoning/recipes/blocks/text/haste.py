"""Texts where time is short: words alone, and one linear model of the usual strength."""

from __future__ import annotations

from typing import Any

HASTE = {"characters": 0, "strength": "given", "C": 3.0, "weigh": "never"}


def heeding(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters, or those in their place where a plan allows a fit but a share of its usual work ("most_work")."""
    return params | HASTE if params.get("most_work", 1.0) < 1.0 else params
