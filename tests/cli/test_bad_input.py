"""A user's mistake ends with one sentence that says what, where and what to do; exit code 2, no traceback, nothing harmed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from .conftest import Called, loaded

Say = Callable[..., Called]
RUN = ("--budget", "20s", "--memory", "off")


def table(rows: int = 40, **columns: object) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"id": range(rows), "a": rng.normal(size=rows), "b": rng.normal(size=rows)})
    return frame.assign(**columns)  # type: ignore[arg-type]


def folder(
    path: Path, train: pd.DataFrame | str | None, test: pd.DataFrame | None = None, sample: pd.DataFrame | None = None
) -> str:
    path.mkdir()
    for name, content in (("train.csv", train), ("test.csv", test), ("sample_submission.csv", sample)):
        if isinstance(content, str):
            (path / name).write_text(content, encoding="latin-1")
        elif content is not None:
            content.to_csv(path / name, index=False)
    return str(path)


LABELS = np.arange(40) % 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "no/such/folder"), ("no/such/folder", "does not exist")),
        (("practice", "no/such/folder"), ("no/such/folder", "builtin:")),
        (("practice", "builtin:", "--memory", "off"), ("off", "fills a memory")),
        (("bench", "memory", "--parts", "guesses"), ("guesses", "table, replay, growth")),
        (("run", "builtin:irsi"), ("irsi", "iris")),
        (("run", "builtin:iris", "--budget", "soon"), ("soon", "90s")),
        (("run", "builtin:iris", "--budget", "1s"), ("too short", "60s")),
        (("run", "builtin:iris", "--solution", "mine.py"), ("mine.py", "no such file")),
        (("run", "builtin:iris", "--sandbox", "lax"), ("lax", "strict")),
        (("run", "builtin:iris", "--seed", "-1"), ("--seed -1: it takes 0 or more",)),
        (("step", "builtin:iris", "--seed", "3000000000"), ("--seed 3000000000: it takes 2000000000 or less",)),
        (("practice", "builtin:", "--seed", "-1"), ("--seed -1",)),
        (("run", "builtin:iris", "--attempts", "two"), ("--attempts two: it takes a whole number, in digits",)),
        (("resume", "last", "--attempts", "2.5"), ("--attempts 2.5: it takes a whole number",)),
        (("step", "builtin:iris", "--attempts", "0"), ("--attempts 0: it takes 1 or more",)),
        (("run", "builtin:iris", "--workers", "100000"), ("--workers 100000: it takes 1000 or less",)),
        (("run", "builtin:iris", "--max-cost", "inf"), ("--max-cost inf: it takes a number, in digits",)),
        (("run", "builtin:iris", "--max-tokens", "-1"), ("--max-tokens -1: it takes 0 or more",)),
        (("run", "builtin:iris", "--share", "most of it"), ("--share 'most of it': it takes names, stats or examples",)),
        (("watch", "last", "--port", "99999"), ("--port 99999: it takes 65535 or less",)),
        (("memory", "list", "--limit", "0"), ("--limit 0: it takes 1 or more",)),
        (("practice", "builtin:", "--hours", "nan"), ("--hours nan: it takes 0.01 or more",)),
        (("leaderboard", "last", "--score", "nan"), ("--score nan: it takes a number",)),
        (("bench", "optim", "--scale", "0"), ("--scale 0: it takes 0.001 or more",)),
        (("run", "builtin:iris", "--max-cost", "2"), ("--max-cost 2", "--model PROVIDER/NAME")),
        (("run", "builtin:iris", "--obfuscate"), ("--obfuscate is said of a language model",)),
        (("run", "builtin:iris", "--memory", "of"), ("--memory of", "did you mean off?", "./of")),
        (("run", "builtin:iris", "--memory", "/dev/null/store"), ("/dev/null/store", "Not a directory")),
        (("memory", "import", "none.jsonl"), ("none.jsonl", "agentk memory export")),
        (("bench", "."), ("--answers FOLDER", "<slug>.csv")),
        (("run", "builtin:iris", "--metric", "acuracy"), ("acuracy", "accuracy")),
        (("run", "builtin:iris", "--task", "guessing"), ("guessing", "binary")),
        (("show", "nothing"), ("no run 'nothing'",)),
        (("resume", "last"), ("no runs", "agentk run")),
        (("clean", "--cap", "huge"), ("huge", "5G")),
        (("bench", "nowhere"), ("nowhere", "sandbox")),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(say: Say, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    said = say(*arguments)
    assert said.code == 2, said
    assert "Traceback" not in said.err
    for word in words:
        assert word in said.err


def test_a_refused_competition_leaves_no_run_behind(say: Say, tmp_path: Path) -> None:
    where = folder(tmp_path / "broken", table(y=[float("nan")] * 40), table(), table(y=0)[["id", "y"]])
    said = say("run", where, *RUN)
    assert said.code == 2
    assert "y" in said.err
    assert not list((tmp_path / "runs").glob("*"))


@pytest.mark.parametrize(
    ("train", "test", "sample", "words"),
    [
        (None, table(), None, ("train",)),
        ("", table(), None, ("train.csv", "empty")),
        ("\x89PNG\r\n" + "\0" * 9, table(), None, ("train.csv", "a picture")),
        ("\0\1\2,\n" * 99, table(), None, ("train.csv", "no text", "Save it as CSV")),
        (table(y=1), table(), table(y=0)[["id", "y"]], ("target y", "nothing to learn")),
        (table(y=LABELS), table(), table(rows=7, y=0)[["id", "y"]], ("7", "40")),
    ],
    ids=["no train file", "empty file", "picture", "bytes", "constant target", "sample of another length"],
)
def test_files_that_do_not_fit_are_named(
    say: Say,
    tmp_path: Path,
    train: pd.DataFrame | str | None,
    test: pd.DataFrame,
    sample: pd.DataFrame | None,
    words: tuple[str, ...],
) -> None:
    said = say("run", folder(tmp_path / "data", train, test, sample), *RUN)
    assert said.code == 2, said
    assert "Traceback" not in said.err
    for word in words:
        assert word in said.err


def test_what_is_wrong_with_a_table_is_told_before_the_graph_is_loaded(tmp_path: Path) -> None:
    table(y=LABELS).to_csv(tmp_path / "own.csv", index=False)
    assert "langgraph" not in loaded("run", "own.csv", "--target", "z", *RUN, cwd=tmp_path)


def test_two_candidates_for_train_are_both_named(say: Say, tmp_path: Path) -> None:
    where = Path(folder(tmp_path / "data", None, table()))
    for name in ("train_a.csv", "train_b.csv"):
        table(y=LABELS).to_csv(where / name, index=False)
    said = say("run", str(where), *RUN)
    assert said.code == 2
    assert "train_a.csv" in said.err and "train_b.csv" in said.err and "--train" in said.err


def test_the_nearest_name_beside_it_is_suggested(say: Say, tmp_path: Path) -> None:
    folder(tmp_path / "houses", table(y=LABELS), table())
    said = say("run", "house", *RUN)
    assert said.code == 2 and "house does not exist. Did you mean houses?" in said.err


def test_the_columns_that_there_are_are_told(say: Say, tmp_path: Path) -> None:
    where = folder(tmp_path / "data", table(y=LABELS), table(), table(y=0)[["id", "y"]])
    said = say("run", where, "--column", "shop", *RUN)
    assert said.code == 2 and "--column shop" in said.err and "It has id, a, b, y" in said.err


def test_a_table_of_few_rows_is_refused_with_what_is_needed(say: Say, tmp_path: Path) -> None:
    table(rows=1, y=1).to_csv(tmp_path / "own.csv", index=False)
    said = say("run", "own.csv", "--target", "y", *RUN)
    assert said.code == 2 and "has 1 row with a value of y" in said.err and "at least 10" in said.err
