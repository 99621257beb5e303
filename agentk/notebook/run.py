"""A run in the hands of a person: step, steer, rewind, look."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Any

from agentk.agent.ending.summary import Summary, summarize
from agentk.agent.insight.evidence import contract_of
from agentk.agent.request import Request, renewed_budget
from agentk.agent.session import work
from agentk.agent.stepping import Paused, Stepper, Until
from agentk.agent.teammate import add_predictions, came_of, receiving
from agentk.errors import RunError, SettingError
from agentk.graph.folder import RunFolder
from agentk.graph.inbox import post_hint, post_program
from agentk.graph.journal import read, whole
from agentk.notebook.explain import Explanation, explained
from agentk.notebook.live import ended_at, watched
from agentk.notebook.views import Best, Contract, Cost, Memory, Step, Tree
from agentk.reasoning.questions import Plan
from agentk.report.page import report_at_end, write_report
from agentk.types.attempt import Attempt
from agentk.types.solution import Solution
from agentk.types.space import Params


class Run:
    """One run. Nothing is executed until `step`, `run` or `arun` is called, and nothing is lost when it is interrupted.

    The first of these calls opens it: it starts the sandbox and takes the run's lock. `close()`, a `with` block, or the end of
    the process give both back; the next call opens it again. Looking (`tree`, `best`, `memory`, …) opens nothing.
    """

    def __init__(self, folder: RunFolder, request: Request) -> None:
        self._stepper = Stepper(folder, request)

    @property
    def folder(self) -> Path:
        """Where everything of the run lies."""
        return self._stepper.folder.path

    @property
    def next(self) -> str | None:
        """The node that runs next; None once the run has ended. Opens the run."""
        return self._stepper.next

    # working

    def step(self, until: Until | None = None) -> Step:
        """Runs one node of the graph and returns what it did.

        until: go on, up to and with a node of this name ("execute"), or a step that a function accepts.
        Raises Paused on an interrupt, RunError when the run has ended, SettingError for a node that there is not.
        """
        if until is None:
            told = self._stepper.step()
        else:
            *_, told = self._stepper.until(until)
        return Step(told.folder, told.lines)

    def run(self, until: Until | None = None) -> Run:
        """Runs to the end of the budget, with a view that renews itself. An interrupt pauses it; run() goes on."""
        with watched(self._stepper.going()):
            for _ in self._stepper.until(until):
                pass
        self._tell_end()
        return self

    async def arun(self, until: Until | None = None) -> Run:
        """As `run`, in a thread of its own: the kernel stays free, `pause()` works. Cancelling it pauses the run."""
        bench = await asyncio.to_thread(self._stepper.going)
        with watched(bench):
            work = asyncio.get_running_loop().run_in_executor(None, lambda: [None for _ in self._stepper.until(until)])
            try:
                await asyncio.shield(work)
            except asyncio.CancelledError:
                self.pause()
                await asyncio.wait([work])
                work.exception()  # Paused: it was asked for
                raise
            except Paused:
                pass
        await asyncio.to_thread(self._tell_end)
        return self

    def _tell_end(self) -> None:
        """Where the run has ended, its report is written, as the command line does."""
        if self._stepper.next is None:
            report_at_end(self._stepper.folder)

    def pause(self) -> None:
        """Stops a run that works in `arun` where it can go on later."""
        self._stepper.pause()

    def finish(self) -> Run:
        """Ends the run here: a last blend, solution/, what memory learns. It can go on with `more`."""
        self._stepper.finish()
        return self.run()

    def more(self, *, budget: str | float | None = None, attempts: int | None = None) -> Run:
        """More to spend: a new whole budget ("10m") or more of it ("+5m"); a new whole number of attempts."""
        whole = None if budget is None else renewed_budget(budget, self._stepper.request.budget, self.summary.seconds)
        self._stepper.more(whole, attempts)
        return self

    def close(self) -> None:
        """Gives sandbox and lock back. The run can be gone on with at any time, here or with `agentk resume`."""
        self._stepper.close()

    def __enter__(self) -> Run:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # steering

    def edit(
        self, *, plan: Plan | dict[str, Any] | None = None, code: str | Path | None = None, params: Params | None = None
    ) -> None:
        """Changes an answer before it is acted on, in your name.

        plan: after a step of "plan": a whole Plan, or the fields to change. code: after a step of "code": the whole program, or
        its file. params: what it is executed with. Raises SettingError when there is no such answer, or it cannot be.
        """
        program = code.read_text(encoding="utf-8") if isinstance(code, Path) else code
        self._stepper.edit(plan=self._plan(plan) if isinstance(plan, dict) else plan, code=program, params=params)

    def _plan(self, changes: dict[str, Any]) -> Plan:
        steps = self._stepper.steps
        present = dict(steps[-1].state.get("plan") or {}) if steps else {}
        if changes.get("recipe", present.get("recipe")) != present.get("recipe"):
            present |= {"params": {}, "starts": [], "within": {}, "lessons": []}  # they were meant for another recipe
        try:
            return Plan.model_validate({"giver": "person", "action": "draft", "idea": ""} | present | changes)
        except ValueError as error:
            raise SettingError(f"this is no plan: {error}") from None

    def rewind(self, to: int | Step | Attempt) -> Run:
        """Time travel: back to the end of a step, by number or as an object; for an attempt, to the plan that led to it.

        What came after stays in the tree, greyed, and a new branch begins. Raises RunError for a step there is not.
        """
        if isinstance(to, Step):
            found = to
        elif isinstance(to, Attempt):
            found = self._planned(to.number)
        else:
            steps = {step.number: step for step in self.steps}
            if to not in steps:
                raise RunError(f"there is no step {to}: there are 1 to {len(steps)}; for an attempt give run.tree[{to}]")
            found = steps[to]
        self._stepper.rewind(found)
        return self

    def _planned(self, number: int) -> Step:
        planned = None
        for step in self.steps:
            if number in step.started or number in (attempt.number for attempt in step.attempts):
                break
            planned = step if step.node == "plan" else planned
        else:
            raise RunError(f"attempt {number} is not on this branch; steps of other branches are rewound to as objects")
        if planned is None:
            raise RunError(f"attempt {number} was planned by nobody: it is the person's own; give a step instead")
        return planned

    def tell(self, idea: str) -> None:
        """An idea in your words: it reaches the next plan."""
        post_hint(self._stepper.folder, idea)

    def add(
        self,
        program: Path | str | None = None,
        *,
        oof: str | Path | None = None,
        test_pred: str | Path | None = None,
        name: str | None = None,
    ) -> None:
        """A model of your own, in the tree and in the blend: it enters with the next plan; a run that has ended takes it in now.

        program: its file, or its source. Or, of a model that was fitted elsewhere, the files of its predictions: oof, of the
        training rows, each made without the row's label, and test_pred, of the test rows. Raises SettingError for anything else.
        """
        folder = self._stepper.folder
        if program is not None and oof is None and test_pred is None:
            source = program.read_text(encoding="utf-8") if isinstance(program, Path) else program
            called = name or (program.stem if isinstance(program, Path) else "mine")
            post_program(folder, called, Solution(source, called).source)
        elif program is None and oof is not None and test_pred is not None:
            add_predictions(folder, Path(oof), Path(test_pred), name or Path(oof).stem)
        else:
            raise SettingError("give a program, or both oof= and test_pred=, the files of a model's predictions")
        if self._stepper.ledger.ended is not None:
            self._take_in()

    def _take_in(self) -> None:
        """What was added to a run that has ended is judged and weighed in the blend."""
        self._stepper.close()
        with receiving(self._stepper.folder) as bench, watched(bench):
            before = set(bench.ledger.attempts)
            work(bench)
            for told in came_of(bench, before):
                print(told)
        report_at_end(self._stepper.folder)

    # looking

    @property
    def steps(self) -> list[Step]:
        """Every step behind the current branch, oldest first."""
        return [Step(step.folder, step.lines) for step in self._stepper.steps]

    @property
    def tree(self) -> Tree:
        """Attempts of all branches, with the score curve."""
        ledger, summary = self._stepper.ledger, self.summary
        everything = ledger.attempts | ledger.abandoned
        return Tree(
            attempts={number: everything[number] for number in sorted(everything)},
            best=ledger.best,
            left=frozenset(ledger.abandoned),
            at=ended_at(read(self._stepper.folder.journal)),
            direction=ledger.direction,
            metric=summary.metric or "",
        )

    @property
    def best(self) -> Best | None:
        """What is in submission.csv; None while that is answers that need no model."""
        ledger = self._stepper.ledger
        if ledger.best is None:
            return None
        attempt = ledger.attempts[ledger.best]
        return Best(attempt, self._stepper.folder.read_solution(attempt).source, self.summary)

    @property
    def competition(self) -> Contract:
        """The contract. Raises RunError before setup has ended."""
        return Contract(contract_of(self._stepper.folder))

    @property
    def memory(self) -> Memory:
        """The lessons that were used, with what came of them, and those that were learned."""
        ledger = self._stepper.ledger
        used, written = [], []
        for line in read(self._stepper.folder.journal):
            if line["event"] == "lesson_used":
                attempt = ledger.attempts.get(whole(line["number"]))
                came = "" if attempt is None or attempt.score is None else f" → #{attempt.number} scored {attempt.score:.5f}"
                used.append((str(line["lesson"]), str(line["text"]), f"{line['why']}{came}"))
            elif line["event"] == "lesson_written":
                written.append((str(line["lesson"]), str(line["text"]), str(line["kind"])))
        return Memory(tuple(used), tuple(written), self._stepper.request.memory)

    @property
    def cost(self) -> Cost:
        """Time, attempts, money."""
        found = self.summary
        budget = self._stepper.request.budget
        return Cost(found.seconds, budget, found.attempts, found.trials, found.cost, found.tokens)

    @property
    def summary(self) -> Summary:
        """The run in numbers, as `agentk run --json` prints them."""
        return summarize(self._stepper.folder)

    @property
    def submission(self) -> Path:
        """submission.csv, the best so far. Raises RunError while there is none."""
        path = self._stepper.folder.submission
        if not path.exists():
            raise RunError(f"{self.folder.name} has no submission yet: step(until='open') makes a first one")
        return path

    @property
    def report(self) -> Path:
        """The report as one HTML file, written anew as the run stands now."""
        return write_report(self._stepper.folder)

    def explain(self, attempt: int | Attempt | None = None) -> Explanation:
        """Why an attempt was tried, with which lessons, what the referee said, why it was kept or not; by default the best."""
        number = attempt.number if isinstance(attempt, Attempt) else attempt
        if number is None:
            number = self._stepper.ledger.best
        tree = self.tree
        if number is None or number not in tree.attempts:
            there = ", ".join(map(str, tree.attempts)) or "none yet"
            raise RunError(f"there is no finished attempt {number}: there are {there}")
        return explained(self._stepper.folder, tree, number)

    def __repr__(self) -> str:
        found = self.summary
        score = "no score yet" if found.cv_score is None else f"{found.metric} {found.cv_score:.5f}, {found.winner}"
        ended = f", ended by: {found.stopped_by}" if found.stopped_by else ""
        return f"<Run {self.folder.name}: {len(self._stepper.steps)} steps, {found.attempts} attempts, {score}{ended}>"

    def _repr_html_(self) -> str:
        from agentk.notebook import html

        steps = self._stepper.steps
        last = f"after step {steps[-1].number}, {steps[-1].node}" if steps else "nothing has run yet: run.step() or run.run()"
        parts = [f"<div>{html.text(last)}</div>"]
        best = self.best
        if best is not None:
            parts.append(best.html())
        if steps:
            parts.append(self.tree.html())
        return html.card(self.folder.name, *parts, side=str(self.folder))
