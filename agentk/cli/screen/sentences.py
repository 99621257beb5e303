"""A run's journal in sentences: what of it a person would want to know while the run works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentk.agent.ending.summary import traps
from agentk.graph.journal import Line, whole
from agentk.llms.record import call_of
from agentk.types.outcome import Status
from agentk.types.wording import shortened

if TYPE_CHECKING:
    from agentk.graph.workbench import Workbench

IDEA = 100
"""Characters of a plan's idea in a line."""


def sentence(line: Line, bench: Workbench) -> str | None:
    """A journal line in words; None for one that a person need not see."""
    match line["event"]:
        case "stage":
            return _stage(line)
        case "traps":
            known = traps([line])
            return "memory knows of such files: " + " · ".join(known) if known else None
        case "attempt_finished":
            attempt = bench.ledger.attempts[whole(line["number"])]
            if attempt.kind == "blend" and attempt.outcome.status is Status.PRUNED:  # a mixture of one
                return None
            return f"{attempt.title}: {attempt.result}" + (f", {attempt.seconds:.1f}s" if attempt.seconds else "")
        case "model_call":
            call = call_of(line)
            told = call.error if call.reply is None else f"{call.reply.usage.prompt + call.reply.usage.reply:,} tokens"
            priced = "" if call.reply is None or not call.reply.cost else f", ${call.reply.cost:.4f}"
            took = "" if call.reply is None else f", {call.reply.seconds:.1f}s"
            return f"{call.name} was asked: {call.request.purpose}: {told}{priced}{took}"
        case "model_left":
            return f"the playbook goes on alone: {line['reason']}"
        case "explored":
            return f"a look at the data: {shortened(str(line['aim']), IDEA)}"
        case "smoke" if line["status"] != "scored":
            return f"on few rows, {shortened(str(line['idea']), IDEA)}: {line['status']}: {line['reason']}"
        case "answer" if isinstance(line["answer"], dict) and "refused" in line["answer"]:
            left = bench.proposing is not None and bench.proposing.colleagues.left is not None  # which says the same
            why = shortened(str(line["answer"]["refused"]), 3 * IDEA)
            return None if left else f"{line['giver']}: {line['node']} refused: {why}"
        case "submission_replaced":
            what = "a sound baseline" if line["number"] is None else f"#{line['number']}"
            return f"submission.csv is now {what}: {line['reason']}"
        case "run_finished":
            return f"finished: {line['stopped_by']}"
        case _:
            return None


def _stage(line: Line) -> str:
    if line["stage"] == "findings":
        found = line["findings"]
        return "looked for leaks and shifts: " + (
            "; ".join(map(str, found)) if isinstance(found, list) and found else "none found"
        )
    return f"setup: {line['stage']} ✓ ({line['tests']} tests)"


def is_set_up(line: Line) -> bool:
    """Whether the last stage of setup has passed."""
    return line["event"] == "stage" and line["stage"] == "split"
