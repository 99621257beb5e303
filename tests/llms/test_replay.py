"""Replaying a recorded run: its replies in their order, and a plain word where the courses part."""

import json
from pathlib import Path

import pytest

from agentk.errors import ModelError, RunError
from agentk.llms.protocol import ChatRequest, Message, Reply, Usage
from agentk.llms.record import Call, Spent, calls_in
from agentk.llms.replay import ReplayModel


def asked(purpose: str, text: str = "now") -> ChatRequest:
    return ChatRequest(messages=(Message(role="user", content=text),), purpose=purpose)


def call(purpose: str, text: str) -> Call:
    usage = Usage(prompt=100, reply=10, cached=60)
    return Call(name="a/b", request=asked(purpose, f"then\n{text}"), reply=Reply(text=text, usage=usage, cost=0.5), saved=0.1)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    broken = Call(name="a/b", request=asked("plan"), error="cut off", risk_tokens=30, risk_cost=0.2)
    calls = [call("plan", "first"), broken, call("code", "program"), call("plan", "second")]
    lines = [{"schema": 1, "seq": 0, "event": "run_started"}]
    lines += [{"schema": 1, "seq": 1, "event": "model_call", **one.model_dump(mode="json")} for one in calls]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (tmp_path / "journal.jsonl").write_text(text + '{"schema": 1, "torn')
    return tmp_path


def test_each_purpose_is_answered_in_its_own_order(journal: Path) -> None:
    model = ReplayModel(journal)
    assert [model.ask(asked(purpose)).text for purpose in ("code", "plan", "plan")] == ["program", "first", "second"]


def test_where_the_recording_ends_the_run_parts_from_it(journal: Path) -> None:
    model = ReplayModel(journal / "journal.jsonl")
    model.ask(asked("code"))
    with pytest.raises(ModelError, match=r"asks 'code' a 2\. time, the recording holds 1 × code, 2 × plan"):
        model.ask(asked("code"))


def test_a_resumed_replay_goes_on_where_it_was(journal: Path) -> None:
    assert ReplayModel(journal, done={"plan": 1}).ask(asked("plan")).text == "second"


def test_a_strict_replay_wants_the_same_words(journal: Path) -> None:
    model = ReplayModel(journal, strict=True)
    assert model.ask(asked("plan", "then\nfirst")).text == "first"
    with pytest.raises(ModelError, match="at 'plan', call 2: recorded was 'second', asked is 'something else'"):
        model.ask(asked("plan", "then\nsomething else"))


def test_the_bill_can_be_drawn_from_the_journal(journal: Path) -> None:
    spent = Spent.of(calls_in(journal))
    assert (spent.calls, spent.tokens, spent.cached) == (4, 360, 180)
    assert spent.cost == pytest.approx(1.5)
    assert spent.risk_cost == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no such journal"),
        ('{"schema": 1, "event": "run_started"}\n', "this run asked no model"),
        ("not json\n", "line 1: not a line of a journal"),
        ('{"event": "model_call", "name": 3}\n', "line 1: not a line of a journal"),
    ],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / "journal.jsonl").write_text(content)
    with pytest.raises(RunError, match=message):
        ReplayModel(tmp_path / "journal.jsonl")
