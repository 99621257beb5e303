"""The study of prompt sizes: bounded, and smaller than a summary of everything."""

from __future__ import annotations

from pathlib import Path

from agentk.bench.prompts import draw, sizes
from agentk.competitions.draft import Overrides
from agentk.competitions.setup import set_up
from agentk.types.profile import Profile


def test_a_question_stops_growing_where_a_summary_does_not(tmp_path: Path) -> None:
    found = sizes(set_up("builtin:iris", Overrides(), tmp_path), Profile(), steps=90)
    at = {size.step: size for size in found}
    assert abs(at[90].plan - at[45].plan) < 0.05 * at[45].plan
    assert at[90].improve == at[1].improve
    assert at[90].unbounded > 1.5 * at[45].unbounded > 2 * at[45].plan * 0.75
    drawn = draw(found, tmp_path)
    assert all(file.stat().st_size > 5000 for file in drawn)
