"""A change of a program: lines that are found again in another program, in one certain place or in none."""

from __future__ import annotations

from agentk.types.change import MOST, Edit, change, changed

BEFORE = """import numpy as np


def fit_predict(train, test, params, data_dir):
    X = train[names].to_numpy()
    model = Ridge()
    model.fit(X, y)
    return model.predict(test[names].to_numpy())
"""
AFTER = BEFORE.replace("    X = train[names].to_numpy()\n", "    X = train[names].fillna(0.0).to_numpy()\n").replace(
    "(test[names].to_numpy())", "(test[names].fillna(0.0).to_numpy())"
)


def test_a_change_makes_one_program_into_the_other() -> None:
    edits = change(BEFORE, AFTER)
    assert changed(BEFORE, edits) == AFTER


def test_it_fits_another_program_that_has_the_same_lines() -> None:
    other = "# by somebody else\n" + BEFORE.replace("import numpy as np", "import numpy")
    made = changed(other, change(BEFORE, AFTER))
    assert made is not None
    assert made.startswith("# by somebody else\nimport numpy\n")
    assert made.count("fillna") == 2


def test_it_fits_no_program_without_these_lines_and_none_where_its_place_is_uncertain() -> None:
    edits = change(BEFORE, AFTER)
    assert changed(AFTER, edits) is None
    assert changed(BEFORE + "\n" + BEFORE, edits) is None


def test_lines_that_occur_twice_are_told_apart_by_those_around() -> None:
    before = "a = 1\nwork()\nb = 2\n\na = 1\nwork()\nc = 3"
    after = "a = 1\nwork()\nb = 2\n\na = 1\nwork(more=True)\nc = 3"
    assert changed(before, change(before, after)) == after


def test_no_change_and_too_large_a_change_are_none() -> None:
    assert change(BEFORE, BEFORE) == ()
    assert change(BEFORE, BEFORE + "\n".join(f"line_{number} = {number}" for number in range(MOST))) == ()
    assert changed(BEFORE, ()) is None
    assert changed(BEFORE, [Edit(find="", put="x")]) is None
