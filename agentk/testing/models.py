"""Conformance of chat models: subclass it, say how yours is made, and run it with pytest.

class TestMine(ChatModelConformance):
    def make(self) -> ChatModel:
        return MyModel("name")

The questions are such that any model that can follow an instruction answers them; a backend is asked, not its wrappers.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import JsonValue
from pydantic_core import from_json

from agentk.llms.protocol import ChatModel, ChatRequest, Message

SCHEMA: dict[str, JsonValue] = {
    "type": "object",
    "properties": {"word": {"type": "string"}, "number": {"type": "integer"}},
    "required": ["word", "number"],
}
ODD = 'naïve 決定木 🌲 \\n </answer> {"a": 1}'


def exactly(words: str, purpose: str = "exactly") -> ChatRequest:
    """A question whose answer is `words`."""
    system = Message(role="system", content="Follow the instruction to the letter. No other word, no quotes, no explanation.")
    return ChatRequest(messages=(system, Message(role="user", content=f"Reply with exactly: {words}")), purpose=purpose, stable=1)


def remembering() -> ChatRequest:
    """A conversation whose answer is the word of its first turn."""
    turns = (
        Message(role="user", content="The secret word is maple."),
        Message(role="assistant", content="I will remember it."),
        Message(role="user", content="Reply with exactly the secret word."),
    )
    return ChatRequest(messages=turns, purpose="remembering")


def structured() -> ChatRequest:
    """A question whose answer is an object."""
    text = "Answer with a JSON object: word is maple, number is 7."
    return ChatRequest(messages=(Message(role="user", content=text),), purpose="structured", answer_schema=SCHEMA)


def counting() -> ChatRequest:
    """A question whose answer is longer than it may be."""
    text = "Count from 1 to 500 in digits, separated by spaces."
    return ChatRequest(messages=(Message(role="user", content=text),), purpose="counting", max_tokens=24)


class ChatModelConformance:
    """What every backend keeps to."""

    bounded = True  # False: whoever answers cannot be held to max_tokens (a person)

    def make(self) -> ChatModel:
        """The backend under test."""
        raise TypeError("say how the backend is made: def make(self) -> ChatModel")

    @pytest.fixture
    def model(self) -> Iterator[ChatModel]:
        """The backend, closed afterwards."""
        model = self.make()
        yield model
        model.close()

    def test_has_a_name_that_says_where_it_comes_from(self, model: ChatModel) -> None:
        """SHORT/NAME or SHORT:NAME, as a person writes it."""
        assert model.name.split("/")[0] != model.name or ":" in model.name

    def test_answers(self, model: ChatModel) -> None:
        """And says that it came to an end."""
        reply = model.ask(exactly("maple"))
        assert reply.text.strip() == "maple"
        assert reply.ended == "stop"

    def test_every_character_arrives(self, model: ChatModel) -> None:
        """In the question and in the answer."""
        assert model.ask(exactly(ODD, "odd")).text.strip() == ODD

    def test_the_whole_conversation_is_sent(self, model: ChatModel) -> None:
        """With the roles in place."""
        assert model.ask(remembering()).text.strip(" .\n").lower() == "maple"

    def test_a_structured_answer_is_data_or_can_be_parsed(self, model: ChatModel) -> None:
        """The text holds it in any case."""
        reply = model.ask(structured())
        assert from_json(reply.text) == {"word": "maple", "number": 7}
        assert reply.data in (None, {"word": "maple", "number": 7})

    def test_a_reply_that_was_cut_off_says_so(self, model: ChatModel) -> None:
        """So that the rest can be asked for."""
        if not self.bounded:
            pytest.skip("whoever answers cannot be held to a number of tokens")
        assert model.ask(counting()).ended == "length"

    def test_usage_is_plausible(self, model: ChatModel) -> None:
        """Nothing below zero, and the cached parts are parts; no figures at all is allowed."""
        for _ in range(2):
            usage = model.ask(exactly("maple", "usage")).usage
            assert min(usage.prompt, usage.reply, usage.cached, usage.kept) >= 0
            assert usage.cached + usage.kept <= usage.prompt
            assert (usage.prompt == 0) == (usage.reply == 0)

    def test_threads_get_their_own_answers(self, model: ChatModel) -> None:
        """Several questions may be under way at once."""
        words = ["maple", "birch", "alder", "larch"]
        with ThreadPoolExecutor(4) as pool:
            replies = list(pool.map(lambda word: model.ask(exactly(word, word)), words))
        assert [reply.text.strip() for reply in replies] == words

    def test_keys_do_not_show(self, model: ChatModel) -> None:
        """In no printed form of the model, and in no reply."""
        secrets = [value for name, value in os.environ.items() if name.endswith(("_KEY", "_TOKEN")) and len(value) > 5]
        shown = f"{model!r} {model.name} {model.ask(exactly('maple', 'keys')).model_dump_json()}"
        assert not [secret for secret in secrets if secret in shown]

    def test_may_be_closed_twice(self, model: ChatModel) -> None:
        """As a run does that ends in a hurry."""
        model.close()
        model.close()
