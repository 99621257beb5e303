"""`agentk bench setup`: setup on competitions whose contract is known, field by field: right, asked, doubted, silently wrong."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from agentk.bench.synthetic.cases import CASES, Case, make
from agentk.bench.synthetic.layout import Truth
from agentk.competitions.draft import Overrides
from agentk.competitions.metrics import metric_named
from agentk.competitions.setup import set_up
from agentk.errors import SettingError, UserError
from agentk.types.competition import Competition, Frozen

if TYPE_CHECKING:
    from rich.table import Table

Verdict = Literal["right", "asked", "doubted", "wrong"]

FIELDS = ("target", "task", "positive", "id", "metric", "weights", "format", "validation", "pixels")
_FLAGS = {"target": ("--target",), "task": ("--task",), "positive": ("--positive",), "id": ("--id",), "metric": ("--metric",),
          "weights": ("--weights",), "pixels": ("--pixels",),
          "format": ("--sample",), "validation": ("--validation", "--column")}  # fmt: skip


class Measured(Frozen):
    """What setup made of one competition."""

    case: str
    seed: int
    verdict: Verdict  # right in every field; a question; wrong, with a doubt that names the flag; silently wrong
    wrong: dict[str, str] = {}  # by field: what it believed, and what is true
    question: str = ""
    seconds: float = 0.0


def chosen(only: Sequence[str]) -> tuple[Case, ...]:
    """The cases whose name begins with one of `only`, all where there is none. Raises SettingError when none does."""
    found = tuple(case for case in CASES if not only or case.name.startswith(tuple(only)))
    if not found:
        words = dict.fromkeys(case.name.partition("-")[0] for case in CASES)
        raise SettingError(
            f"--only {' '.join(only)}: no synthetic competition's name begins so. They begin with {', '.join(words)}"
        )
    return found


def measure(cases: Iterable[Case], seeds: Iterable[int], place: Path) -> Iterator[Measured]:
    """Makes each case below `place` and has it set up without a flag."""
    for seed in seeds:
        for case in cases:
            folder = place / f"{case.name}-{seed}"
            truth = make(case, seed, folder)
            yield measured(case.name, seed, folder, truth, place / f"run-{case.name}-{seed}")


def measured(name: str, seed: int, source: Path, truth: Truth, run: Path) -> Measured:
    """Setup of the competition at `source`, against its truth."""
    since = time.perf_counter()
    try:
        competition = set_up(source, Overrides(), run)
    except UserError as error:
        return Measured(case=name, seed=seed, verdict="asked", question=str(error), seconds=time.perf_counter() - since)
    seconds = time.perf_counter() - since
    wrong = faults(competition, truth)
    doubted = all(any(flag in doubt for doubt in competition.doubts for flag in _FLAGS[field]) for field in wrong)
    verdict: Verdict = "right" if not wrong else "doubted" if doubted else "wrong"
    return Measured(case=name, seed=seed, verdict=verdict, wrong=wrong, seconds=seconds)


def faults(competition: Competition, truth: Truth) -> dict[str, str]:
    """By field: what setup believes instead of the truth."""
    form, validation = competition.submission, competition.validation
    answers = tuple(name for name in form.columns if name not in form.id_columns)
    scheme = (validation.scheme, validation.column if truth.column else None)
    believed: dict[str, tuple[object, object]] = {
        "target": (set(competition.targets), set(truth.targets)),
        "task": (competition.task, truth.task),
        "id": (form.id_columns, truth.ids),
        "positive": (competition.classes[-1] if truth.positive is not None else None, truth.positive),
        "format": ((form.kind, answers), (truth.kind, truth.answers)),
        "pixels": ("" if competition.pixels is None else competition.pixels.size, truth.pixels),
    }
    wrong = {field: f"{own} instead of {true}" for field, (own, true) in believed.items() if own != true}
    if truth.metric is None:
        if not any("--metric" in doubt for doubt in competition.doubts):
            wrong["metric"] = f"{competition.metric}, though no page says so"
    elif competition.metric != metric_named(truth.metric).name:
        wrong["metric"] = f"{competition.metric} instead of {truth.metric}"
    weights = _weights(competition)
    if truth.weights is None:
        if not any("--weights" in doubt for doubt in competition.doubts):
            wrong["weights"] = f"{weights or 'none'}, though there are some that no page tells"
    elif weights != truth.weights:
        wrong["weights"] = f"{weights or 'none'} instead of {truth.weights or 'none'}"
    if scheme not in {(name, truth.column) for name in truth.schemes}:
        wrong["validation"] = f"{scheme} instead of {truth.schemes} by {truth.column}"
    return wrong


def _weights(competition: Competition) -> str:
    """In the words of --weights."""
    if competition.weights is not None:
        return competition.weights.words
    names = competition.classes if competition.task.classifies else competition.targets
    return ",".join(f"{name}={weight:g}" for name, weight in zip(names, competition.column_weights, strict=False))


def summary_of(rows: Sequence[Measured]) -> Table:
    """Counts by verdict, of each kind of competition and of all, and below how often each field was wrong."""
    from rich.table import Table

    own = sorted(row.seconds for row in rows)
    fields = ", ".join(f"{field} {count}" for field in FIELDS if (count := sum(field in row.wrong for row in rows)))
    table = Table(title=f"setup of {len(rows)} synthetic competitions, no flag given")
    table.caption = (
        f"fields that were wrong, said or not: {fields or 'none'}; seconds: median {own[len(own) // 2]:.2f}, most {own[-1]:.2f}"
    )
    for name in ("kind", "of them", "right first time", "a question", "wrong, with a doubt", "silently wrong"):
        table.add_column(name, justify="left" if name == "kind" else "right")
    kinds = dict.fromkeys(row.case.partition("-")[0] for row in rows)
    for kind in (*kinds, ""):
        some = [row for row in rows if row.case.partition("-")[0] == kind or not kind]
        counts = [sum(row.verdict == verdict for row in some) for verdict in ("right", "asked", "doubted", "wrong")]
        table.add_row(kind or "all", str(len(some)), f"{counts[0]} ({counts[0] / len(some):.1%})", *map(str, counts[1:]))
    return table


def bench_setup(only: Sequence[str], seeds: Sequence[int], file: Path | None) -> None:
    """Measures, says what was not right as it comes, prints the table and writes the rows to `file`."""
    from rich.console import Console
    from rich.progress import track

    cases = chosen(only)
    said, rows = Console(stderr=True), []
    with tempfile.TemporaryDirectory() as place:
        going = measure(cases, seeds, Path(place))
        for row in track(going, "setup", total=len(cases) * len(seeds), console=said, transient=True):
            rows.append(row)
            if row.verdict != "right":
                told = row.question or "; ".join(f"{field}: {what}" for field, what in row.wrong.items())
                said.print(f"{row.case}, seed {row.seed}: {row.verdict}: {told}", markup=False, highlight=False, soft_wrap=True)
    if file is not None:
        file.write_text(json.dumps([row.model_dump() for row in rows], indent=1) + "\n")
    Console().print(summary_of(rows))
