"""The program of a solution is run again: beside its siblings, on its data and on new rows."""

from __future__ import annotations

from pathlib import Path

from agentk.agent.again.remake import SUBMISSION
from agentk.sandbox.open import open_sandbox
from agentk.sandbox.protocol import End, Execution, Function

PROGRAM = """
import sys
from pathlib import Path
from beside import greeting

given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
rows = Path(given["--rows"]).read_text() if "--rows" in given else "no rows"
Path(given["--out"]).write_text(f"{greeting} {(Path(given['--data']) / 'train.csv').read_text()} {rows}")
"""


def test_runs_the_program_of_a_solution_with_its_siblings_its_data_and_new_rows(tmp_path: Path):
    solution, data = tmp_path / "solution", tmp_path / "data"
    solution.mkdir()
    data.mkdir()
    (solution / "solution.py").write_text(PROGRAM)
    (solution / "beside.py").write_text("greeting = 'hello'\n")
    (data / "train.csv").write_text("labels")
    (tmp_path / "fresh rows.csv").write_text("fresh")
    sandbox = open_sandbox(1, 1, (), tmp_path / "sandbox")
    try:
        inputs = {"solution": solution, "data": data, "rows.csv": tmp_path / "fresh rows.csv"}
        for options, expected in (({}, "hello labels no rows"), ({"--rows": "rows.csv"}, "hello labels fresh")):
            execution = Execution(
                entry=Function("agentk.agent.again.remake:remake"),
                collect_to=tmp_path / "out",
                inputs=inputs,
                arguments={"options": dict(options)},
            )
            result = sandbox.submit(execution).result()
            assert result.end is End.OK, result.log
            assert result.outputs[SUBMISSION].read_text() == expected
    finally:
        sandbox.close()
