"""Ranking: which lessons come first here, by conditions, worth, likeness and chance."""

from __future__ import annotations

from agentk.memory.lesson import Conditions, Lesson, Provenance
from agentk.memory.protocol import Recalled
from agentk.memory.ranking import Candidate, blind, rank
from agentk.memory.scope import EVERYTHING
from agentk.memory.value import Value
from agentk.testing.memory import features, lesson
from agentk.types.competition import TaskKind

HERE = features("here")


def ranked(*lessons: Lesson, clock: int = 0, seed: int = 0, text: dict[str, float] | None = None) -> list[Recalled]:
    candidates = [Candidate(entry, (text or {}).get(entry.subject, 0.0), entry.id) for entry in lessons]
    return rank(candidates, HERE, scope=HERE.scope, limit=10, seed=seed, clock=clock, asked=text is not None, withhold=0.0)


def wins(first: Lesson, second: Lesson, clock: int = 0) -> float:
    """How often `first` comes before `second`."""
    firsts = [ranked(first, second, clock=clock, seed=seed)[0].lesson.subject == first.subject for seed in range(200)]
    return sum(firsts) / len(firsts)


def learned(subject: str, rewards: list[float], **changed: object) -> Lesson:
    value = Value()
    for number, reward in enumerate(rewards):
        value = value.add(f"d{number}", reward)
    return lesson(subject, **{"value": value, "features": HERE, **changed})  # type: ignore[arg-type]


def test_conditions_decide_what_applies() -> None:
    fits = lesson("claim:fits", conditions=Conditions(rows=(1000, None), task=(TaskKind.BINARY,)))
    not_ = lesson("claim:not", conditions=Conditions(rows=(None, 1000)))
    assert [found.lesson.subject for found in ranked(fits, not_)] == ["claim:fits"]


def test_more_evidence_wins_more_surely() -> None:
    rival = learned("claim:rival", [0.0] * 12)
    once, often = learned("claim:new", [1.0]), learned("claim:new", [1.0] * 12)
    assert 0.5 < wins(once, rival) < wins(often, rival)
    assert wins(often, rival) > 0.97


def test_the_untried_is_still_tried_now_and_then() -> None:
    assert 0.02 < wins(learned("claim:new", []), learned("claim:known", [0.8] * 6)) < 0.5


def test_evidence_from_a_likeness_counts_more() -> None:
    near = learned("claim:near", [1.0] * 5)
    far = learned("claim:far", [1.0] * 5, features=features("far", rows=900_000, task=TaskKind.MULTICLASS, metric="log_loss"))
    assert wins(near, far) > 0.8


def test_evidence_ages_in_runs() -> None:
    rival = learned("claim:rival", [0.4] * 8, used=1000)
    assert (
        wins(learned("claim:old", [1.0] * 8, used=1000), rival, clock=1000)
        > wins(learned("claim:old", [1.0] * 8), rival, clock=1000) + 0.1
    )


def test_what_happened_without_it_is_subtracted() -> None:
    needless = learned("claim:needless", [1.0] * 6, control=Value().merge(learned("x", [1.0] * 6).value))
    assert wins(learned("claim:causal", [1.0] * 6), needless) > 0.8


def test_a_text_that_is_near_helps() -> None:
    first, second = lesson("claim:a"), lesson("claim:b")
    assert ranked(first, second, text={"claim:b": 0.9, "claim:a": 0.1})[0].lesson.subject == "claim:b"


def test_says_why() -> None:
    (found,) = ranked(learned("claim:a", [1.0, 2.0]))
    assert found.why.startswith("holds in general (always); 100% alike, earned +1.0 standard errors over 2 competitions, drawn ")


def test_blind_to_a_competition_keeps_what_others_taught() -> None:
    both = lesson("claim:a", value=Value().add("here", 3.0).add("there", 1.0), features=HERE)
    seen = blind(both, "here")
    assert seen is not None
    assert (seen.value, seen.features) == (Value().add("there", 1.0), None)
    alone = lesson("claim:b", value=Value().add("here", 3.0), provenance=Provenance(origin="run", competition="here"))
    assert blind(alone, "here") is None
    assert blind(lesson("claim:c", HERE.scope), "here") is None
    starter = lesson("claim:d", EVERYTHING, value=Value(prior=0.5).add("here", 3.0), provenance=Provenance())
    assert blind(starter, "here") == starter.model_copy(update={"value": Value(prior=0.5)})


def test_an_inner_lesson_starts_from_what_the_outer_one_is_believed_worth() -> None:
    general = lesson("recipe:boosting", worth=1.5)
    inner = learned("recipe:boosting", [-0.5], scope=HERE.scope)
    rival = learned("recipe:other", [0.2] * 20)
    assert ranked(general, inner)[0].lesson == inner
    assert wins(inner, rival) < 0.4
    alone = [ranked(general, inner, rival, seed=seed)[0].lesson == inner for seed in range(200)]
    assert sum(alone) / 200 > 0.7


def test_a_poisoned_lesson_sinks_below_an_honest_one() -> None:
    poison, honest = lesson("claim:poison", value=Value(prior=2.0, strength=1.0)), learned("claim:honest", [0.3] * 6)
    assert wins(poison, honest) > 0.9
    for number in range(3):
        poison = poison.credited(f"d{number}", -2.0, 0)
    assert wins(poison, honest) < 0.1
