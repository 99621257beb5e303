"""Setup: from files to a tested contract, stage by stage; then a first sound submission and the person's own program."""

from __future__ import annotations

from agentk.competitions.draft import Draft, Stage
from agentk.competitions.setup import STAGES, proven, to_competition
from agentk.graph.folder import replace
from agentk.graph.state import State
from agentk.graph.workbench import Workbench

DRAFT = "draft.json"


def run_stage(stage: Stage, bench: Workbench, state: State) -> State:
    """Runs one stage and its tests on the draft so far. Raises CompetitionError with what was found and the flag that helps."""
    bench.notice("setup", stage.name)
    path = bench.folder.work / DRAFT
    draft = Draft.model_validate_json(path.read_text()) if path.exists() else bench.first_draft()
    draft = proven(stage, stage.run(draft))
    replace(path, draft.model_dump_json())
    bench.journal.write("stage", stage=stage.name, tests=len(stage.tests))
    if stage is STAGES[-1]:
        bench.settle_competition(to_competition(draft))
    return {}


def open_run(bench: Workbench, state: State) -> State:
    """A valid submission within the first seconds; the person's own program, if any, enters as the first attempt."""
    arena = bench.arena
    if not bench.folder.submission.exists():
        bench.notice("setup", "a first sound submission")
        replace(bench.folder.submission, arena.submission(arena.sound_answers()))
        bench.journal.write(
            "submission_replaced", number=None, score=None, reason="sound answers that need no model, until one is scored"
        )
    number = 1
    solution = bench.setting.solution
    if solution is not None:
        if bench.folder.read_attempt(number) is None and number not in bench.pending():
            plan = {"giver": "person", "action": "draft", "idea": "the person's own program"}
            bench.folder.start(
                number, solution, {"kind": "draft", "parent": None, "origin": "person", "recipe": None, "params": {}, **plan}
            )
            bench.journal.write("attempt_started", number=number, kind="draft", parent=None, name=solution.name)
        number += 1
    return {"step": 0, "next": number, "settled": []}
