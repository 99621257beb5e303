"""The agent in a notebook: a competition and what may be spent on it, ready to start."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal

from agentk.agent.models import notice_of, with_defaults
from agentk.agent.request import Models, Request, budget_of
from agentk.agent.session import begin, find, request_of
from agentk.cli.kaggle import fetched
from agentk.competitions.draft import Overrides
from agentk.errors import SettingError
from agentk.notebook.run import Run
from agentk.settings import load_settings, wanted


class Agent:
    """Works on one competition: `Agent("builtin:wine", budget="1m").start().run()`.

    competition  a folder like an unzipped Kaggle download, a CSV file, builtin:NAME, or a competition's address at Kaggle
    budget       time to spend: "90s", "10m", seconds; by default 10m, or none where `attempts` is given
    attempts     end after so many; with it, a seed fixes the result
    seed, workers
                 of everything random; programs executed at once, by default one for each core, at most 8
    target, id, metric, weights, task, positive, train, test, sample, description, validation, column, pixels, leaks
                 what you know about the competition; without these it is found out
    solution, hints, folds, extra, recipes
                 what you have: a program to beat, ideas, a CSV with a column "fold", further labelled rows, recipes (files)
    model        PROVIDER/NAME, files:DIR, or a backend of your own; None: the playbook alone, or what agentk.toml says
    model_code, model_think
                 other models to write programs, and to plan and reflect
    base_url, max_cost, max_tokens, share, obfuscate, prompts
                 of the model: its address, hard limits in US dollars and tokens, what it is shown of the data, whether names
                 and the description are hidden from it, a folder of changed prompts
    memory       "write", "read", "off", or a folder to keep memory in
    sandbox      "auto", or "strict": refuse to run where a guarantee does not hold
    out          where runs are kept

    Raises SettingError for what cannot be.
    """

    def __init__(
        self,
        competition: str | Path,
        *,
        budget: str | float | None = None,
        attempts: int | None = None,
        seed: int = 0,
        workers: int | None = None,
        target: str | tuple[str, ...] = (),
        id: str | tuple[str, ...] = (),  # as the column is called
        metric: str | None = None,
        weights: str | None = None,
        task: str | None = None,
        positive: str | None = None,
        train: str | None = None,
        test: str | None = None,
        sample: str | None = None,
        description: str | None = None,
        validation: str | None = None,
        column: str | None = None,
        pixels: str | None = None,
        leaks: Literal["use", "report", "drop"] | None = None,
        solution: str | Path | None = None,
        hints: str | tuple[str, ...] = (),
        folds: str | Path | None = None,
        extra: str | Path | None = None,
        recipes: tuple[str | Path, ...] = (),
        model: str | None = None,
        model_code: str | None = None,
        model_think: str | None = None,
        base_url: str | None = None,
        max_cost: float | None = None,
        max_tokens: int | None = None,
        share: Literal["names", "stats", "examples"] | None = None,
        obfuscate: bool = False,
        prompts: str | Path | None = None,
        memory: str = "write",
        sandbox: Literal["auto", "strict"] = "auto",
        out: str | Path = "runs",
    ) -> None:
        known = {
            "metric": metric,
            "weights": weights,
            "task": task,
            "positive": positive,
            "train": train,
            "test": test,
            "sample": sample,
            "description": description,
            "validation": validation,
            "column": column,
            "pixels": pixels,
            "leaks": leaks,
        }
        self.request = _request(
            competition=str(competition),
            budget=budget_of(budget, attempts),
            attempts=attempts,
            seed=seed,
            workers=workers,
            overrides={"target": _several(target), "id": _several(id), **known},
            solution=solution,
            hints=_several(hints),
            folds=folds,
            extra=extra,
            recipes=tuple(recipes),
            models={
                "name": model,
                "code": model_code,
                "think": model_think,
                "base_url": base_url,
                "max_cost": max_cost,
                "max_tokens": max_tokens,
                "share": share,
                "obfuscate": obfuscate,
                "prompts": prompts,
            },
            memory=memory,
            sandbox=sandbox,
            out=out,
        )

    def start(self) -> Run:
        """A new run, in a folder of its own; nothing is executed or sent yet. Each call starts another one."""
        for line in notice_of(self.request.models):
            print(line, file=sys.stderr)
        folder = begin(fetched(self.request, None))
        folder.unlock()  # whoever works on it first takes it
        return Run(folder, request_of(folder))

    @staticmethod
    def resume(run: str | Path = "last", out: str | Path = "runs") -> Run:
        """A run that exists, by folder, by name, or the last one; also one that the command line made."""
        folder = find(str(run), Path(out))
        return Run(folder, request_of(folder))

    def __repr__(self) -> str:
        hidden = {"competition", "overrides"} | ({"models"} if not self.request.models.asked else set())
        asked = self.request.model_dump(exclude_defaults=True, exclude=hidden)
        known = self.request.overrides.model_dump(exclude_defaults=True)
        return f"Agent({self.request.competition!r}{''.join(f', {name}={value!r}' for name, value in (asked | known).items())})"


def _request(**fields: Any) -> Request:
    from pydantic import ValidationError

    try:
        fields["overrides"] = Overrides.model_validate(fields["overrides"])
        fields["models"] = with_defaults(Models.model_validate(fields["models"]), load_settings())
        return Request.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingError(f"{'.'.join(map(str, first['loc']))}={first['input']!r}: {wanted(first)}") from None


def _several(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (value,)
