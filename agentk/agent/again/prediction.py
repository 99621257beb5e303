"""Prediction: new rows with a run's winner, its programs executed in the sandbox as they were in the run."""

from __future__ import annotations

import csv
import shutil
import tempfile
from contextlib import closing
from pathlib import Path

from agentk.agent import machine
from agentk.agent.again.remake import SUBMISSION
from agentk.agent.session import request_of
from agentk.competitions.files.respelling import respelled
from agentk.errors import RunError
from agentk.graph.folder import RunFolder


def predict(folder: RunFolder, rows: Path, output: Path) -> int:
    """Predicts the rows of a file with the run's winner; returns how many.

    The file may be spelled otherwise than the test file is: separator, decimal sign, encoding are found out.
    Raises RunError when the run has no winner yet, or when its program cannot take these rows.
    """
    from agentk.sandbox.open import open_sandbox
    from agentk.sandbox.protocol import End, Execution, Function, Limits

    competition = folder.read_contract()
    if competition is None or not (folder.solution / "solution.py").exists():
        raise RunError(
            f"{folder.path.name} has no winner to predict with; `agentk resume {folder.path.name} --budget +10m` may find one"
        )
    with tempfile.TemporaryDirectory() as place:
        files = {"--rows": respelled(rows.absolute(), competition.test, Path(place))}
        if (extra := request_of(folder).extra) is not None:
            files["--extra"] = extra.absolute()
        names = {option: f"{option.strip('-')}{''.join(path.suffixes)}" for option, path in files.items()}
        execution = Execution(
            entry=Function("agentk.agent.again.remake:remake"),
            collect_to=Path(place) / "out",
            inputs={
                "data": competition.folder,
                "solution": folder.solution,
                **{names[option]: files[option] for option in files},
            },
            arguments={"options": dict(names)},
            limits=Limits(wall_s=24 * 3600, memory_bytes=int(machine.memory() * 0.8)),
        )
        with closing(open_sandbox(1, machine.cores(), (), Path(place) / "sandbox")) as sandbox:
            result = sandbox.submit(execution).result()
        if result.end is not End.OK or SUBMISSION not in result.outputs:
            raise RunError(
                f"{rows} could not be predicted: {result.reason or 'no predictions were written'}\n{result.log[-2000:]}"
            )
        output.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(result.outputs[SUBMISSION], output)
    with output.open(newline="", encoding="utf-8") as file:
        return sum(1 for _ in csv.reader(file)) - 1  # an answer may have lines
