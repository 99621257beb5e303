"""Setup: from files to a tested contract, stage by stage; then a first sound submission and the person's own program."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from agentk.competitions.account import in_markdown
from agentk.competitions.draft import Draft, Stage
from agentk.competitions.reopening import proven, settled
from agentk.competitions.said import over
from agentk.competitions.setup import STAGES
from agentk.graph.advice import heeded
from agentk.graph.folder import RunFolder, replace
from agentk.graph.forewarned import forewarned
from agentk.graph.journal import read
from agentk.graph.measured import measured
from agentk.graph.nodes.decide import begun
from agentk.graph.nodes.execute import sound_submission
from agentk.graph.state import State
from agentk.graph.workbench import Workbench


def draft_file(folder: RunFolder, stage: Stage) -> Path:
    """Where a stage leaves its draft: each its own, so that a stage that is entered again begins where it began before."""
    return folder.work / f"draft-{stage.name}.json"


def run_stage(stage: Stage, bench: Workbench, state: State) -> State:
    """Runs one stage and its tests on the draft so far; the last one also the tests across stages, which reopen what they blame.

    Raises CompetitionError with what was found and the flag that helps.
    """
    if stage.name in bench.ledger.stages:
        return {}
    bench.notice("setup", stage.name)
    before = _before(bench, stage)
    draft = _settled(bench) if stage is STAGES[-1] else proven(stage, before)
    replace(draft_file(bench.folder, stage), draft.model_dump_json())
    bench.journal.write(
        "stage",
        stage=stage.name,
        tests=len(stage.tests),
        found=[reason for reason in draft.reasons if reason not in before.reasons],
        doubts=[doubt for doubt in draft.doubts if doubt not in before.doubts],
        reopened=list(draft.told()),
    )
    return {}


def _settled(bench: Workbench) -> Draft:
    """The draft after the last stage and the tests across stages, with what a model and memory say of it; its contract is kept.

    The drafts that the stages left before are kept anew, as those tests may have reopened them.
    """
    drafts = {each.name: _before(bench, each) for each in STAGES}
    first = drafts[STAGES[0].name]
    draft, advice = heeded(bench, first, settled(STAGES, drafts))
    advised = first.model_copy(update={"overrides": over(advice, first.overrides)})
    draft = measured(bench, advised, draft).model_copy(update={"overrides": first.overrides})
    for each, following in pairwise(STAGES):
        replace(draft_file(bench.folder, each), drafts[following.name].model_dump_json())
    draft, competition = forewarned(bench.memory, draft)
    bench.settle_competition(competition)
    replace(bench.folder.path / "contract.md", in_markdown(competition))
    return draft


def _before(bench: Workbench, stage: Stage) -> Draft:
    """The draft with which a stage begins."""
    place = STAGES.index(stage)
    if place == 0:
        return bench.first_draft()
    return Draft.model_validate_json(draft_file(bench.folder, STAGES[place - 1]).read_text())


def open_run(bench: Workbench, state: State) -> State:
    """A valid submission within the first seconds; the person's own program, if any, enters as the first attempt."""
    arena = bench.arena
    bench.settle_competition(arena.competition)  # with the person's own folds, where there are some
    if not bench.folder.submission.exists():
        bench.notice("setup", "a first sound submission")
        sound_submission(bench)
    if not any(line["event"] == "traps" for line in read(bench.folder.journal)):
        known = bench.recollection.traps()
        bench.journal.write("traps", durable=False, lessons=[{"id": one.id, "text": one.text, "why": one.why} for one in known])
    number = 1
    solution = bench.setting.solution
    if solution is not None:
        if bench.folder.read_attempt(number) is None and not bench.folder.has_started(number):
            plan = {"giver": "person", "action": "draft", "idea": "the person's own program"}
            bench.folder.start(
                number, solution, {"kind": "draft", "parent": None, "origin": "person", "recipe": None, "params": {}, **plan}
            )
        begun(bench, number)
        number += 1
    return {"step": 0, "next": number}
