"""JSON schemas as OpenAI's strict mode wants them: every property required, none besides, no keyword it does not know."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

ANSWER = "answer"  # the name under which a structured answer is asked for
_UNKNOWN = ("default", "title", "discriminator", "minLength", "maxLength", "uniqueItems", "examples")

Schema = dict[str, JsonValue]


def strict(schema: Mapping[str, JsonValue]) -> Schema | None:
    """`schema` made strict; None where it has free-form objects, which strict mode cannot express."""
    try:
        tight = _tight(dict(schema))
    except _FreeFormError:
        return None
    return tight if isinstance(tight, dict) and tight.get("type") == "object" else None


class _FreeFormError(Exception):
    """An object whose property names are not known beforehand."""


def _tight(node: JsonValue) -> JsonValue:
    if isinstance(node, list):
        return [_tight(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if key not in _UNKNOWN}
    if "oneOf" in kept:
        kept["anyOf"] = kept.pop("oneOf")
    if "$ref" in kept:  # nothing may stand beside a reference
        return {"$ref": kept["$ref"]}
    named = {"properties", "$defs"}  # maps from names, which are no keywords
    result: Schema = {}
    for key, value in kept.items():
        if key in named and isinstance(value, dict):
            result[key] = {name: _tight(inner) for name, inner in value.items()}
        else:
            result[key] = value if key in ("enum", "const", "required") else _tight(value)
    if kept.get("type") == "object":
        properties = kept.get("properties")
        if not isinstance(properties, dict) or kept.get("additionalProperties"):
            raise _FreeFormError
        result["required"] = list(properties)
        result["additionalProperties"] = False
    return result
