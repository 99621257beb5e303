"""A run with a model, as a person sees it: the model is a folder of files here, and somebody answers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Called, call

PROGRAM = """
```python
import numpy as np

def fit_predict(train, test, params, data_dir):
    names = [name for name in test.columns if test[name].dtype.kind == "f"]
    target = next(name for name in train.columns if name not in test.columns)
    middles = [train.loc[train[target] == one, names].mean().to_numpy() for one in sorted(train[target].unique())]
    far = np.stack([((test[names].to_numpy() - middle) ** 2).sum(axis=1) for middle in middles], axis=1)
    near = np.exp(-(far - far.min(axis=1, keepdims=True)))
    return near / near.sum(axis=1, keepdims=True)
```
"""


def answering(folder: Path, over: threading.Event) -> None:
    """Somebody who reads the questions and answers them."""
    while not over.is_set():
        for question in sorted(folder.glob("*.question.md")):
            stem = question.name.removesuffix(".question.md")
            answer = folder / f"{stem}.answer.md"
            if answer.exists() or (folder / f"{stem}.taken.md").exists():
                continue
            plan = {"action": "draft", "idea": "the nearest middle of a class", "predicted_gain": 0.01}
            said = json.dumps(plan) if stem.endswith("plan") else json.dumps({"note": "it runs"})
            answer.write_text(PROGRAM if stem.endswith(("draft", "mend")) else said)
        time.sleep(0.1)


def test_a_run_with_a_model_is_shown_counted_and_replayed(tmp_path: Path, say: Callable[..., Called]) -> None:
    folder, over = tmp_path / "answers", threading.Event()
    folder.mkdir()
    thread = threading.Thread(target=answering, args=(folder, over), daemon=True)
    thread.start()
    flags = ("--attempts", "5", "--workers", "2", "--memory", "off", "--max-tokens", "300000", "--json")
    made = call("run", "builtin:iris", "--model", f"files:{folder}", *flags, cwd=tmp_path)
    over.set()
    assert made.code == 0, made.err
    assert "is shown the description" in made.err and "at most 300,000 tokens" in made.err
    assert "was asked: plan" in made.err
    assert made.json["tokens"] > 1000 and made.json["calls"] >= 2 and made.json["cost"] == 0.0
    journal = (tmp_path / made.json["run"] / "journal.jsonl").read_text()
    events = [json.loads(line) for line in journal.splitlines()]
    mine = [line["attempt"] for line in events if line["event"] == "attempt_finished"]
    assert any(one["origin"].startswith("files:") and one["score"] is not None for one in mine)
    call_line = next(line for line in events if line["event"] == "model_call")
    assert call_line["request"]["messages"] and call_line["reply"]["text"]

    told = call("replay", made.json["run"], "--verify", "--json", cwd=tmp_path)
    assert told.code == 0, told.out + told.err
    assert told.json["submission_same"] and all(row["score"] == row["again"] for row in told.json["rows"] if row["executed"])
    shown = say("show", made.json["run"]).out
    assert "tokens" in shown and "files:" in shown

    again = call("run", "builtin:iris", "--model", f"replay:{made.json['run']}", *flags, cwd=tmp_path)
    assert again.code == 0, again.err
    first, second = (tmp_path / one.json["submission"] for one in (made, again))
    assert first.read_bytes() == second.read_bytes(), "byte for byte"


def test_a_model_that_cannot_be_opened_leaves_no_folder(
    say: Callable[..., Called], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", "no key")
    for flags, why in (
        (("--model", "nobody/x"), "no backend is called 'nobody'"),
        (("--model", "files:x", "--share", "all"), "--share all: it takes names, stats or examples"),
        (("--model", "mistral/unheard-of", "--max-cost", "1"), "no price of mistral/unheard-of is known"),
        (("--model-code", "files:x"), "give both"),
    ):
        called = say("run", "builtin:iris", *flags)
        assert called.code == 2 and why in called.err, called.err
    assert not (tmp_path / "runs").exists()


def test_a_run_without_a_submission_cannot_be_replayed(say: Callable[..., Called], tmp_path: Path) -> None:
    (tmp_path / "runs" / "empty").mkdir(parents=True)
    (tmp_path / "runs" / "empty" / "run.json").write_text(json.dumps({"version": 1, "request": {"competition": "builtin:iris"}}))
    called = say("replay", "empty")
    assert called.code == 2 and "nothing to replay" in called.err
