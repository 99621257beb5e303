"""Wording: texts of any length as one line."""

from __future__ import annotations


def shortened(text: str, most: int = 80) -> str:
    """On one line, cut where it is longer than `most` characters."""
    text = " ".join(str(text).split())
    return text if len(text) <= most else text[: most - 1] + "…"
