"""The referee: runs solutions fold by fold in the sandbox and is alone in knowing the labels they are scored on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from agentk.referee.apply import decide
from agentk.referee.audit import Identifiers, audit, identifiers_of
from agentk.referee.cache import content_digest, prepare_params
from agentk.referee.calls import Calls
from agentk.referee.decision import default_decision
from agentk.referee.evaluation import Evaluation, columns_of, covered
from agentk.referee.flights import Flights
from agentk.referee.handover import hand_over
from agentk.referee.judge import Judge
from agentk.referee.layout import Layout, make_layout
from agentk.referee.probes import Probe, Probes
from agentk.referee.task import Task, Watch
from agentk.sandbox.protocol import Limits, Sandbox
from agentk.types.competition import Competition
from agentk.types.metric import Array, Metric
from agentk.types.outcome import Outcome, Status
from agentk.types.solution import Solution
from agentk.types.space import Params

if TYPE_CHECKING:
    import pandas as pd


class Referee:
    """Evaluates solutions of one competition over one fold layout. Not thread-safe: one caller, the sandbox runs in parallel.

    truth, metric: as `agentk.types.metric` has them; `weights`: (N,) how much each row counts, None: all alike. `folder` is the
    referee's own, kept between processes: finished calls are found there again. `extra`: further labelled rows, trained on in
    every call, never scored. `data_dir`: the label-free view of the data that solutions see; None: one with the files that
    rows name and nothing else. `limits`: of every call that is not given its own. `backbones`: files of pretrained networks that
    programs find in it, by name. `devices`, `device`: the files of a graphics card, and what PyTorch calls the one that its
    programs compute on.
    """

    def __init__(
        self,
        competition: Competition,
        train: pd.DataFrame,
        test: pd.DataFrame,
        truth: Array,
        metric: Metric,
        sandbox: Sandbox,
        folder: Path,
        *,
        seed: int,
        data_dir: Path | None = None,
        layout: Layout | None = None,
        weights: Array | None = None,
        extra: pd.DataFrame | None = None,
        limits: Limits | None = None,
        backbones: Mapping[str, Path] | None = None,
        devices: tuple[Path, ...] = (),
        device: Callable[[], str] = lambda: "cpu",
    ) -> None:
        """Raises CompetitionError, SettingError or StoreError when rows, layout or folder do not do."""
        self.competition, self.metric, self.sandbox, self.seed = competition, metric, sandbox, seed
        self.limits = limits or Limits()
        self.layout = layout or make_layout(competition, train, test, truth, seed)
        self.judge = Judge(
            metric, competition.task, competition.classes, truth, self.layout.assignment, weights, self.layout.apart
        )
        self.identifiers: Identifiers = identifiers_of(competition, train, test)
        self.columns = columns_of(competition)
        handed = hand_over(
            competition, train, test, self.layout, folder, extra=extra, data_dir=data_dir, backbones=backbones or {}
        )
        self._handed = handed.digest
        self._device = device
        self._calls = Calls(sandbox, handed, competition, self.layout, folder / "collected", devices)
        self._flights = Flights(self._calls, self.judge, folder, self._ended)
        self.probes = Probes(self._calls, self.judge, self.layout, seed)
        self._digests: dict[str, str] = {}
        self._ready: list[Evaluation] = []
        self._recalled: dict[str, Callable[[], Evaluation]] = {}
        self.reused: set[str] = set()  # keys of evaluations that needed no execution

    @property
    def pending(self) -> set[str]:
        """Keys of evaluations under way or not collected yet."""
        return {*self._flights.keys, *(evaluation.key for evaluation in self._ready)}

    def submit(
        self,
        solution: Solution,
        params: Params,
        *,
        key: str,
        seconds: float | None = None,
        limits: Limits | None = None,
        watch: Watch | None = None,
        folds: Sequence[int] | None = None,
    ) -> None:
        """Queues an evaluation; `collect` returns it under `key`.

        seconds  that each call may take, where `limits` does not say
        watch    is shown the merits of the folds so far, higher is better, which later folds do not change; a fold is begun
                 only after it said go on, and when it says no the evaluation ends as pruned
        folds    only these; the evaluation is then not complete, and a later one under the same content continues it
        """
        if key in self.pending:
            raise ValueError(f"an evaluation {key!r} is under way already")
        refusal = audit(solution, self.competition, self.identifiers)
        if refusal is not None:
            self._ready.append(Evaluation(key, Outcome(status=Status.INVALID, reason=refusal)))
            return
        params = self.params(solution, params)
        limits = limits or replace(self.limits, wall_s=self.limits.wall_s if seconds is None else seconds)
        needed = prepare_params(solution.source, params)
        calls = list(self.layout.calls) if folds is None else sorted(set(folds))
        task = Task(
            key,
            solution,
            params,
            limits,
            watch,
            calls,
            wanted=len(calls),
            digest=content_digest(solution, params, self._handed),
            prepared=None if needed is None else content_digest(solution, needed, self._handed),
        )
        self._digests[key] = task.digest
        if folds is None and task.digest in self._recalled:
            kept = self._recalled[task.digest]()
            assert kept.oof is not None, "only what has predictions is recalled"
            self.reused.add(key)
            self._ready.append(self.evaluate(key, kept.oof, kept.test, seconds=kept.seconds))
            return
        self._flights.begin(task)

    def recall(self, solution: Solution, params: Params, kept: Callable[[], Evaluation]) -> None:
        """Makes known what the same program gave before on the same rows and folds: it is judged again rather than executed."""
        self._recalled[content_digest(solution, self.params(solution, params), self._handed)] = kept

    def collect(self, timeout: float | None) -> list[Evaluation]:
        """What has finished; waits for something at most `timeout` seconds, without end when None; [] when nothing is under way.

        Raises SandboxError when the sandbox itself fails.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            left = None if deadline is None else max(deadline - time.monotonic(), 0.0)
            self._flights.land(0.0 if self._ready else left)
            if self._ready or self._flights.empty or (deadline is not None and time.monotonic() >= deadline):
                ready, self._ready = self._ready, []
                return ready

    def cancel(self, key: str) -> None:
        """Ends an evaluation; nothing more is heard of it. Its finished calls are kept until `forget`."""
        self._flights.cancel(key)
        self._ready = [evaluation for evaluation in self._ready if evaluation.key != key]

    def forget(self, key: str) -> None:
        """Drops the kept calls of an evaluation, once they are safe elsewhere or of no more use."""
        digest = self._digests.pop(key, None)
        if digest is not None and digest not in self._digests.values():
            self._flights.forget(digest)

    def smoke(self, solution: Solution, params: Params) -> Probe:
        """Runs a new program on few rows before it is given all; the audit refuses here what `submit` would refuse."""
        refusal = audit(solution, self.competition, self.identifiers)
        return self.probes.refused(refusal) if refusal is not None else self.probes.smoke(solution, self.params(solution, params))

    def look(self, source: str) -> Probe:
        """An unscored look at the data, by a program with `explore(train, test, data_dir)`."""
        return self.probes.look(source, {"seed": self.seed})

    def answers(self, evaluation: Evaluation) -> Array:
        """The final answers (M, ...) of the test rows."""
        if evaluation.test is None or evaluation.decision is None:
            raise ValueError(
                f"evaluation {evaluation.key!r} has no test predictions: {evaluation.outcome.reason or 'it is not complete'}"
            )
        return decide(evaluation.decision.model_dump(), evaluation.test)

    def params(self, solution: Solution, params: Params) -> Params:
        """What a call is given: the parameters, the defaults of its SPACE where they say nothing, and the reserved ones.

        A seed among them wins, so that seeds can be averaged.
        """
        defaults = {name: dimension.default for name, dimension in solution.space.items()}
        device = self._device() if "torch" in solution.source else "cpu"
        return {**defaults, **params, "seed": params.get("seed", self.seed), "threads": self.sandbox.cores, "device": device}

    def plain_answers(self, predictions: Array) -> Array:
        """Answers to (M, W) predictions that no out-of-fold rows are known of: decided by the default."""
        return decide(default_decision(self.judge.rules, self.judge.truth).model_dump(), predictions)

    def evaluate(self, key: str, oof: Array, test: Array | None, *, seconds: float = 0.0, log: str = "") -> Evaluation:
        """Judges (N, W) out-of-fold predictions, NaN where uncovered, and (M, W) test predictions."""
        mask = covered(oof)
        judgment = self.judge.judge(oof, mask)
        if not np.isfinite(judgment.score):
            outcome = Outcome(status=Status.INVALID, reason=f"{self.metric.name} of its predictions is {judgment.score}")
            return Evaluation(key, outcome, seconds=seconds, log=log)
        return Evaluation(
            key=key,
            outcome=Outcome(status=Status.SCORED),
            fold_scores=judgment.fold_scores,
            score=judgment.score,
            std=judgment.std,
            merit=judgment.merit,
            fold_merits=judgment.fold_merits,
            oof=oof,
            mask=mask,
            test=test,
            seconds=seconds,
            log=log,
            decision=judgment.decision,
            complete=test is not None and bool(np.array_equal(mask, self.layout.covered)),
            columns=tuple(self.columns),
            answers=judgment.answers,
        )

    def mark(self) -> None:
        """From now on occupancy is measured."""
        self._calls.mark()

    def occupancy(self) -> float:
        """Share of the slots' time since `mark`, or the beginning, that finished calls held them."""
        return self._calls.occupancy()

    def _ended(self, task: Task, outcome: Outcome | None) -> None:
        """Judges a task that has all its calls; one that ended otherwise is told of with its outcome."""
        if outcome is None:
            oof = task.out_of_fold(self.layout, self.competition.width)
            test = task.test(self.layout, self.competition.task.value, self.metric.link)
            self._ready.append(self.evaluate(task.key, oof, test, seconds=task.seconds, log=task.log))
            return
        self._ready.append(
            Evaluation(
                task.key,
                outcome,
                fold_scores=tuple(task.scores),
                fold_merits=tuple(task.merits),
                seconds=task.seconds,
                log=task.log,
                columns=tuple(self.columns),
            )
        )
