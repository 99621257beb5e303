"""The ledger is what the journal says, and its views stay bounded however long the run."""

from __future__ import annotations

from agentk.graph.journal import Line
from agentk.graph.ledger import BEST, LATEST, Ledger
from agentk.types.attempt import Attempt
from agentk.types.outcome import Outcome, Status


def finished(number: int, score: float | None = None, **fields: object) -> Line:
    status = Status.SCORED if score is not None else Status.FAILED
    known = {
        "number": number,
        "parent": None,
        "kind": "draft",
        "name": "linear",
        "recipe": "linear",
        "origin": "playbook",
        "seconds": 5.0,
    }
    attempt = Attempt.model_validate(known | {"outcome": Outcome(status=status, reason="x"), "score": score} | fields)
    return {"event": "attempt_finished", "number": number, "attempt": attempt.model_dump(mode="json")}


def test_the_last_chosen_attempt_is_the_best() -> None:
    ledger = Ledger.of([finished(1, 0.7, chosen=True), finished(2, 0.9, chosen=True), finished(3, 0.8)], "maximize")
    assert ledger.best == 2


def test_a_kill_between_choice_and_file_is_seen() -> None:
    lines = [finished(1, 0.7, chosen=True), {"event": "submission_replaced", "number": 1}, finished(2, 0.9, chosen=True)]
    ledger = Ledger.of(lines, "maximize")
    assert (ledger.best, ledger.submitted) == (2, 1)


def test_efforts_gather_what_a_recipe_was_given_and_gave() -> None:
    lines = [
        finished(1, 0.7),
        finished(2, 0.8, kind="tune", parent=1, trials=9, seconds=20.0),
        finished(3, None, recipe="trees", name="trees"),
    ]
    efforts = Ledger.of(lines, "maximize").efforts(folds=5)
    linear, trees = efforts["linear"], efforts["trees"]
    assert (linear.drafts, linear.tunings, linear.trials, linear.seconds) == (1, 1, 9, 25.0)
    assert (linear.best, linear.best_score, linear.fold_seconds) == (2, 0.8, 1.0)
    assert (trees.failures, trees.best) == (1, None)


def test_a_recipe_was_drafted_plainly_where_its_own_parameters_were_tried_to_the_end() -> None:
    def plain(*lines: Line) -> bool:
        return Ledger.of(lines, "maximize").efforts(5)["linear"].plain

    cut_short = Outcome(status=Status.CANCELLED, reason="").model_dump(mode="json")
    assert plain(finished(1, 0.7))
    assert plain(finished(1, 0.7, params={"most_rows": 500}), finished(2, 0.8, params={"C": 3.0})), "once is enough"
    assert not plain(finished(1, 0.7, params={"C": 3.0}))
    assert not plain(finished(1, 0.7, params={"C": 3.0}), finished(2, 0.8, kind="tune", parent=1))
    assert not plain(finished(1, None, outcome=cut_short))


def test_lower_is_better_where_the_metric_says_so() -> None:
    ledger = Ledger.of([finished(1, 0.7), finished(2, 0.8)], "minimize")
    assert ledger.efforts(5)["linear"].best == 1


def test_the_best_of_a_recipe_is_that_of_most_merit_unless_one_has_none() -> None:
    """Where the metric sees answers alone, search goes by what is behind them; runs of earlier versions knew scores alone."""
    lines = [finished(1, 0.70, merit=-0.20), finished(2, 0.71, merit=-0.25)]
    linear = Ledger.of(lines, "maximize").efforts(5)["linear"]
    assert (linear.best, linear.best_score, linear.best_merit) == (1, 0.70, -0.20)
    older = Ledger.of([*lines, finished(3, 0.5)], "maximize").efforts(5)["linear"]
    assert (older.best, older.best_merit) == (2, 0.71)


def test_a_blend_counts_what_it_saw_and_weighs_its_members() -> None:
    lines = [
        finished(1, 0.7),
        finished(2, 0.8),
        finished(3, 0.85, kind="blend", weights={"1": 0.25, "2": 0.75}, seen=[1, 2], recipe=None),
        finished(4, 0.6),
    ]
    ledger = Ledger.of(lines, "maximize")
    assert ledger.since_blend == 1
    assert [attempt.number for attempt in ledger.scored] == [1, 2, 4]
    assert ledger.efforts(5)["linear"].weight == 1.0


def test_the_tree_that_questions_carry_is_bounded() -> None:
    ledger = Ledger.of([finished(number, number % 97) for number in range(1, 500)], "maximize")
    tree = ledger.tree()
    assert len(tree) <= BEST + LATEST
    assert tree[-1].number == 499
    assert max(attempt.score or 0 for attempt in tree) == 96


def test_a_resumed_run_has_not_ended() -> None:
    lines: list[Line] = [{"event": "run_finished", "stopped_by": "budget"}]
    assert Ledger.of(lines, "maximize").ended == "budget"
    assert Ledger.of([*lines, {"event": "resumed"}], "maximize").ended is None
