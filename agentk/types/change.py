"""Change: what was altered in a program, as pieces of whole lines that can be found again in another program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from pydantic import JsonValue, TypeAdapter, ValidationError

from agentk.types.competition import Frozen

MOST = 2_000
"""Characters that all pieces of a change together may hold; what is larger is another program."""

CONTEXT = (1, 3, 8)
"""Lines around a change that are tried until it is certain where it belongs."""


class Edit(Frozen):
    """Lines that are looked for, and the lines that take their place."""

    find: str
    put: str


_EDITS: TypeAdapter[tuple[Edit, ...]] = TypeAdapter(tuple[Edit, ...])


def edits_in(payload: Mapping[str, JsonValue]) -> tuple[Edit, ...]:
    """The edits that a remembered fix holds; none where it holds none that can be read."""
    try:
        return _EDITS.validate_python(payload.get("edits", ()))
    except ValidationError:
        return ()


def change(before: str, after: str) -> tuple[Edit, ...]:
    """The edits that make one program into the other; none where they are alike, differ in too much, or fit in several places."""
    old, new = before.splitlines(), after.splitlines()
    for around in CONTEXT:
        hunks = SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(around)
        edits = tuple(
            Edit(find="\n".join(old[hunk[0][1] : hunk[-1][2]]), put="\n".join(new[hunk[0][3] : hunk[-1][4]])) for hunk in hunks
        )
        if sum(len(edit.find) + len(edit.put) for edit in edits) > MOST:
            return ()
        if (made := changed(before, edits)) is not None and made.splitlines() == new:
            return edits
    return ()


def changed(source: str, edits: Sequence[Edit]) -> str | None:
    """The program with all edits made; None where one of them is found nowhere or in several places, or there is none."""
    if not edits:
        return None
    text = f"\n{source}\n"
    for edit in edits:
        find = f"\n{edit.find}\n"
        if not edit.find or text.count(find) != 1:
            return None
        text = text.replace(find, f"\n{edit.put}\n")
    return text[1:-1]
