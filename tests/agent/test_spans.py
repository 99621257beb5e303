"""A run on parts of texts from the folder to what a person takes away: words in, words out, two numbers in between."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agentk.agent.ending.grader import Grader, read_submission
from agentk.agent.ending.summary import summarize
from agentk.agent.insight.evidence import contract_of, evidence_of
from agentk.agent.request import Request
from agentk.agent.session import begin, session, work
from agentk.agent.teammate import add_predictions, came_of, receiving
from agentk.bench.synthetic.spans import feelings
from agentk.errors import CompetitionError, SettingError
from agentk.graph.folder import RunFolder
from agentk.graph.inbox import letters
from agentk.report.diagnostics import diagnose
from agentk.report.page import write_report
from agentk.types.competition import TaskKind

ROWS, LEARNED = 420, 300


@pytest.fixture(scope="module")
def words() -> pd.DataFrame:
    rows = feelings(ROWS)(np.random.default_rng(2)).rows.set_axis(["id", "text", "feeling", "answer"], axis=1)
    return rows.assign(text=['say "so",\nhe said', *rows["text"].iloc[1:]], answer=['"so",', *rows["answer"].iloc[1:]])


@pytest.fixture(scope="module")
def ran(words: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """Two attempts: the whole text, and linear models of words."""
    place = tmp_path_factory.mktemp("spans")
    data = place / "words"
    data.mkdir()
    words.iloc[:LEARNED].to_csv(data / "train.csv", index=False)
    words.iloc[LEARNED:].drop(columns="answer").to_csv(data / "test.csv", index=False)
    words.iloc[LEARNED:][["id"]].assign(answer="").to_csv(data / "sample_submission.csv", index=False)
    (data / "description.md").write_text("# Words\n\n## Evaluation\n\nThe metric is the word-level Jaccard score.\n")
    request = Request(competition=str(data), budget=None, attempts=2, out=place / "runs", workers=2, memory="off")
    folder = begin(request)
    with session(folder, request) as bench:
        work(bench)
    return RunFolder.open(folder.path)


def test_the_run_beats_the_whole_text_and_its_score_holds_on_test_rows(ran: RunFolder, words: pd.DataFrame) -> None:
    summary = summarize(ran)
    assert summary.failed == 0 and summary.cv_score is not None and summary.sound_score is not None
    assert summary.cv_score > summary.sound_score + 0.05
    competition = contract_of(ran)
    assert (competition.task, competition.passage, competition.doubts) == (TaskKind.SPANS, "text", ())
    made = read_submission(ran.submission)
    truth = words.iloc[LEARNED:][["id", "answer"]]
    grade = Grader(competition, truth).grade(made)
    by_hand = []
    for true, said in zip(truth["answer"], made.set_index("id").loc[truth["id"], "answer"], strict=True):
        one, other = set(true.lower().split()), set(said.lower().split())
        by_hand.append(len(one & other) / len(one | other))
    assert grade == pytest.approx(np.mean(by_hand)) and abs(grade - summary.cv_score) < 0.12


def test_every_answer_is_cut_from_its_text(ran: RunFolder, words: pd.DataFrame) -> None:
    made = read_submission(ran.submission)
    texts = words.set_index("id").loc[made["id"], "text"]
    assert all(answer and answer in text for answer, text in zip(made["answer"], texts, strict=True))


@pytest.mark.slow
def test_what_the_person_takes_away_makes_the_same_answers(ran: RunFolder, tmp_path: Path) -> None:
    out = tmp_path / "again.csv"
    data = contract_of(ran).folder
    command = [sys.executable, str(ran.solution / "solution.py"), "--data", str(data), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    assert out.read_bytes() == ran.submission.read_bytes()


def test_the_grader_takes_words_of_any_kind_and_every_id_once(ran: RunFolder, words: pd.DataFrame) -> None:
    truth = words.iloc[LEARNED:][["id", "answer"]]
    grader = Grader(contract_of(ran), truth)
    assert grader.grade(truth.sample(frac=1, random_state=0)) == 1.0
    assert grader.grade(truth.assign(answer="words that nobody wrote")) < 0.05
    assert grader.grade(truth.assign(answer=None)) == 0.0
    with pytest.raises(CompetitionError, match="ids are not those"):
        grader.grade(truth.iloc[1:])


def test_a_persons_own_words_become_places(ran: RunFolder, words: pd.DataFrame, tmp_path: Path) -> None:
    evidence = evidence_of(ran)
    own = words.iloc[:LEARNED][["id", "answer"]].sample(frac=1, random_state=0)
    asked = words.iloc[LEARNED:][["id", "answer"]]
    own.to_csv(tmp_path / "oof.csv", index=False)
    asked.to_csv(tmp_path / "test.csv", index=False)
    add_predictions(ran, tmp_path / "oof.csv", tmp_path / "test.csv", "mine")
    (letter,) = letters(ran)
    oof, test = letter.predictions()
    assert oof.tolist() == evidence.judge.truth[:, 1:].tolist() and test.shape == (ROWS - LEARNED, 2)
    letter.discard()
    own.assign(answer="nobody wrote this").to_csv(tmp_path / "wrong.csv", index=False)
    with pytest.raises(
        SettingError, match="300 answers are no part of their row's text, the first in row 0: 'nobody wrote this'"
    ):
        add_predictions(ran, tmp_path / "wrong.csv", tmp_path / "test.csv", "mine")


def test_the_report_says_what_is_asked_and_where_it_errs(ran: RunFolder) -> None:
    assert "predict answer, cut from text" in write_report(ran).read_text()
    evidence = evidence_of(ran)
    found = diagnose(evidence, 1, show_rows=True)
    assert found.loss == "word_jaccard, row by row" and {one.value for one in found.slices if one.notable} >= {"neutral"}
    texts = dict(enumerate(evidence.train["text"]))
    assert all(row["said"] in texts[int(row["row"])] for row in found.worst)


@pytest.mark.slow
def test_predictions_of_a_persons_own_are_scored_and_blended(ran: RunFolder, words: pd.DataFrame, tmp_path: Path) -> None:
    words.iloc[:LEARNED][["id", "answer"]].to_csv(tmp_path / "oof.csv", index=False)
    words.iloc[LEARNED:][["id", "answer"]].to_csv(tmp_path / "test.csv", index=False)
    add_predictions(ran, tmp_path / "oof.csv", tmp_path / "test.csv", "oracle")
    with receiving(ran) as bench:
        before = set(bench.ledger.attempts)
        work(bench)
        said = list(came_of(bench, before))
    assert any("oracle scores 1.00000 alone" in line for line in said)
    assert Grader(contract_of(ran), words.iloc[LEARNED:][["id", "answer"]]).grade(read_submission(ran.submission)) > 0.99
