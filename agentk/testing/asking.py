"""What a reasoner is asked, to try prompts and answers on: questions about any competition, and a chat model with a script."""

from __future__ import annotations

from agentk.competitions.metrics.own import metric_of
from agentk.errors import AgentKError
from agentk.llms.protocol import ChatRequest, Reply
from agentk.reasoning.questions import (
    CodeQuestion,
    Conclusion,
    Diagnosis,
    Lesson,
    Note,
    Option,
    Parent,
    Plan,
    PlanQuestion,
    ReflectQuestion,
    Resources,
    Slice,
)
from agentk.types.attempt import Attempt
from agentk.types.competition import Competition
from agentk.types.outcome import Outcome, Status
from agentk.types.profile import Profile

LIBRARIES = {"numpy": "2.4.6", "pandas": "3.1.1", "sklearn": "1.9.1", "lightgbm": "4.7.0", "scipy": "1.17"}
PROGRAM = '''"""Nearest means of the numbers."""
import numpy as np

SPACE = {"width": {"type": "float", "low": 0.05, "high": 20.0, "log": True, "default": 0.1}}


def fit_predict(train, test, params, data_dir):
    names = [name for name in test.columns if test[name].dtype.kind == "f"]
    target = next(name for name in train.columns if name not in test.columns)
    classes = sorted(train[target].unique())
    middles = [train.loc[train[target] == one, names].mean().to_numpy() for one in classes]
    far = np.stack([((test[names].to_numpy() - middle) ** 2).sum(axis=1) for middle in middles], axis=1)
    near = np.exp(-(far - far.min(axis=1, keepdims=True)) / params["width"])
    return near / near.sum(axis=1, keepdims=True)
'''


class ScriptedModel:
    """Answers with the given replies in turn, the last one again and again, or raises them; remembers what it was asked."""

    def __init__(self, *replies: str | Reply | AgentKError) -> None:
        self.name = "scripted/model"
        self.replies = list(replies)
        self.requests: list[ChatRequest] = []

    def ask(self, request: ChatRequest) -> Reply:
        """The next reply of the script."""
        self.requests.append(request)
        reply = self.replies[min(len(self.requests), len(self.replies)) - 1]
        if isinstance(reply, AgentKError):
            raise reply
        return reply if isinstance(reply, Reply) else Reply(text=reply, model=self.name)

    def close(self) -> None:
        """Nothing is open."""

    @property
    def shown(self) -> str:
        """All that it was sent in the latest call."""
        return "\n".join(message.content for message in self.requests[-1].messages)


def attempt(number: int, score: float | None, **more: object) -> Attempt:
    """An attempt with a score, or without one a failed one."""
    status = Status.SCORED if score is not None else Status.FAILED
    reason = "" if score is not None else str(more.pop("reason", "KeyError: 'no_such_column' (solution.py line 12)"))
    facts = {"parent": None, "kind": "draft", "name": f"program {number}", "origin": "scripted/model", **more}
    spread = {"std": 0.0123} if score is not None else {}
    return Attempt.model_validate(
        {"number": number, "score": score, "outcome": Outcome(status=status, reason=reason), **spread, **facts}
    )


RESOURCES = Resources(
    seconds_left=480.0,
    seconds_total=600.0,
    attempts_left=None,
    slots=2,
    cores=1,
    libraries=("numpy", "pandas", "sklearn", "lightgbm"),
)
LESSON = Lesson(id="a1b2c3d4", kind="claim", text="Ratios of areas help trees on measured shapes", value=0.8, evidence=4)


def plan_question(competition: Competition, profile: Profile, **more: object) -> PlanQuestion:
    """What shall be tried after four attempts, one of which failed."""
    tree = (
        attempt(1, 0.61, name="constant"),
        attempt(2, 0.9512, name="lightgbm", parent=None, idea="LightGBM on all columns"),
        attempt(3, None, parent=2, kind="improve", idea="ratios of neighboring columns"),
        attempt(
            4, 0.9633, parent=2, kind="improve", idea="quantile-scaled numbers", chosen=True, verdict="better by 0.012 ± 0.004"
        ),
    )
    facts = {
        "step": 5,
        "competition": competition,
        "profile": profile,
        "direction": metric_of(competition).direction,
        "tree": tree,
        "best": 4,
        "efforts": {},
        "pending": 1,
        "started": ("linear",),
        "scored": 3,
        "since_blend": 3,
        "since_gain": 0,
        "person": ("look at outliers",),
        "lessons": (LESSON,),
        "legal": (
            Option(action="draft", cost_s=12.0, gain=0.01, tried=2),
            Option(action="improve", parents=(4, 2), cost_s=9.0, gain=0.004, tried=2),
            Option(action="debug", parents=(3,)),
            Option(action="fuse", parents=(4, 2)),
            Option(action="explore", cost_s=2.0),
        ),
        "diagnoses": (
            Diagnosis(
                number=4,
                fold_seconds=1.5,
                alike=1.0,
                nearest=2,
                novelty=0.07,
                off=0.1734,
                train_score=0.99,
                valid_score=0.95,
                slices=(Slice(column=competition.columns[0].name, value="(1.2, 3.4]", rows=41, error=0.31, elsewhere=0.07),),
            ),
        ),
        "conclusions": (Conclusion(number=4, note="Scaling by quantiles helped; skewed columns were the reason."),),
        "notes": (Note(number=1, aim="how the target depends on the strongest columns", output="bin  mean\n0    0.2\n1    0.8"),),
        "resources": RESOURCES,
        "seed": 0,
        **more,
    }
    return PlanQuestion.model_validate(facts)


def code_question(competition: Competition, profile: Profile, action: str, source: str = PROGRAM, **more: object) -> CodeQuestion:
    """The program for a plan of this action, worked from `source` where the action has a parent."""
    parents = [Parent(attempt=attempt(4, 0.9633, idea="quantile-scaled numbers"), source=source)]
    if action == "debug":
        parents = [Parent(attempt=attempt(3, None), source=source, log="Traceback …\nKeyError: 'no_such_column'")]
    if action == "fuse":
        parents.append(Parent(attempt=attempt(2, 0.95), source=source))
    of = {"parent": parents[0].attempt.number} if action not in ("draft", "explore") else {}
    facts = {
        "competition": competition,
        "profile": profile,
        "direction": metric_of(competition).direction,
        "plan": Plan.model_validate(
            {"giver": "scripted/model", "action": action, "idea": "use ratios of the strongest columns", **of}
        ),
        "parents": tuple(parents) if of else (),
        "lessons": (LESSON,),
        "resources": RESOURCES,
        "fold_seconds": 20.0,
        "seed": 0,
        **more,
    }
    return CodeQuestion.model_validate(facts)


def reflect_question(competition: Competition, profile: Profile, **more: object) -> ReflectQuestion:
    """What attempt 4, an improvement of attempt 2, teaches."""
    facts = {
        "competition": competition,
        "profile": profile,
        "direction": metric_of(competition).direction,
        "attempt": attempt(4, 0.9633, parent=2, kind="improve", idea="quantile-scaled numbers", predicted_gain=0.004),
        "parent": attempt(2, 0.9512, name="lightgbm"),
        "incumbent": attempt(2, 0.9512, name="lightgbm"),
        "verdict": "better by 0.012 ± 0.004",
        **more,
    }
    return ReflectQuestion.model_validate(facts)
