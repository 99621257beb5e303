"""A model beside the playbook: what it proposes is tried on few rows first, and whatever it does, the run goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from agentk.errors import AgentKError, BudgetError, ModelError
from agentk.graph.briefing import reflect_question
from agentk.graph.build import walk
from agentk.graph.proposing import Proposing
from agentk.graph.workbench import Workbench
from agentk.llms.protocol import ChatRequest, Message, Reply, Usage
from agentk.llms.record import Call
from agentk.reasoning.colleagues import Colleagues
from agentk.reasoning.questions import Code, CodeQuestion, Plan, PlanQuestion, Reasoner, Reflection, ReflectQuestion
from agentk.referee.probes import Probed
from agentk.referee.referee import Referee
from agentk.types.outcome import Outcome, Status

MIDDLES = """
import numpy as np

SPACE = {"width": {"type": "float", "low": 0.05, "high": 20.0, "log": True, "default": 0.1}}

def fit_predict(train, test, params, data_dir):
    names = [name for name in test.columns if test[name].dtype.kind == "f"]
    target = next(name for name in train.columns if name not in test.columns)
    classes = sorted(train[target].unique())
    middles = [train.loc[train[target] == one, names].mean().to_numpy() for one in classes]
    far = np.stack([((test[names].to_numpy() - middle) ** 2).sum(axis=1) for middle in middles], axis=1)
    near = np.exp(-(far - far.min(axis=1, keepdims=True)) / params.get("width", 0.1))
    return near / near.sum(axis=1, keepdims=True)
"""
RAISES = "def fit_predict(train, test, params, data_dir):\n    raise ValueError('no column called petals')\n"
FAILS_ON_FOLDS = MIDDLES.replace("    names =", "    assert len(test) > 80, 'too few rows'\n    names =", 1)
LOOKS = "def explore(train, test, data_dir):\n    print('rows', len(train), 'labelled;', len(test), 'not')\n"


@dataclass
class Model:
    """Plays a language model: says what it was told to, in order, and keeps what it was asked."""

    plans: list[Plan | AgentKError] = field(default_factory=list)
    programs: list[str | AgentKError] = field(default_factory=list)
    plan_questions: list[PlanQuestion] = field(default_factory=list)
    code_questions: list[CodeQuestion] = field(default_factory=list)
    reflected: list[int] = field(default_factory=list)
    record: Callable[[Call], None] = lambda _call: None
    name: str = "files/test"

    def plan(self, question: PlanQuestion) -> Plan:
        self.plan_questions.append(question)
        return self._say(self.plans, "plan")

    def code(self, question: CodeQuestion) -> Code:
        self.code_questions.append(question)
        return Code(giver=self.name, name="middles", source=self._say(self.programs, "code"))

    def reflect(self, question: ReflectQuestion) -> Reflection:
        self.reflected.append(question.attempt.number)
        return Reflection(giver=self.name, note="seen")

    def _say(self, said: list[Any], purpose: str) -> Any:
        request = ChatRequest(messages=(Message(role="user", content="?"),), purpose=purpose)
        self.record(Call(name=self.name, request=request, reply=Reply(text="!", usage=Usage(prompt=100, reply=10), cost=0.01)))
        answer = said.pop(0) if said else ModelError("it has nothing more to say")
        if isinstance(answer, AgentKError):
            raise answer
        return answer


@dataclass
class Plain:
    """Stands beside the model in place of the playbook: drafts something cheap, always."""

    made: int = 0
    name: str = "playbook"

    def plan(self, question: PlanQuestion) -> Plan:
        return Plan(giver=self.name, action="draft", idea="something cheap")

    def code(self, question: CodeQuestion) -> Code:
        self.made += 1
        return Code(giver=self.name, name=f"cheap {self.made}", source=MIDDLES, params={"width": 0.05 * self.made})

    def reflect(self, question: ReflectQuestion) -> Reflection:
        return Reflection(giver=self.name, note="seen")


@dataclass
class Ended:
    """A probe that has ended so, without the wait for its limit."""

    found: Probed

    def done(self) -> bool:
        return True

    def result(self) -> Probed:
        return self.found


def say(action: str, **fields: Any) -> Plan:
    return Plan.model_validate({"giver": "files/test", "action": action, "idea": f"to {action}"} | fields)


@pytest.fixture
def with_model(opened: Callable[..., Workbench]) -> Callable[..., tuple[Workbench, Model]]:
    def made(model: Model, reasoner: Reasoner | None = None, **options: Any) -> tuple[Workbench, Model]:
        beside = reasoner or Plain()
        bench = opened(beside, **options)
        bench.proposing = Proposing(Colleagues(beside, model))
        model.record = bench.calls.put
        return bench, model

    return made


def lines(bench: Workbench, event: str) -> list[dict[str, Any]]:
    from agentk.graph.journal import read

    return [dict(line) for line in read(bench.folder.journal) if line["event"] == event]


def of_model(bench: Workbench) -> list[Any]:
    return [attempt for attempt in bench.ledger.attempts.values() if attempt.origin == "files/test"]


def test_it_looks_drafts_improves_and_fuses(with_model: Callable[..., tuple[Workbench, Model]]) -> None:
    plans = [say("explore"), say("draft"), say("improve", parent=1, predicted_gain=0.01), say("fuse", parents=[1, 2])]
    bench, model = with_model(Model([*plans], [LOOKS, MIDDLES, MIDDLES, MIDDLES]), attempts=7)
    walk(bench)
    made = of_model(bench)
    assert [attempt.kind for attempt in made] == ["draft", "improve", "fuse"]
    assert all(attempt.score is not None and attempt.smoke and attempt.smoke[1] is not None for attempt in made)
    assert made[1].predicted_gain == 0.01 and made[2].parents == (1, 2)
    (look,) = lines(bench, "explored")
    assert look["output"].strip().startswith("rows")
    assert model.plan_questions[1].notes[0].output == look["output"], "what was seen is told from the next plan on"
    assert [parent.attempt.number for parent in model.code_questions[3].parents] == [1, 2]
    assert all(parent.source for question in model.code_questions[2:] for parent in question.parents)
    last = model.plan_questions[-1]
    assert [(one.number, one.note) for one in last.conclusions] == [(attempt.number, "seen") for attempt in made[:2]]
    assert not any(question.pending for question in model.plan_questions), "without a clock all results are seen first"


def test_a_look_that_is_stopped_keeps_what_it_printed(
    with_model: Callable[..., tuple[Workbench, Model]], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, model = with_model(Model([say("explore"), say("draft")], [LOOKS, MIDDLES]), attempts=5)
    stopped = Probed(Outcome(status=Status.TIMED_OUT, reason="30 s"), log="rows 300\n", seconds=30.0)
    monkeypatch.setattr(Referee, "look", lambda *_: Ended(stopped))
    walk(bench)
    (look,) = lines(bench, "explored")
    assert look["output"].startswith("rows") and look["output"].endswith("(stopped after 30 s)")
    assert [question.broken for question in model.code_questions] == [None, None], "it is not asked for again"


def test_a_result_is_told_beside_the_best_of_the_others(with_model: Callable[..., tuple[Workbench, Model]]) -> None:
    bench, _ = with_model(Model([say("draft")] * 2, [MIDDLES] * 2), attempts=5)
    walk(bench)
    ranked = sorted(bench.ledger.scored, key=lambda one: one.score or 0.0, reverse=bench.arena.metric.direction == "maximize")
    best = bench.ledger.attempts[bench.ledger.best or 0]
    rival = reflect_question(bench, best).incumbent
    assert rival is not None and rival.number == next(one.number for one in ranked if one.number != best.number)
    other = next(one for one in ranked if one.number != best.number)
    assert reflect_question(bench, other).incumbent == best


def test_a_question_says_what_is_legal_and_how_attempts_err(with_model: Callable[..., tuple[Workbench, Model]]) -> None:
    bench, model = with_model(Model([say("draft")] * 3, [MIDDLES] * 3), attempts=6)
    walk(bench)
    first, last = model.plan_questions[0], model.plan_questions[-1]
    assert first.scored > 0, "the playbook makes the baseline"
    options = {option.action: option for option in last.legal}
    assert {"draft", "improve", "fuse", "explore"} <= options.keys() and "stop" not in options
    assert options["improve"].cost_s and options["improve"].parents
    own = of_model(bench)[0].number
    diagnosis = next(one for one in model.plan_questions[-1].diagnoses if one.number == own)
    assert diagnosis.nearest is not None and 0 <= diagnosis.novelty <= 2
    assert diagnosis.train_score is not None


def test_a_failing_smoke_run_is_mended_with_its_log(with_model: Callable[..., tuple[Workbench, Model]]) -> None:
    bench, model = with_model(Model([say("draft")], [RAISES, MIDDLES]), attempts=5)
    walk(bench)
    assert [line["status"] for line in lines(bench, "smoke")] == ["failed", "scored"]
    broken = model.code_questions[1].broken
    assert broken is not None and "no column called petals" in broken.reason and broken.source == RAISES and broken.round == 1
    assert "fit_predict" in broken.log
    assert [attempt.score is not None for attempt in of_model(bench)] == [True], "what failed on few rows never met the folds"


def test_mending_is_bounded_and_costs_a_step_not_the_run(with_model: Callable[..., tuple[Workbench, Model]]) -> None:
    bench, model = with_model(Model([say("draft"), say("draft")], [RAISES] * 3 + [MIDDLES]), attempts=6)
    walk(bench)
    assert len(lines(bench, "smoke")) == 4 and len(of_model(bench)) == 1
    assert "mended 2 times" in model.plan_questions[1].refused[0]


def test_what_fails_on_all_rows_may_be_debugged(with_model: Callable[..., tuple[Workbench, Model]]) -> None:
    class Mends(Model):
        def plan(self, question: PlanQuestion) -> Plan:
            self.plan_questions.append(question)
            options = {option.action: option for option in question.legal}
            if "debug" in options:
                return say("debug", parent=options["debug"].parents[0])
            return say("draft")

    bench, _model = with_model(Mends([], [FAILS_ON_FOLDS, *[MIDDLES] * 9]), attempts=6)
    walk(bench)
    failed, *later = of_model(bench)
    assert failed.outcome.status == "failed" and failed.smoke is not None
    (mended,) = [attempt for attempt in later if attempt.kind == "debug"]
    assert mended.parent == failed.number and mended.score is not None


def test_what_cannot_be_done_is_refused_and_the_playbook_answers(with_model: Callable[..., tuple[Workbench, Model]]) -> None:
    bench, model = with_model(Model([say("improve", parent=77), say("stop")]), attempts=6)
    walk(bench)
    refusals = [line["answer"]["refused"] for line in lines(bench, "answer") if "refused" in line["answer"]]
    assert "no attempt 77" in refusals[0] and "stop is not legal now" in refusals[1]
    assert model.plan_questions[1].refused == (refusals[0],)
    assert bench.ledger.ended == "attempts" and len([one for one in bench.ledger.attempts.values() if one.kind != "blend"]) == 6


def test_without_money_the_playbook_goes_on_and_it_is_said_once(with_model: Callable[..., tuple[Workbench, Model]]) -> None:
    bench, model = with_model(
        Model([say("draft"), BudgetError("of --max-cost $0.02 only $0.0001 are left")], [MIDDLES]), attempts=6
    )
    walk(bench)
    (left,) = lines(bench, "model_left")
    assert "--max-cost" in left["reason"]
    assert len(model.plan_questions) == 2 and len(of_model(bench)) == 1
    assert bench.ledger.ended == "attempts"
    calls = lines(bench, "model_call")
    assert len(calls) == 3 and bench.ledger.spent.cost == pytest.approx(0.03) and bench.ledger.spent.tokens == 330


def test_three_failures_in_a_row_end_the_asking(with_model: Callable[..., tuple[Workbench, Model]]) -> None:
    bench, model = with_model(Model([ModelError("overloaded")] * 5), attempts=8)
    walk(bench)
    assert len(model.plan_questions) == 3 and "overloaded" in lines(bench, "model_left")[0]["reason"]


def test_while_a_model_thinks_the_slots_are_busy(with_model: Callable[..., tuple[Workbench, Model]]) -> None:
    class Slow(Model):
        """Writes a program only after it has seen another begin; it gives up after a minute."""

        def code(self, question: CodeQuestion) -> Code:
            before, until = len(lines(bench, "attempt_started")), time.monotonic() + 60.0
            while len(lines(bench, "attempt_started")) == before:
                assert time.monotonic() < until, "attempts begin while an answer is awaited"
                time.sleep(0.02)
            bench.stop("seen enough")
            return super().code(question)

    bench, _model = with_model(Slow([say("draft")] * 9, [MIDDLES] * 9), budget=120.0)
    walk(bench)
    assert bench.ledger.ended == "seen enough"


def test_a_killed_run_goes_on_and_remembers_what_was_spent(
    with_model: Callable[..., tuple[Workbench, Model]], tmp_path: Path
) -> None:
    class Killed(Model):
        def code(self, question: CodeQuestion) -> Code:
            if len(self.code_questions) == 1:
                raise KeyboardInterrupt
            return super().code(question)

    bench, _ = with_model(Killed([say("draft")] * 3, [MIDDLES] * 3), attempts=6)
    with pytest.raises(KeyboardInterrupt):
        walk(bench)
    bench.journal.close()
    for number in list(bench.ledger.under_way):
        bench.arena.referee.cancel(f"attempt-{number}")
    again, _model = with_model(Model([say("draft")] * 9, [MIDDLES] * 9), attempts=6)
    before = again.ledger.spent
    assert before.calls >= 3
    walk(again)
    assert again.ledger.spent.calls > before.calls and again.ledger.ended == "attempts"
    numbers = [line["number"] for line in lines(again, "attempt_finished")]
    assert len(numbers) == len(set(numbers))


def test_the_same_answers_give_the_same_submission(
    with_model: Callable[..., tuple[Workbench, Model]], opened: Callable[..., Workbench], tmp_path: Path
) -> None:
    def told() -> Model:
        return Model([say("draft"), say("explore"), say("improve", parent=1)], [MIDDLES, LOOKS, RAISES, MIDDLES])

    first, _ = with_model(told(), attempts=5)
    walk(first)
    made = first.folder.submission.read_bytes()
    first.journal.close()
    first.folder.path.rename(tmp_path / "first")
    second, _ = with_model(told(), attempts=5)
    walk(second)
    assert second.folder.submission.read_bytes() == made
