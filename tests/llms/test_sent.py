"""What goes over the wire: how each vendor is asked for structure, for caching, for an end, and what a server without it gets."""

from typing import Any

import pytest

from agentk.errors import AccessError
from agentk.llms.completions import CompletionsModel
from agentk.llms.messages import MessagesModel
from agentk.llms.protocol import ChatRequest, Message
from agentk.llms.responses import ResponsesModel
from agentk.llms.schemas import strict
from agentk.llms.servers import Server
from agentk.testing.models import SCHEMA, exactly, structured

FREE = {"type": "object", "properties": {"params": {"type": "object", "additionalProperties": True}}}


def completions(vendor: Any) -> CompletionsModel:
    return CompletionsModel("lab", "large", Server(base_url=f"{vendor.url}/v1"))


def test_anthropic_is_asked_for_structure_by_a_tool_and_told_what_to_keep(vendor: Any) -> None:
    turns = (
        Message(role="system", content="Rules."),
        Message(role="user", content="The competition, number is 1."),
        Message(role="user", content="word is maple, number is 7."),
    )
    MessagesModel("claude-sonnet-5", vendor.url).ask(ChatRequest(messages=turns, answer_schema=SCHEMA, stable=2, max_tokens=50))
    sent = vendor.seen[0]
    mark = {"cache_control": {"type": "ephemeral"}}
    assert sent["system"] == [{"type": "text", "text": "Rules."}]
    assert sent["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "The competition, number is 1.", **mark}]},
        {"role": "user", "content": [{"type": "text", "text": "word is maple, number is 7."}]},
    ]
    assert sent["tools"] == [{"name": "answer", "input_schema": SCHEMA}]
    assert sent["tool_choice"] == {"type": "tool", "name": "answer"}
    assert (sent["max_tokens"], sent["stream"], "temperature" in sent) == (50, True, False)


def test_a_model_that_cannot_be_made_to_call_a_tool_is_asked_in_its_json_mode(vendor: Any) -> None:
    vendor.unknown = {"tool_choice", "temperature"}
    model = MessagesModel("claude-sonnet-5-5", vendor.url)
    for _ in range(2):
        reply = model.ask(structured().model_copy(update={"temperature": 0.5}))
        assert reply.data == {"word": "maple", "number": 7}
    assert vendor.seen[0]["temperature"] == 0.5
    assert len(vendor.seen) == 2 + 2
    form = vendor.seen[-1]["output_config"]["format"]
    assert (form["type"], form["schema"]["additionalProperties"]) == ("json_schema", False)
    assert not {"tools", "tool_choice", "temperature"} & vendor.seen[-1].keys()


def test_where_neither_fits_the_tool_is_offered(vendor: Any) -> None:
    vendor.unknown = {"tool_choice"}
    model = MessagesModel("claude-sonnet-5-5", vendor.url)
    assert model.ask(structured().model_copy(update={"answer_schema": FREE})).data == {"word": "maple", "number": 7}
    assert vendor.seen[-1]["tools"][0]["input_schema"] == FREE


def test_compatible_servers_are_asked_by_response_format(vendor: Any) -> None:
    completions(vendor).ask(structured().model_copy(update={"temperature": 0.5}))
    sent = vendor.seen[0]
    assert sent["response_format"]["json_schema"]["schema"]["additionalProperties"] is False
    assert (sent["temperature"], sent["stream_options"], sent["max_tokens"]) == (0.5, {"include_usage": True}, 8192)


def test_a_server_is_not_bothered_twice_with_what_it_does_not_know(vendor: Any) -> None:
    vendor.unknown = {"response_format", "stream_options", "max_tokens", "temperature"}
    model = completions(vendor)
    asked = structured().model_copy(update={"temperature": 0.5})
    for _ in range(2):
        assert model.ask(asked).data == {"word": "maple", "number": 7}
    assert len(vendor.seen) == 4 + 2
    assert vendor.seen[-1]["tool_choice"] == {"type": "function", "function": {"name": "answer"}}
    assert vendor.seen[-1]["max_completion_tokens"] == 8192


def test_a_server_without_structure_at_all_is_asked_in_words(vendor: Any) -> None:
    vendor.unknown = {"response_format", "tools"}
    vendor.say = lambda turns, schema: '{"word": "maple", "number": 7}'
    assert completions(vendor).ask(structured()).data == {"word": "maple", "number": 7}
    assert not {"response_format", "tools", "tool_choice"} & vendor.seen[-1].keys()


def test_responses_keep_nothing_at_the_vendor(vendor: Any) -> None:
    model = ResponsesModel("openai", "gpt-5", Server(base_url=f"{vendor.url}/v1", key_variable="OPENAI_API_KEY"))
    model.ask(exactly("maple").model_copy(update={"temperature": 0.5}))
    assert (vendor.seen[0]["store"], vendor.seen[0]["temperature"]) == (False, 0.5)


def test_free_form_answers_are_asked_for_without_strictness(vendor: Any) -> None:
    completions(vendor).ask(structured().model_copy(update={"answer_schema": FREE}))
    form = vendor.seen[0]["response_format"]["json_schema"]
    assert (form["strict"], form["schema"]) == (False, FREE)


def test_quota_that_ends_inside_a_reply_is_for_the_person_to_mend(vendor: Any, faults: Any) -> None:
    def fails(wire: Any, pieces: list[bytes]) -> bool:
        error = {"code": "insufficient_quota", "message": "You exceeded your current quota"}
        event = {"type": "response.failed", "sequence_number": 1, "response": {"status": "failed", "error": error}}
        wire.stream([pieces[0], wire.event(event, "response.failed")])
        return True

    vendor.faults = [fails]
    model = ResponsesModel("openai", "gpt-5", Server(base_url=f"{vendor.url}/v1", key_variable="OPENAI_API_KEY"))
    with pytest.raises(AccessError, match="quota is used up"):
        model.ask(exactly("maple"))


def test_a_refusal_is_told_from_an_answer(vendor: Any) -> None:
    def declines(wire: Any, pieces: list[bytes]) -> bool:
        wire.stream([piece.replace(b'"end_turn"', b'"refusal"') for piece in pieces])
        return True

    vendor.faults = [declines]
    assert MessagesModel("claude-sonnet-5", vendor.url).ask(exactly("no")).ended == "refusal"


def test_a_schema_made_strict_requires_everything_and_allows_nothing_else() -> None:
    schema = {
        "type": "object",
        "title": "Plan",
        "properties": {
            "title": {"type": "string", "default": "x", "minLength": 1},
            "step": {"oneOf": [{"$ref": "#/$defs/A", "description": "first"}, {"type": "null"}], "discriminator": {}},
        },
        "$defs": {"A": {"type": "object", "properties": {"kind": {"const": "a", "enum": ["a"]}}}},
    }
    assert strict(schema) == {
        "type": "object",
        "properties": {"title": {"type": "string"}, "step": {"anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}]}},
        "$defs": {
            "A": {
                "type": "object",
                "properties": {"kind": {"const": "a", "enum": ["a"]}},
                "required": ["kind"],
                "additionalProperties": False,
            }
        },
        "required": ["title", "step"],
        "additionalProperties": False,
    }
    assert strict(FREE) is None
    assert strict({"type": "array", "items": {}}) is None
