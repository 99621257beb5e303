"""What may be done next follows from what the run has tried."""

from __future__ import annotations

from typing import Any

from agentk.graph.ledger import Ledger
from agentk.graph.legal import STAGNATION, legal, since_gain, stagnant
from agentk.reasoning.questions import Option
from agentk.types.attempt import Attempt
from agentk.types.outcome import Outcome, Status


def attempt(number: int, score: float | None, status: Status = Status.SCORED, **fields: Any) -> Attempt:
    known: dict[str, Any] = {
        "number": number,
        "parent": None,
        "kind": "draft",
        "name": f"p{number}",
        "origin": "m",
        "seconds": 4.0,
    }
    return Attempt.model_validate(known | {"score": score, "outcome": Outcome(status=status)} | fields)


def after(*attempts: Attempt, best: int | None = None) -> Ledger:
    ledger = Ledger("maximize", {one.number: one for one in attempts})
    ledger.best = best
    return ledger


def options(ledger: Ledger, looks: int = 0) -> dict[str, Option]:
    return {option.action: option for option in legal(ledger, looks)}


def test_with_one_program_there_is_nothing_to_fuse_or_mend() -> None:
    found = options(after(attempt(1, 0.8), best=1))
    assert {"draft", "improve", "ablate", "bag", "explore"} <= found.keys()
    assert not {"fuse", "debug", "shrink", "blend", "wait", "stop"} & found.keys()


def test_the_best_parents_come_first_and_a_bag_is_no_parent() -> None:
    found = options(after(attempt(1, 0.7), attempt(2, 0.9), attempt(3, 0.8), attempt(4, 0.95, kind="bag", parent=2), best=2))
    assert found["improve"].parents == (2, 3, 1) and found["fuse"].parents == (2, 3, 1)


def test_what_failed_is_debugged_once_and_what_took_too_long_is_shrunk() -> None:
    failed, slow = attempt(2, None, Status.FAILED), attempt(3, None, Status.TIMED_OUT)
    found = options(after(attempt(1, 0.8), failed, slow, best=1))
    assert found["debug"].parents == (2,) and found["shrink"].parents == (3,)
    mended = attempt(4, None, Status.FAILED, kind="debug", parent=2)
    again = attempt(5, None, Status.FAILED, kind="debug", parent=4)
    assert options(after(attempt(1, 0.8), failed, mended, best=1))["debug"].parents == (4,)
    assert "debug" not in options(after(attempt(1, 0.8), failed, mended, again, best=1)), "two mendings are enough"


def test_stagnation_leaves_only_what_brings_something_new() -> None:
    tried = [attempt(n, 0.5, kind="improve", parent=1) for n in range(2, 2 + STAGNATION)]
    ledger = after(attempt(1, 0.8), *tried, best=1)
    assert since_gain(ledger) == STAGNATION and stagnant(ledger)
    found = options(ledger)
    assert {"draft", "fuse"} <= found.keys() and not {"improve", "ablate", "tune", "bag"} & found.keys()
    assert found["draft"].why
    fresh = after(attempt(1, 0.8), *tried, attempt(9, 0.6, kind="fuse", parents=(1, 2)), best=1)
    assert not stagnant(fresh), "after something new, it may be improved"


def test_gains_and_costs_are_the_runs_own() -> None:
    ledger = after(attempt(1, 0.5), attempt(2, 0.7, seconds=10.0), attempt(3, 0.8, kind="improve", parent=2), best=3)
    found = options(ledger)
    assert found["improve"].gain is not None and abs(found["improve"].gain - 0.05) < 1e-9, (
        "0.1 once, shrunk by one that gave none"
    )
    assert found["draft"].cost_s == 7.0 and found["draft"].tried == 2
    assert found["ablate"].gain is None and found["ablate"].cost_s == 4.0


def test_a_first_search_costs_many_runs_of_a_program() -> None:
    assert options(after(attempt(1, 0.8, tunable=True), best=1))["tune"].cost_s == 12 * 4.0


def test_what_everything_beats_makes_no_gain() -> None:
    ledger = after(attempt(1, 0.1, recipe="constant"), attempt(2, 0.7), attempt(3, 0.8), best=3)
    found = options(ledger)["draft"].gain
    assert found is not None and abs(found - 0.1 / 4) < 1e-9, "three drafts, of which the third got 0.1 ahead of a program"


def test_looks_are_bounded() -> None:
    assert "explore" not in options(after(attempt(1, 0.8), best=1), looks=2)


def test_parents_on_offer_are_programs_that_differ() -> None:
    boosted = [
        attempt(n, 0.9 + n / 1000, kind="tune" if n > 1 else "draft", recipe="boosting", fold_scores=(0.9 + n / 1000, 0.9))
        for n in range(1, 11)
    ]
    own = attempt(11, 0.8, fold_scores=(0.8, 0.8))
    changed = attempt(12, 0.85, kind="improve", parent=11, fold_scores=(0.8, 0.9))
    copy = attempt(13, 0.85, kind="improve", parent=12, fold_scores=(0.8, 0.9))
    other = attempt(14, 0.7, recipe="linear", fold_scores=(0.7, 0.7))
    offered = options(after(*boosted, own, changed, copy, other, best=10))["fuse"].parents
    assert offered == (10, 9, 8, 7, 6, 5, 12, 14), "one of each family, then the best of any; no copy"


def test_a_program_that_does_not_hang_on_its_seed_is_not_bagged_again() -> None:
    parents = (attempt(1, 0.8, fold_scores=(0.7, 0.9)), attempt(2, 0.9, fold_scores=(0.8, 1.0)))
    same = attempt(3, 0.9, kind="bag", parent=2, fold_scores=(0.8, 1.0))
    other = attempt(4, 0.85, kind="bag", parent=1, fold_scores=(0.8, 0.9))
    assert options(after(*parents, same, other, best=2))["bag"].parents == (1,)
