"""A program that behaves like `agentk run ... --json`, in a second and without learning anything.

The competition folder says what it shall do: a file `behavior` with "fail", "hang" or the share of right answers.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from agentk.types.competition import Competition, SubmissionFormat, TableFile, TaskKind, Validation

parser = argparse.ArgumentParser()
parser.add_argument("verb")
parser.add_argument("folder", type=Path)
parser.add_argument("--budget")
parser.add_argument("--seed", type=int)
parser.add_argument("--json", action="store_true")
parser.add_argument("--out", type=Path)
options = parser.parse_args()

with (options.folder / "calls").open("a") as calls:
    calls.write(f"{options.seed} {options.budget}\n")
behavior = (options.folder / "behavior").read_text()
if behavior == "fail":
    sys.exit("error: no target column was found; name it with --target")

run = options.out / "run"
run.mkdir(parents=True)
competition = Competition(
    name=options.folder.name,
    folder=options.folder,
    task=TaskKind.BINARY,
    train=TableFile(path="train.csv"),
    test=TableFile(path="test.csv"),
    sample=TableFile(path="sample_submission.csv"),
    id_columns=("id",),
    targets=("label",),
    classes=(0, 1),
    columns=(),
    metric="accuracy",
    submission=SubmissionFormat(columns=("id", "label"), id_columns=("id",), kind="label"),
    validation=Validation(scheme="random"),
    rows=1,
    test_rows=200,
)
(run / "competition.json").write_text(competition.model_dump_json())


def submit(right: int) -> None:
    """Right answers (1) for so many rows, wrong ones (0) for the others."""
    (run / ".draft").write_text("id,label\n" + "".join(f"{row},{int(row < right)}\n" for row in range(200)))
    (run / ".draft").rename(run / "submission.csv")


submit(100)
time.sleep(0.4)
if behavior == "hang":
    time.sleep(600)
submit(int(float(behavior) * 200))
print("progress goes to stderr", file=sys.stderr)
print(
    json.dumps(
        {"run": str(run), "attempts": 7, "failed": 1, "cv_score": 0.9, "cv_std": 0.01, "stopped_by": "budget", "occupancy": 0.93}
    )
)
