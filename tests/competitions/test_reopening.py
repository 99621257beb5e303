"""Tests across stages reopen the stage they blame; what did not hold is said; what cannot be settled is asked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.draft import Draft, Overrides, Stage
from agentk.competitions.reopening import proven
from agentk.errors import CompetitionError

N, M = 240, 80
RNG = np.random.default_rng(3)
BINARY = RNG.integers(0, 2, N + M)
Parts = Callable[..., dict[str, pd.DataFrame]]


def page(words: str, more: str = "") -> str:
    return f"# A task\n\n{more}\n\n## Evaluation\n\n{words}\n\n## Data\n\nFiles.\n"


def test_labels_are_said_but_the_sample_has_fractions(parts: Parts, write, understood) -> None:
    """The next metric of the section is believed instead."""
    c = understood(write({**parts("ill", BINARY, 0.5), "description.md": page("Shown by accuracy; ranked by AUC.")}))
    assert (c.metric, c.submission.kind) == ("auc", "probability")
    assert any(doubt.startswith("metric was accuracy at first") and "--metric" in doubt for doubt in c.doubts)
    assert any("accuracy did not hold" in reason for reason in c.reasons)


def test_a_column_a_class_asks_for_probabilities(parts: Parts, write, understood) -> None:
    towns = RNG.choice(["oak", "elm", "fir"], N + M)
    files = parts("tree", towns)
    sample = files["sample_submission.csv"].drop(columns="tree").assign(oak=0.3, elm=0.3, fir=0.3)
    c = understood(write({**files, "sample_submission.csv": sample, "description.md": page("By accuracy.")}))
    assert (c.metric, c.submission.kind) == ("log_loss", "class_probabilities")


def test_no_logarithm_of_negative_targets(parts: Parts, write, understood) -> None:
    c = understood(
        write({**parts("gain", RNG.normal(0, 5, N + M)), "description.md": page("RMSLE, as in the paper; the RMSE is shown.")})
    )
    assert c.metric == "rmse" and any("goes down to" in doubt for doubt in c.doubts)


def test_what_the_person_says_is_not_refused(parts: Parts, write, understood) -> None:
    c = understood(write(parts("ill", BINARY, 0.5)), metric="accuracy")
    assert c.metric == "accuracy"


def test_labels_where_the_person_insists_on_them_is_a_question(parts: Parts, write, understood) -> None:
    towns = RNG.choice(["oak", "elm", "fir"], N + M)
    files = parts("tree", towns)
    sample = files["sample_submission.csv"].drop(columns="tree").assign(oak=0.3, elm=0.3, fir=0.3)
    with pytest.raises(CompetitionError, match=r"a column for each class.*--metric"):
        understood(write({**files, "sample_submission.csv": sample}), metric="accuracy")


def test_lists_of_words_where_numbers_would_be_answered_are_a_question(parts: Parts, write, understood) -> None:
    with pytest.raises(CompetitionError, match=r"answered by numbers, but sample_submission.csv lists 'a b c'"):
        understood(write(parts("price", RNG.gamma(2, 100, N + M), "a b c")))


def stage(answers: list[str]) -> Stage:
    """A metric stage that knows these answers, of which only the last holds."""

    def run(draft: Draft) -> Draft:
        left = [answer for answer in answers if answer not in draft.refused("metric")]
        if not left:
            raise CompetitionError("nothing left")
        return draft.grown(metric=left[0])

    return Stage("metric", run, (lambda draft: None if draft.metric == answers[-1] else f"{draft.metric} is wrong",))


def test_a_stage_is_run_again_with_the_errors_in_view(tmp_path) -> None:
    found = proven(stage(["mae", "rmse", "r2"]), Draft(name="x", folder=tmp_path, overrides=Overrides()))
    assert found.metric == "r2"
    assert [(r.belief, r.error) for r in found.refusals] == [("mae", "mae is wrong"), ("rmse", "rmse is wrong")]


def test_the_retries_are_bounded(tmp_path) -> None:
    with pytest.raises(CompetitionError, match="m5 is wrong"):
        proven(stage([f"m{at}" for at in range(20)]), Draft(name="x", folder=tmp_path))
