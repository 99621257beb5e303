"""Each node as a plain function: what it leaves behind, and that it finds its own effects when it is entered again."""

from __future__ import annotations

import json
from collections.abc import Callable
from statistics import mean
from typing import Any

import pandas as pd
import pytest

from agentk.graph.nodes.blend import blend
from agentk.graph.nodes.decide import PATIENCE, code, plan
from agentk.graph.nodes.execute import collect, enqueue, execute, recover
from agentk.graph.nodes.reflect import reflect
from agentk.graph.nodes.setup import open_run
from agentk.graph.nodes.submit import expectation, submit
from agentk.graph.nodes.tune import TRIALS, bounded, tune
from agentk.graph.state import State
from agentk.graph.workbench import Workbench
from agentk.reasoning.questions import Code, CodeQuestion, Plan, Resources
from agentk.referee.interval import expected_score
from agentk.types.attempt import Attempt, ranked
from agentk.types.outcome import Outcome, Status

from .conftest import PROGRAM, Script, lines, say

Open = Callable[..., Workbench]
DRAFT, WAIT = say("draft"), say("wait").model_dump(mode="json")


def draft(bench: Workbench, state: State) -> State:
    """One program is written and queued."""
    state = {**state, "plan": DRAFT.model_dump(mode="json")}
    state = {**state, **code(bench, state)}
    enqueue(bench)
    return state


def drafted(bench: Workbench, count: int) -> State:
    """So many attempts, all finished."""
    state = open_run(bench, {})
    for _ in range(count):
        state = draft(bench, state)
    while bench.pending():
        collect(bench, {**state, "plan": WAIT})
    return state


def test_a_run_opens_with_a_valid_submission_and_the_persons_program_and_does_so_once(begin: Open) -> None:
    bench = begin(person=PROGRAM)
    first = open_run(bench, {})
    assert first == {"step": 0, "next": 2}
    submission = pd.read_csv(bench.folder.submission)
    assert len(submission) == bench.arena.competition.test_rows and submission.notna().all().all()
    assert bench.pending() == [1] and bench.folder.started_solution(1)[0].name == "mine"
    assert open_run(bench, {}) == first
    assert [len(lines(bench, event)) for event in ("submission_replaced", "attempt_started")] == [1, 1]


def test_setup_that_is_entered_again_changes_nothing(begin: Open) -> None:
    bench = begin()
    before = (bench.folder.path / "competition.json").read_text()
    again = begin()
    assert (again.folder.path / "competition.json").read_text() == before
    assert [line["stage"] for line in lines(again, "stage")] == ["read", "shape", "metric", "format", "split"]


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (say("tune", parent=7), "no attempt 7"),
        (say("improve"), "must name its parent"),
        (say("wait"), "nothing to wait for"),
        (say("blend"), "nothing to blend"),
        (say("draft", lessons=("l1",)), "no lesson is called l1"),
    ],
)
def test_a_plan_that_rests_on_what_is_not_there_is_refused_with_the_reason(begin: Open, answer: Plan, word: str) -> None:
    bench = begin(Script([answer]))
    state = open_run(bench, {})
    told = plan(bench, state)
    assert (told["plan"]["action"], told["refused"]) == ("wait", 1)
    assert word in str(lines(bench, "answer")[0]["answer"])


def test_a_reasoner_without_a_usable_answer_ends_the_run_and_not_the_machine(begin: Open) -> None:
    script = Script([say("draft", recipe="none")] * 10)
    bench = begin(script)
    state = open_run(bench, {})
    for _ in range(PATIENCE):
        state = {**state, **plan(bench, state)}
        state = {**state, **code(bench, state)}
        assert state["plan"]["action"] == "wait"
    state = {**state, **plan(bench, state)}
    assert (state["plan"]["action"], script.asked.count("plan")) == ("stop", PATIENCE)
    assert "could not be acted on" in state["stop"]


def test_a_program_is_asked_for_once_and_kept_before_it_runs(begin: Open, opened: Open) -> None:
    state = draft(begin(), open_run(begin(), {}))
    script = Script()
    again = opened(script)
    assert code(again, {**state, "next": 1})["next"] == 2
    assert script.asked == [] and again.pending() == [1] and len(lines(again, "attempt_started")) == 1


def test_a_kill_between_the_program_and_its_line_costs_neither(begin: Open, opened: Open) -> None:
    bench = begin()
    state = draft(bench, open_run(bench, {}))
    whole = bench.folder.journal.read_text().splitlines(keepends=True)
    bench.folder.journal.write_text("".join(line for line in whole if "attempt_started" not in line))
    again = opened()
    code(again, {**state, "next": 1})
    assert [line["number"] for line in lines(again, "attempt_started")] == [1]


def test_a_count_that_is_reached_ends_the_run_without_asking(begin: Open) -> None:
    script = Script([DRAFT] * 9)
    bench = begin(script, attempts=1)
    state = drafted(bench, 1)
    script.asked.clear()
    assert plan(bench, state)["stop"] == "attempts"
    assert script.asked == []


class Noisy(Script):
    """Writes a program whose answers hang on its seed."""

    def code(self, question: CodeQuestion) -> Code:
        noise = "np.random.default_rng(params['seed']).random((len(test), 1))"
        return Code(giver=self.name, name="noisy", source=PROGRAM.replace("near =", f"far = far * {noise}\n    near =", 1))


def test_bags_that_are_under_way_together_run_under_seeds_of_their_own(begin: Open) -> None:
    bench = begin(Noisy())
    state = drafted(bench, 1)
    for _ in range(3):
        state = {**state, "plan": say("bag", parent=1).model_dump(mode="json")}
        state = {**state, **code(bench, state)}
        enqueue(bench)
    while bench.pending():
        collect(bench, {**state, "plan": WAIT})
    attempts = bench.ledger.attempts
    assert len({str(attempt.params.get("seed")) for attempt in attempts.values()}) == 4
    assert len({attempt.score for attempt in attempts.values()}) == 4, "the seed reaches the program"
    assert {bench.folder.read_solution(attempt).source for attempt in attempts.values()} == {
        bench.folder.read_solution(attempts[1]).source
    }


def test_what_is_settled_has_a_folder_a_line_and_answers(begin: Open) -> None:
    bench = begin()
    drafted(bench, 1)
    attempt = bench.ledger.attempts[1]
    assert (attempt.outcome.status, attempt.chosen) == (Status.SCORED, True)
    files = {path.name for path in bench.folder.attempt(1).iterdir()}
    assert files == {"solution.py", "params.json", "outcome.json", "log.txt", "oof.parquet", "test.parquet"}
    assert [line["number"] for line in lines(bench, "submission_replaced")] == [None, 1]
    assert list(bench.folder.started.iterdir()) == []


def test_a_program_that_fails_is_an_outcome_with_a_plain_reason(begin: Open) -> None:
    bench = begin(Script(params=[{"fail": True}]))
    drafted(bench, 1)
    attempt = bench.ledger.attempts[1]
    assert attempt.outcome.status is Status.FAILED
    assert "it does not like these rows" in attempt.outcome.reason
    assert bench.ledger.best is None and bench.folder.submission.exists()


@pytest.mark.parametrize("lost", [("attempt_finished", "submission_replaced"), ("submission_replaced",)])
def test_a_kill_after_the_folder_is_mended_line_and_submission(begin: Open, opened: Open, lost: tuple[str, ...]) -> None:
    bench = begin()
    drafted(bench, 1)
    journal, good = bench.folder.journal, bench.folder.submission.read_bytes()
    cut = next(index for index, line in enumerate(journal.read_text().splitlines()) if json.loads(line)["event"] == lost[0] and
               json.loads(line).get("number") == 1)  # fmt: skip
    journal.write_text("".join(journal.read_text().splitlines(keepends=True)[:cut]))
    bench.folder.submission.write_text("stale")
    for _ in range(2):
        again = opened()
        recover(again)
        assert [line["number"] for line in lines(again, "attempt_finished")] == [1]
        assert [line["number"] for line in lines(again, "submission_replaced")] == [None, 1]
        assert again.folder.submission.read_bytes() == good


def test_without_a_count_whatever_ends_first_is_settled_first(begin: Open) -> None:
    bench = begin(Script(params=[{"sleep": 0.5}, {"fail": True}]))
    drafted(bench, 2)
    assert [line["number"] for line in lines(bench, "attempt_finished")] == [2, 1]


def test_with_a_count_outcomes_are_seen_in_the_order_of_the_decisions(begin: Open) -> None:
    bench = begin(Script(params=[{"sleep": 0.5}, {"fail": True}]), attempts=9)
    drafted(bench, 2)
    assert [line["number"] for line in lines(bench, "attempt_finished")] == [1, 2]


def test_with_a_count_a_decision_never_sees_what_merely_happened_to_end(begin: Open) -> None:
    bench = begin(attempts=9)
    state = draft(bench, open_run(bench, {}))
    while "attempt-1" not in bench.finished:
        collect(bench, state)
    assert bench.ledger.attempts == {}, "one attempt is under way, as many as may be are not"
    for _ in range(bench.setting.lookahead - 1):
        state = draft(bench, state)
    collect(bench, state)
    assert list(bench.ledger.attempts) == [1]


def test_when_time_is_over_what_has_ended_counts_and_the_rest_is_cancelled(begin: Open) -> None:
    bench = begin(Script(params=[{}, {"sleep": 30}]))
    state = draft(bench, open_run(bench, {}))
    while "attempt-1" not in bench.finished:
        bench.finished |= {found.key: found for found in bench.arena.referee.collect(0.1)}
    state = draft(bench, state)
    bench.stop("budget")
    state = {**state, **plan(bench, state)}
    assert state["plan"]["action"] == "wait", "what is under way comes before the end"
    collect(bench, state)
    assert [bench.ledger.attempts[number].outcome.status for number in (1, 2)] == [Status.SCORED, Status.CANCELLED]
    assert plan(bench, state)["stop"] == "budget"


def test_what_was_cut_short_is_no_attempt_made(begin: Open) -> None:
    bench = begin(Script(params=[{"sleep": 30}]), attempts=3)
    state = draft(bench, open_run(bench, {}))
    bench.stop("interrupted")
    collect(bench, state)
    assert bench.resources().attempts_left == 3
    assert bench.ledger.efforts(5)["middles"].drafts == 0


def test_every_attempt_is_reflected_on_once_also_one_that_a_kill_left_out(begin: Open, opened: Open) -> None:
    state = drafted(begin(), 2)
    script = Script()
    again = opened(script)
    for _ in range(2):
        reflect(again, state)
    assert script.asked == ["reflect 1", "reflect 2"]


def test_a_reasoner_that_draws_no_conclusion_does_not_end_the_run(begin: Open) -> None:
    bench = begin(Script(dumb=True))
    reflect(bench, drafted(bench, 1))
    assert "it says nothing" in str(lines(bench, "answer")[-1]["answer"])


def search(bench: Workbench, trials: int) -> Any:
    """A state that asks for a search from attempt 1."""
    return {"next": 2, "plan": say("tune", parent=1, trials=trials).model_dump(mode="json")}


def trials(bench: Workbench) -> list[int]:
    written = [json.loads(line) for line in bench.folder.trials.read_text().splitlines()]
    return [trial["number"] for trial in written if trial["search"].startswith("2/")]


def test_a_search_makes_one_attempt_of_its_best_trial_and_is_not_made_twice(begin: Open) -> None:
    bench = begin(Script(params=[{"width": 15.0}]))
    drafted(bench, 1)
    assert tune(bench, search(bench, 4))["next"] == 3
    tuned = bench.ledger.attempts[2]
    assert (tuned.kind, tuned.parent, tuned.trials) == ("tune", 1, 4)
    assert tuned.score is not None and tuned.score < (bench.ledger.attempts[1].score or 0)
    assert sorted(trials(bench)) == [1, 2, 3, 4]
    written = [json.loads(line) for line in bench.folder.trials.read_text().splitlines()]
    assert all(trial["merit"] == -trial["score"] for trial in written if trial["status"] == "scored"), "of errors, less is better"
    assert tuned.merit == -tuned.score == max(trial["merit"] for trial in written if trial["status"] == "scored")
    assert tune(bench, search(bench, 4))["next"] == 3
    assert len(trials(bench)) == 4


def test_a_screening_tells_what_each_switch_is_worth_on_every_fold(begin: Open) -> None:
    bench = begin(Script(params=[{"width": 15.0}]))
    drafted(bench, 1)
    starts = [{"width": 0.1}, {"width": 19.0}]
    plan = say("tune", parent=1, trials=2, starts=starts, screen=True)
    tune(bench, {"next": 2, "plan": plan.model_dump(mode="json")})
    screened, parent = bench.ledger.attempts[2], bench.ledger.attempts[1]
    assert screened.switches is not None and [one.value for one in screened.switches] == [0.1, 19.0]
    gained = [mean(one.gains) for one in screened.switches]
    assert gained[0] > 0 > gained[1] and screened.params == {"width": 0.1}
    assert len(screened.switches[0].gains) == len(parent.fold_merits) == 5
    effort = bench.ledger.efforts(5)["middles"]
    assert effort.switches == screened.switches and (effort.tunings, effort.trials, effort.seconds) == (0, 0, parent.seconds)


def test_what_is_held_stays_as_the_parent_has_it_and_trials_elsewhere_tell_nothing(begin: Open) -> None:
    bench = begin(Script(params=[{"width": 15.0}]))
    drafted(bench, 1)
    tune(bench, search(bench, 3))
    plan = say("tune", parent=1, trials=3, held=("width",))
    tune(bench, {"next": 3, "plan": plan.model_dump(mode="json")})
    assert bench.ledger.attempts[3].trials == 0, "nothing else is left to search"
    assert len(trials(bench)) == 3


def test_a_search_without_an_end_of_its_own_is_given_one() -> None:
    parent = Attempt(
        number=1,
        parent=None,
        kind="draft",
        name="trees",
        origin="script",
        outcome=Outcome(status=Status.SCORED),
        score=0.5,
        seconds=20.0,
    )
    plan = say("tune", parent=1)

    def means(left: float | None) -> Resources:
        return Resources(seconds_left=left, seconds_total=left and 600.0, attempts_left=9, slots=2, cores=1, libraries=())

    assert bounded(plan, parent, means(None)).trials == TRIALS
    assert [bounded(plan, parent, means(left)).seconds for left in (500.0, 60.0)] == [80.0, 36.0]
    for said in (say("tune", parent=1, trials=3), say("tune", parent=1, seconds=5.0)):
        assert bounded(said, parent, means(500.0)) == said


def test_a_search_that_time_cuts_short_keeps_the_best_so_far(begin: Open) -> None:
    bench = begin(Script(params=[{"width": 15.0}]))
    drafted(bench, 1)
    bench.notice = lambda node, text: bench.stop("budget") if "trial 2" in text else None
    tune(bench, search(bench, 50))
    tuned = bench.ledger.attempts[2]
    assert 2 <= tuned.trials <= 4 and tuned.outcome.status is Status.SCORED
    assert bench.arena.referee.pending == set()


def test_a_search_that_was_killed_goes_on_with_its_trials(begin: Open, opened: Open) -> None:
    bench = begin(Script(params=[{"width": 15.0}]))
    drafted(bench, 1)

    def killed(node: str, text: str) -> None:
        if "trial 2" in text:
            raise KeyboardInterrupt

    bench.notice = killed
    with pytest.raises(KeyboardInterrupt):
        tune(bench, search(bench, 4))
    before = trials(bench)
    assert len(before) == 2
    again = opened()
    tune(again, search(again, 4))
    assert trials(again)[:2] == before
    assert len(set(trials(again))) == len(trials(again)) == again.ledger.attempts[2].trials == 4


def test_with_a_count_a_search_is_the_same_however_long_its_programs_take(begin: Open, opened: Open) -> None:
    found = []
    for sleep in (0.0, 0.02):
        bench = begin(Script(params=[{"width": 15.0, "sleep": sleep}]), attempts=9)
        drafted(bench, 1)
        tune(bench, search(bench, 4))
        written = [json.loads(line) for line in bench.folder.trials.read_text().splitlines()]
        found.append([(trial["number"], trial["params"].get("width"), trial["status"], trial.get("score")) for trial in written])
        bench.folder.path.rename(bench.folder.path.with_name(f"slept {sleep}"))
    assert found[0] == found[1]


def test_a_blend_names_its_members_and_what_it_was_chosen_from(begin: Open) -> None:
    bench = begin(Script(params=[{"width": 0.05}, {"width": 10.0}]))
    state = drafted(bench, 2)
    assert blend(bench, {**state, "plan": say("blend").model_dump(mode="json")})["next"] == 4
    made = bench.ledger.attempts[3]
    assert made.kind == "blend" and set(made.weights) <= {1, 2} and made.seen == (1, 2)
    assert bench.ledger.since_blend == 0
    blend(bench, {**state, "plan": say("blend").model_dump(mode="json")})
    assert len(lines(bench, "attempt_finished")) == 3


def test_the_end_says_why_it_ended_and_what_may_be_expected(begin: Open) -> None:
    bench = begin()
    state = drafted(bench, 1)
    submit(bench, {**state, "stop": "budget"})
    last = lines(bench, "run_finished")[0]
    assert (last["stopped_by"], last["best"], last["attempts"], last["failed"]) == ("budget", 1, 1, 0)
    low, high = last["interval"]  # type: ignore[misc]
    assert low < bench.ledger.attempts[1].score < high  # type: ignore[operator]


def test_what_may_be_expected_counts_the_blend_as_a_choice_that_is_made_again(begin: Open) -> None:
    bench = begin(Script(params=[{"width": 0.05}, {"width": 10.0}]))
    state = drafted(bench, 2)
    alone = expectation(bench)
    blend(bench, {**state, "plan": say("blend").model_dump(mode="json")})
    programs = [bench.evaluation(one.number) for one in ranked(bench.ledger.scored, bench.arena.metric.direction)]
    blends = [bench.evaluation(3)] if bench.ledger.attempts[3].score is not None else []
    rows, judge = bench.arena.competition.test_rows, bench.arena.referee.judge
    found = expected_score(judge, programs, rows, blends=blends, seed=bench.setting.seed)
    assert expectation(bench) == [round(found.low, 6), round(found.high, 6)] != alone


def test_leaks_and_shifts_are_looked_for_once(begin: Open, opened: Open) -> None:
    bench = begin()
    open_run(bench, {})
    execute(bench, {})
    execute(opened(), {})
    assert [line["stage"] for line in lines(bench, "stage")].count("findings") == 1
