"""The score curve as inline SVG: every attempt a dot, the best so far a line; what was left behind is faint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agentk.notebook.html import ACCENT, GOOD, LINE, text
from agentk.types.metric import Direction, better_way

WIDTH, HEIGHT = 560, 170
LEFT, RIGHT, TOP, BOTTOM = 70, 14, 14, 26


@dataclass(frozen=True)
class Dot:
    """An attempt with a score. at: seconds the run had worked when it ended."""

    at: float
    score: float
    name: str
    chosen: bool = False
    left: bool = False  # on a branch that was left


def curve(dots: Sequence[Dot], direction: Direction, metric: str) -> str:
    """SVG; "" for fewer than two scores. The axis ends at the third quarter: one bad score does not flatten all others."""
    if len(dots) < 2:
        return ""
    low, high = _range([dot.score for dot in dots], direction)
    last = max(dot.at for dot in dots) or 1.0

    def x(at: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * at / last, 1)

    def y(score: float) -> float:
        share = (min(max(score, low), high) - low) / (high - low)
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share, 1)

    parts = []
    for score in (low, (low + high) / 2, high):
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(score)}" y2="{y(score)}" stroke="{LINE}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(score) + 4}" text-anchor="end">{score:.5g}</text>')
    best, steps = None, ""
    for dot in dots:
        if dot.chosen and not dot.left:
            steps += f"M{x(dot.at)} {y(dot.score)}" if best is None else f"H{x(dot.at)}V{y(dot.score)}"
            best = dot.score
    if steps:
        parts.append(f'<path d="{steps}H{WIDTH - RIGHT}" fill="none" stroke="{GOOD}" stroke-width="2"/>')
    for dot in dots:
        color, faint = (GOOD if dot.chosen else ACCENT), (0.3 if dot.left else 1)
        parts.append(
            f'<circle cx="{x(dot.at)}" cy="{y(dot.score)}" r="{4 if dot.chosen else 3}" fill="{color}" opacity="{faint}">'
            f"<title>{text(dot.name)}: {dot.score:.5f}</title></circle>"
        )
    better = better_way(direction)
    parts.append(f'<text x="{LEFT}" y="{HEIGHT - 6}">{text(metric)}, {better} is better</text>')
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 6}" text-anchor="end">{last:.0f} s worked</text>')
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="score over time" fill="currentColor" font-size="11" '
        f'font-family="system-ui,sans-serif" style="width:100%;max-width:{WIDTH}px;height:auto;display:block">'
        f"{''.join(parts)}</svg>"
    )


def _range(scores: Sequence[float], direction: Direction) -> tuple[float, float]:
    ranked = sorted(scores, reverse=direction == "maximize")
    worst, best = ranked[3 * (len(ranked) - 1) // 4], ranked[0]
    if len(ranked) < 5 or worst == best:
        worst = ranked[-1]
    low, high = sorted((worst, best))
    margin = 0.08 * (high - low) or abs(high) * 0.01 or 0.01
    return low - margin, high + margin
