"""Asking until the answer can be used: replies that were cut off are continued, unusable ones are sent back with the reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

from agentk.errors import ReasonerError
from agentk.llms.protocol import ChatModel, ChatRequest, Message, Reply
from agentk.reasoning.model.prompts import Prompts
from agentk.reasoning.model.replies import LONGEST, Unusable

Answer = TypeVar("Answer")
Form = Literal["json", "program", "edits", "text"]

CONTINUED = 3
"""Times that one reply is continued."""
RETURNED = 12_000
"""Characters of an unusable reply that are sent back with the reason."""


def asked(
    model: ChatModel, request: ChatRequest, form: Form, read: Callable[[Reply], Answer], prompts: Prompts, repairs: int = 2
) -> Answer:
    """The answer that `read` makes of the reply; what `read` says against it (Unusable) is quoted, at most `repairs` times.

    Only the latest unusable reply is sent along, so that the conversation does not grow. Raises ReasonerError when the last
    one cannot be used either, and whatever the model raises.
    """
    problems: list[str] = []
    messages = request.messages
    for left in range(repairs, -1, -1):
        reply = _whole(model, request.model_copy(update={"messages": messages}), prompts)
        try:
            if reply.ended == "refusal":
                raise Unusable(f"it declines to answer: {reply.text[:120]!r}")
            if reply.ended == "length":
                raise Unusable("it is cut off by its length: answer more briefly")
            return read(reply)
        except Unusable as error:
            problems.append(str(error))
        returned = reply.text.strip() or "…"
        if len(returned) > RETURNED:
            returned = f"{returned[: RETURNED // 2]}\n[…]\n{returned[-RETURNED // 2 :]}"
        back = prompts.render("repair", problem=problems[-1], form=form, left=left)
        messages = (*request.messages, Message(role="assistant", content=returned), Message(role="user", content=back))
    told = " · ".join(dict.fromkeys(problems))
    raise ReasonerError(f"{model.name} gave no usable answer to {request.purpose!r} in {len(problems)} tries: {told}")


def _whole(model: ChatModel, request: ChatRequest, prompts: Prompts) -> Reply:
    """One reply, its parts joined where it was cut off; still marked "length" when it has no end after all."""
    reply = model.ask(request)
    for _ in range(CONTINUED):
        if reply.ended != "length" or not reply.text.strip() or len(reply.text) > LONGEST:
            break
        more = model.ask(
            request.model_copy(
                update={
                    "messages": (
                        *request.messages,
                        Message(role="assistant", content=reply.text.rstrip()),
                        Message(role="user", content=prompts.render("continue")),
                    )
                }
            )
        )
        reply = more.model_copy(update={"text": joined(reply.text, more.text)})
    return reply


def joined(first: str, second: str) -> str:
    """A reply and what goes on from it: repeated lines, a fence that is opened again, and a start from the beginning are seen."""
    opening = second.lstrip()
    if len(first) > 200 and opening[:100] == first.lstrip()[:100]:
        return second  # it began again
    inside = sum(line.lstrip().startswith("```") for line in first.split("\n")) % 2 == 1
    if inside and opening.startswith("```"):
        second = opening.split("\n", 1)[1] if "\n" in opening else ""
    most = min(len(first), len(second), 2000)
    for size in range(most, 11, -1):
        if first.endswith(second[:size]):
            return first + second[size:]
    return first + second
