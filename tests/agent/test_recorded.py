"""The recorded run that is kept with the project: small, of no particular machine, and replayed to the same submission."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from agentk.agent.again.replaying import replay
from agentk.agent.request import Models, Request
from agentk.agent.session import begin, session, work
from agentk.errors import RunError
from agentk.graph.folder import RunFolder
from agentk.graph.journal import read
from agentk.llms.record import calls_in
from agentk.testing.recorded import LARGEST, keep, recorded
from agentk.types.attempt import Attempt

RECORDED = recorded("diabetes")


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A copy, so that nothing is ever written beside the recording."""
    shutil.copytree(RECORDED, tmp_path / "diabetes")
    return RunFolder.open(tmp_path / "diabetes")


def test_it_is_small_and_of_no_particular_machine() -> None:
    files = [path for path in RECORDED.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= LARGEST
    for path in files:
        if path.suffix != ".parquet":
            text = path.read_text()
            assert "/tmp/" not in text and "/home/" not in text and "/root/" not in text, path


def test_it_holds_what_a_model_was_asked_and_what_it_wrote() -> None:
    calls = list(calls_in(RECORDED))
    assert {"plan", "explore", "draft", "improve", "reflect"} <= {call.request.purpose for call in calls}
    assert all(call.request.messages and call.reply is not None for call in calls)


def test_it_is_judged_again_to_the_same_submission_wherever_it_lies(run: RunFolder) -> None:
    before = sorted(path for path in run.path.rglob("*"))
    found = replay(run, verify=False, tell=lambda _row: None)
    assert found.same and found.submission_same
    written = [row.name for row in found.rows if row.kind in ("improve", "ablate")]
    assert len(written) == 2, "a model's programs are among them"
    assert sorted(path for path in run.path.rglob("*")) == before, "a replay only reads"


@pytest.mark.slow
@pytest.mark.timeout(1800)  # seconds alone, but minutes where many others compute
def test_its_programs_score_again_what_they_scored(run: RunFolder) -> None:
    found = replay(run, verify=True, tell=lambda _row: None)
    assert sum(row.executed for row in found.rows) == 7
    for row in found.rows:  # 1e-6 on the machine of the recording; other processors round otherwise
        assert row.again == (None if row.score is None else pytest.approx(row.score, rel=0.01)), row


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_run_with_the_recorded_replies_takes_the_same_course(tmp_path: Path) -> None:
    models = Models(name=f"replay:{RECORDED}", share="stats")
    request = Request(
        competition="builtin:diabetes", budget=None, attempts=4, workers=1, memory="off", models=models, out=tmp_path / "runs"
    )
    folder = begin(request)
    with session(folder, request) as bench:
        work(bench)
    then, now = course(RECORDED / "journal.jsonl"), course(folder.journal)
    assert len(now) == 4 and now == then[:4]


def course(journal: Path) -> list[tuple[str, str, str]]:
    """What was tried, blends left out: kind, name and parameters."""
    finished = [Attempt.model_validate(line["attempt"]) for line in read(journal) if line["event"] == "attempt_finished"]
    return [(one.kind, one.name, str(one.params)) for one in finished if one.kind != "blend"]


def test_only_what_anybody_can_replay_is_kept(run: RunFolder, tmp_path: Path) -> None:
    size = keep(run.path, tmp_path / "again")
    assert size == sum(path.stat().st_size for path in (tmp_path / "again").rglob("*") if path.is_file())
    with pytest.raises(RunError, match="there already"):
        keep(run.path, tmp_path / "again")
    facts = json.loads(run.facts_file.read_text())
    facts["request"]["competition"] = "/data/mine"
    run.facts_file.write_text(json.dumps(facts))
    with pytest.raises(RunError, match="only a built-in"):
        keep(run.path, tmp_path / "third")
