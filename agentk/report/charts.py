"""Charts: small drawings as SVG text, colored by the page's style sheet, so that they are right in light, dark and print."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from markupsafe import Markup

from agentk.report.diagnostics import Diagnostics
from agentk.report.searches import Slice
from agentk.report.story import Moment, Story
from agentk.types.metric import Direction

Scale = Callable[[float], float]


def figure(value: float | None) -> str:
    """A number as a person reads it: five digits, no exponent where it can be helped."""
    if value is None:
        return "–"
    if 1e5 <= abs(value) < 1e12:
        return f"{value:,.0f}"
    return f"{value:#.5g}"


def _plain(value: float) -> str:
    """A number of an axis."""
    return f"{value:,.0f}" if 1e5 <= abs(value) < 1e12 else f"{value:.6g}"


def _scale(low: float, high: float, start: float, end: float) -> Scale:
    width = (high - low) or 1.0
    return lambda value: start + (end - start) * (value - low) / width


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers between two ends, about as many as asked for."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return [low]
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * one for one in (1, 2, 2.5, 5, 10) if power * one >= raw * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [round(number * step, 12) for number in range(first, math.floor(high / step + 1e-9) + 1)]


def kinds(story: Story) -> list[str]:
    """The kinds of attempts that have a score, in the order of their first."""
    return list(dict.fromkeys(moment.attempt.kind for moment in story.moments if moment.attempt.score is not None))


def _svg(width: int, height: int, parts: Sequence[Markup], label: str) -> Markup:
    body = Markup("").join(parts)
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(width, height, label, body)


def _text(x: float, y: float, text: str, anchor: str = "middle", kind: str = "") -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}" class="{}">{}</text>').format(x, y, anchor, kind, text)


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    return Markup('<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" class="{}"/>').format(x1, y1, x2, y2, kind)


def _dot(x: float, y: float, radius: float, kind: str, title: str, number: int | None = None) -> Markup:
    link = Markup("") if number is None else Markup(' data-attempt="{}" tabindex="0"').format(number)
    return Markup('<circle cx="{:.1f}" cy="{:.1f}" r="{:.1f}" class="{}"{}><title>{}</title></circle>').format(
        x, y, radius, kind, link, title
    )


def _path(points: Sequence[tuple[float, float]], kind: str) -> Markup:
    drawn = " ".join(f"{'M' if place == 0 else 'L'}{x:.1f} {y:.1f}" for place, (x, y) in enumerate(points))
    return Markup('<path d="{}" class="{}"/>').format(drawn, kind)


def _frame(low: float, high: float, y: Scale, left: float, right: float) -> list[Markup]:
    """Horizontal lines with their numbers."""
    parts = []
    for value in ticks(low, high):
        parts += [_line(left, y(value), right, y(value), "grid"), _text(left - 6, y(value) + 4, _plain(value), "end")]
    return parts


def _times(end: float, x: Scale, height: float) -> list[Markup]:
    """The axis of a run's time, in seconds or minutes."""
    unit, name = (1.0, "s") if end < 600 else (60.0, "min")
    shown = [(x(value * unit), f"{value:g} {name}") for value in ticks(0.0, end / unit, 6)]
    return [_text(place, height, said, "end" if place > 690 else "middle") for place, said in shown]


def ladder(story: Story) -> Markup | None:
    """The score beside what it has to beat, on one axis, with what may be expected on new rows."""
    summary = story.summary
    marks = [
        ("sample", summary.sample_score, "plain"),
        ("no model", summary.sound_score, "plain"),
        ("plain model", summary.baseline_score, "plain"),
        ("folds", summary.cv_score, "best"),
        ("test rows", summary.test_score, "test"),
    ]
    shown = [(name, value, kind) for name, value, kind in marks if value is not None and math.isfinite(value)]
    if len(shown) < 2:
        return None
    near = [value for _, value, kind in shown if kind != "plain"] + list(summary.interval or ())
    near += [one for one in (summary.baseline_score,) if one is not None]
    spread = (max(near) - min(near)) or abs(near[0]) * 0.01 or 1.0
    # What no model scores may be so far off that it would press everything else together: it stands at the edge then.
    close = near + [value for _, value, _ in shown if abs(value - sum(near) / len(near)) <= 4 * spread]
    low, high = min(close) - 0.08 * spread, max(close) + 0.08 * spread
    x = _scale(low, high, 34, 97) if story.direction == "maximize" else _scale(high, low, 34, 97)
    height = 30 + 30 * len(shown)
    marked = [value for value in ticks(low, high, 4) if 36 < x(value) < 95]
    parts = [_rung("line", x(value), f'x2="{x(value):.2f}%" y1="8" y2="{height - 22}" class="grid"') for value in marked]
    parts += [_rung("text", x(value), f'y="{height - 6}" text-anchor="middle"', _plain(value)) for value in marked]
    for place, (name, value, kind) in enumerate(shown):
        y, at = 24 + 30 * place, min(max(x(value), 34.0), 97.0)
        parts.append(_rung("text", 30, f'y="{y + 4}" text-anchor="end"', name))
        if kind == "best" and summary.interval is not None:
            one, other = sorted(x(end) for end in summary.interval)
            said = f"expected on new rows: {figure(summary.interval[0])} to {figure(summary.interval[1])} (90%)"
            wide = f'y="{y - 6}" width="{max(other - one, 0.3):.2f}%" height="12" rx="6" class="band"'
            parts.append(_rung("rect", one, wide, title=said))
        off = " off" if at != x(value) else ""
        parts.append(_rung("circle", at, f'cy="{y}" r="6" class="mark {kind}{off}"', title=f"{name}: {figure(value)}"))
        side = 'dx="10" text-anchor="start"' if at < 70 else 'dx="-10" text-anchor="end"'
        parts.append(_rung("text", at, f'y="{y - 7}" {side} class="value"', figure(value)))
    drawn = Markup('<svg class="ladder" style="height:{}px" role="img" aria-label="{}">{}</svg>')
    return drawn.format(height, "The score beside baselines; better is to the right", Markup("").join(parts))


def _rung(tag: str, at: float, rest: str, text: str = "", title: str = "") -> Markup:
    """A part of the ladder, placed in percent of its width: it is as wide as the page, its letters as large as the page's."""
    place = {"line": "x1", "circle": "cx"}.get(tag, "x")
    inner = Markup("<title>{}</title>").format(title) if title else text
    return Markup('<{} {}="{:.2f}%" {}>{}</{}>').format(Markup(tag), Markup(place), at, Markup(rest), inner, Markup(tag))


def progress(story: Story) -> Markup | None:
    """Every attempt at the time it ended, and the best so far; what is far off the scale stands at the edge."""
    scored = [moment for moment in story.moments if moment.attempt.score is not None]
    if not scored:
        return None
    left, right, top, bottom = 64.0, 708.0, 14.0, 250.0
    low, high = _window([float(moment.attempt.score or 0.0) for moment in scored], story.direction)
    y = _scale(low, high, bottom, top) if story.direction == "maximize" else _scale(high, low, bottom, top)
    end = max([moment.ended_s for moment in story.moments] + [story.summary.seconds, 1.0])
    x = _scale(0.0, end, left, right)
    parts = _frame(low, high, y, left, right)
    parts += _times(end, x, bottom + 34)
    best = [(time, score) for time, score in story.steps if min(low, high) <= score <= max(low, high)]
    corners: list[tuple[float, float]] = []
    for time, score in best:
        corners += [(x(time), corners[-1][1]), (x(time), y(score))] if corners else [(x(time), y(score))]
    if corners:
        parts.append(_path([*corners, (right, corners[-1][1])], "bestline"))
    for moment in story.moments:
        attempt = moment.attempt
        told = attempt.title
        if attempt.score is None:
            title = f"{told}: {attempt.outcome.status.words}"
            parts.append(_dot(x(moment.ended_s), bottom + 12, 3.5, "point lost", title, attempt.number))
            continue
        off = not low <= attempt.score <= high
        kind = f"point k-{attempt.kind}{' off' if off else ''}{' won' if attempt.number == story.best else ''}"
        height = min(max(y(attempt.score), top), bottom)
        radius = 7 if attempt.number == story.best else 4.5
        parts.append(_dot(x(moment.ended_s), height, radius, kind, f"{told}: {figure(attempt.score)}", attempt.number))
    return _svg(720, 292, parts, "Scores of attempts over the time of the run; better is up")


def _window(scores: Sequence[float], direction: Direction) -> tuple[float, float]:
    """The range worth looking at: from the best to about the worst quarter, whatever a constant or a broken model scored."""
    ranked = sorted(scores, reverse=direction == "maximize")
    best, usual = ranked[0], ranked[min(len(ranked) - 1, int(0.75 * len(ranked)))]
    spread = 1.6 * abs(best - usual) or abs(best) * 0.01 or 1.0
    worst = ranked[-1] if abs(ranked[-1] - best) <= spread else best + (spread if direction == "minimize" else -spread)
    pad = 0.05 * (abs(best - worst) or spread)
    return min(best, worst) - pad, max(best, worst) + pad


def whisker(gain: float, error: float, reach: float) -> Markup:
    """One gain with its error around zero, on a scale shared by a table."""
    x = _scale(-reach, reach, 4, 176)
    low, high = max(gain - error, -reach), min(gain + error, reach)
    kind = "helps" if gain > error / 2 else "harms" if gain < -error / 2 else "same"
    middle = min(max(gain, -reach), reach)
    parts = [
        _line(90, 1, 90, 19, "axis"),
        _line(x(low), 10, x(high), 10, f"whisker {kind}"),
        _dot(x(middle), 10, 4, kind, f"{gain:+.4g}"),
    ]
    return _svg(180, 20, parts, f"{gain:+.4g} plus or minus {error:.2g}")


def reach_of(pairs: Sequence[tuple[float, float]]) -> float:
    """The end of a scale that shows most gains whole: one wild value does not flatten the others."""
    sizes = sorted(abs(gain) + error for gain, error in pairs if math.isfinite(gain) and math.isfinite(error))
    return (sizes[int(0.8 * (len(sizes) - 1))] if sizes else 1.0) or 1.0


def reliability(diagnostics: Diagnostics) -> Markup | None:
    """What was promised against what came."""
    if not diagnostics.calibration:
        return None
    x, y = _scale(0, 1, 46, 306), _scale(0, 1, 266, 10)
    parts = _frame(0.0, 1.0, y, 46, 306)
    parts += [_text(x(value), 284, f"{value:g}") for value in (0, 0.2, 0.4, 0.6, 0.8, 1)]
    parts.append(_line(x(0), y(0), x(1), y(1), "axis"))
    points = [(x(mean), y(share)) for mean, share, _ in diagnostics.calibration]
    parts.append(_path(points, "bestline"))
    most = max(count for _, _, count in diagnostics.calibration)
    for mean, share, count in diagnostics.calibration:
        radius = 2.5 + 5.5 * math.sqrt(count / most)
        parts.append(_dot(x(mean), y(share), radius, "point k-draft", f"said {mean:.2f}, came {share:.2f}, {count} rows"))
    parts.append(_text(176, 302, f"{diagnostics.calibration_of} (said)"))
    return _svg(320, 308, parts, "Calibration: what was promised against what came")


def residuals(diagnostics: Diagnostics) -> Markup | None:
    """Truth minus prediction along the prediction: the middle, and where 80% lie."""
    found = diagnostics.residuals
    if not found:
        return None
    low, high = min(one[1] for one in found), max(one[3] for one in found)
    low, high = min(low, 0.0), max(high, 0.0)
    first, last = found[0][0], found[-1][0]
    x, y = _scale(first, last, 60, 460), _scale(low, high, 220, 12)
    parts = _frame(low, high, y, 50, 470)
    parts.append(_line(50, y(0), 470, y(0), "axis"))
    for mean, one, middle, other in found:
        parts.append(_line(x(mean), y(one), x(mean), y(other), "whisker same"))
        parts.append(_dot(x(mean), y(middle), 4.5, "point k-draft", figure(middle)))
    parts += [_text(x(value), 240, _plain(value)) for value in ticks(first, last, 5)]
    parts.append(_text(260, 258, "predicted; truth minus prediction upwards"))
    return _svg(480, 264, parts, "Residuals along the prediction")


def slice_chart(one: Slice, direction: Direction) -> Markup:
    """Scores of trials along one parameter; better is up."""
    scores = [score for _, score in one.points]
    low, high = _window(scores, direction)
    y = _scale(low, high, 140, 12) if direction == "maximize" else _scale(high, low, 140, 12)
    parts = _frame(low, high, y, 58, 310)
    numbers = [value for value, _ in one.points if isinstance(value, float)]
    if len(numbers) == len(one.points):
        shown = [math.log10(value) if one.log and value > 0 else value for value in numbers]
        x = _scale(min(shown), max(shown), 70, 300)
        places = [x(value) for value in shown]
        for at in (min(range(len(shown)), key=shown.__getitem__), max(range(len(shown)), key=shown.__getitem__)):
            parts.append(_text(places[at], 158, f"{numbers[at]:.3g}"))
    else:
        names = sorted({str(value) for value, _ in one.points})
        column = _scale(-0.5, len(names) - 0.5, 64, 306)
        places = [column(names.index(str(value))) for value, _ in one.points]
        room = max(3, 40 // len(names))
        for at, name in enumerate(names):
            parts.append(_text(column(at), 158, name if len(name) <= room else name[: room - 1] + "…"))
    for place, (value, score) in zip(places, one.points, strict=True):
        off = not low <= score <= high
        height = min(max(y(score), 12), 140)
        parts.append(_dot(place, height, 3.5, f"point k-tune{' off' if off else ''}", f"{value}: {figure(score)}"))
    return _svg(320, 166, parts, f"Scores along {one.parameter}")


def spark(moment: Moment, worst: float, best: float) -> Markup:
    """A bar as long as the score is good among all."""
    if moment.attempt.score is None:
        return Markup("")
    share = 0.0 if best == worst else (moment.attempt.score - worst) / (best - worst)
    share = min(max(share, 0.02), 1.0)
    bar = '<span class="bar"><i class="k-{}" style="width:{:.0f}%"></i></span>'
    return Markup(bar).format(moment.attempt.kind, 100 * share)


def race(runs: Sequence[tuple[str, Sequence[tuple[float, float]], float]], direction: Direction) -> Markup:
    """The best score so far of several runs over their time; better is up. Each with its name, steps and whole seconds."""
    scores = [score for _, steps, _ in runs for _, score in steps] or [0.0]
    left, right, top, bottom = 64.0, 708.0, 14.0, 250.0
    low, high = _window(scores, direction)
    y = _scale(low, high, bottom, top) if direction == "maximize" else _scale(high, low, bottom, top)
    x = _scale(0.0, max([seconds for _, _, seconds in runs] + [1.0]), left, right)
    parts = _frame(low, high, y, left, right)
    parts += _times(max(seconds for _, _, seconds in runs), x, bottom + 20)
    for place, (name, steps, seconds) in enumerate(runs):
        corners: list[tuple[float, float]] = []
        for time, score in steps:
            height = min(max(y(score), top), bottom)
            corners += [(x(time), corners[-1][1]), (x(time), height)] if corners else [(x(time), height)]
        kind = f"c{place % 6}"
        if corners:
            parts.append(_path([*corners, (x(seconds), corners[-1][1])], f"run {kind}"))
        parts.append(_text(left + 6, bottom + 42 + 18 * place, f"— {name}", "start", f"value {kind}"))
    return _svg(720, 300 + 18 * len(runs), parts, "The best score over time; better is up")
