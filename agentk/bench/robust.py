"""The study of short runs: many, of all kinds of competitions, each of which must leave a valid submission behind."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from agentk.bench.competitions import Bench, run_once
from agentk.bench.setup import chosen
from agentk.bench.synthetic.cases import Case, make
from agentk.bench.synthetic.layout import Truth
from agentk.types.competition import Competition, Frozen

if TYPE_CHECKING:
    from rich.table import Table

REFUSED = 2
"""The exit code with which agentk asks what only the person can say."""

Verdict = Literal["modelled", "plain", "asked", "failed"]


class ShortRun(Frozen):
    """What one short run came to."""

    case: str
    seed: int
    verdict: Verdict  # a valid submission by a model; one by sound answers alone; a question of setup; no valid submission
    reason: str = ""
    first_seconds: float | None = None  # until the first submission
    seconds: float = 0.0
    attempts: int = 0
    failed: int = 0


def short_runs(cases: Iterable[Case], seeds: Iterable[int], budget: str, place: Path) -> Iterator[ShortRun]:
    """Makes each case below `place` and runs agentk on it, in a process of its own."""
    bench = Bench(place / "made", place, budget, options=("--memory", "off"))
    for seed in seeds:
        for case in cases:
            name = f"{case.name}-{seed}"
            yield short_run(bench, case.name, seed, make(case, seed, bench.folder / name), place / name)


def short_run(bench: Bench, case: str, seed: int, truth: Truth, place: Path) -> ShortRun:
    """One run on `bench.folder`/CASE-SEED, judged."""
    place.mkdir(parents=True)
    ran = run_once(bench, f"{case}-{seed}", seed, place)
    told = {"case": case, "seed": seed, "first_seconds": ran.first, "seconds": round(ran.seconds, 2)}
    told |= {"attempts": ran.said.get("attempts", 0), "failed": ran.said.get("failed", 0)}
    if ran.exit_code == REFUSED:
        return ShortRun.model_validate(told | {"verdict": "asked", "reason": ran.reason})
    if ran.folder is None:
        return ShortRun.model_validate(told | {"verdict": "failed", "reason": ran.reason or "no submission"})
    faults = submission_faults(ran.folder, truth)
    if ran.exit_code != 0 or faults:
        reason = "; ".join(faults) or f"exit code {ran.exit_code}: {ran.reason}"
        return ShortRun.model_validate(told | {"verdict": "failed", "reason": reason})
    if str(ran.said.get("winner") or "constant").endswith("constant"):
        return ShortRun.model_validate(told | {"verdict": "plain", "reason": "no model was scored in time"})
    return ShortRun.model_validate(told | {"verdict": "modelled"})


def submission_faults(run: Path, truth: Truth) -> list[str]:
    """What is wrong with a run's submission.csv; the columns as the maker of the competition knows them."""
    import pandas as pd

    from agentk.competitions.scoring.truth import check_submission

    competition = Competition.model_validate_json((run / "competition.json").read_text())
    frame = pd.read_csv(run / "submission.csv", keep_default_na=False, dtype=dict.fromkeys(truth.ids, str))  # 0007 is not 7
    wanted = [*truth.ids, *truth.answers]
    wrong = [] if list(frame.columns) == wanted else [f"columns are {list(frame.columns)}, not {wanted}"]
    empty = [name for name in truth.answers if name in frame and (frame[name].astype(str) == "").any()]
    return wrong + [f"{name} has empty cells" for name in empty] + check_submission(competition, frame)


def summary_of(rows: Sequence[ShortRun]) -> Table:
    """Counts by verdict, of each kind of competition and of all."""
    from rich.table import Table

    first = sorted(row.first_seconds for row in rows if row.first_seconds is not None)
    table = Table(title=f"{len(rows)} short runs")
    if first:
        table.caption = f"seconds until the first submission: median {first[len(first) // 2]:.1f}, most {first[-1]:.1f}"
    for name in ("kind", "of them", "a model's submission", "sound answers alone", "a question", "no valid submission"):
        table.add_column(name, justify="left" if name == "kind" else "right")
    for kind in (*dict.fromkeys(row.case.partition("-")[0] for row in rows), ""):
        some = [row for row in rows if row.case.partition("-")[0] == kind or not kind]
        counts = [sum(row.verdict == verdict for row in some) for verdict in ("modelled", "plain", "asked", "failed")]
        table.add_row(kind or "all", str(len(some)), *map(str, counts))
    return table


def bench_robust(only: Sequence[str], seeds: Sequence[int], budget: str, file: Path | None) -> None:
    """Runs agentk on synthetic competitions, says what was not well as it comes, and prints the table; rows go to `file`."""
    from rich.console import Console
    from rich.progress import track

    cases = chosen(only)
    said, rows = Console(stderr=True), []
    with tempfile.TemporaryDirectory() as place:
        going = short_runs(cases, seeds, budget, Path(place))
        for row in track(going, "short runs", total=len(cases) * len(seeds), console=said, transient=True):
            rows.append(row)
            if row.verdict != "modelled":
                told = f"{row.case}, seed {row.seed}: {row.verdict}: {row.reason}"
                said.print(told, markup=False, highlight=False, soft_wrap=True)
            if file is not None:
                file.write_text(json.dumps([one.model_dump() for one in rows], indent=1) + "\n")
    Console().print(summary_of(rows))
