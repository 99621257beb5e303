"""What a model is shown of the columns: bounded whatever the width of the table, and never more than the person shares."""

from __future__ import annotations

import re
from typing import Any, Literal

from agentk.reasoning.model.names import Names
from agentk.types.competition import Column, ColumnKind, Competition
from agentk.types.profile import ColumnProfile, Numbers, Profile, TargetProfile
from agentk.types.wording import shortened

Share = Literal["names", "stats", "examples"]
"""What may leave the machine: names and kinds; statistics as well; example values and the words of categories as well."""

DETAILED = 60
"""Columns that are described one by one, the rest in groups."""
GROUPS = 25
CLASSES = 30
NAME = 80
"""Characters of a name that are shown."""


def target_views(competition: Competition, profile: Profile, share: Share, names: Names) -> list[dict[str, Any]]:
    """One dict a target: name, numbers, and shares of classes. Class labels are part of the contract, whatever is shared."""
    known = {target.name: target for target in profile.targets}
    return [_target(known.get(name, TargetProfile(name=name)), share, names) for name in competition.targets[:CLASSES]]


def _target(target: TargetProfile, share: Share, names: Names) -> dict[str, Any]:
    tells = share != "names"
    return {
        "name": shortened(names.name(target.name)),
        "numbers": _numbers(target.numbers, share) if tells else None,
        "shares": [
            {"value": shortened(names.value(target.name, one.value)), "share": percent(one.share)}
            for one in target.shares[:12]
            if tells
        ],
    }


def class_names(competition: Competition, names: Names) -> list[str]:
    """The class labels as program text, in the order of a prediction's columns; the first of them where there are many."""
    if not competition.task.classifies:
        return []
    first = competition.targets[0]
    shown = [names.value(first, label) if isinstance(label, str) else label for label in competition.classes[:CLASSES]]
    return [shortened(repr(label)) for label in shown]


def column_views(
    competition: Competition, profile: Profile, share: Share, names: Names, room: float = 1.0
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The columns that say most, one dict each, and the rest as groups of like names and kinds; `room`: the share shown."""
    known = {column.name: column for column in profile.columns}
    by_name = {column.name: column for column in competition.columns}
    order = [name for name in known if name in by_name]
    order += [column.name for column in competition.columns if column.name not in known]
    if share == "names":  # the order by signal would say more than names
        order = [column.name for column in competition.columns]
    pixels = [name for name in order if by_name[name].kind is ColumnKind.PIXEL]  # told of together
    order = [name for name in order if by_name[name].kind is not ColumnKind.PIXEL]
    most = max(1, round(DETAILED * room))
    detailed = [_column(by_name[name], known.get(name), share, names) for name in order[:most]]
    return detailed, _groups([by_name[name] for name in (*order[most:], *pixels)], names, max(1, round(GROUPS * room)))


def _column(column: Column, profile: ColumnProfile | None, share: Share, names: Names) -> dict[str, Any]:
    view: dict[str, Any] = {"name": shortened(names.name(column.name)), "kind": column.kind.value, "stats": share != "names"}
    if share == "names":
        return view
    profile = profile or ColumnProfile(name=column.name)
    view |= {
        "signal": f"{profile.signal:.2f}" if column.kind not in (ColumnKind.TEXT, ColumnKind.IMAGE, ColumnKind.LIST) else "",
        "missing": percent(column.missing) if column.missing or profile.test_missing else "",
        "test_missing": percent(profile.test_missing),
        "unique": column.unique,
        "numbers": _numbers(profile.numbers, share),
        "span": profile.span and [shortened(end) for end in profile.span],
        "test_span": profile.test_span and [shortened(end) for end in profile.test_span],
        "words": profile.words,
        "unseen": percent(profile.unseen) if profile.unseen else "",
        "largest": percent(profile.shares[0].share) if profile.shares and share == "stats" else "",
        "shares": [],
        "examples": [],
    }
    if share == "examples":
        if profile.shares and profile.shares[0].share >= 0.002:
            view["shares"] = [
                {"value": shortened(names.value(column.name, one.value), 40), "share": percent(one.share)}
                for one in profile.shares[:6]
            ]
        elif not (names.hidden and profile.numbers is None):
            view["examples"] = [shortened(example, 60) for example in profile.examples[:3]]
    return view


def _groups(columns: list[Column], names: Names, most: int) -> list[dict[str, Any]]:
    """Names that differ in digits alone are one group."""
    groups: dict[tuple[str, str], list[str]] = {}
    for column in columns:
        name = names.name(column.name)
        groups.setdefault((re.sub(r"\d+", "#", name), column.kind.value), []).append(name)
    found = sorted(groups.items(), key=lambda item: -len(item[1]))
    views = [
        {"name": shortened(owns[0] if len(owns) == 1 else f"{owns[0]} … {owns[-1]}", 2 * NAME), "count": len(owns), "kind": kind}
        for (_, kind), owns in found[:most]
    ]
    if rest := found[most:]:
        views.append(
            {"name": "…", "count": sum(len(owns) for _, owns in rest), "kind": ", ".join(sorted({kind for (_, kind), _ in rest}))}
        )
    return views


def _numbers(numbers: Numbers | None, share: Share) -> dict[str, Any] | None:
    if numbers is None:
        return None
    ends = ("low", "quarter", "median", "three_quarters", "high", "mean", "std")
    digits = 6 if share == "examples" else 4  # of a row's own value no more is told
    shown: dict[str, Any] = {name: f"{getattr(numbers, name):.{digits}g}" for name in ends}
    return shown | {"zeros": percent(numbers.zeros) if numbers.zeros > 0.05 else "", "whole": numbers.whole}


def percent(share: float) -> str:
    """A share as a person reads it."""
    return f"{100 * share:.0f}%" if share >= 0.1 or share == 0 else f"{100 * share:.1f}%"
