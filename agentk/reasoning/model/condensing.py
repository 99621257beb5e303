"""Condensing: a long description is made short by the model, once a run, for the beginning of every question."""

from __future__ import annotations

from pathlib import Path

from agentk.errors import ReasonerError
from agentk.llms.protocol import ChatModel, ChatRequest, Message, Reply
from agentk.reasoning.model.asking import asked
from agentk.reasoning.model.prompts import Prompts
from agentk.reasoning.model.replies import Unusable, readable
from agentk.reasoning.model.veil import DESCRIPTION

BRIEF, WHOLE = 2_500, 4_000
"""Characters: what a description is condensed to; one that is no longer than the second is shown as it is."""
TOKENS = 2_000
"""Of a reply, at most."""


def condensed(model: ChatModel, prompts: Prompts, description: str, kept: Path | None, repairs: int) -> str:
    """The description: itself where it is short, else in brief, which the file `kept` holds from then on.

    Where the model gives no usable brief, the beginning, which says the most. Raises what the model raises.
    """
    description = description.strip()
    if len(description) <= WHOLE:
        return description
    if kept is not None and kept.exists():
        return kept.read_text("utf-8")
    prompt = prompts.render("condense", description=description[:DESCRIPTION], characters=BRIEF)
    request = ChatRequest(
        messages=(Message(role="user", content=prompt),), purpose="condense", template="condense", max_tokens=TOKENS
    )

    def read(reply: Reply) -> str:
        text = readable(reply.text)
        if len(text) > 2 * BRIEF:
            raise Unusable(f"it has {len(text):,} characters, at most {BRIEF:,} were asked for")
        return text

    try:
        brief = asked(model, request, "text", read, prompts, repairs)
    except ReasonerError:
        return description[: BRIEF - 1] + "…"
    if kept is not None:
        draft = kept.with_name(f".{kept.name}.draft")
        draft.write_text(brief, "utf-8")
        draft.replace(kept)
    return brief
