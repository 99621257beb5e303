"""A run in a person's hands: nothing runs unasked, every answer can be changed, every step gone back to, nothing is lost."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agentk import Agent, Run
from agentk.agent.insight.evidence import evidence_of
from agentk.agent.stepping import Paused
from agentk.errors import RunError, SettingError
from agentk.graph.folder import RunFolder

SLOW = '"""Waits."""\nimport time\nimport numpy as np\n\ndef fit_predict(train, test, params, data_dir):\n'
SLOW += "    time.sleep(20)\n    return np.full((len(test), 3), 1 / 3)\n"


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Run]:
    run = Agent("builtin:iris", attempts=3, workers=1, memory="off", out=tmp_path).start()
    yield run
    run.close()


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Stepped to the first plan, which was changed; run to the end; rewound and run to the end again."""
    run = Agent("builtin:iris", attempts=2, workers=1, memory="off", out=tmp_path_factory.mktemp("runs")).start()
    run.step(until="plan")
    run.edit(plan={"recipe": "linear", "idea": "straight lines first"})
    run.run()
    run.rewind(run.tree[1]).run()
    yield run
    run.close()


def test_starting_executes_nothing_and_looking_opens_nothing(fresh: Run) -> None:
    assert fresh.steps == [] and fresh.best is None and len(fresh.tree) == 0 and fresh.cost.seconds == 0
    assert "nothing has run yet" in fresh._repr_html_() and "0 steps" in repr(fresh)
    RunFolder(fresh.folder).lock()
    with pytest.raises(RunError, match="setup"):
        _ = fresh.competition


def test_an_agent_takes_every_word_on_models_that_the_command_line_takes(tmp_path: Path) -> None:
    box = f"files:{tmp_path}"
    asked = Agent("builtin:iris", model_think=box, model_code=box, share="names", obfuscate=True, max_tokens=9).request.models
    assert (asked.thinker, asked.writer, asked.share, asked.obfuscate, asked.max_tokens) == (box, box, "names", True, 9)
    with pytest.raises(SettingError, match="give both"):
        Agent("builtin:iris", model_code=box)


def test_a_step_says_what_was_asked_answered_and_changed(ended: Run) -> None:
    code = next(step for step in ended.steps if step.node == "code")
    for shown in (repr(code), code._repr_html_()):
        for words in ("asked", "answered by", "changed", "is begun", "program of #"):
            assert words in shown
    assert ended.steps[0].node == "read" and [step.number for step in ended.steps] == list(range(1, len(ended.steps) + 1))


def test_a_changed_plan_is_what_happened_and_it_is_told_who_said_so(ended: Run) -> None:
    first = ended.tree[1]
    assert (first.recipe, first.idea) == ("linear", "straight lines first")
    assert ("idea", "straight lines first") in ended.explain(1).story


def test_after_a_rewind_the_old_branch_is_in_the_tree_and_marked(ended: Run) -> None:
    tree = ended.tree
    assert {1, 2} <= tree.left and tree.best is not None and tree.best not in tree.left
    assert "branch left behind" in repr(tree) and "opacity:.45" in tree._repr_html_()
    assert ("since then", "its branch was left by a rewind") in ended.explain(tree[1]).story


def test_every_view_is_text_and_html_without_scripts(ended: Run) -> None:
    assert ended.best is not None
    for view in (ended.tree, ended.best, ended.competition, ended.memory, ended.cost, ended.explain(), ended):
        assert len(repr(view)) > 10
        page = view._repr_html_()
        assert page.count("<div") == page.count("</div>") and "<script" not in page and "http" not in page
    assert "<svg" in ended.tree._repr_html_()


def test_a_run_that_has_ended_says_how_it_goes_on(ended: Run) -> None:
    with pytest.raises(RunError, match=r"has ended \(attempts\).*more\(budget=…\)"):
        ended.step()
    assert ended.submission.exists() and ended.next is None
    taken_up = Agent.resume(ended.folder)
    with pytest.raises(RunError, match=r"has ended \(attempts\)"):
        taken_up.step()
    assert taken_up.next is None and taken_up.summary.stopped_by == "attempts", "looking has not gone on with it"


def test_a_model_from_elsewhere_joins_a_run_that_has_ended(
    ended: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ended.folder, tmp_path / ended.folder.name)
    run = Agent.resume(tmp_path / ended.folder.name)
    known = evidence_of(RunFolder(run.folder))
    np.save(tmp_path / "oof.npy", np.eye(3)[known.judge.truth.astype(int)] * 0.94 + 0.02)
    np.save(tmp_path / "test.npy", np.full((len(known.test), 3), 1 / 3))
    with pytest.raises(SettingError, match="both oof= and test_pred="):
        run.add(oof=tmp_path / "oof.npy")
    run.add(oof=tmp_path / "oof.npy", test_pred=tmp_path / "test.npy", name="from a friend")
    told = capsys.readouterr().out
    assert "from a friend scores" in told and "submission.csv is #" in told
    assert any(attempt.name == "from a friend" and attempt.origin == "person" for attempt in run.tree)
    run.close()


def test_mistakes_are_told_in_words(fresh: Run) -> None:
    with pytest.raises(SettingError, match="did you mean 'execute'"):
        fresh.step(until="exceute")
    with pytest.raises(SettingError, match="no plan to edit"):
        fresh.edit(plan={"recipe": "linear"})
    first = fresh.step()
    with pytest.raises(RunError, match="belongs to setup"):
        fresh.rewind(first)
    with pytest.raises(RunError, match="there is no step 99"):
        fresh.rewind(99)
    fresh.step(until="plan")
    for wrong, words in (({"action": "dance"}, "no plan"), ({"action": "tune", "parent": 7}, "attempt")):
        with pytest.raises(SettingError, match=words):
            fresh.edit(plan=wrong)
    with pytest.raises(RunError, match="no finished attempt"):
        fresh.explain()
    with pytest.raises(SettingError, match=r"budget|duration"):
        Agent("builtin:iris", budget="soon")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"attempts": 0}, "attempts=0: it takes 1 or more"),
        ({"workers": "two"}, "workers='two': it takes a whole number, in digits"),
        ({"budget": float("nan")}, "budget=nan: it takes a number, in digits"),
        ({"share": "all"}, "share='all': it takes names, stats or examples"),
        ({"target": 3}, "target.0=3: it takes a text"),
    ],
)
def test_a_value_that_does_not_fit_is_told_with_what_is_taken(given: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingError, match=words):
        Agent("builtin:iris", **given)


def test_an_interrupt_pauses_and_the_run_goes_on(fresh: Run) -> None:
    fresh.step(until="plan")
    fresh.step()
    fresh.edit(code=SLOW)
    fresh.step(until="plan")
    fresh.edit(plan={"action": "wait"})
    before = signal.getsignal(signal.SIGINT)
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(Paused, match="collect is next"):
        fresh.run()
    assert signal.getsignal(signal.SIGINT) is before
    assert fresh.next == "collect" and not fresh.tree.attempts
    with pytest.raises(RunError, match="another process"):
        RunFolder(fresh.folder).lock()
    fresh.close()
    RunFolder(fresh.folder).lock()


def test_arun_leaves_the_kernel_free_and_can_be_cancelled(fresh: Run) -> None:
    async def story() -> list[str]:
        work = asyncio.create_task(fresh.arun(until="open"))
        beats = 0
        while not work.done():
            await asyncio.sleep(0.02)
            beats += 1
        assert beats > 3
        longer = asyncio.create_task(fresh.arun())
        await asyncio.sleep(0.5)
        longer.cancel()
        with pytest.raises(asyncio.CancelledError):
            await longer
        return [step.node for step in fresh.steps]

    nodes = asyncio.run(story())
    assert "open" in nodes and fresh.summary.stopped_by is None
    fresh.step()


def test_a_forgotten_run_gives_its_lock_back(tmp_path: Path) -> None:
    run = Agent("builtin:iris", attempts=2, workers=1, memory="off", out=tmp_path).start()
    run.step()
    folder = run.folder
    del run
    gc.collect()
    RunFolder(folder).lock()


def test_a_process_that_ends_without_closing_leaves_nothing_running(tmp_path: Path) -> None:
    code = "import sys; from agentk import Agent; Agent('builtin:iris', attempts=2, memory='off', out=sys.argv[1]).start().step()"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stderr == ""
    Agent.resume("last", out=tmp_path).step()
