"""Edits apply wholly, each in one certain place, or not at all."""

from __future__ import annotations

import pytest

from agentk.reasoning.model.edits import revised
from agentk.reasoning.model.replies import Unusable

SOURCE = """import numpy as np


def fit_predict(train, test, params, data_dir):
    rate = 0.1
    if rate > 0:
        model = fit(train, rate)
    else:
        model = None
    return model.predict(test)


def fit(train, rate):
    rate = rate * 1
    return train
"""


def block(search: str, replace: str) -> str:
    return f"<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE\n"


def test_an_exact_block_replaces_its_lines_and_nothing_else() -> None:
    result = revised("I lower the rate.\n" + block("    rate = 0.1", "    rate = 0.05"), SOURCE)
    assert result == SOURCE.replace("rate = 0.1", "rate = 0.05")


def test_several_blocks_apply_in_order() -> None:
    reply = block("    rate = 0.1", "    rate = 0.05\n    depth = 3") + block("    depth = 3", "    depth = 4")
    assert "    rate = 0.05\n    depth = 4\n" in revised(reply, SOURCE)


def test_a_block_that_fits_nowhere_refuses_all_of_them_and_names_what_is_near() -> None:
    reply = block("    rate = 0.1", "    rate = 0.05") + block("    rates = 0.3", "    rate = 0.2")
    with pytest.raises(Unusable, match=r"edit 2 stands nowhere in the program: nearest to its first line is line \d"):
        revised(reply, SOURCE)


def test_a_block_that_parts_from_the_program_is_told_where() -> None:
    program = "a = 1\nb = 2\na = 1\nb = fit(a, 1)\n"
    with pytest.raises(Unusable, match=r"until line 4, which is 'b = fit\(a, 1\)'; lines are copied whole"):
        revised(block("a = 1\nb = fit(", "pass"), "a = 1\nc = 1\na = 1\nb = fit(a, 1)\n")
    with pytest.raises(Unusable, match="until line 5, which is the program's end"):
        revised(block("b = fit(a, 1)\nc = 1", "pass"), program)


def test_a_block_that_fits_twice_is_asked_for_again() -> None:
    with pytest.raises(Unusable, match=r"stands in 2 places \(lines 1, 3\): add lines around it"):
        revised(block("a = 1", "a = 2"), "a = 1\nb = 1\na = 1\n")


def test_an_exact_place_wins_over_one_that_is_indented_otherwise() -> None:
    assert revised(block("x = 1", "x = 2"), "x = 1\nif x:\n    x = 1\n") == "x = 2\nif x:\n    x = 1\n"


def test_a_block_written_without_its_indent_is_moved_to_where_it_belongs() -> None:
    reply = block("if rate > 0:\n    model = fit(train, rate)", "if rate > 1:\n    model = fit(train, rate)\n    check = True")
    assert "    if rate > 1:\n        model = fit(train, rate)\n        check = True\n    else:" in revised(reply, SOURCE)


def test_a_block_whose_lines_are_moved_unevenly_is_refused() -> None:
    with pytest.raises(Unusable, match="stands nowhere"):
        revised(block("if rate > 0:\nmodel = fit(train, rate)", "pass"), SOURCE)


def test_blanks_at_line_ends_do_not_matter() -> None:
    assert "rate = 0.2" in revised(block("    rate = 0.1   ", "    rate = 0.2"), SOURCE)


def test_fences_around_and_within_blocks_do_not_matter() -> None:
    inner = block("```python\n    rate = 0.1\n```", "```python\n    rate = 0.2\n```")
    assert "    rate = 0.2\n    if" in revised(f"```\n{inner}```", SOURCE)


def test_lines_can_be_deleted() -> None:
    assert "model = None" not in revised(block("    else:\n        model = None\n", ""), SOURCE.replace("None\n", "None\n\n"))


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("<<<<<<< SEARCH\n    rate = 0.1\n=======\n    rate = 0.2\n", "seems to be cut off"),
        ("<<<<<<< SEARCH\n    rate = 0.1\n>>>>>>> REPLACE\n", "no ======="),
        ("<<<<<<< SEARCH\n    rate = 0.1\n<<<<<<< SEARCH\n=======\nx\n>>>>>>> REPLACE", "second SEARCH"),
        (block("", "import os"), "is empty"),
        (block("    rate = 0.1", "    rate = 0.1"), "change nothing"),
        ("".join(block("    rate = 0.1", "    rate = 0.1") for _ in range(80)), "80 edits"),
    ],
)
def test_a_block_that_is_not_whole_is_refused_with_its_reason(reply: str, reason: str) -> None:
    with pytest.raises(Unusable, match=reason):
        revised(reply, SOURCE)


def test_a_unified_diff_is_read_whatever_its_line_numbers_say() -> None:
    hunk = " def fit_predict(train, test, params, data_dir):\n-    rate = 0.1\n+    rate = 0.3\n     if rate > 0:\n"
    diff = f"```diff\n--- a/solution.py\n+++ b/solution.py\n@@ -90,3 +90,4 @@\n{hunk}```"
    assert revised(diff, SOURCE) == SOURCE.replace("rate = 0.1", "rate = 0.3")


def test_a_diff_with_one_hunk_that_fits_nowhere_changes_nothing() -> None:
    diff = "```diff\n@@ -1 +1 @@\n-    rate = 0.1\n+    rate = 0.3\n@@ -9 +9 @@\n-    no such line\n+    x\n```"
    with pytest.raises(Unusable, match="edit 2 stands nowhere"):
        revised(diff, SOURCE)


def test_a_whole_program_takes_the_place_of_the_old_one() -> None:
    program = "def fit_predict(train, test, params, data_dir):\n    return 1\n"
    assert revised(f"It is simpler now.\n```python\n{program}```", SOURCE) == program


def test_where_edits_fail_and_the_whole_program_stands_beside_them_it_counts() -> None:
    program = "def fit_predict(train, test, params, data_dir):\n    return 1\n"
    reply = block("no such line", "x") + f"\nThe whole program:\n```python\n{program}```"
    assert revised(reply, SOURCE) == program
