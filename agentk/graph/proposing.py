"""Proposing: a model works out the next attempt while the graph goes on: plan, program, smoke run, mending.

Only the question itself runs in a thread of its own; everything that is read or written, the journal above all, is the
graph's, which looks in between its own steps.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentk.errors import AgentKError, ReasonerError
from agentk.graph.briefing import code_question, plan_question, reflect_question
from agentk.graph.nodes.decide import check, check_legal
from agentk.graph.nodes.execute import gather
from agentk.graph.nodes.reflect import concluded
from agentk.graph.workbench import Workbench
from agentk.reasoning.questions import WRITTEN, Broken, Code, Plan, PlanQuestion, Reasoner, Reflection
from agentk.types.attempt import Attempt
from agentk.types.outcome import Status
from agentk.types.solution import EXPLORED, SMOKE_SECONDS, Solution

if TYPE_CHECKING:
    from agentk.llms.protocol import ChatModel
    from agentk.reasoning.colleagues import Colleagues
    from agentk.referee.probes import Probe, Probed

POLL = 0.05
"""Seconds between looks while the graph has nothing else to do."""
MENDINGS = 2
"""How often a program whose smoke run failed is mended before it is given up."""


class _Thought:
    """One question, asked in a thread that dies with the process."""

    def __init__(self, what: str, ask: Callable[[], Any]) -> None:
        self.what, self.since = what, time.monotonic()
        self.answer: Future[Any] = Future()
        threading.Thread(target=self._run, args=(ask,), name=f"asking for {what}", daemon=True).start()

    def _run(self, ask: Callable[[], Any]) -> None:
        try:
            self.answer.set_result(ask())
        except BaseException as error:  # it is the asker's: raised where the answer is taken
            self.answer.set_exception(error)


@dataclass
class _Proposal:
    plan: Plan
    facts: dict[str, Any]  # of the question that it answers
    code: Code | None = None
    tried: Probed | None = None
    round: int = 0  # of mending
    ready: bool = False


class Proposing:
    """One proposal at a time. `look` moves it on as far as it goes without waiting."""

    def __init__(self, colleagues: Colleagues, connections: Sequence[ChatModel] = (), *, looks: bool = True) -> None:
        assert colleagues.model is not None, "without a model there is nothing to wait for"
        self.colleagues = colleagues
        self._connections = connections
        self.model: Reasoner = colleagues.model
        self.refused: deque[str] = deque(maxlen=3)
        self.looks = 0 if looks else None  # at the data since the last program; None: what it prints is not shared
        self._thought: _Thought | None = None
        self._probe: Probe | None = None
        self._proposal: _Proposal | None = None
        self._facts: dict[str, Any] = {}
        self._subject: Attempt | None = None
        self._failed = False
        self._step = 0

    @property
    def busy(self) -> bool:
        """Whether a proposal is being worked out and not ready yet."""
        return self._thought is not None or self._probe is not None

    @property
    def ready(self) -> bool:
        """Whether a proposal waits to be taken."""
        return self._proposal is not None and self._proposal.ready

    @property
    def doing(self) -> tuple[str, float] | None:
        """What the model is asked for, and for how many seconds already."""
        thought = self._thought
        return None if thought is None else (thought.what, time.monotonic() - thought.since)

    def propose(self, bench: Workbench, question: PlanQuestion) -> Plan | None:
        """The model's plan, once it and its program are ready; None: the playbook may answer.

        An ordered run waits for it, and asks when all that was under way has ended: it has no clock, and a plan that has not
        seen the last result is a worse one.
        """
        self._step = question.step
        self.look(bench)
        if not self.ready and not self.colleagues.plans(question):
            return None
        if not self.ready and not self.busy:
            if bench.setting.ordered and bench.pending():
                return Plan(giver="graph", action="wait", idea="the model plans from what has ended")
            self._begin(bench, question)
        if bench.setting.ordered:
            self.wait(bench)
        return self._proposal.plan if self._proposal is not None and self._proposal.ready else None

    def take(self, bench: Workbench, plan: Plan) -> tuple[Code, Probed | None] | None:
        """The program of a plan. One that was planned before a kill is written now. None where there is none."""
        if not (self._proposal is not None and self._proposal.ready and self._proposal.plan == plan):
            if self.busy or not self.colleagues.helped:
                return None
            self._failed = False
            self._proposal = _Proposal(plan, {})
            self._write(bench, self._proposal, None)
            self.wait(bench)
        proposal = self._proposal
        if proposal is None or not proposal.ready or proposal.code is None:
            return None
        self._proposal, self.looks = None, None if self.looks is None else 0
        return proposal.code, proposal.tried

    def drop(self) -> None:
        """The plan needs no program, or cannot be acted on any more."""
        self._proposal = None

    def wait(self, bench: Workbench) -> None:
        """Until the proposal is ready or has failed, or the run is over; what the referee finishes meanwhile is taken."""
        while self.busy and not self._failed and bench.over() is None:
            bench.rest()
            gather(bench, POLL)

    def look(self, bench: Workbench) -> None:
        """Takes the answer that has come, if any, and goes on to what follows from it."""
        bench.record_calls()
        if self._thought is not None and self._thought.answer.done():
            thought, self._thought = self._thought, None
            try:
                answer = thought.answer.result()
                self._take(bench, answer)
            except AgentKError as error:
                self._fail(bench, error)
        elif self._probe is not None and self._probe.done():
            probe, self._probe = self._probe, None
            self._probed(bench, probe.result())

    def close(self) -> None:
        """Nobody waits for an answer any more."""
        if self._probe is not None:
            self._probe.cancel()
        self._thought = self._probe = self._proposal = None
        for connection in self._connections:
            connection.close()

    def _begin(self, bench: Workbench, question: PlanQuestion) -> None:
        """First the conclusion from what the model wrote before, then the next plan."""
        self._failed, self._proposal = False, None
        ledger, model = bench.ledger, self.model
        due = [
            ledger.attempts[number]
            for number in sorted(ledger.attempts.keys() - ledger.reflected)
            if self.colleagues.reflects(ledger.attempts[number])
        ]
        if due:
            self._subject = due[0]
            about = reflect_question(bench, due[0])
            self._facts = about.model_dump(mode="json", include={"verdict"}) | {"attempt": due[0].number}
            self._thought = _Thought("a conclusion", lambda: model.reflect(about))
            return
        self._facts = question.model_dump(mode="json", exclude={"competition", "profile", "tree", "standing", "lessons"})
        self._thought = _Thought("a plan", lambda: model.plan(question))

    def _write(self, bench: Workbench, proposal: _Proposal, broken: Broken | None) -> None:
        question, model = code_question(bench, proposal.plan, broken), self.model
        what = "a program" if broken is None else f"a mended program ({broken.round} of {MENDINGS})"
        self._thought = _Thought(what, lambda: model.code(question))

    def _take(self, bench: Workbench, answer: Reflection | Plan | Code) -> None:
        if isinstance(answer, Reflection):
            concluded(bench, answer, self._facts)
            self._subject = None
            self._again(bench)
        elif isinstance(answer, Plan):
            check(bench, answer)
            check_legal(answer, bench.ledger, self.looks)
            self._proposal = _Proposal(answer, self._facts)
            if answer.action in WRITTEN and self.colleagues.writes(answer):
                self._write(bench, self._proposal, None)
            else:
                self._proposal.ready = True
        else:
            proposal = self._proposal
            assert proposal is not None
            proposal.code, referee = answer, bench.arena.referee
            solution = Solution(answer.source, answer.name)
            looks = proposal.plan.action == "explore"
            self._probe = referee.look(answer.source) if looks else referee.smoke(solution, answer.params)

    def _probed(self, bench: Workbench, found: Probed) -> None:
        proposal = self._proposal
        assert proposal is not None and proposal.code is not None
        plan, code, ran = proposal.plan, proposal.code, found.outcome.status is Status.SCORED
        said = found.outcome.model_dump(mode="json") | {"seconds": round(found.seconds, 2)}
        slow = found.outcome.status is Status.TIMED_OUT
        if plan.action == "explore" and (ran or (slow and found.log.strip())):
            cut = f"\n(stopped after {SMOKE_SECONDS:.0f} s)" if slow else ""  # what was printed until then is worth as much
            printed = found.log[: EXPLORED - len(cut)] + cut
            bench.journal.write("explored", aim=plan.idea, output=printed, giver=self.model.name, source=code.source)
            self._proposal, self.looks = None, (self.looks or 0) + 1
            self.colleagues.succeeded()
            self._again(bench)
            return
        bench.journal.write(
            "smoke", idea=plan.idea, round=proposal.round, train_score=found.train_score, valid_score=found.valid_score, **said
        )
        if ran:
            proposal.tried, proposal.ready = found, True
            self.colleagues.succeeded()
        elif proposal.round < MENDINGS:
            proposal.round += 1
            reason = found.outcome.reason
            self._write(
                bench,
                proposal,
                Broken(source=code.source, reason=reason, log=found.log, timed_out=slow, round=proposal.round),
            )
        else:
            reason = f"{plan.action} ({plan.idea}): mended {MENDINGS} times, it still does not run on few rows:\n"
            self._fail(bench, ReasonerError(reason + found.outcome.reason))

    def _again(self, bench: Workbench) -> None:
        """Straight on to the next plan, as long as the run and the model go on."""
        if bench.over() is None and self.colleagues.helped:
            self._begin(bench, plan_question(bench, self._step))

    def _fail(self, bench: Workbench, error: AgentKError) -> None:
        """A failed step, never a failed run."""
        proposal, subject = self._proposal, self._subject
        self._proposal, self._subject, self._failed = None, None, True
        node = "reflect" if subject is not None else "plan" if proposal is None else "code"
        facts: dict[str, Any] = self._facts if proposal is None else {"plan": proposal.plan.model_dump(mode="json")}
        self.colleagues.failed(error)
        bench.answer(node, self.model.name, facts, {"refused": str(error)})
        if subject is None:
            self.refused.append(str(error)[:600])
        if self.colleagues.left is not None:
            bench.journal.write("model_left", model=self.model.name, reason=self.colleagues.left)
