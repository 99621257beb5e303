"""What a run shows of itself: each view is plain text for a terminal and HTML for a notebook, and carries its data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agentk.agent.steps import Section
from agentk.agent.steps import Step as Told
from agentk.notebook import html
from agentk.notebook.curve import Dot, curve
from agentk.settings import duration
from agentk.types.attempt import Attempt
from agentk.types.competition import ColumnKind, Competition
from agentk.types.metric import Direction, better_way
from agentk.types.wording import shortened

if TYPE_CHECKING:
    from rich.console import RenderableType

    from agentk.agent.ending.summary import Summary


PROGRAM_LINES = 60


class View:
    """Something that can be shown: `rich` for text, `html` for a notebook."""

    def rich(self) -> RenderableType:
        """For a terminal."""
        raise TypeError(f"{type(self).__name__} is shown by its subclasses")

    def html(self) -> str:
        """For a notebook: no script, nothing from elsewhere."""
        raise TypeError(f"{type(self).__name__} is shown by its subclasses")

    def __repr__(self) -> str:
        from agentk.cli.screen.cards import plain

        return plain(self.rich())

    def _repr_html_(self) -> str:
        return self.html()


@dataclass(frozen=True, repr=False)
class Step(View, Told):
    """One node that has run, as a card: asked, answered, changed, lessons, program, log."""

    def rich(self) -> RenderableType:
        """See `View`."""
        from agentk.cli.screen.cards import step_card

        return step_card(self)

    def html(self) -> str:
        """See `View`."""
        branch = "" if self.branch == "main" else f" · {self.branch}"
        parts = [f'<div style="margin:.25em 0">{html.text(self.headline)}</div>', *map(_section, self.sections)]
        return html.card(f"{self.number} · {self.node}{branch}", *parts, side=self.folder.path.name)


def _section(section: Section) -> str:
    match section.kind:
        case "facts":
            return html.heading(section.title) + html.facts((name, html.text(value)) for name, value in section.facts)
        case "text":
            return html.heading(section.title) + f"<div>{html.text(section.text)}</div>"
        case "code":
            return html.fold(f"{section.title}, {section.text.count(chr(10))} lines", program(section.text))
        case "log":
            return html.fold(section.title, html.verbatim(section.text))


def program(source: str) -> str:
    """The part that a person reads first: its docstring and what the rest is called from, at most `PROGRAM_LINES`."""
    lines = source.splitlines()
    start = next((place for place, line in enumerate(lines) if line.startswith("def fit_predict")), 0)
    start = max(0, min(start, len(lines) - PROGRAM_LINES))
    shown = lines[start : start + PROGRAM_LINES]
    left = len(lines) - len(shown)
    note = f"# lines {start + 1} to {start + len(shown)}; solution.py of the attempt holds {left} more\n" if left else ""
    return html.code(note + "\n".join(shown))


@dataclass(frozen=True, repr=False)
class Tree(View):
    """All attempts of a run. `tree[3]` is attempt 3; iterating goes by number; those of branches that were left are greyed."""

    attempts: dict[int, Attempt]
    best: int | None
    left: frozenset[int] = frozenset()  # on branches that were left
    at: dict[int, float] = field(default_factory=dict)  # seconds the run had worked when each ended
    direction: Direction = "maximize"
    metric: str = ""

    def __len__(self) -> int:
        return len(self.attempts)

    def __iter__(self) -> Any:
        return iter(self.attempts.values())

    def __getitem__(self, number: int) -> Attempt:
        return self.attempts[number]

    def rich(self) -> RenderableType:
        """See `View`."""
        from rich.text import Text
        from rich.tree import Tree as Drawn

        root = Drawn(f"{len(self)} attempts" if self.attempts else "no attempt yet")
        nodes: dict[int, Drawn] = {}
        for number, attempt in self.attempts.items():
            above = nodes.get(attempt.parent, root) if attempt.parent is not None else root
            left = "  (branch left behind)" if number in self.left else ""
            mark = "★ " if number == self.best else ""
            label = Text(f"{mark}{attempt.title}  {attempt.result}{left}")
            nodes[number] = above.add(label, style="dim" if left else "bold green" if mark else "")
        return root

    def html(self) -> str:
        """See `View`."""
        if not self.attempts:
            return html.card("no attempt yet", "<div>run.step() or run.run() makes some</div>")
        rows, styles = [], []
        for number, depth in self._order():
            attempt = self.attempts[number]
            faint, first = number in self.left, number == self.best
            name = f"{'&nbsp;' * 4 * depth}{'└ ' if depth else ''}{'★ ' if first else ''}#{number} {html.text(attempt.name)}"
            failed = attempt.outcome.status.at_fault
            color = html.BAD if failed else html.GOOD if first else "inherit"
            std = "" if attempt.std is None else html.span(f"± {attempt.std:.5f}", html.QUIET)
            result = attempt.outcome.status.words if attempt.score is None else f"{attempt.score:.5f}"
            idea = "branch left behind: " * faint + (attempt.idea or attempt.outcome.reason)
            rows.append(
                (
                    f'<span style="white-space:nowrap;color:{color};{"font-weight:bold" if first else ""}">{name}</span>',
                    attempt.kind,
                    f'<span style="white-space:nowrap">{html.text(result)} {std}</span>',
                    f"{attempt.seconds:.1f}",
                    html.span(shortened(idea, 110), html.QUIET),
                )
            )
            styles.append("opacity:.45" if faint else "")
        listed = html.table(("attempt", "kind", "score", "s", "idea"), rows, styles)
        return html.card(f"{len(self)} attempts", curve(self._dots(), self.direction, self.metric), listed)

    def _order(self) -> list[tuple[int, int]]:
        """Numbers with their depth, children below their parents."""
        below: dict[int | None, list[int]] = {}
        for number, attempt in self.attempts.items():
            below.setdefault(attempt.parent if attempt.parent in self.attempts else None, []).append(number)
        waiting = [(number, 0) for number in reversed(below.get(None, []))]
        order = []
        while waiting:
            number, depth = waiting.pop()
            order.append((number, depth))
            waiting += [(child, depth + 1) for child in reversed(below.get(number, []))]
        return order

    def _dots(self) -> list[Dot]:
        ended = ((self.at.get(one.number, 0.0), one) for one in self.attempts.values())
        return [
            Dot(at, one.score, f"#{one.number} {one.name}", one.chosen, one.number in self.left)
            for at, one in sorted(ended, key=lambda pair: pair[0])
            if one.score is not None
        ]


@dataclass(frozen=True, repr=False)
class Best(View):
    """The attempt whose answers are in submission.csv, with its program."""

    attempt: Attempt
    source: str
    summary: Summary

    @property
    def number(self) -> int:
        """Of the attempt."""
        return self.attempt.number

    @property
    def score(self) -> float | None:
        """The referee's, out of fold."""
        return self.attempt.score

    def rich(self) -> RenderableType:
        """See `View`."""
        from rich.text import Text

        return Text("\n".join(f"{name}: {value}" for name, value in self._facts()))

    def html(self) -> str:
        """See `View`."""
        parts = [html.facts((name, html.text(value)) for name, value in self._facts())]
        if self.attempt.kind != "blend":
            parts.append(html.fold("its program", program(self.source)))
        return html.card(f"best: #{self.number} {self.attempt.name}", *parts)

    def _facts(self) -> list[tuple[str, str]]:
        attempt, summary = self.attempt, self.summary
        better = better_way(summary.direction)
        spread = "" if attempt.std is None else f" ± {attempt.std:.5f} over folds"
        told = [("attempt", attempt.title)]
        if attempt.score is not None:
            told.append(("score", f"{attempt.score:.5f}{spread} ({summary.metric}, {better} is better)"))
        if summary.interval is not None:
            told.append(("expected", f"{summary.interval[0]:.5f} to {summary.interval[1]:.5f} on new rows (90%)"))
        if summary.test_score is not None:
            told.append(("on the test rows", f"{summary.test_score:.5f}, hidden from the run"))
        told += [("idea", attempt.idea)] * bool(attempt.idea) + [("kept because", attempt.verdict)] * bool(attempt.verdict)
        told += [("parameters", str(attempt.params))] * bool(attempt.params)
        return told


@dataclass(frozen=True, repr=False)
class Contract(View):
    """The competition as setup understood it; `competition` has every field."""

    competition: Competition

    def rich(self) -> RenderableType:
        """See `View`."""
        from agentk.cli.screen.contract import contract_panel

        return contract_panel(self.competition)

    def html(self) -> str:
        """See `View`."""
        one = self.competition
        validation = one.validation
        by = f" by {validation.column}" if validation.column else ""
        cut_from = f", cut from {one.passage}" if one.passage else ""
        pairs = [
            ("task", f"{one.task.value}: predict {', '.join(one.targets[:8])}{cut_from}"),
            ("data", f"{one.rows:,} rows to learn from, {one.test_rows:,} to predict, {len(one.columns)} columns"),
            *([("pictures", f"{len(one.pixels.columns)} columns of pixels, {one.pixels.words}")] if one.pixels else []),
            ("metric", one.metric),
            ("folds", f"{validation.folds} {validation.scheme}{by}"),
            *(("", reason) for reason in validation.reasons),
            *(("finding", finding) for finding in one.findings),
            *(("doubt", doubt) for doubt in one.doubts),
        ]
        shown = [column for column in one.columns if column.kind is not ColumnKind.PIXEL][:60]
        columns = html.table(
            ("column", "kind", "missing", "values"),
            [(html.text(c.name), c.kind.value, f"{c.missing:.0%}", f"{c.unique:,}") for c in shown],
        )
        told = html.facts((name, html.text(value)) for name, value in pairs)
        return html.card(one.name, told, html.fold(f"{len(one.columns)} columns", columns), side="the contract")


@dataclass(frozen=True, repr=False)
class Memory(View):
    """The lessons a run used and wrote, each (id, text, what came of it or why)."""

    used: tuple[tuple[str, str, str], ...]
    written: tuple[tuple[str, str, str], ...]
    place: str

    def rich(self) -> RenderableType:
        """See `View`."""
        from rich.text import Text

        told = [f"used {text}\n     {why}" for _, text, why in self.used] + [f"learned {text}" for _, text, _ in self.written]
        return Text("\n".join([f"memory: {self.place}", *(told or ["no lesson was used or written yet"])]))

    def html(self) -> str:
        """See `View`."""
        parts = []
        for title, lessons in (("used", self.used), ("learned", self.written)):
            if lessons:
                rows = [(html.text(told), html.span(why, html.QUIET)) for _, told, why in lessons]
                parts.append(html.heading(f"{title}: {len(lessons)}") + html.table(("lesson", "why, and what came of it"), rows))
        return html.card("memory", *(parts or ["<div>no lesson was used or written yet</div>"]), side=self.place)


@dataclass(frozen=True, repr=False)
class Cost(View):
    """What a run has spent. seconds: of work, pauses left out; money in US dollars, 0 without a model."""

    seconds: float
    budget: float | None
    attempts: int
    trials: int
    money: float
    tokens: int

    def rich(self) -> RenderableType:
        """See `View`."""
        from rich.text import Text

        return Text(", ".join(value for _, value in self._facts()))

    def html(self) -> str:
        """See `View`."""
        return html.card("cost", html.facts((name, html.text(value)) for name, value in self._facts()))

    def _facts(self) -> list[tuple[str, str]]:
        of = "" if self.budget is None else f" of {duration(self.budget)}"
        tokens = f"${self.money:.4f}, {self.tokens:,} tokens" if self.tokens else "nothing: no model was asked"
        return [
            ("time", f"{duration(self.seconds)}{of}"),
            ("work", f"{self.attempts} attempts, {self.trials} trials"),
            ("money", tokens),
        ]
