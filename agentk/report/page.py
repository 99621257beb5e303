"""The page: a story, its searches and diagnostics, as one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from agentk.agent.insight.evidence import Evidence, evidence_of
from agentk.errors import AgentKError
from agentk.graph.folder import RunFolder, replace
from agentk.report import charts
from agentk.report.compare import Compared, plot
from agentk.report.diagnostics import Diagnostics, diagnose
from agentk.report.searches import searched
from agentk.report.story import Moment, Story, tell
from agentk.settings import duration
from agentk.types.metric import sign_of

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"


def write_report(folder: RunFolder) -> Path:
    """Writes report.html into the run's folder and returns its path.

    Raises RunError when the folder is no run, StoreError when it cannot be written.
    """
    replace(folder.report, render(folder))
    return folder.report


def report_at_end(folder: RunFolder) -> None:
    """The report at the end of a run: whatever goes wrong with it, the run has ended well, and a note says what."""
    try:
        write_report(folder)
    except Exception as error:  # a report must never take a finished run down
        problem = f"{type(error).__name__}: {error}"
        print(f"note: report.html was not written ({problem}); agentk report {folder.path} tries again", file=sys.stderr)


def render(folder: RunFolder, *, evidence: Evidence | None = None, show_rows: bool = False, live: bool = False) -> str:
    """The whole page as text. live: it looks for a newer one of itself at the address it came from."""
    story = tell(folder)
    looked, missing = _diagnosed(folder, story, evidence, show_rows=show_rows)
    context = {
        "story": story,
        "summary": story.summary,
        "competition": story.competition,
        "looked": looked,
        "missing": missing,
        "searches": searched(folder, story),
        "ideas": _ideas(story),
        "charts": charts,
        "data": _data(story),
        "live": live,
        "show_rows": show_rows,
        "name": folder.path.name,
        "kinds": _time_by_kind(story),
    }
    return environment().get_template("report.html").render(context)


def _diagnosed(
    folder: RunFolder, story: Story, evidence: Evidence | None, *, show_rows: bool
) -> tuple[Diagnostics | None, str | None]:
    """The winner looked at row by row, or why not."""
    if story.best is None or story.competition is None:
        return None, None
    try:
        return diagnose(evidence or evidence_of(folder), story.best, show_rows=show_rows), None
    except (AgentKError, OSError, ValueError, KeyError) as error:  # the person's files may be gone, changed or broken
        return None, str(error)


def _ideas(story: Story) -> list[dict[str, Any]]:
    """By recipe or name: what was spent on it, what it came to, and its paired gain over the first plain model."""
    weights = story.winner.attempt.weights if story.winner is not None else {}
    groups: dict[str, list[Moment]] = {}
    for moment in story.moments:
        if moment.attempt.kind != "blend":
            groups.setdefault(moment.attempt.recipe or moment.attempt.name, []).append(moment)
    found: list[dict[str, Any]] = []
    sign = sign_of(story.direction)
    for name, moments in groups.items():
        scored = [moment for moment in moments if moment.attempt.score is not None]
        best = max(scored, key=lambda moment: sign * (moment.attempt.score or 0.0), default=None)
        found.append(
            {
                "name": name,
                "best": best,
                "tries": len(moments),
                "trials": sum(moment.attempt.trials for moment in moments),
                "failed": sum(moment.attempt.outcome.status.at_fault for moment in moments),
                "seconds": sum(moment.attempt.seconds for moment in moments),
                "weight": sum(weights.get(moment.attempt.number, 0.0) for moment in moments),
                "idea": moments[0].attempt.idea,
            }
        )
    found.sort(key=lambda idea: -sign * (idea["best"].attempt.score or 0.0) if idea["best"] else float("inf"))
    return found


def _time_by_kind(story: Story) -> list[tuple[str, int, float]]:
    total: dict[str, tuple[int, float]] = {}
    for moment in story.moments:
        count, spent = total.get(moment.attempt.kind, (0, 0.0))
        total[moment.attempt.kind] = count + 1, spent + moment.attempt.seconds
    return [(kind, count, spent) for kind, (count, spent) in sorted(total.items(), key=lambda item: -item[1][1])]


def _data(story: Story) -> dict[str, Any]:
    """What the page's own program shows on a click."""
    return {"attempts": [_detail(moment) for moment in story.moments], "sources": dict(story.sources), "best": story.best}


def _detail(moment: Moment) -> dict[str, Any]:
    attempt = moment.attempt
    return {
        "number": attempt.number,
        "parent": attempt.parent,
        "kind": attempt.kind,
        "name": attempt.name,
        "title": attempt.title,
        "origin": attempt.origin,
        "idea": attempt.idea,
        "status": attempt.outcome.status.words,
        "reason": attempt.outcome.reason,
        "score": None if attempt.score is None else charts.figure(attempt.score),
        "std": None if attempt.std is None else f"{attempt.std:.3g}",
        "folds": [charts.figure(value) for value in attempt.fold_scores],
        "seconds": duration(attempt.seconds) if attempt.seconds >= 10 else f"{attempt.seconds:.1f}s",
        "trials": attempt.trials,
        "verdict": attempt.verdict,
        "note": moment.note if moment.giver != "playbook" else "",  # the playbook only repeats the verdict
        "giver": moment.giver,
        "moved": [list(one) for one in moment.moved],
        "params": len(attempt.params),
        "lessons": [list(one) for one in moment.lessons],
        "weights": [[number, f"{weight:.3f}"] for number, weight in attempt.weights.items()],
        "method": attempt.method if attempt.weights else "",
        "source": moment.source,
        "log": moment.log,
        "gain": None if moment.gain is None else f"{moment.gain[0]:+.4g} ± {moment.gain[1]:.2g}",
        "gainTo": moment.gain_to,
    }


@cache
def environment() -> Environment:
    """Templates with everything escaped: programs, logs and names of columns are other people's text."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    made.trim_blocks = made.lstrip_blocks = True
    style, script = (Markup((TEMPLATES / name).read_text(encoding="utf-8")) for name in ("report.css", "report.js"))
    made.globals |= {"style": style, "script": script, "script_hash": _hash(script)}
    made.filters |= {"figure": charts.figure, "duration": duration}
    return made


def _hash(script: str) -> str:
    """What the page's policy allows to run: this one script, and nothing that found its way into the page."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def render_comparison(runs: Sequence[Compared]) -> str:
    """Several runs as one HTML page."""
    return environment().get_template("compare.html").render(runs=runs, drawn=plot(runs))
