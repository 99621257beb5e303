"""What a chat model is: messages in, one reply with usage out."""

from __future__ import annotations

from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class Frozen(BaseModel):
    """An immutable value that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Picture(Frozen):
    """A PNG file that is shown with a message. The record keeps where it lies and what it held, not its bytes."""

    path: str
    sha256: str
    width: int
    height: int


class Message(Frozen):
    """One turn of a conversation; its pictures come before its words, for models that see."""

    role: Literal["system", "user", "assistant"]
    content: str
    pictures: tuple[Picture, ...] = ()


class ChatRequest(Frozen):
    """One call."""

    messages: tuple[Message, ...]
    purpose: str = ""  # name of the question, for the record
    template: str = ""  # the prompt that made the messages, and what it was rendered with: for the record
    variables: dict[str, JsonValue] = Field(default_factory=dict)
    answer_schema: dict[str, JsonValue] | None = None  # JSON schema of a structured answer, asked for in the provider's own way
    max_tokens: int = 8192  # of the reply
    temperature: float | None = None  # None: the provider's default
    stable: int = 0  # leading messages that later calls repeat word for word: what a provider's prompt cache may keep
    timeout: float = 600.0  # seconds for the call with all its retries


class Usage(Frozen):
    """Tokens as the provider counted them. `prompt` is everything that went in, cached parts included."""

    prompt: int = 0
    reply: int = 0  # thinking included
    cached: int = 0  # of `prompt`: read from the provider's cache
    kept: int = 0  # of `prompt`: written into the provider's cache
    estimated: bool = False  # the provider sent no figures: counted here


class Reply(Frozen):
    """What came back."""

    text: str
    data: JsonValue = None  # the structured answer, where the provider's mechanism gave one
    ended: Literal["stop", "length", "refusal"] = "stop"
    usage: Usage = Usage()
    model: str = ""  # as the provider names what answered
    seconds: float = 0.0
    cost: float | None = None  # US dollars; None: no price is known


class ChatModel(Protocol):
    """One backend with one model."""

    @property
    def name(self) -> str:
        """PROVIDER/NAME, as a person writes it."""
        ...

    def ask(self, request: ChatRequest) -> Reply:
        """One reply within `request.timeout` seconds.

        Raises (agentk/errors.py) TransientError where asking again may help, ModelError where no reply is to be had, AccessError
        where the person has to act. What `open_model` returns has the retries behind it; a backend itself tries once.
        """
        ...

    def close(self) -> None:
        """Ends what is waiting and frees connections. May be called twice."""
        ...
