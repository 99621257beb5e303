"""Setup is measured on competitions whose contract is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentk.bench.setup import Measured, chosen, faults, measure, measured, summary_of
from agentk.bench.synthetic.cases import CASES, make
from agentk.competitions.draft import Overrides
from agentk.competitions.setup import set_up
from agentk.errors import SettingError


def test_the_suite_has_every_kind_of_competition() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names)) > 100
    assert {case.kind for case in CASES} == {"label", "probability", "class_probabilities", "values", "ranking", "span", "tags"}
    assert len({case.saying for case in CASES}) > 30


def test_a_seed_makes_the_same_files_again_and_another_seed_others(tmp_path: Path) -> None:
    case = chosen(["text-log-loss"])[0]
    made = [make(case, seed, tmp_path / str(at)) for at, seed in enumerate((3, 3, 4))]
    texts = [(tmp_path / str(at) / "train.csv").read_text() for at in range(3)]
    assert made[0] == made[1] and texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize(
    "name",
    [
        "binary-auc",
        "classes-map3",
        "forecast-composed-id",
        "json-nested",
        "labels-apart",
        "month-ends",
        "long-looked-up",
        "long-labels-with-holes",
        "long-words",
        "long-train-too",
        "series-by-columns",
        "pictures-several-an-id",
        "spans-of-feelings",
        "steps-ahead",
        "labels-in-one-cell",
        "candidates-of-pages",
        "lists-for-people",
        "pixels-wide",
        "no-pixels-spectrum",
    ],
)
def test_right_first_time(tmp_path: Path, name: str) -> None:
    (row,) = measure(chosen([name])[:1], [11], tmp_path)
    assert (row.verdict, row.wrong) == ("right", {})
    assert row.seconds < 30  # a fraction of a second on an idle machine


def test_what_nobody_can_write_is_a_question(tmp_path: Path) -> None:
    truth = make(chosen(["steps-ahead"])[0], 0, tmp_path / "made")
    sample = tmp_path / "made" / "sample_submission.csv"
    names, *rows = sample.read_text().splitlines()
    words = ["id", *(f"answer {'abcdefghijklm'[at]}" for at in range(names.count(",")))]  # no next steps of anything
    sample.write_text("\n".join([",".join(words), *rows]) + "\n")
    row = measured("steps-ahead", 0, tmp_path / "made", truth, tmp_path / "run")
    assert row.verdict == "asked" and "make it first" in row.question


def test_a_contract_that_differs_from_the_truth_is_found_out(tmp_path: Path) -> None:
    truth = make(chosen(["binary-auc"])[0], 0, tmp_path / "made")
    competition = set_up(tmp_path / "made", Overrides(metric="accuracy", validation="random"), tmp_path / "run")
    assert set(faults(competition, truth)) == {"metric", "format", "validation"}


def test_a_name_that_no_case_has() -> None:
    with pytest.raises(SettingError, match="They begin with binary, classes"):
        chosen(["binry"])


def test_the_table_counts(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    rows = [
        Measured(case="text-a", seed=0, verdict="right"),
        Measured(case="text-b", seed=0, verdict="wrong", wrong={"metric": "auc instead of f1"}),
    ]
    Console(width=120).print(summary_of(rows))
    assert "1 (50.0%)" in (text := capsys.readouterr().out) and "metric 1" in text


@pytest.mark.slow
@pytest.mark.parametrize("seed", [21, 22])
def test_the_whole_suite(tmp_path: Path, seed: int) -> None:
    """95% right first time, in the rest a question or a doubt with its flag, never a silently wrong contract."""
    rows = list(measure(CASES, [seed], tmp_path))
    assert [(row.case, row.wrong) for row in rows if row.verdict == "wrong"] == []
    assert sum(row.verdict == "right" for row in rows) >= 0.95 * len(rows)
    assert max(row.seconds for row in rows) < 5
