"""Tune: Bayesian search over one solution's parameters, in parallel, pruned fold by fold; the best trial becomes an attempt."""

from __future__ import annotations

import math

from agentk.graph.nodes.execute import POLL, finish, gather
from agentk.graph.state import State
from agentk.graph.workbench import Workbench
from agentk.reasoning.questions import Plan, Resources
from agentk.referee.evaluation import Evaluation
from agentk.tuning.search import Search
from agentk.tuning.trials import Trial, TrialLog, read_trials
from agentk.types.attempt import Attempt, Switch
from agentk.types.outcome import Outcome, Status
from agentk.types.solution import LIMITS, Solution
from agentk.types.space import Params, Space, active

PATIENCE = 4.0
"""A fold of a trial may take as many times what a fold of its parent took."""
TRIALS = 12
SHARE, LEAST, MOST = 0.1, 8, 0.6
"""A search that its plan sets no end: so many trials where no clock runs, else this share of the whole budget, or so many
trials as long as the parent if that is more, and never more than the last share of what is left."""


def tune(bench: Workbench, state: State) -> State:
    """Runs one search to its end. Entered again after a kill, it goes on with the trials that were recorded."""
    number, plan = state["next"], Plan.model_validate(state["plan"])
    if number in bench.ledger.attempts:
        return {"next": number + 1, "refused": 0}
    assert plan.parent is not None, "a plan to tune names the attempt that is tuned"
    parent = bench.ledger.attempts[plan.parent]
    plan = bounded(plan, parent, bench.resources())
    solution = bench.folder.read_solution(parent)
    bench.notice("tune", parent.name)
    with TrialLog(bench.folder.trials) as log:
        session = _Session(bench, plan, number, parent, solution, log)
        session.run()
    best, evaluation = session.best, session.evaluation
    attempt = Attempt(
        number=number,
        parent=parent.number,
        kind="tune",
        name=parent.name,
        origin=plan.giver,
        recipe=parent.recipe,
        idea=plan.idea,
        params=parent.params if best is None else best.params | session.fixed,
        outcome=session.empty() if evaluation is None else evaluation.outcome,
        seconds=session.seconds,
        trials=session.count,
        tunable=not session.exhausted or plan.screen or bool(plan.within),  # a narrower space is soon used up
        switches=session.switches() if plan.screen else None,
        lessons=plan.lessons,
    )
    finish(bench, attempt, solution, evaluation)
    return {"next": number + 1, "refused": 0}


def bounded(plan: Plan, parent: Attempt, means: Resources) -> Plan:
    """The plan with an end: a model, or a person, says what to search and not for how long."""
    if plan.seconds is not None or plan.trials is not None:
        return plan
    if means.seconds_left is None or means.seconds_total is None:
        return plan.model_copy(update={"trials": TRIALS})
    several = LEAST * parent.seconds / max(parent.trials, 1) / means.slots
    return plan.model_copy(update={"seconds": min(max(SHARE * means.seconds_total, several), MOST * means.seconds_left)})


class _Session:
    """One search: a trial more under way than slots, so that none idles while one is judged; each watched fold by fold."""

    def __init__(self, bench: Workbench, plan: Plan, number: int, parent: Attempt, solution: Solution, log: TrialLog) -> None:
        self.bench, self.plan, self.number, self.solution, self.log = bench, plan, number, solution, log
        told = _told(parent, solution)
        self.key = f"{number}/{told}"
        self.parent, self.space = parent, without(solution.space, plan.held)
        held = {name: dimension for name, dimension in solution.space.items() if name not in self.space}
        self.held: Params = {name: parent.params.get(name, dimension.default) for name, dimension in held.items()}
        self.fixed = {name: value for name, value in parent.params.items() if name in LIMITS} | self.held
        past = [trial for trial in read_trials(bench.folder.trials) if trial.search.partition("/")[2] == told]
        past = [trial for trial in past if trial.score is None or trial.merit is not None]  # earlier versions had no merits
        if not past and parent.merit is not None:
            past = [_as_trial(parent, solution)]
            log.append(past[0])
        self.mine = [trial for trial in past if trial.search == self.key]
        self.count = len(self.mine)
        self.seconds = sum(trial.seconds for trial in self.mine)
        self.again = max((trial for trial in self.mine if trial.merit is not None), key=_merit, default=None)
        self.best: Trial | None = None
        self.evaluation: Evaluation | None = None
        self.open: dict[str, Trial] = {}
        self.exhausted = False
        self.ends = bench.clock.active() + plan.seconds if plan.seconds is not None else math.inf
        longest = max((trial.seconds for trial in past if trial.score is not None), default=parent.seconds)
        measured = max(5.0, PATIENCE * longest / max(len(parent.fold_scores), 1))
        self.limit = None if bench.setting.ordered else measured  # a clock's verdict would not be the same twice
        self.search = Search(
            self.space,
            direction="maximize",  # merits
            seed=bench.setting.seed,
            first=plan.starts,
            within=plan.within,
            past=[self._known(trial) for trial in past],
            key=self.key,
        )

    def run(self) -> None:
        """Asks and tells until time, trials or the space are used up."""
        if self.again is not None:
            self._enqueue(self.again, watched=False)  # killed in between: its folds are found, not computed again
        while True:
            while len(self.open) < self.bench.setting.lookahead and not self._used_up():
                trial = self.search.ask()
                if trial is None:
                    self.exhausted = True
                    break
                self._enqueue(trial, watched=not self.plan.screen)  # a switch is compared with the parent, not with the best
            if not self.open:
                return
            self._take()

    def switches(self) -> tuple[Switch, ...]:
        """What the trials were worth that differ from the parent in one parameter."""
        base, found = active(self.solution.space, self.parent.params), []
        for trial in self.mine:
            others = [name for name in self.solution.space if trial.params.get(name) != base.get(name)]
            if len(others) == 1 and trial.fold_merits and len(trial.fold_merits) == len(self.parent.fold_merits):
                pairs = zip(trial.fold_merits, self.parent.fold_merits, strict=True)
                gains = tuple(one - other for one, other in pairs)
                found.append(Switch(name=others[0], value=trial.params.get(others[0]), gains=gains))
        return tuple(found)

    def empty(self) -> Outcome:
        """Why no trial was scored."""
        status = Status.CANCELLED if self.bench.stopped else Status.PRUNED
        return Outcome(
            status=status, reason=f"none of {self.count} trials was worth finishing" if self.count else "no time for a trial"
        )

    def _known(self, trial: Trial) -> Trial:
        """As the search knows it, which is told merits for scores, and nothing of trials with other values of what is held."""
        if any(trial.params.get(name, value) != value for name, value in self.held.items()):
            return trial.model_copy(update={"score": None, "status": Status.CANCELLED})
        params = {name: value for name, value in trial.params.items() if name in self.space}
        return trial.model_copy(update={"score": trial.merit, "params": params})

    def _used_up(self) -> bool:
        over = self.bench.over() is not None or self.bench.clock.active() >= self.ends
        return over or self.exhausted or (self.plan.trials is not None and self.count + len(self.open) >= self.plan.trials)

    def _enqueue(self, trial: Trial, *, watched: bool) -> None:
        key = f"trial-{self.number}-{trial.number}"
        self.open[key] = trial
        # In an ordered run a trial is compared with those that had ended when it began, whatever ends while it runs.
        among = self.search.ended if self.bench.setting.ordered else None
        watch = (lambda scores: not self.search.prune(trial.number, scores, among=among)) if watched else None
        self.bench.arena.referee.submit(self.solution, trial.params | self.fixed, key=key, watch=watch, seconds=self.limit)

    def _take(self) -> None:
        """Tells the search what has finished; in an ordered run, always the oldest trial."""
        gather(self.bench, POLL)
        over = self.bench.over() is not None
        due = list(self.open)[:1] if self.bench.setting.ordered and not over else list(self.open)
        for key in due:
            if key in self.bench.finished:
                self._tell(self.open.pop(key), self.bench.finished.pop(key))
        if over or self.bench.pausing:
            for key in self.open:
                self.bench.arena.referee.cancel(key)
            self.open.clear()
        self.bench.rest()

    def _tell(self, trial: Trial, evaluation: Evaluation) -> None:
        if self.again is None or trial.number != self.again.number:
            ended = self.search.tell(
                trial.number,
                score=evaluation.merit,
                fold_scores=evaluation.fold_scores,
                status=evaluation.outcome.status,
                seconds=evaluation.seconds,
            )
            ended = ended.model_copy(
                update={
                    "params": ended.params | self.held,
                    "score": evaluation.score,
                    "merit": evaluation.merit,
                    "fold_merits": evaluation.fold_merits,
                }
            )
            self.log.append(ended)
            self.mine.append(ended)
            self.count += 1
            self.seconds += evaluation.seconds
            self.bench.notice(
                "tune", f"{self.solution.name}: trial {self.count}" + ("" if ended.score is None else f", {ended.score:.5f}")
            )
            trial = ended
        scored = evaluation.outcome.status is Status.SCORED
        if scored and (self.best is None or _merit(trial) > _merit(self.best)):
            if self.evaluation is not None:
                self.bench.arena.referee.forget(self.evaluation.key)
            self.best, self.evaluation = trial, evaluation
        else:
            self.bench.arena.referee.forget(evaluation.key)


def _merit(trial: Trial) -> float:
    assert trial.merit is not None, "what is scored has a merit"
    return trial.merit


def without(space: Space, held: tuple[str, ...]) -> Space:
    """The space without what is held, unless other dimensions hang on it."""
    needed = {name for dimension in space.values() for name in dimension.when}
    return {name: dimension for name, dimension in space.items() if name not in held or name in needed}


def _told(parent: Attempt, solution: Solution) -> str:
    """What trials must share to tell of one another: the program, and the rows and the work that it was limited to."""
    rows = "" if parent.sample is None else f"@{parent.sample}"
    return solution.digest + rows + (f"~{parent.work:g}" if parent.work < 1 else "")


def _as_trial(parent: Attempt, solution: Solution) -> Trial:
    """The attempt that is tuned, as the first trial of its search: it is the one to beat, and is not tried again."""
    params = {name: value for name, value in active(solution.space, parent.params).items() if name in solution.space}
    return Trial(
        search=f"{parent.number}/{_told(parent, solution)}",
        number=0,
        params=params,
        fold_scores=parent.fold_scores,
        score=parent.score,
        merit=parent.merit,
        status=parent.outcome.status,
        seconds=parent.seconds,
    )
