"""The messages that every question of a run begins with, word for word, so that a provider's prompt cache keeps them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agentk.llms.counting import tokens
from agentk.llms.protocol import Message, Picture
from agentk.reasoning.model.columns import Share, class_names, column_views, target_views
from agentk.reasoning.model.names import Names
from agentk.reasoning.model.prompts import Prompts
from agentk.reasoning.model.veil import DESCRIPTION, Veil
from agentk.types.competition import Competition
from agentk.types.metric import Direction
from agentk.types.profile import Profile
from agentk.types.solution import SMOKE_ROWS, SMOKE_SECONDS
from agentk.types.wording import shortened

CEILING = 6_000
"""Tokens of the beginning, at most."""
ROOMS = (1.0, 0.7, 0.5, 0.35, 0.2, 0.1)
"""Shares of what it is made of that a page is tried with, until it keeps below its ceiling."""
FORMULA = 3_000
"""Characters of the file of a metric of the person's own that are shown."""


def beginning(
    prompts: Prompts,
    competition: Competition,
    profile: Profile,
    direction: Direction,
    brief: str,
    libraries: Mapping[str, str],
    share: Share,
    names: Names,
    veil: Veil,
    sheet: Picture | None = None,
) -> tuple[Message, ...]:
    """The contract of programs, the competition in brief, and a word of assent, so that questions and answers alternate."""

    doubts = [one for one in competition.doubts if not one.startswith(competition.findings)]  # said once

    def page(room: float) -> str:
        detailed, others = column_views(competition, profile, share, names, room)
        return prompts.render(
            "competition",
            hidden=names.hidden,
            share=share,
            name=competition.name,
            brief=brief,
            task=competition.task.value,
            passage=shortened(names.name(competition.passage)) if competition.passage else "",
            rows=competition.rows,
            test_rows=competition.test_rows,
            metric=competition.metric,
            direction=direction,
            formula="" if names.hidden or competition.own_metric is None else competition.own_metric.source[:FORMULA],
            weight=competition.weights and shortened(names.name(competition.weights.name)),
            weighed=_weighed(competition, names),
            targets=target_views(competition, profile, share, names),
            classes=class_names(competition, names),
            width=competition.width,
            ids=[shortened(names.name(name)) for name in competition.id_columns[:5]],
            train_only=[shortened(names.name(name)) for name in competition.train_only[:20]],
            gaps=competition.gaps,
            validation={
                "folds": competition.validation.folds,
                "scheme": competition.validation.scheme,
                "column": competition.validation.column and names.name(competition.validation.column),
                "reasons": [shortened(veil.told(one), 200) for one in competition.validation.reasons[:3]],
            },
            picture=_picture(competition, names),
            columns=detailed,
            others=others,
            findings=[shortened(veil.told(one), 250) for one in competition.findings[:10]],
            doubts=[shortened(veil.told(one), 250) for one in doubts[:5]],
            sheet=sheet is not None,
        )

    system = prompts.render(
        "system",
        libraries=libraries,
        task=competition.task.value,
        width=competition.width,
        smoke_rows=SMOKE_ROWS,
        smoke_seconds=round(SMOKE_SECONDS),
        forward=competition.validation.scheme == "rolling",
    )
    return (
        Message(role="system", content=system),
        Message(role="user", content=fullest(page, CEILING - tokens(system)), pictures=() if sheet is None else (sheet,)),
        Message(role="assistant", content=prompts.render("ready")),
    )


def setup_facts(competition: Competition, tables: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """What a question of setup begins with instead, as no run has begun: the description, the files, what is believed of them."""
    return {
        "name": competition.name,
        "description": competition.description.strip()[:DESCRIPTION],
        "tables": {name: list(columns) for name, columns in tables.items()},
        "targets": list(competition.targets),
        "task": competition.task.value,
    }


def _picture(competition: Competition, names: Names) -> dict[str, Any] | None:
    """What the columns of pixels are together."""
    if (pixels := competition.pixels) is None:
        return None
    ends = [shortened(names.name(name)) for name in (pixels.columns[0], pixels.columns[-1])]
    return {"words": pixels.words, "ends": ends, **pixels.model_dump(include={"channels", "planar", "white"})}


def _weighed(competition: Competition, names: Names) -> list[str]:
    """Targets or classes with what each counts in the metric, where they differ."""
    own = class_names(competition, names) or [shortened(names.name(target)) for target in competition.targets]
    return [f"{name} {weight:g}" for name, weight in list(zip(own, competition.column_weights, strict=False))[:20]]


def fullest(page: Callable[[float], str], most: int) -> str:
    """The first page of at most `most` tokens, the shortest where none is."""
    text = ""
    for room in ROOMS:
        text = page(room)
        if tokens(text) <= most:
            break
    return text
