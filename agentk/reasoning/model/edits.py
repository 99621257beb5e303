"""Edits of a program: SEARCH/REPLACE blocks, or a unified diff. All of them apply, each in one certain place, or none does.

The model is asked for SEARCH/REPLACE: it needs no line numbers, which models count badly. A unified diff is read the same way,
its numbers ignored: what it keeps and takes away is searched for, what it keeps and adds takes its place.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from agentk.reasoning.model.replies import Unusable, blocks, program_in, readable

MOST = 60
"""Edits in one reply."""

_SEARCH = re.compile(r"^\s*<{5,9} ?SEARCH\b.*$", re.IGNORECASE)
_MIDDLE = re.compile(r"^\s*={5,9}\s*$")
_REPLACE = re.compile(r"^\s*>{5,9} ?REPLACE\b.*$", re.IGNORECASE)
_HUNK = re.compile(r"^@@.*@@|^@@\s*$")
_FENCE_LINE = re.compile(r"^\s*(`{3,}|~{3,})[\w+-]*\s*$")


@dataclass(frozen=True)
class Edit:
    """Lines that are looked for, and the lines that take their place."""

    search: tuple[str, ...]
    replace: tuple[str, ...]


def revised(text: str, source: str) -> str:
    """The program that a reply makes of `source`: edits applied, or a whole program that replaces it.

    Raises Unusable, saying which edit fits nowhere or in several places; nothing is applied then.
    """
    text = readable(text)
    edits = edits_in(text)
    if not edits:
        return program_in(text)
    try:
        return applied(edits, source)
    except Unusable:
        outside = _without(text)
        if "def fit_predict" not in outside:
            raise
        return program_in(outside)  # the whole program is there as well


def edits_in(text: str) -> list[Edit]:
    """The edits of a reply in order; none where it has none. Raises Unusable for a block without its middle or end."""
    found = _blocks(text.split("\n"))
    if not found:
        for block in blocks(text):
            unnamed = block.language == "" and re.search(r"^@@", block.body, re.MULTILINE)
            if unnamed or block.language in ("diff", "udiff", "patch"):
                found += _hunks(block.body.split("\n"))
        if not found and re.search(r"^(--- .*\n\+\+\+ |@@ -\d)", text, re.MULTILINE) and "```" not in text:
            found = _hunks(text.split("\n"))
    if len(found) > MOST:
        raise Unusable(f"it has {len(found)} edits, at most {MOST} are read: answer with the whole program")
    return found


def applied(edits: list[Edit], source: str) -> str:
    """`source` with every edit made, in order. Raises Unusable for the first that has not exactly one place."""
    lines = source.split("\n")
    for number, edit in enumerate(edits, 1):
        place, indent = _place(edit, lines, f"edit {number}" if len(edits) > 1 else "the edit")
        lines[place : place + len(edit.search)] = [_shifted(line, indent) for line in edit.replace]
    result = "\n".join(lines)
    if result == source:
        raise Unusable("the edits change nothing")
    return result


def _blocks(lines: list[str]) -> list[Edit]:
    found: list[Edit] = []
    search: list[str] | None = None
    replace: list[str] | None = None
    for line in lines:
        if _SEARCH.match(line):
            if search is not None:
                raise Unusable(f"edit {len(found) + 1} has a second SEARCH before its >>>>>>> REPLACE")
            search, replace = [], None
        elif search is None:
            continue
        elif replace is None and _MIDDLE.match(line):
            replace = []
        elif _REPLACE.match(line):
            if replace is None:
                raise Unusable(f"edit {len(found) + 1} has no ======= between its SEARCH and its REPLACE part")
            found.append(_edit(search, replace))
            search = None
        else:
            (search if replace is None else replace).append(line)
    if search is not None:
        raise Unusable(f"edit {len(found) + 1} has no >>>>>>> REPLACE at its end: it seems to be cut off")
    return found


def _edit(search: list[str], replace: list[str]) -> Edit:
    """Without fences that stand within the block, around either part."""
    return Edit(tuple(_bared(search)), tuple(_bared(replace)))


def _bared(lines: list[str]) -> list[str]:
    if len(lines) >= 2 and _FENCE_LINE.match(lines[0]) and _FENCE_LINE.match(lines[-1]):
        return lines[1:-1]
    return lines


def _hunks(lines: list[str]) -> list[Edit]:
    found: list[Edit] = []
    search: list[str] = []
    replace: list[str] = []

    def close() -> None:
        if search != replace:
            found.append(Edit(tuple(search), tuple(replace)))
        search.clear()
        replace.clear()

    for line in lines:
        if _HUNK.match(line) or re.match(r"^(--- |\+\+\+ |diff |index )", line):
            close()
        elif line.startswith("+"):
            replace.append(line[1:])
        elif line.startswith("-"):
            search.append(line[1:])
        elif not line.startswith("\\"):  # "\ No newline at end of file"
            kept = line.removeprefix(" ")
            search.append(kept)
            replace.append(kept)
    while search and replace and not search[-1].strip() and not replace[-1].strip():
        search.pop()
        replace.pop()
    close()
    return found


def _without(text: str) -> str:
    """The reply without its edit blocks."""
    kept, inside = [], False
    for line in text.split("\n"):
        inside = inside or bool(_SEARCH.match(line))
        if not inside:
            kept.append(line)
        inside = inside and not _REPLACE.match(line)
    return "\n".join(kept)


def _place(edit: Edit, lines: list[str], name: str) -> tuple[int, str]:
    """The line at which the edit applies, and the indent that its replacement lacks ("-" before one it has too much)."""
    wanted = list(edit.search)
    if not any(line.strip() for line in wanted):
        raise Unusable(f"the SEARCH part of {name} is empty: copy the lines it stands beside")
    for like in (str, str.rstrip, str.strip):  # as it stands; without trailing blanks; indented otherwise
        there, asked = [like(line) for line in lines], [like(line) for line in wanted]
        starts = (start for start, line in enumerate(there) if line == asked[0])
        places = [start for start in starts if there[start : start + len(asked)] == asked]
        shifts = [_shift(lines[start : start + len(wanted)], wanted) for start in places]
        certain = [(place, shift) for place, shift in zip(places, shifts, strict=True) if shift is not None]
        if len(certain) == 1:
            return certain[0]
        if len(certain) > 1:
            where = ", ".join(str(place + 1) for place, _ in certain[:5])
            raise Unusable(f"the SEARCH part of {name} stands in {len(certain)} places (lines {where}): add lines around it")
    raise Unusable(f"the SEARCH part of {name} stands nowhere in the program: {_nearest(wanted, lines)}")


def _shift(there: list[str], wanted: list[str]) -> str | None:
    """What all wanted lines lack in indent alike; None where they differ from one another."""
    shifts = set()
    for real, line in zip(there, wanted, strict=True):
        if not line.strip():
            continue
        own, asked = real[: len(real) - len(real.lstrip())], line[: len(line) - len(line.lstrip())]
        if own.endswith(asked):
            shifts.add(own[: len(own) - len(asked)])
        elif asked.endswith(own):
            shifts.add("-" + asked[: len(asked) - len(own)])
        else:
            return None
    if len(shifts) > 1:
        return None
    return shifts.pop() if shifts else ""


def _shifted(line: str, indent: str) -> str:
    if not line.strip():
        return line
    return line.removeprefix(indent[1:]) if indent.startswith("-") else indent + line


def _nearest(wanted: list[str], lines: list[str]) -> str:
    """Where the program parts from the wanted lines, or the line that the first of them may have meant."""
    whole, asked = [line.strip() for line in lines], [line.strip() for line in wanted]
    first = next(line for line in asked if line)
    asked = asked[asked.index(first) :]
    begun = {at: _alike(whole[at:], asked) for at, line in enumerate(whole) if line == first}
    if begun:
        at = max(begun, key=lambda start: (begun[start], _closeness(whole[start:], asked, begun[start])))
        parts = at + begun[at]
        if begun[at] == len(asked):
            return f"from line {at + 1} on it is indented otherwise"
        real = f"is {lines[parts][:120]!r}" if any(whole[parts:]) else "is the program's end"
        return f"it is as from line {at + 1} on until line {parts + 1}, which {real}; lines are copied whole"
    close = difflib.get_close_matches(first, [line for line in whole[:3000] if line], 1, 0.6)
    if not close:
        return f"no line is like {first[:80]!r}"
    at = whole.index(close[0])
    return f"nearest to its first line is line {at + 1}: {lines[at][:120]!r}"


def _alike(there: list[str], asked: list[str]) -> int:
    """How many lines are the same from the beginning."""
    return next((n for n, line in enumerate(asked) if there[n : n + 1] != [line]), len(asked))


def _closeness(there: list[str], asked: list[str], same: int) -> float:
    """From 0 to 1, of the first line that is not the same."""
    return difflib.SequenceMatcher(None, "".join(there[same : same + 1]), "".join(asked[same : same + 1])).ratio()
