"""The notebook: the winner as cells in the order a person would write them; it runs on Kaggle as it is."""

from __future__ import annotations

import json
from typing import Any

from agentk.agent.insight.evidence import contract_of
from agentk.graph.folder import RunFolder
from agentk.report.page import environment
from agentk.report.story import tell
from agentk.types.competition import Competition

PLAN = "plan.json"
ENGINE = "engine.py"
"""What solution.py is called here: its members are executed under the name `solution`."""
TOOLS = {
    "reshaped.py": "Tables in another shape: columns below each other, cells of several numbers or labels, histories summed up.",
    "rows.py": "Reading the tables as the models were shown them.",
    "apply.py": "Averaging predictions, and making answers of them.",
    "submission.py": "Answers in the form that the competition asks for.",
    "solution.py": "Fitting every model fold by fold.",
}


def notebook(folder: RunFolder, slug: str, parts: dict[str, str]) -> dict[str, Any]:
    """The JSON object of a notebook file: the story in markdown, programs in cells that write them, then the fit.

    slug: what Kaggle calls the competition. parts: the files of the run's solution, by their names there.
    """
    story, competition, plan = tell(folder), contract_of(folder), json.loads(parts[PLAN])
    moments = {moment.attempt.number: moment for moment in story.moments}
    facts = {"story": story, "summary": story.summary, "competition": competition, "plan": plan}
    made = environment().get_template("notebook.md").make_module(facts)

    def words(section: str, **more: Any) -> dict[str, Any]:
        text = str(getattr(made, section)(**more)).strip() + "\n"
        return _markdown(text.replace("&#39;", "'").replace("&#34;", '"'))  # only what could become markup stays escaped

    extra = EXTRA if plan["extra"] is not None else ""
    cells = [words("opening"), words("data"), _code(_data_cell(competition, slug) + extra), words("tools")]
    cells += [_file(ENGINE if name == "solution.py" else name, f"# {said}\n{parts[name]}") for name, said in TOOLS.items()]
    cells.append(words("models"))
    for member in plan["members"]:
        cells.append(words("model", member=member, moment=moments.get(member["attempt"])))
        cells.append(_file(member["file"], parts[member["file"]]))
    cells += [words("decided"), _file(PLAN, parts[PLAN])]
    cells += [
        words("fit"),
        _code(FIT.replace("{extra}", "EXTRA" if extra else "None")),
        words("blend"),
        _code(BLEND),
        words("submit"),
        _code(SUBMIT),
    ]
    for place, cell in enumerate(cells):
        cell["id"] = f"cell-{place:02d}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _data_cell(competition: Competition, slug: str) -> str:
    return DATA.replace("{slug}", repr(slug)).replace("{train}", repr(competition.train.path))


DATA = """import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

SLUG, TRAIN = {slug}, {train}

# On Kaggle the data lie under /kaggle/input; anywhere else in ./data or here.
near = [Path("/kaggle/input") / SLUG, Path("/kaggle/input/competitions") / SLUG, Path("data"), Path(".")]
DATA = next((place for place in [*near, *Path("/kaggle/input").glob("*")] if (place / TRAIN).exists()), None)
if DATA is None:
    raise FileNotFoundError(f"no folder with {TRAIN}: add the competition's data to the notebook, or put them into ./data")
DATA = DATA.resolve()

PLACE = Path("solution")  # the programs below are written here, so that several processes can run them
(PLACE / "members").mkdir(parents=True, exist_ok=True)
print(DATA)"""

EXTRA = """

EXTRA = Path("extra.csv")  # the further labelled rows that the run was given: put their file here"""

FIT = """sys.path.insert(0, str(PLACE.resolve()))
import engine

plan = json.loads((PLACE / "plan.json").read_text(encoding="utf-8"))
files = engine.Files(DATA, None, {extra})
rows = engine.Rows.read(plan, files)
predictions = engine.fitted(plan, files, plan["workers"])
[part.shape for part in predictions]"""

BLEND = """blended = engine.blended(plan, predictions)
pd.DataFrame(blended).describe()"""

SUBMIT = """answers = engine.decide(plan["decision"], blended)
submission = engine.submission(plan["submission"], answers, rows.test, DATA)
submission.to_csv("submission.csv", index=False)
submission.head()"""


def _markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text.splitlines(keepends=True)}


def _code(text: str) -> dict[str, Any]:
    source = text.splitlines(keepends=True)
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source}


def _file(name: str, text: str) -> dict[str, Any]:
    return _code(f"%%writefile solution/{name}\n{text}")
