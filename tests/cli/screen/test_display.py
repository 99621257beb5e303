"""What a person sees while a run works, rendered to text: on a terminal a picture, elsewhere plain lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agentk.cli.screen.display import PlainDisplay
from agentk.cli.screen.live import SHOWN, LiveDisplay
from agentk.competitions.metrics import metric_named
from agentk.graph.clock import Clock
from agentk.graph.folder import RunFolder
from agentk.graph.journal import Journal
from agentk.graph.ledger import Ledger
from agentk.graph.workbench import Setting, Workbench
from agentk.memory.off import Off
from agentk.reasoning.playbook import Playbook
from agentk.types.competition import Column, ColumnKind, Competition, SubmissionFormat, TableFile, TaskKind, Validation

FLOWERS = Competition(
    name="flowers [v2]",
    folder=Path("flowers"),
    task=TaskKind.BINARY,
    train=TableFile(path="train.csv"),
    test=TableFile(path="test.csv"),
    targets=("kind",),
    classes=("a", "b"),
    columns=(Column(name="width", kind=ColumnKind.NUMERIC),),
    metric="log_loss",
    submission=SubmissionFormat(columns=("kind",), id_columns=(), kind="probability"),
    validation=Validation(scheme="grouped", folds=4),
    rows=1234,
    test_rows=50,
)


class Contract:
    """An arena that nothing is executed in."""

    competition = FLOWERS
    metric = metric_named(FLOWERS.metric)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    monkeypatch.setenv("COLUMNS", "150")
    folder = RunFolder.create(tmp_path / "run", {})
    folder.unlock()
    clock = Clock(600.0, used=90.0)
    journal, ledger = Journal(folder.journal, clock.active), Ledger("minimize")
    journal.listen(ledger.apply)
    yield Workbench(
        folder, journal, clock, ledger, Setting(0, 2, 1), Playbook(), Off(),
        lambda: None, lambda _: Contract(), lambda _: None,
    )  # type: ignore[arg-type, return-value]  # fmt: skip
    journal.close()


def finished(bench: Workbench, number: int, score: float | None = None, **fields: Any) -> None:
    outcome = {"status": "scored"} if score is not None else {"status": "timed_out", "reason": "it ran longer than [2 s]"}
    known: dict[str, Any] = {"number": number, "parent": None, "kind": "draft", "name": "linear", "origin": "playbook"}
    attempt = known | {"seconds": 3.21, "outcome": outcome, "score": score, "std": score and 0.05} | fields
    bench.journal.write("attempt_finished", number=number, attempt=attempt)


def worked(bench: Workbench) -> None:
    """A run in its middle."""
    bench.settle_competition(FLOWERS)
    assert bench.arena.competition == FLOWERS
    for stage in ("read", "shape"):
        bench.journal.write("stage", stage=stage, tests=2)
    bench.journal.write("stage", stage="findings", findings=["width gives kind away"])
    bench.journal.write("submission_replaced", number=None, score=None, reason="sound answers")
    finished(bench, 1, 0.5, chosen=True)
    bench.journal.write("submission_replaced", number=1, score=0.5, std=0.05, reason="better")
    finished(bench, 2, None, name="trees")
    finished(bench, 3, 0.25, kind="tune", parent=1, trials=7, chosen=True)
    bench.journal.write("attempt_started", number=4, kind="draft", parent=None, name="bayes")


def picture(bench: Workbench, capsys: pytest.CaptureFixture[str], node: str, text: str = "") -> str:
    display = LiveDisplay(bench)
    capsys.readouterr()
    with display:
        display.notice(node, text)
        rendered = display._live.get_renderable()
        display._live.console.print(rendered)
    return capsys.readouterr().err


def test_the_picture_shows_the_way_the_tree_the_best_and_the_time(bench: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    worked(bench)
    seen = picture(bench, capsys, "tune", "linear: trial 3")
    for words in (
        "flowers [v2]: binary, 1,234 rows × 1 columns, log_loss (lower is better), 4 grouped folds",
        "setup", "reflect", "linear: trial 3",
        "#1 draft linear", "0.50000", "timed out: it ran longer than [2 s]", "★   └ #3 tune linear", "7 trials",
        "under way: #4", "left of 10m00s", "best 0.25000", bench.folder.path.name,
    ):  # fmt: skip
        assert words in seen, words


def test_before_the_contract_stands_the_picture_names_the_stages(bench: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    seen = picture(bench, capsys, "setup", "metric")
    assert "reading the competition" in seen and "metric" in seen and "no attempt yet" in seen


def test_a_long_run_still_fits_the_screen(bench: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    worked(bench)
    for number in range(5, 300):
        finished(bench, number, 0.4)
    seen = picture(bench, capsys, "plan")
    assert "★   └ #3 tune linear" in seen and "#1 draft linear" in seen and "#299 draft" in seen
    assert f"… {299 - 1 - SHOWN} more" in seen
    assert len(seen.splitlines()) < 2 * (SHOWN + 12)


def test_an_idea_of_several_paragraphs_takes_one_line(bench: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    idea = "Ratios of widths.\n\n" + "Because they matter. " * 40
    bench.journal.listen(PlainDisplay(bench).line)
    bench.journal.write("explored", aim=idea, output="", giver="m", source="")
    bench.journal.write("smoke", idea=idea, status="failed", reason="KeyError: 'x'")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2 and all("Ratios of widths. Because" in line and len(line) < 200 for line in lines)
    assert picture(bench, capsys, "code", idea).count("Because they matter") <= 5


def test_without_a_terminal_there_is_a_line_for_what_one_would_want_to_know(
    bench: Workbench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.journal.listen(PlainDisplay(bench).line)
    worked(bench)
    bench.journal.write("question", node="plan", question={})
    bench.journal.write("run_finished", stopped_by="budget")
    captured = capsys.readouterr()
    assert captured.out == "", "stdout is for the result"
    told = [line.partition("] ")[2] for line in captured.err.splitlines()]
    assert captured.err.startswith("[ 1m30s] setup: read ✓ (2 tests)")
    assert told[2:] == [
        "looked for leaks and shifts: width gives kind away",
        "submission.csv is now a sound baseline: sound answers",
        "#1 draft linear: 0.50000 ± 0.05000, 3.2s",
        "submission.csv is now #1: better",
        "#2 draft trees: timed out: it ran longer than [2 s], 3.2s",
        "#3 tune linear: 0.25000 ± 0.05000, 3.2s",
        "finished: budget",
    ]
