"""The whole of it: an address, a run, a submission, its public score, and what is done with it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from agentk.agent.ending.summary import summarize
from agentk.agent.insight.evidence import contract_of, evidence_of
from agentk.agent.leaderboard import submitting
from agentk.agent.leaderboard.finals import propose
from agentk.agent.leaderboard.publicity import doubt, examine, public_rows, unexpected
from agentk.agent.leaderboard.revalidation import reopen
from agentk.agent.leaderboard.submitting import Submission, await_score, journal_of, look, send, submissions_of
from agentk.cli.kaggle import submit_run
from agentk.competitions.draft import Draft, Overrides
from agentk.errors import KaggleError, RunError, ServiceError
from agentk.graph.folder import RunFolder
from agentk.graph.forewarned import forewarned, warning
from agentk.graph.journal import read
from agentk.graph.ledger import Ledger
from agentk.kaggle import calls
from agentk.kaggle.client import Kaggle
from agentk.memory.store import open_memory

from .conftest import PAGES, penguins
from .server import TOKEN, Server, World


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, World, subprocess.CompletedProcess[str]]]:
    """`agentk run ADDRESS --submit`, in a process of its own."""
    place = tmp_path_factory.mktemp("ran")
    world = World(files=penguins(), pages=list(PAGES), pending=1)
    with Server(world) as server:
        environment = (
            os.environ | server.environment | {"HOME": str(place), "XDG_DATA_HOME": str(place / "data"), "COLUMNS": "160"}
        )
        asked = ["run", "https://www.kaggle.com/competitions/penguins/overview", "--attempts", "4", "--memory", "off"]
        done = subprocess.run(
            [sys.executable, "-m", "agentk", *asked, "--submit", "--yes", "--json"],
            cwd=place,
            env=environment,
            capture_output=True,
            text=True,
            timeout=200,
        )
    yield place, world, done


@pytest.fixture
def folder(
    ran: tuple[Path, World, subprocess.CompletedProcess[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> RunFolder:
    """That run as it was before anything was sent."""
    monkeypatch.setattr(submitting, "POLL", 0.01)
    monkeypatch.setattr(calls, "LONGEST_WAIT", 0.01)
    shutil.copytree(next((ran[0] / "runs").iterdir()), tmp_path / "penguins-1")
    run = RunFolder(tmp_path / "penguins-1")
    lines = [line for line in read(run.journal) if line["event"] not in ("submitted", "public_score")]
    run.journal.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return run


def sent(folder: RunFolder, **options: object) -> tuple[Submission, bool]:
    with Kaggle() as kaggle:
        return send(folder, kaggle, "penguins", **options)  # type: ignore[arg-type]


def test_one_command_goes_from_the_address_to_the_public_score(
    ran: tuple[Path, World, subprocess.CompletedProcess[str]],
) -> None:
    place, world, done = ran
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["metric"] == "accuracy"
    assert "sent submission.csv to penguins: submission 1001" in done.stderr
    assert "public score 0.81234: place 2 of 3 (top 66.7%)" in done.stderr
    run = next((place / "runs").iterdir())
    assert world.received == [(run / "submission.csv").read_bytes()]
    assert list(pd.read_csv(run / "submission.csv").columns) == ["id", "kind"]


def test_the_run_knows_where_it_came_from_and_shows_the_score(
    ran: tuple[Path, World, subprocess.CompletedProcess[str]],
) -> None:
    run = RunFolder(next((ran[0] / "runs").iterdir()))
    request = run.facts()["request"]
    assert isinstance(request, dict) and request["kaggle"] == "penguins"
    assert summarize(run).public_score == 0.81234
    events = [line["event"] for line in read(run.journal)]
    assert events.index("run_finished") < events.index("submitted") < events.index("public_score")


def test_the_description_of_the_pages_reached_setup(ran: tuple[Path, World, subprocess.CompletedProcess[str]]) -> None:
    contract = json.loads((next((ran[0] / "runs").iterdir()) / "competition.json").read_text())
    assert "Tell the **kind** of penguins." in contract["description"] and contract["metric"] == "accuracy"


def test_no_file_and_no_output_holds_the_credentials(ran: tuple[Path, World, subprocess.CompletedProcess[str]]) -> None:
    place, _, done = ran
    assert TOKEN not in done.stdout + done.stderr
    assert not [path for path in place.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]


def test_what_was_sent_is_not_sent_again_unless_asked(server: Server, folder: RunFolder) -> None:
    assert sent(folder)[1]
    assert not sent(folder)[1] and len(server.world.sent) == 1
    assert sent(folder, again=True)[1] and len(server.world.sent) == 2


def test_a_kill_between_sending_and_journaling_sends_nothing_twice(server: Server, folder: RunFolder) -> None:
    before = folder.journal.read_bytes()
    first, _ = sent(folder)
    folder.journal.write_bytes(before)
    found, now = sent(folder)
    assert (found.ref, now, len(server.world.sent)) == (first.ref, False, 1)
    assert list(submissions_of(read(folder.journal))) == [first.ref]


def test_the_message_is_the_persons_and_names_run_and_attempt(server: Server, folder: RunFolder) -> None:
    sent(folder, message="with more trees")
    text = server.world.sent[0]["description"]
    number = Ledger.of(read(folder.journal), "maximize").submitted
    assert text.startswith(f"with more trees [agentk penguins-1 #{number} ")


def test_a_day_that_is_used_up_is_told_with_the_hour(server: Server, folder: RunFolder) -> None:
    sent(folder)
    server.world.left = 0
    with pytest.raises(KaggleError, match=r"used up \(1 sent\).*00:00 UTC, in \d+.*Nothing was sent"):
        sent(folder, again=True)
    server.world.for_good = True
    with pytest.raises(KaggleError, match=r"no more submissions"):
        sent(folder, again=True)
    assert len(server.world.sent) == 1


def test_rules_that_are_not_accepted_name_the_page(server: Server, folder: RunFolder) -> None:
    server.world.joined = False
    with pytest.raises(KaggleError, match=r"competitions/penguins/rules"):
        sent(folder)


def test_a_code_competition_takes_no_file(server: Server, folder: RunFolder) -> None:
    server.world.code_only = True
    with pytest.raises(KaggleError, match=r"code competition.*--notebook FILE.ipynb"):
        sent(folder)
    assert not server.world.received


def notebook(tmp_path: Path) -> Path:
    path = tmp_path / "solution.ipynb"
    cell = {"cell_type": "code", "source": ["a = 1\n", "a"], "outputs": [{"output_type": "stream"}], "execution_count": 3}
    path.write_text(json.dumps({"cells": [cell], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}))
    return path


def test_a_notebook_is_run_at_kaggle_and_its_version_submitted(server: Server, folder: RunFolder, tmp_path: Path) -> None:
    server.world.code_only, server.world.pending = True, 2
    waited: list[float] = []
    submission, now = sent(folder, notebook=notebook(tmp_path), pulse=waited.append)
    assert now and submission.ref == 1001 and len(waited) == 2
    [pushed] = server.world.pushed
    assert pushed["slug"] == "somebody/agentk-penguins-1" and pushed["competitionDataSources"] == ["penguins"]
    assert pushed["isPrivate"] and not pushed["enableInternet"]
    [cell] = json.loads(pushed["text"])["cells"]
    assert cell["source"] == "a = 1\na" and cell["outputs"] == []
    assert server.world.submitted_versions == ["somebody/agentk-penguins-1/1/submission.csv"]
    assert not sent(folder, notebook=notebook(tmp_path))[1]


def test_the_runs_own_notebook_is_made_for_a_code_competition(
    server: Server, folder: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    server.world.code_only = True
    submit_run(str(folder.path), folder.path.parent, wait=True)
    said = capsys.readouterr().err
    assert "is a code competition" in said and "public score 0.81234" in said
    [pushed] = server.world.pushed
    assert json.loads(pushed["text"])["cells"] and not server.world.received


def test_a_notebook_that_fails_at_kaggle_is_not_submitted(server: Server, folder: RunFolder, tmp_path: Path) -> None:
    server.world.notebook = "ERROR"
    with pytest.raises(KaggleError, match=r"failed at Kaggle \(as the test says\)"):
        sent(folder, notebook=notebook(tmp_path))
    assert not server.world.sent


def test_what_is_no_notebook_is_refused(server: Server, folder: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "x.ipynb").write_text("{}")
    with pytest.raises(KaggleError, match=r"no Jupyter notebook"):
        sent(folder, notebook=tmp_path / "x.ipynb")
    with pytest.raises(RunError, match=r"cannot be read"):
        sent(folder, notebook=tmp_path / "missing.ipynb")


def test_a_busy_upload_is_repeated_and_a_lost_confirmation_is_not(server: Server, folder: RunFolder) -> None:
    server.world.answers = {"PUT": [(503, {})], "CreateSubmission": [(500, {})]}
    with pytest.raises(ServiceError, match=r"answered 500.*may have been counted"):
        sent(folder)
    assert server.world.calls.count("PUT") == 2 and server.world.calls.count("CreateSubmission") == 1


def test_a_score_is_waited_for_and_journaled(server: Server, folder: RunFolder) -> None:
    server.world.pending = 3
    submission, _ = sent(folder)
    waited: list[float] = []
    with Kaggle() as kaggle:
        scored = await_score(folder, kaggle, submission, waited.append)
    assert (scored.score, len(waited)) == (0.81234, 3)
    assert summarize(folder).public_score == 0.81234


def test_a_submission_that_kaggle_could_not_score_says_why(server: Server, folder: RunFolder) -> None:
    server.world.scores = [""]
    submission, _ = sent(folder)
    with Kaggle() as kaggle:
        failed = await_score(folder, kaggle, submission, lambda _seconds: None)
    assert (failed.status, failed.score, failed.reason) == ("error", None, "Submission must have 3 rows")
    assert sent(folder)[1], "what failed may be sent again"


def test_scores_nobody_waited_for_are_found_later(server: Server, folder: RunFolder) -> None:
    server.world.pending = 0
    submission, _ = sent(folder)
    with Kaggle() as kaggle:
        look(folder, kaggle)
    assert submissions_of(read(folder.journal))[submission.ref].score == 0.81234


def test_a_run_at_work_is_left_alone(server: Server, folder: RunFolder) -> None:
    other = RunFolder(folder.path)
    other.lock()
    with pytest.raises(RunError, match=r"worked on by another process"):
        sent(folder)
    other.unlock()
    assert not server.world.sent


def test_a_second_final_is_valid_as_good_and_another(server: Server, folder: RunFolder) -> None:
    finals = propose(folder)
    first, second = (pd.read_csv(folder.path / name) for name in ("submission.csv", "submission-2.csv"))
    assert list(first["id"]) == list(second["id"]) and set(second["kind"]) <= {"a", "b"}
    assert finals.second.number != finals.best.number and finals.second.name != "constant"
    assert finals.behind <= 2 * finals.error and finals.correlation < 1
    submission, now = sent(folder, file="submission-2.csv")
    assert now and submission.number == finals.second.number


def scored(folder: RunFolder, scores: dict[int, float]) -> None:
    with journal_of(folder) as journal:
        for ref, (number, score) in enumerate(scores.items()):
            journal.write("submitted", ref=ref, competition="penguins", file="x", sha256=str(ref), number=number, message="")
            journal.write("public_score", ref=ref, number=number, status="complete", score=score, reason="")


def ranked(folder: RunFolder) -> list[int]:
    """Scored attempts, the best first by the folds."""
    attempts = Ledger.of(read(folder.journal), "maximize").scored
    return [attempt.number for attempt in sorted(attempts, key=lambda attempt: -float(attempt.score or 0))]


def test_public_scores_in_the_folds_order_raise_no_doubt(folder: RunFolder) -> None:
    numbers = ranked(folder)
    scored(folder, {number: 0.8 - at / 10 for at, number in enumerate(numbers)})
    assert examine(folder) is None


def test_an_order_turned_around_beyond_chance_is_doubted_once(folder: RunFolder) -> None:
    numbers = ranked(folder)
    scored(folder, {number: 0.2 + at / 3.5 for at, number in enumerate(numbers[:4])})
    found = examine(folder)
    assert found is not None and found.z > 2 and f"#{found.better}" in found.reason
    assert examine(folder) is not None
    lines = [line for line in read(folder.journal) if line["event"] == "validation_doubted"]
    assert len(lines) == 1 and lines[0]["numbers"] == [found.better, found.worse]
    assert summarize(folder).validation_doubt == found.reason


def test_contradicted_folds_reopen_the_validation_stage_and_memory_is_told(folder: RunFolder, tmp_path: Path) -> None:
    facts = folder.facts()
    assert isinstance(facts["request"], dict)
    folder.write_facts(facts | {"request": facts["request"] | {"memory": str(tmp_path / "memory")}})
    scored(folder, {number: 0.2 + at / 3.5 for at, number in enumerate(ranked(folder)[:4])})
    found = examine(folder)
    assert found is not None and contract_of(folder).validation.scheme == "stratified"
    for _ in range(2):
        done = reopen(folder, found)
        assert done.now is not None and done.remembered
        assert (done.now.scheme, done.now.column) == ("grouped", "nest")
    events = [line["event"] for line in read(folder.journal)]
    assert events.count("validation_reopened") == 1 and events.count("lesson_written") == 1
    assert "grouped folds by nest" in str(summarize(folder).validation_doubt)

    memory = open_memory(str(tmp_path / "memory"))
    draft = Draft.model_validate_json((folder.work / "draft-split.json").read_text())
    draft, contract = forewarned(memory, draft)
    assert contract.validation.scheme == "grouped", "the next run on these data begins with the other folds"
    assert any("public rows" in doubt and "--validation" in doubt for doubt in contract.doubts)
    said = draft.model_copy(update={"overrides": Overrides(validation="stratified"), "validation": contract.validation})
    assert forewarned(memory, said)[0] == said, "what a person says stands"
    memory.close()


def test_a_memory_that_is_off_is_told_nothing(folder: RunFolder) -> None:
    scored(folder, {number: 0.2 + at / 3.5 for at, number in enumerate(ranked(folder)[:4])})
    found = examine(folder)
    assert found is not None
    done = reopen(folder, found)
    assert done.now is not None and not done.remembered


def test_more_public_rows_count_more_in_memory(folder: RunFolder) -> None:
    contract = contract_of(folder)
    values = [warning(contract, "run", "stratified", "", errors).value.mean for errors in (2.5, 4.0, 8.0)]
    assert 0 < values[0] < values[1] < values[2]


def test_a_small_turn_on_few_public_rows_is_chance(folder: RunFolder) -> None:
    numbers = ranked(folder)
    scored(folder, {number: 0.80 + at / 1000 for at, number in enumerate(numbers)})
    assert examine(folder) is None


def test_two_submissions_say_nothing(folder: RunFolder) -> None:
    numbers = ranked(folder)
    scored(folder, {numbers[0]: 0.1, numbers[-1]: 0.9})
    assert examine(folder) is None


def test_more_public_rows_weigh_more(folder: RunFolder) -> None:
    evidence = evidence_of(folder)
    assert public_rows(evidence.competition) == 18
    numbers = ranked(folder)
    scores = {number: 0.3 + at / 5 for at, number in enumerate(numbers[:4])}
    few = doubt(evidence, scores)
    said = evidence.competition.model_copy(update={"description": "calculated with approximately 90% of the test data"})
    evidence.competition = said
    many = doubt(evidence, scores)
    assert public_rows(evidence.competition) == 54
    assert many is not None and (few is None or many.z > few.z)


def test_a_public_score_far_from_what_the_folds_promised_is_told(folder: RunFolder) -> None:
    low, high = summarize(folder).interval or (0.0, 0.0)
    assert low < high and unexpected(folder, (low + high) / 2) is None
    assert unexpected(folder, low - 0.01) is None, "fewer public rows than test rows: chance reaches further"
    told = unexpected(folder, low - 2 * (high - low))
    assert told is not None and "90%" in told
