"""How prompts grow with a run: the real templates on a run of many steps, beside a summary that lists every attempt.

The summary is built as AIDE builds it (WecoAI/aideml, `Journal.generate_summary`): design, result and score of every attempt that
worked, at every step anew. The attempts are invented, as long as real ones are; what is measured is the size of what is sent.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agentk.graph.ledger import Ledger
from agentk.llms.counting import tokens
from agentk.llms.protocol import ChatRequest, Frozen
from agentk.reasoning.model.prompts import Prompts
from agentk.reasoning.model.reasoner import LLMReasoner
from agentk.testing.asking import LIBRARIES, PROGRAM, ScriptedModel, attempt, code_question, plan_question
from agentk.types.attempt import Attempt
from agentk.types.competition import Competition
from agentk.types.profile import Profile

STEPS = 200
IDEAS = (
    "ratios of the strongest columns",
    "an encoding of categories by smoothed means of the target, fitted out of fold",
    "quantile-scaled numbers for a small neural network",
    "counts of rare values and flags for what is missing",
    "a robust loss, since errors have heavy tails",
    "interactions of the two columns that explain most by themselves",
)


class Size(Frozen):
    """Tokens sent at one step."""

    step: int
    plan: int  # the question what to try next
    improve: int  # the question for one change of a program
    unbounded: int  # the same as `plan`, with a summary of every attempt instead of the digest


def sizes(
    competition: Competition, profile: Profile, steps: int = STEPS, each: Callable[[Size], None] = lambda _: None
) -> list[Size]:
    """The sizes of what is asked at each of `steps` steps."""
    draw = random.Random(0)
    ledger, found = Ledger("maximize"), []
    for step in range(1, steps + 1):
        question = plan_question(competition, profile, step=step, tree=ledger.tree(), best=ledger.best, notes=())
        plan, reasoner = _asked(json.dumps({"action": "draft", "idea": "x"}))
        reasoner.plan(question)
        improve, reasoner = _asked(f"```python\nX = 1\n{PROGRAM}```")
        reasoner.code(code_question(competition, profile, "improve"))
        shown = plan.requests[-1].messages[-1].content
        digest = shown[shown.index("## The attempts so far") : shown.index("## What the held-out rows say")]
        rest = _count(plan.requests[-1]) - tokens(digest)
        whole = rest + tokens(_unbounded(list(ledger.attempts.values())))
        size = Size(step=step, plan=_count(plan.requests[-1]), improve=_count(improve.requests[-1]), unbounded=whole)
        found.append(size)
        each(size)
        tried = _invented(step, draw)
        ledger.attempts[step] = tried
        if tried.score is not None and (ledger.best is None or tried.score > (ledger.attempts[ledger.best].score or 0.0)):
            ledger.best = step
    return found


def _asked(reply: str) -> tuple[ScriptedModel, LLMReasoner]:
    model = ScriptedModel(reply)
    return model, LLMReasoner(model, model, _PROMPTS, libraries=LIBRARIES, audit=lambda _solution, _competition: None)


_PROMPTS = Prompts()


def _count(request: ChatRequest) -> int:
    return sum(tokens(message.content) for message in request.messages)


def _invented(step: int, draw: random.Random) -> Attempt:
    """Two of three work; ideas of the length that models write."""
    idea = ". ".join(draw.sample(IDEAS, 4)) + f", as step {step} has it."
    parent = None if step < 4 or draw.random() < 0.15 else draw.randrange(1, step)
    facts: dict[str, Any] = {"parent": parent, "kind": "draft" if parent is None else "improve", "name": idea[:40], "idea": idea}
    score = None if draw.random() < 0.33 else 0.80 + 0.1 * step / (step + 40) + draw.gauss(0, 0.01)
    return attempt(step, score, verdict="a tie (the paired difference is +0.0006 ± 0.0026), which goes to the average", **facts)


def _unbounded(attempts: list[Attempt]) -> str:
    """Design, results and metric of every attempt that worked."""
    parts = [
        f"Design: {one.idea}\nResults: {one.verdict}. {one.idea}\nValidation Metric: {one.score}\n"
        for one in attempts
        if one.score is not None
    ]
    return "\n-------------------------------\n".join(parts)


def bench_prompts(out: Path, each: Callable[[Size], None]) -> tuple[list[Size], list[Path]]:
    """Measures on builtin:breast-cancer and draws; the sizes and the files prompts.json and prompts-size.png in `out`."""
    from agentk.competitions.draft import Overrides
    from agentk.competitions.files.rows import load_rows
    from agentk.competitions.files.tables import plan_of
    from agentk.competitions.profile import profile_of
    from agentk.competitions.scoring.truth import encode_truth
    from agentk.competitions.setup import set_up

    with tempfile.TemporaryDirectory() as place:
        competition = set_up("builtin:breast-cancer", Overrides(), Path(place))
        train, test = load_rows(competition.folder, plan_of(competition))
        profile = profile_of(competition, train, test, encode_truth(competition, train))
    found = sizes(competition, profile, each=each)
    out.mkdir(parents=True, exist_ok=True)
    table = out / "prompts.json"
    table.write_text(json.dumps([size.model_dump() for size in found]))
    return found, [table, *draw(found, out)]


def draw(found: list[Size], folder: Path) -> list[Path]:
    """The plot; nothing where matplotlib is not installed."""
    try:
        import matplotlib as mpl
    except ImportError:
        return []
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(8, 4.2), layout="constrained")
    steps = [size.step for size in found]
    axis.plot(
        steps, [size.unbounded for size in found], color="#999999", label="plan, with a summary of every attempt (as AIDE does)"
    )
    axis.plot(steps, [size.plan for size in found], color="#d62728", label="plan, as agentk asks it")
    axis.plot(steps, [size.improve for size in found], color="#1f77b4", label="one change of a program, as agentk asks it")
    axis.set(
        xlabel="step of the run", ylabel="tokens sent", ylim=(0, None), title="The size of a question does not grow with the run"
    )
    axis.legend(frameon=False)
    axis.spines[["top", "right"]].set_visible(False)
    path = folder / "prompts-size.png"
    figure.savefig(path, dpi=90)
    plt.close(figure)
    return [path]
