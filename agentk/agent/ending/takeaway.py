"""What a person takes away from a run: a folder that stands alone and makes the submission again."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agentk import __version__
from agentk.competitions.files.tables import plan_of
from agentk.competitions.metrics.own import metric_of
from agentk.competitions.scoring.truth import format_submission, spelled_labels
from agentk.errors import StoreError
from agentk.referee.decision import Decision
from agentk.referee.handover import WEIGHTS
from agentk.referee.layout import Layout
from agentk.types.competition import Competition, TaskKind
from agentk.types.metric import Metric, better_way
from agentk.types.space import Params

if TYPE_CHECKING:
    import pandas as pd

MOST_MEMBERS = 8
SCHEMA = 1

_CARRIED = {
    "solution.py": Path(__file__).parent / "carried" / "solution.py",
    "submission.py": Path(__file__).parent / "carried" / "submission.py",
    "rows.py": Path(__file__).parents[2] / "competitions" / "files" / "rows.py",
    "reshaped.py": Path(__file__).parents[2] / "competitions" / "files" / "reshaped.py",
    "apply.py": Path(__file__).parents[2] / "referee" / "apply.py",
}


@dataclass(frozen=True)
class Member:
    """One program of the winner."""

    number: int  # of its attempt
    name: str
    source: str
    params: Params  # as the referee passed them, reserved ones included
    weight: float = 1.0


@dataclass(frozen=True)
class Takeaway:
    """The winner of a run: its members, at most `MOST_MEMBERS`, and what makes answers of their predictions."""

    competition: Competition
    metric: Metric
    layout: Layout
    members: tuple[Member, ...]
    decision: Decision
    method: str = "mean"  # how members are combined, see `agentk.referee.apply.combine`
    workers: int = 1  # programs executed at once in the run
    threads: int = 1  # of each
    score: float | None = None
    std: float | None = None
    extra: int | None = None  # further labelled rows that the run was given
    title: str = ""  # what won, in a few words
    versions: Mapping[str, str] | None = None  # of the libraries the run used
    backbones: Mapping[str, Path] = field(default_factory=dict)  # files of pretrained networks, by name


def write_takeaway(takeaway: Takeaway, test: pd.DataFrame, place: Path) -> None:
    """Writes the folder `place`, whole or not at all, in place of what is there.

    test: the competition's test rows, for the form of the submission; none of them is written. Raises StoreError, and ValueError
    when there is no member or more than `MOST_MEMBERS`.
    """
    if not 1 <= len(takeaway.members) <= MOST_MEMBERS:
        raise ValueError(f"a solution has 1 to {MOST_MEMBERS} members, not {len(takeaway.members)}")
    plan = plan_of_takeaway(takeaway, test)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
        try:
            (draft / "members").mkdir()
            for member, facts in zip(takeaway.members, plan["members"], strict=True):
                (draft / facts["file"]).write_text(member.source, encoding="utf-8")
            for name, source in _CARRIED.items():
                (draft / name).write_text(_standing_alone(source.read_text(encoding="utf-8")), encoding="utf-8")
            for name, path in takeaway.backbones.items():
                (draft / WEIGHTS).mkdir(exist_ok=True)
                shutil.copyfile(path, draft / WEIGHTS / name)
            (draft / "plan.json").write_text(json.dumps(plan, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            (draft / "README.md").write_text(_readme(takeaway, plan, place), encoding="utf-8")
            draft.chmod(0o755)
            if place.exists():
                shutil.rmtree(place)
            draft.rename(place)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise StoreError(
            f"{place} cannot be written: {error.strerror or error}; free some space, then `agentk resume`"
        ) from error


def plan_of_takeaway(takeaway: Takeaway, test: pd.DataFrame) -> dict[str, Any]:
    """The literal plan.json: everything `carried/solution.py` goes by."""
    return {
        "schema": SCHEMA,
        "made_by": f"agentk {__version__}",
        "competition": takeaway.competition.name,
        "task": takeaway.competition.task.value,
        "metric": takeaway.metric.name,
        "link": takeaway.metric.link,
        "rows": plan_of(takeaway.competition),
        "labels": [*takeaway.competition.targets, *takeaway.competition.train_only],
        "extra": takeaway.extra,
        "folds": {name: value for name, value in json.loads(takeaway.layout.to_json()).items() if name != "reasons"},
        "members": [
            {
                "name": member.name,
                "attempt": member.number,
                "file": _file(member),
                "weight": member.weight,
                "params": member.params,
            }
            for member in takeaway.members
        ],
        "method": takeaway.method,
        "decision": takeaway.decision.model_dump(mode="json"),
        "submission": _form(takeaway.competition, test),
        "workers": takeaway.workers,
        "threads": takeaway.threads,
        "versions": dict(takeaway.versions or {}),
    }


def _file(member: Member) -> str:
    name = re.sub(r"\W+", "_", member.name).strip("_").lower()
    return f"members/{member.number:03d}_{name}.py"


def _standing_alone(source: str) -> str:
    """A carried module with its siblings imported from beside it."""
    return re.sub(r"^from agentk(?:\.\w+)*\.(\w+) import", r"from \1 import", source, flags=re.MULTILINE)


def _form(competition: Competition, test: pd.DataFrame) -> dict[str, Any]:
    """The submission's form as a literal: for each answer column, where its values come from."""
    form = competition.submission
    literal = {
        "columns": list(form.columns),
        "id_columns": list(form.id_columns),
        "test_ids": list(competition.id_columns),
        "sample": None if competition.sample is None else competition.sample.model_dump(),
        "cells": None if competition.cells is None else competition.cells.model_dump(),
        "across": form.across,
        "candidates": None if competition.candidates is None else competition.candidates.model_dump(),
    }
    answered = [name for name in form.columns if name not in form.id_columns]
    if competition.cells is not None:  # the answers stand side by side first, one column a target
        answered = list(competition.targets)
        wide = form.model_copy(update={"columns": (*competition.id_columns, *answered), "id_columns": competition.id_columns})
        competition = competition.model_copy(update={"cells": None, "sample": None, "submission": wide})
    if competition.candidates is not None:  # a row for each candidate first, with how likely it is
        answered = list(competition.targets)
        kind = "probability" if competition.task.classifies else "values"
        rows = form.model_copy(update={"columns": (*form.id_columns, *answered), "kind": kind})
        competition = competition.model_copy(update={"sample": None, "candidates": None, "submission": rows})
    if form.across:  # the answers stand below each other first, in one column
        answered = list(competition.targets)
        longer = form.model_copy(update={"columns": (*form.id_columns, *answered), "across": False})
        competition = competition.model_copy(update={"sample": None, "submission": longer})
    return literal | {"answers": _answers(competition, test, answered)}


def _answers(competition: Competition, test: pd.DataFrame, columns: list[str]) -> list[dict[str, Any]]:
    """Read off what `format_submission` makes of answers whose values say which class or column they are."""
    kind = competition.submission.kind
    if kind == "ranking":
        length = metric_of(competition).places or 1
        return [{"column": columns[0], "kind": "ranking", "labels": spelled_labels(competition), "length": length}]
    if kind == "tags":
        assert competition.tags
        return [competition.tags.model_dump(mode="json") | {"column": columns[0], "kind": "tags"}]
    if kind == "span":
        return [{"column": columns[0], "kind": "span", "of": competition.passage}]
    if kind == "label" and competition.task.classifies:
        labels = _formatted(competition, test, np.arange(len(competition.classes), dtype=np.float64)[:, None])[columns[0]]
        return [{"column": columns[0], "kind": "label", "labels": labels.tolist()}]
    width = competition.width if competition.task is not TaskKind.BINARY else 2
    places = _formatted(competition, test, np.arange(1, width + 1, dtype=np.float64)[None, :])
    form = "whole" if kind == "label" else "value"
    found = [(name, int(places[name].iloc[0]) - 1) for name in columns]  # -1: a class that no training row has
    return [{"column": name, "kind": form if place >= 0 else "nothing", "from": place} for name, place in found]


def _formatted(competition: Competition, test: pd.DataFrame, answers: Any) -> pd.DataFrame:
    return format_submission(competition, answers, test.iloc[[0] * len(answers)])


def _readme(takeaway: Takeaway, plan: dict[str, Any], place: Path) -> str:
    metric, competition = takeaway.metric, takeaway.competition
    spread = "" if takeaway.std is None else f" ± {takeaway.std:.5f} over folds"
    better = better_way(metric.direction)
    weighed = f"; {competition.weighing}" if competition.weighing else ""
    scored = (
        ""
        if takeaway.score is None
        else f"\n{metric.name} {takeaway.score:.5f}{spread}, on rows held out in turn ({better} is better{weighed}).\n"
    )
    again = "python solution.py --data DIR --out submission.csv" + ("" if takeaway.extra is None else " --extra FILE")
    members = "\n".join(
        f"| `{facts['file']}` | {facts['weight']:.3f} | {', '.join(f'{key}={value}' for key, value in facts['params'].items())} |"
        for facts in plan["members"]
    )
    versions = "\n".join(f"    {name}=={version}" for name, version in sorted(plan["versions"].items()) if name != "agentk")
    together = f" (combined by {takeaway.method})" if len(takeaway.members) > 1 else ""
    folder, run = competition.folder.absolute(), place.absolute().parent
    made_here = f" (here `../{folder.relative_to(run)}`)" if folder.is_relative_to(run) else ""
    decision = takeaway.decision.kind.replace("_", " ")
    return f"""# Solution of {competition.name}

{takeaway.title or "The winner of a run"}.
{scored}
Make the submission again, `DIR` being the competition's folder{made_here}:

    {again}

Predict further rows, in a file with columns like those of the test file:

    python solution.py --data DIR --out predictions.csv --rows new.csv

| member | weight | parameters |
|---|---|---|
{members}

Every member is fitted fold by fold ({takeaway.layout.describe()}), its predictions of the test rows are averaged{together},
and the decision ({decision}) makes answers of them. With the same versions of the libraries the
result is the run's submission, to within rounding:

{versions or "    (not recorded)"}

`plan.json` says all of this for the program; `rows.py` and `reshaped.py` read the tables, `apply.py` blends and decides,
`submission.py` writes the answers as the competition asks for them.
Made by {plan["made_by"]}; nothing of it is needed here.
"""
