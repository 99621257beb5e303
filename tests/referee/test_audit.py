"""The audit: programs that carry what they should learn are refused, and faults that can be read are said at once."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agentk.referee.audit import audit, identifiers_of
from agentk.types.competition import Column, ColumnKind
from agentk.types.solution import Solution

from .conftest import Rows
from .solutions import GOOD

CONTRACT = "\ndef fit_predict(train, test, params, data_dir):\n    return [[0.5, 0.5]] * len(test)\n"


def refusal(cancer: Rows, source: str) -> str | None:
    identifiers = identifiers_of(cancer.competition, cancer.train, cancer.test)
    return audit(Solution(source, "made"), cancer.competition, identifiers)


def test_an_honest_program_passes(cancer: Rows) -> None:
    assert refusal(cancer, GOOD) is None


def test_real_programs_with_word_lists_and_grids_pass(cancer: Rows) -> None:
    words = " ".join(f"word{i}" for i in range(300))
    source = f"STOP = set('''{words}'''.split())\nGRID = [{', '.join(str(i / 7) for i in range(200))}]\n{CONTRACT}"
    assert refusal(cancer, source) is None


@pytest.mark.parametrize("form", ["dict", "list", "text", "numbers"])
def test_a_table_of_ids_is_refused_in_whatever_form(cancer: Rows, form: str) -> None:
    ids = cancer.test["id"].iloc[:100]
    made = {
        "dict": f"KNOWN = {dict.fromkeys(ids, 1)!r}",
        "list": f"KNOWN = {list(ids)!r}",
        "text": "KNOWN = '''\n" + "\n".join(f"{key},1" for key in ids) + "'''",
        "numbers": f"KNOWN = {[int(key.removeprefix('row-')) for key in ids]!r}",
    }[form]
    if form == "numbers":
        numbered = cancer.test.assign(id=cancer.test["id"].str.removeprefix("row-").astype(int))
        identifiers = identifiers_of(cancer.competition, cancer.train, numbered)
        found = audit(Solution(made + CONTRACT, "made"), cancer.competition, identifiers)
    else:
        found = refusal(cancer, made + CONTRACT)
    assert found is not None and "ids of this competition" in found and "line 1" in found


def test_a_list_of_labels_is_refused(cancer: Rows) -> None:
    labels = list(np.random.default_rng(0).choice(["B", "M"], 150))
    found = refusal(cancer, f"ANSWERS = {[str(label) for label in labels]!r}" + CONTRACT)
    assert found is not None and "class labels" in found


def test_encoded_blocks_and_huge_literals_are_refused(cancer: Rows) -> None:
    blob = base64.b64encode(np.random.default_rng(0).bytes(3000)).decode()
    assert "encoded" in str(refusal(cancer, f"DATA = '{blob}'" + CONTRACT))
    assert "encoded" in str(refusal(cancer, f"# {blob}" + CONTRACT))
    assert "literal" in str(refusal(cancer, f"DATA = {[i / 3 for i in range(3000)]!r}" + CONTRACT))
    assert "text of" in str(refusal(cancer, f"DATA = '{'a b ' * 6000}'" + CONTRACT))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def fit_predict(train, test, params, data_dir) return 1", "SyntaxError: expected ':' (solution.py line 1)"),
        ("def predict(train, test): return 1", "no function fit_predict"),
        ("def fit_predict(train, test): return 1", "must take 4 arguments, it takes 2"),
        ("import agentk.referee" + CONTRACT, "imports agentk (line 1)"),
        ("SPACE = {'c': make()}" + CONTRACT, "SPACE must be a literal, line 1"),
        ("SPACE = {'c': {'type': 'float', 'low': 2, 'high': 1, 'default': 1}}" + CONTRACT, "SPACE is not of the form"),
        ("def prepare(rows): return rows" + CONTRACT, "prepare must take 3 arguments"),
    ],
)
def test_what_can_be_read_is_said_before_anything_runs(cancer: Rows, source: str, said: str) -> None:
    assert said in str(refusal(cancer, source))


def test_short_lists_of_ids_and_ids_that_are_common_words_do_not_offend(cancer: Rows, tmp_path: Path) -> None:
    assert refusal(cancer, f"ODD = {list(cancer.train['id'][:5])!r}" + CONTRACT) is None
    plain = pd.DataFrame({"id": range(1000)})
    identifiers = identifiers_of(cancer.competition, plain, plain)
    assert audit(Solution("SIZES = [3, 7, 15, 31, 63, 127]" + CONTRACT, "made"), cancer.competition, identifiers) is None


def test_thousands_of_column_names_and_a_hundred_classes_are_what_a_program_may_know(cancer: Rows) -> None:
    columns = tuple(Column(name=f"pixel {i}", kind=ColumnKind.NUMERIC) for i in range(6000))
    wide = cancer.competition.model_copy(update={"columns": columns, "classes": tuple(f"breed {i}" for i in range(120))})
    source = f"CONTRACT = {wide.contract()!r}" + CONTRACT
    assert audit(Solution(source, "made"), wide, frozenset) is None


def test_classes_that_are_numbers_as_the_ids_of_rows_are_do_not_offend(cancer: Rows) -> None:
    numbered = cancer.competition.model_copy(update={"classes": tuple(range(100))})
    rows = pd.DataFrame({"id": range(1000)})
    identifiers = identifiers_of(cancer.competition, rows, rows)
    assert audit(Solution(f"CLASSES = {list(range(100))!r}" + CONTRACT, "made"), numbered, identifiers) is None
    found = audit(Solution(f"KNOWN = {list(range(300))!r}" + CONTRACT, "made"), numbered, identifiers)
    assert found is not None and "ids of this competition" in found
