"""What can be found in a reply: a JSON object, a program, edits. Tolerant of form, never guessing at content."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

LONGEST = 600_000
"""Characters of a reply that are read at all."""
REPAIRED = 60_000
"""Characters of a JSON object that is mended where it is broken."""

_THOUGHT = re.compile(
    r"<(think|thinking|thought|reasoning|reflection|scratchpad)\b[^<>]*>.*?</\1\s*>|<\|channel\|>analysis.*?<\|end\|>",
    re.DOTALL | re.IGNORECASE,
)
_THOUGHT_END = re.compile(r"</(?:think|thinking|thought|reasoning|scratchpad)\s*>|<\|channel\|>final<\|message\|>", re.IGNORECASE)
_THOUGHT_OPEN = re.compile(r"<(?:think|thinking|thought|reasoning|scratchpad)\b[^<>]*>", re.IGNORECASE)
_SPECIAL = re.compile(r"<\|[a-z_]{2,20}\|>")
_FENCE = re.compile(r"^([ \t>]*)(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n`]*$", re.MULTILINE)
_REFUSAL = re.compile(
    r"\b(I(?:'m| am)? (?:sorry|unable|not able)|I (?:can(?:no|')t|won't|will not) (?:help|assist|comply|provide|do)|as an AI)\b",
    re.IGNORECASE,
)
_ENTRY = re.compile(r"^(?:async[ \t]+)?def[ \t]+(fit_predict|explore)\b", re.MULTILINE)
_CODE_BEGINS = re.compile(r"^(?:import |from \w|def |class |@|\"\"\"|'''|[A-Za-z_]\w* *= *\S|# )", re.MULTILINE)
_UNSEEN = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\x00]")
_PYTHON = {"", "python", "py", "python3", "python2", "ipython", "code", "text", "plaintext", "tool_code"}
_NUMBERED = re.compile(r"^[ \t]*\d+[ \t]?[|:│][ \t]?")
_LOOKALIKES = str.maketrans(
    {"\u00a0": " ", "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2212": "-", "\ufeff": ""}
)


class Unusable(Exception):  # noqa: N818 - a reply, not a fault of ours
    """Why a reply cannot be used, in words for whoever wrote it."""


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    language: str
    body: str
    closed: bool


def readable(text: str) -> str:
    """The reply without thoughts and control tokens. Raises Unusable when nothing, too much, or a refusal is left."""
    if len(text) > LONGEST:
        raise Unusable(f"it has {len(text):,} characters, at most {LONGEST:,} are read")
    text = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "ignore").decode()
    text = _UNSEEN.sub("", text)
    text = _THOUGHT.sub("", text)
    if ends := list(_THOUGHT_END.finditer(text)):  # an end without a beginning: some servers cut the opening tag off
        text = text[ends[-1].end() :]
    opened = _THOUGHT_OPEN.search(text)
    if opened and not text[: opened.start()].strip():
        raise Unusable("it ends within its own thoughts: no answer follows them")
    text = _SPECIAL.sub("", text).strip()
    if not text:
        raise Unusable("it is empty")
    if len(text) < 600 and "```" not in text and "{" not in text and "def " not in text and _REFUSAL.search(text):
        raise Unusable(f"it declines to answer: {text[:120]!r}")
    return text


def blocks(text: str) -> list[Block]:
    """The fenced blocks in order; the last one may lack its end. What a quote or a list indents is moved to the left."""
    found: list[Block] = []
    opening: re.Match[str] | None = None
    for match in _FENCE.finditer(text):
        if opening is None:
            opening = match
        elif match[2][0] == opening[2][0] and len(match[2]) >= len(opening[2]) and not match[3]:
            found.append(Block(opening[3].lower(), _moved(text[opening.end() + 1 : match.start()], opening[1]), True))
            opening = None
    if opening is not None:
        found.append(Block(opening[3].lower(), _moved(text[opening.end() + 1 :], opening[1]), False))
    return found


def _moved(body: str, indent: str) -> str:
    if not indent:
        return body
    return "\n".join(line.removeprefix(indent) if line.startswith(indent) else line.lstrip(" \t>") for line in body.split("\n"))


# JSON ------------------------------------------------------------------------------------------------------------------


def object_in(text: str, fields: Collection[str]) -> dict[str, Any]:
    """The JSON object of a reply that has one of `fields`: alone, fenced, or within prose; broken ones are mended.

    The last whole one counts. Raises Unusable when there is none.
    """
    text = readable(text)
    candidates = [text, *(block.body for block in reversed(blocks(text)) if block.language in ("", "json", "json5", "jsonc"))]
    candidates += list(reversed(_braced(text)))
    for candidate in candidates:
        if (found := _loaded(candidate)) is not None and found.keys() & set(fields):
            return found
    begins = text.find("{")
    if begins < 0:
        raise Unusable("it holds no JSON object")
    for candidate in candidates[1:] or [text[begins:]]:
        if "{" in candidate and (found := _mended(candidate[candidate.find("{") :], fields)) is not None:
            return found
    if (found := _mended(text[begins:], fields)) is not None:
        return found
    raise Unusable(f"it holds no JSON object with the fields {', '.join(fields)}: {_complaint(text[begins:])}")


def _loaded(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return _only(value)


def _only(value: object) -> dict[str, Any] | None:
    """The object itself, or the only one in a list."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, dict) and value and all(isinstance(key, str) for key in value) else None


def _mended(text: str, fields: Collection[str]) -> dict[str, Any] | None:
    if len(text) > REPAIRED or text.count("{") + text.count("[") > 400:
        return None
    import json_repair

    try:
        found = _only(json_repair.loads(text))
    except (ValueError, RecursionError, IndexError, KeyError, TypeError):  # whatever it meets in hostile text
        return None
    return found if found is not None and found.keys() & set(fields) else None


def _complaint(text: str) -> str:
    try:
        json.loads(text)
    except ValueError as error:
        return str(error)
    except RecursionError:
        return "it is nested too deeply"
    return "it is another object"


def _braced(text: str) -> list[str]:
    """Outermost {...} in order, braces within strings left out."""
    found, depth, begin, in_string, escaped = [], 0, 0, False, False
    for place, sign in enumerate(text):
        if in_string:
            in_string = escaped or sign != '"'
            escaped = sign == "\\" and not escaped
        elif sign == '"':
            in_string = depth > 0
        elif sign == "{":
            begin = place if depth == 0 else begin
            depth += 1
        elif sign == "}" and depth:
            depth -= 1
            if depth == 0:
                found.append(text[begin : place + 1])
    return found


# Programs --------------------------------------------------------------------------------------------------------------


def program_in(text: str) -> str:
    """The program of a reply: fenced, in several blocks, wrapped in JSON, or without any fence.

    Raises Unusable when there is none. What is returned may still be no valid Python: whoever checks it says why.
    """
    text = readable(text)
    fences = blocks(text)
    python = [replace(block, body=_tidy(block.body)) for block in fences if block.language in _PYTHON]
    whole = [block for block in python if _ENTRY.search(block.body)]
    if whole:
        return _tidy(_best(python, whole, text))
    if (wrapped := _wrapped(text)) is not None:
        return _tidy(wrapped)
    if python and _parses("\n".join(block.body for block in python)):
        raise Unusable("its code has no function fit_predict(train, test, params, data_dir)")
    if python and not python[-1].closed:
        raise Unusable("its code block has no end and no function fit_predict: it seems to be cut off")
    bare = _bare(text)
    if bare is None:
        raise Unusable("it holds no program: no ```python block with a function fit_predict")
    return _tidy(bare)


def _best(python: list[Block], whole: list[Block], text: str) -> str:
    """The last block with the entry that is valid; where its imports stand in blocks before it, these are put in front."""
    chosen = next((block for block in reversed(whole) if _parses(block.body)), whole[-1])
    body = chosen.body
    if not _parses(body):  # a fence inside a docstring cuts a block short: from the first fence to the last
        outer = list(_FENCE.finditer(text))
        longest = text[outer[0].end() + 1 : outer[-1].start()] if len(outer) > 2 else ""
        return longest if longest and _parses(_tidy(longest)) else body
    if not re.search(r"^(?:import|from)\s", body, re.MULTILINE):
        before = [block.body for block in python[: python.index(chosen)] if not _ENTRY.search(block.body)]
        joined = "\n".join([*before, body])
        return joined if before and _parses(_tidy(joined)) else body
    return body


def _wrapped(text: str) -> str | None:
    """A program that is the value of a JSON object."""
    if "{" not in text[:2000]:
        return None
    candidates = [text, *(block.body for block in blocks(text)), *_braced(text)[:20]]
    for found in filter(None, map(_loaded, candidates)):
        for value in found.values():
            if isinstance(value, str) and _ENTRY.search(value):
                return value
    return None


def _bare(text: str) -> str | None:
    """A program without fences: from its first line to the last that is still Python."""
    entry = _ENTRY.search(text)
    if entry is None:
        return None
    for begin in [match.start() for match in _CODE_BEGINS.finditer(text[: entry.end()])][:20]:
        body = text[begin:]
        for _ in range(40):
            try:
                ast.parse(_tidy(body))
            except SyntaxError as error:
                lines = body.split("\n")
                cut = min(error.lineno or len(lines), len(lines)) - 1
                body = "\n".join(lines[:cut])
                if cut <= 0 or not _ENTRY.search(body):
                    break
            except (ValueError, RecursionError, MemoryError):
                break
            else:
                return body
    return text[entry.start() :]


@lru_cache(maxsize=16)  # a program is looked at from several sides
def _parses(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _tidy(source: str) -> str:
    """Line numbers, lookalike quotes and a common indent taken away, but only where the text is no Python with them."""
    source = source.strip("\n") + "\n"
    if _parses(source):
        return source
    import textwrap

    lines = [line for line in source.split("\n") if line.strip()]
    tries = [textwrap.dedent(source)]
    if lines and all(_NUMBERED.match(line) for line in lines):
        tries.append("".join(f"{_NUMBERED.sub('', line)}\n" for line in source.rstrip("\n").split("\n")))
    tries.append(source.translate(_LOOKALIKES))
    return next((one for one in tries if _parses(one)), source)
