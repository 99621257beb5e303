"""A person's predictions are taken in the order of the rows, and refused, in a sentence, where they cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agentk.agent.insight.evidence import contract_of, evidence_of
from agentk.agent.request import Request
from agentk.agent.session import begin, session, work
from agentk.agent.teammate import add_predictions, add_program, joined, receiving, tell
from agentk.errors import SettingError
from agentk.graph.folder import RunFolder
from agentk.graph.inbox import letters


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    out = tmp_path_factory.mktemp("runs")
    folder = begin(Request(competition="builtin:wine", budget=None, attempts=1, out=out, workers=2, memory="off"))
    with session(folder, Request(competition="builtin:wine", budget=None, attempts=1, workers=2, memory="off")) as bench:
        work(bench)
    return RunFolder.open(folder.path)


@pytest.fixture
def tables(ran: RunFolder, tmp_path: Path) -> Callable[..., tuple[Path, Path]]:
    """Files of probabilities that know the truth well, for training rows and test rows."""
    evidence = evidence_of(ran)
    names = [str(one) for one in evidence.competition.classes]
    sure = pd.DataFrame(np.eye(3)[evidence.judge.truth.astype(int)] * 0.94 + 0.02, columns=names)
    even = pd.DataFrame(np.full((len(evidence.test), 3), 1 / 3), columns=names)

    def made(change: Callable[[pd.DataFrame], pd.DataFrame] = lambda frame: frame) -> tuple[Path, Path]:
        sure_rows = change(sure.assign(id=evidence.train["id"].to_numpy()))
        sure_rows.to_csv(tmp_path / "oof.csv", index=False)
        even.to_csv(tmp_path / "test.csv", index=False)
        return tmp_path / "oof.csv", tmp_path / "test.csv"

    return made


def test_rows_with_ids_may_come_in_any_order(ran: RunFolder, tables: Callable[..., tuple[Path, Path]]) -> None:
    for change in (lambda frame: frame, lambda frame: frame.sample(frac=1, random_state=0)[frame.columns[::-1]]):
        add_predictions(ran, *tables(change), "mine")
        (letter,) = letters(ran)
        oof, test = letter.predictions()
        assert (oof.argmax(axis=1) == evidence_of(ran).judge.truth).all() and test.shape == (contract_of(ran).test_rows, 3)
        letter.discard()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda frame: frame.iloc[:-1], "ids"),
        (lambda frame: frame.drop(columns=["id"]).iloc[:-1], "training rows"),
        (lambda frame: frame.drop(columns=["id", frame.columns[0]]), "columns"),
        (lambda frame: frame * 5 + 1, "ids"),
        (lambda frame: frame.drop(columns=["id"]) * 5, "outside"),
        (lambda frame: frame.drop(columns=["id"]).where(frame["id"] != frame["id"].iloc[0]), "1 of"),
        (lambda frame: frame.drop(columns=["id"]).astype(str) + "?", "no predictions"),
    ],
)
def test_what_cannot_be_used_is_said(
    ran: RunFolder, tables: Callable[..., tuple[Path, Path]], change: Callable[[pd.DataFrame], pd.DataFrame], word: str
) -> None:
    with pytest.raises(SettingError, match=word):
        add_predictions(ran, *tables(change), "mine")
    assert letters(ran) == []


def test_an_idea_needs_words_and_a_program_a_file(ran: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="no idea"):
        tell(ran, "  ")
    with pytest.raises(SettingError, match=r"none\.py"):
        add_program(ran, tmp_path / "none.py", "none")


def test_a_model_joins_a_run_that_has_ended_and_what_was_asked_for_stays(
    ran: RunFolder, tables: Callable[..., tuple[Path, Path]]
) -> None:
    asked = ran.facts()["request"]
    add_predictions(ran, *tables(), "oracle")
    assert not ran.at_work
    with receiving(ran) as bench:
        assert RunFolder.open(ran.path).at_work
        before = set(bench.ledger.attempts)
        work(bench)
        (worth,) = joined(bench, before)
        attempt = bench.ledger.attempts[worth.about]
        assert (attempt.name, attempt.origin) == ("oracle", "person") and bench.ledger.best is not None
        assert worth.gain is not None and worth.gain > 0
    assert ran.facts()["request"] == asked
    readme = (ran.solution / "README.md").read_text()
    assert "without one" in readme  # submission.csv rests on predictions; the program that is left does not
