"""Pictures in a question: each vendor gets them in its own form, who sees none is asked without, and the record stays small."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentk.errors import ModelError
from agentk.llms.completions import CompletionsModel
from agentk.llms.counting import Counter
from agentk.llms.files import question
from agentk.llms.messages import MessagesModel
from agentk.llms.protocol import ChatModel, ChatRequest, Message, Picture
from agentk.llms.responses import ResponsesModel
from agentk.llms.servers import Server

BYTES = b"\x89PNG: as good as any for a server that does not look"

BACKENDS: dict[str, Callable[[Any], ChatModel]] = {
    "completions": lambda vendor: CompletionsModel("lab", "large", Server(base_url=f"{vendor.url}/v1")),
    "responses": lambda vendor: ResponsesModel("lab", "large", Server(base_url=f"{vendor.url}/v1")),
    "messages": lambda vendor: MessagesModel("claude-sonnet-5", vendor.url),
}

DATA = base64.b64encode(BYTES).decode()
FORMS: dict[str, dict[str, Any]] = {
    "completions": {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{DATA}"}},
    "responses": {"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{DATA}"},
    "messages": {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": DATA}},
}
"""Of a picture, by vendor."""


@pytest.fixture
def asked(tmp_path: Path) -> ChatRequest:
    path = tmp_path / "sheet.png"
    path.write_bytes(BYTES)
    shown = Picture(path=str(path), sha256=hashlib.sha256(BYTES).hexdigest(), width=768, height=560)
    user = Message(role="user", content="Reply with exactly: seen", pictures=(shown,))
    return ChatRequest(messages=(Message(role="system", content="Rules."), user), max_tokens=50)


@pytest.mark.parametrize("backend", BACKENDS)
def test_pictures_come_before_the_words_of_their_message(backend: str, vendor: Any, asked: ChatRequest) -> None:
    assert BACKENDS[backend](vendor).ask(asked).text.strip() == "seen"
    sent = vendor.seen[0].get("messages") or vendor.seen[0]["input"]
    picture, words = sent[-1]["content"]
    assert words["text"] == "Reply with exactly: seen"
    assert picture == FORMS[backend]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_model_that_sees_none_is_asked_without_and_not_bothered_again(backend: str, vendor: Any, asked: ChatRequest) -> None:
    vendor.blind = True
    model = BACKENDS[backend](vendor)
    for _ in range(2):
        assert model.ask(asked).text.strip() == "seen"
    assert len(vendor.seen) == 2 + 1


def test_the_record_holds_no_bytes(asked: ChatRequest) -> None:
    kept = asked.model_dump_json()
    assert "sheet.png" in kept and DATA not in kept
    assert ChatRequest.model_validate_json(kept) == asked


def test_a_person_at_the_other_end_is_told_where_it_lies(asked: ChatRequest) -> None:
    assert asked.messages[1].pictures[0].path in question(asked)


def test_what_a_picture_costs_is_counted_beforehand(asked: ChatRequest) -> None:
    words = asked.model_copy(update={"messages": tuple(one.model_copy(update={"pictures": ()}) for one in asked.messages)})
    counter = Counter()
    assert counter.expected(asked) - counter.expected(words) == 574
    assert counter.worst(asked) - counter.worst(words) >= 574


def test_another_picture_than_the_recorded_one_is_not_sent(vendor: Any, asked: ChatRequest) -> None:
    Path(asked.messages[1].pictures[0].path).write_bytes(b"something else")
    with pytest.raises(ModelError, match="another picture"):
        BACKENDS["messages"](vendor).ask(asked)
    assert not vendor.seen
