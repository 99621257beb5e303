"""The formatting of composed programs: imports and literals as the linter and formatter would write them."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

WIDTH = 130


def import_lines(imports: Mapping[str, tuple[str, str | None]]) -> list[str]:
    """Import statements for {bound name: (module, member or None)}: standard library first, sorted as isort does."""
    sections: dict[bool, list[str]] = {True: [], False: []}
    plain = sorted(
        ((module, name) for name, (module, member) in imports.items() if member is None), key=lambda pair: pair[0].lower()
    )
    for module, name in plain:
        sections[_is_standard(module)].append(f"import {module}" + (f" as {name}" if name != module else ""))
    members: dict[str, list[tuple[str, str]]] = {}
    for name, (module, member) in imports.items():
        if member is not None:
            members.setdefault(module, []).append((member, name))
    for module in sorted(members, key=str.lower):
        parts = [
            member + (f" as {name}" if name != member else "") for member, name in sorted(members[module], key=_member_order)
        ]
        line = f"from {module} import {', '.join(parts)}"
        wrapped = [line] if len(line) <= WIDTH else [f"from {module} import (", *(f"    {part}," for part in parts), ")"]
        sections[_is_standard(module)] += wrapped
    lines = ["from __future__ import annotations"]
    for standard in (True, False):
        if sections[standard]:
            lines += ["", *sections[standard]]
    return lines


def _is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def _member_order(pair: tuple[str, str]) -> tuple[int, str]:
    """Constants, then classes, then functions, each by name."""
    name = pair[0]
    return (0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2), name


def literal_lines(name: str, value: Mapping[str, Any]) -> list[str]:
    """`name = {...}` with an entry a line, deeper values broken only where they would not fit a line."""
    if not value:
        return [f"{name}: dict[str, Any] = {{}}"]
    return [f"{name} = {{", *_entries(value, 1), "}"]


def counted_line(pixels: Mapping[str, Any]) -> str:
    """The statement that adds columns of pixels to the contract's kinds as numbers, counted by `itertools.product`."""
    ends = [(pixels["first"], pixels["first"] + count) for count in pixels["counts"]]
    spans = ", ".join(f"range({first}, {end})" if first else f"range({end})" for first, end in ends)
    return f'CONTRACT["kinds"] |= {{{_flat(pixels["name"])}.format(*place): "numeric" for place in product({spans})}}'


def _entries(value: Mapping[str, Any], depth: int) -> list[str]:
    return [line for key, item in value.items() for line in _broken(f"{_flat(key)}: ", item, depth)]


def _broken(prefix: str, item: Any, depth: int) -> list[str]:
    pad = "    " * depth
    line = f"{pad}{prefix}{_flat(item)},"
    if len(line) <= WIDTH or not isinstance(item, Mapping | list | tuple) or not item:
        return [line]
    if isinstance(item, Mapping):
        return [f"{pad}{prefix}{{", *_entries(item, depth + 1), f"{pad}}},"]
    inner = [broken for element in item for broken in _broken("", element, depth + 1)]
    return [f"{pad}{prefix}[", *inner, f"{pad}],"]


def _flat(item: Any) -> str:
    if isinstance(item, str):
        return json.dumps(item, ensure_ascii=False) if item.isprintable() and '"' not in item and "\\" not in item else repr(item)
    if isinstance(item, Mapping):
        return "{" + ", ".join(f"{_flat(key)}: {_flat(value)}" for key, value in item.items()) + "}"
    if isinstance(item, list | tuple):
        return "[" + ", ".join(_flat(element) for element in item) + "]"
    return repr(item)
