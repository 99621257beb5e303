"""Why an attempt: the plan that led to it, the lessons it used, what the referee said, and why it was kept or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentk.graph.folder import RunFolder
from agentk.graph.journal import read
from agentk.notebook import html
from agentk.notebook.views import Tree, View, program
from agentk.types.attempt import Attempt

if TYPE_CHECKING:
    from rich.console import RenderableType


@dataclass(frozen=True, repr=False)
class Explanation(View):
    """The story of one attempt, as (what, in words) pairs, with its program and log."""

    attempt: Attempt
    story: tuple[tuple[str, str], ...]
    source: str
    log: str

    def rich(self) -> RenderableType:
        """See `View`."""
        from rich.table import Table
        from rich.text import Text

        grid = Table.grid(padding=(0, 2))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        grid.add_row("", self.attempt.title)
        for name, words in self.story:
            grid.add_row(name, Text(words))
        return grid

    def html(self) -> str:
        """See `View`."""
        parts = [html.facts((name, html.text(words)) for name, words in self.story), html.fold("program", program(self.source))]
        if self.log.strip():
            parts.append(html.fold("log", html.verbatim(self.log)))
        return html.card(self.attempt.title, *parts, side="why")


def explained(folder: RunFolder, tree: Tree, number: int) -> Explanation:
    """The story of a finished attempt of any branch."""
    attempt = tree[number]
    story = [("proposed by", attempt.origin)]
    if attempt.idea:
        story.append(("idea", attempt.idea))
    if attempt.parent in tree.attempts:
        parent = tree[attempt.parent]
        story.append(("built on", f"#{parent.number} {parent.name}" + ("" if parent.score is None else f", {parent.score:.5f}")))
    texts = {
        str(line["lesson"]): f"{line['text']} ({line['why']})" for line in read(folder.journal) if line["event"] == "lesson_used"
    }
    story += [("lesson", texts[lesson]) for lesson in attempt.lessons if lesson in texts]
    story.append(("outcome", _outcome(attempt)))
    if attempt.fold_scores:
        story.append(("folds", ", ".join(f"{score:.5f}" for score in attempt.fold_scores)))
    if attempt.weights:
        story.append(("blend of", ", ".join(f"{weight:.2f} × #{member}" for member, weight in attempt.weights.items())))
    story.append(("kept" if attempt.chosen else "not kept", attempt.verdict or attempt.outcome.reason))
    if number in tree.left:
        story.append(("since then", "its branch was left by a rewind"))
    story += [("concluded", note) for note in _conclusions(folder, number)]
    log = folder.attempt(number) / "log.txt"
    return Explanation(attempt, tuple(story), folder.read_solution(attempt).source, log.read_text() if log.exists() else "")


def _conclusions(folder: RunFolder, number: int) -> list[str]:
    """What was said when it was reflected on."""
    notes, asked = [], False
    for line in read(folder.journal):
        question, answer = line.get("question"), line.get("answer")
        if isinstance(question, dict):
            asked = line["node"] == "reflect" and question.get("attempt") == number
        elif asked and isinstance(answer, dict) and answer.get("note"):
            notes.append(str(answer["note"]))
    return notes


def _outcome(attempt: Attempt) -> str:
    if attempt.score is None:
        return f"{attempt.outcome.status.words}: {attempt.outcome.reason}"
    spread = "" if attempt.std is None else f" ± {attempt.std:.5f} over folds"
    return f"scored {attempt.score:.5f}{spread}"
