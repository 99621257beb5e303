"""The form of structured answers: what a model's JSON must hold, and how it becomes the graph's own answer."""

from __future__ import annotations

import math
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator

from agentk.llms.protocol import Reply
from agentk.reasoning.model.replies import Unusable, object_in
from agentk.reasoning.questions import MEMORY_ACTIONS, Action, MemoryAction, Plan, PlanQuestion


class _Answer(BaseModel):
    """Fields that are not asked for are passed over; a number may come as text."""

    model_config = ConfigDict(extra="ignore")

    @field_validator("memory", mode="before", check_fields=False)
    @classmethod
    def _sound(cls, value: Any) -> Any:
        """Memory actions that are not well formed are dropped: they are beside the question."""
        found = []
        for one in value if isinstance(value, list) else []:
            try:
                found.append(MemoryAction.model_validate(one))
            except ValidationError:
                continue
        return found[:MEMORY_ACTIONS]


_Kind = TypeVar("_Kind", bound=_Answer)


class PlanAnswer(_Answer):
    """What to try next."""

    reason: str = ""
    action: Action
    parent: int | None = None
    parents: list[int] = []
    recipe: str | None = None
    idea: str = ""
    predicted_gain: float | None = None
    lessons: list[str] = []
    memory: list[MemoryAction] = []

    @field_validator("parent", mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, str):
            value = value.strip().lstrip("#")
            return None if value.lower() in ("", "null", "none") else value
        return value

    @field_validator("parents", "lessons", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        if value is None:
            return []
        listed = value if isinstance(value, list) else [value]
        return [one.strip().lstrip("#") if isinstance(one, str) else one for one in listed]

    @field_validator("action", "recipe", mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        return value.strip() or None if isinstance(value, str) else value

    @field_validator("predicted_gain", mode="after")
    @classmethod
    def _finite(cls, value: float | None) -> float | None:
        return value if value is not None and math.isfinite(value) else None


class ReflectAnswer(_Answer):
    """What a result teaches."""

    note: str = Field(min_length=1)
    memory: list[MemoryAction] = []


class AdviceAnswer(_Answer):
    """What should be believed of a competition instead."""

    reason: str = ""
    beliefs: dict[str, str] = {}

    @field_validator("beliefs", mode="before")
    @classmethod
    def _words(cls, value: Any) -> Any:
        """Lists become words joined by commas; what is left open is left out."""
        if not isinstance(value, dict):
            return value
        joined = {name: ",".join(map(str, said)) if isinstance(said, list) else said for name, said in value.items()}
        return {name: str(said).strip() for name, said in joined.items() if said not in (None, "", "null")}


def schema_of(kind: type[BaseModel]) -> dict[str, JsonValue]:
    """The JSON schema that a provider's own mechanism is given, without the titles that pydantic adds: they say nothing."""
    schema: dict[str, JsonValue] = _untitled(kind.model_json_schema())
    return schema


def _untitled(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_untitled(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _untitled(value) for key, value in schema.items() if not (key == "title" and isinstance(value, str))}


def answer_in(reply: Reply, kind: type[_Kind]) -> _Kind:
    """The structured answer of a reply, by the provider's own mechanism or found in the text.

    Raises Unusable when there is none, or with the field that does not fit, its value, and what it must be.
    """
    data = reply.data if isinstance(reply.data, dict) else object_in(reply.text, list(kind.model_fields))
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, one['loc'])) or 'the object'}: {one['msg']} (it is {str(one['input'])[:80]!r})"
            for one in error.errors()[:3]
        ]
        raise Unusable("the JSON does not have the form asked for: " + "; ".join(faults)) from None


def plan_from(answer: PlanAnswer, question: PlanQuestion, giver: str, recipes: frozenset[str]) -> Plan:
    """The plan that the answer means. Raises Unusable where it is not among what may be done now."""
    parent, parents, action = answer.parent, list(dict.fromkeys(answer.parents)), answer.action
    options = {option.action: option for option in question.legal}
    option = options.get(action)
    if question.legal and option is None:
        raise Unusable(f"action {action!r} cannot be done now; what can be done is {', '.join(options)}")
    known = set(option.parents) if option is not None else set()
    recipe = answer.recipe if action == "draft" else None
    if recipe is not None and recipe not in recipes:
        there = ", ".join(sorted(recipes)) or "there is none"
        raise Unusable(f"recipe {recipe!r} is not one of the ready programs ({there}); leave it null to have a program written")
    if action == "fuse":
        parents = parents or ([parent] if parent is not None else [])
        if len(parents) < 2 or (known and not set(parents) <= known):
            raise Unusable(f"fuse needs two or more of the attempts {_listed(known)} in `parents`")
        parent = parents[0]
    elif known:
        parent = parent if parent is not None else parents[0] if parents else None
        if parent not in known:
            raise Unusable(f"to {action}, `parent` must be one of the attempts {_listed(known)}; it is {parent}")
        parents = []
    else:
        parent, parents = None, []
    if not answer.idea.strip() and action in ("draft", "improve", "ablate", "fuse", "explore") and recipe is None:
        raise Unusable("`idea` is empty: say concretely what is to be done, for a program to be written from it")
    lessons = {lesson.id for lesson in question.lessons}
    return Plan(
        giver=giver,
        action=action,
        recipe=recipe,
        parent=parent,
        parents=tuple(parents),
        idea=" ".join(answer.idea.split())[:1500],
        predicted_gain=answer.predicted_gain,
        lessons=tuple(name for name in dict.fromkeys(answer.lessons) if name in lessons),
        memory=tuple(answer.memory),
    )


def _listed(numbers: set[int]) -> str:
    return ", ".join(f"#{number}" for number in sorted(numbers))
