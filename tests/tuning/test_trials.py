"""The file of trials: what is appended is read back, whatever a kill has torn."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentk.errors import StoreError
from agentk.tuning.trials import Trial, TrialLog, read_trials
from agentk.types.outcome import Status


def trial(number: int, search: str = "a") -> Trial:
    return Trial(
        search=search, number=number, params={"x": number / 3}, score=0.1 * number, status=Status.SCORED, fold_scores=(0.1, 0.2)
    )


def test_what_is_appended_is_read_back_exactly(tmp_path: Path):
    path = tmp_path / "trials.jsonl"
    with TrialLog(path) as log:
        for number in range(40):
            log.append(trial(number))
    assert read_trials(path) == [trial(number) for number in range(40)]


def test_a_line_is_seen_as_soon_as_it_is_appended(tmp_path: Path):
    with TrialLog(tmp_path / "trials.jsonl") as log:
        log.append(trial(0))
        assert read_trials(tmp_path / "trials.jsonl") == [trial(0)]


def test_reads_one_search_of_many(tmp_path: Path):
    path = tmp_path / "trials.jsonl"
    with TrialLog(path) as log:
        for made in (trial(0), trial(0, "b"), trial(1)):
            log.append(made)
    assert [made.number for made in read_trials(path, "a")] == [0, 1]


def test_no_file_means_no_trials(tmp_path: Path):
    assert read_trials(tmp_path / "trials.jsonl") == []


@pytest.mark.parametrize("cut", range(1, 40, 6))
def test_a_torn_last_line_is_passed_over_and_appending_goes_on_behind_what_is_whole(tmp_path: Path, cut: int):
    path = tmp_path / "trials.jsonl"
    with TrialLog(path) as log:
        log.append(trial(0))
        log.append(trial(1))
    path.write_bytes(path.read_bytes()[:-cut])
    assert read_trials(path) == [trial(0)]
    with TrialLog(path) as log:
        log.append(trial(2))
    assert read_trials(path) == [trial(0), trial(2)]


def test_any_other_damage_is_said_with_its_line(tmp_path: Path):
    path = tmp_path / "trials.jsonl"
    path.write_text(f"{trial(0).model_dump_json()}\nnot json\n{trial(1).model_dump_json()}\n")
    with pytest.raises(StoreError, match="line 2"):
        read_trials(path)


def test_a_folder_that_does_not_exist_is_said(tmp_path: Path):
    with pytest.raises(StoreError, match="cannot be opened"):
        TrialLog(tmp_path / "gone" / "trials.jsonl")
