"""New rows in a person's own spelling say the same in the test file's."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentk.competitions.files.respelling import respelled
from agentk.competitions.files.rows import read_table
from agentk.types.competition import TableFile

GERMAN = 'Ort;Fläche;Preis;Nummer\nKöln;75,9;1.204,50 €;007\n"Berlin, Mitte";12,0;;NA\n'


def test_semicolons_commas_and_a_byte_order_mark(tmp_path: Path) -> None:
    rows = tmp_path / "neue Häuser.csv"
    rows.write_text(GERMAN, encoding="utf-8-sig")
    (tmp_path / "made").mkdir()
    made = respelled(rows, TableFile(path="test.csv"), tmp_path / "made")
    assert made.read_text() == 'Ort,Fläche,Preis,Nummer\nKöln,75.9,1204.50,007\n"Berlin, Mitte",12.0,,NA\n'


def test_points_where_the_test_file_has_commas(tmp_path: Path) -> None:
    rows = tmp_path / "new.csv"
    rows.write_text('town,size,price\nKöln,75.9,"1,204.50"\nAachen,3.25,9.00\n')
    (tmp_path / "made").mkdir()
    options = {"separator": ";", "decimal": ",", "encoding": "cp1252"}
    made = respelled(rows, TableFile(path="test.csv", options=options), tmp_path / "made")
    read = read_table(made, **options)  # type: ignore[arg-type]
    assert read["town"].tolist() == ["Köln", "Aachen"] and read["size"].tolist() == [75.9, 3.25]
    assert read["price"].tolist() == [1204.5, 9.0]


@pytest.mark.parametrize("text", ["a,b\n1.5,x\n", "a\n1\n"])
def test_what_is_spelled_alike_is_left_as_it_is(tmp_path: Path, text: str) -> None:
    rows = tmp_path / "new.csv"
    rows.write_text(text)
    assert respelled(rows, TableFile(path="test.csv"), tmp_path) == rows
