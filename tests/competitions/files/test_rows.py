"""Tables are read alike in agentk and in an exported program that carries the module's source."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from agentk.competitions.files import reshaped, rows
from agentk.competitions.files.rows import load_rows, read_table


def test_its_source_stands_alone(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("a,b\n1,x\n2,\n")
    own, shown = inspect.getsource(rows), "print(read_table(sys.argv[1]).to_csv(index=False), 'agentk' in sys.modules)"
    own = own.replace("from agentk.competitions.files.reshaped", "from reshaped")
    (tmp_path / "reshaped.py").write_text(inspect.getsource(reshaped))
    (tmp_path / "program.py").write_text(f"{own}\nimport sys\n{shown}\n")
    done = subprocess.run([sys.executable, "program.py", "table.csv"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "a,b\n1,x\n2,\n False\n"


def test_types_hold_whatever_the_values(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("code,size,sure,count\n007,1,True,\n008,2,,3\n")
    frame = read_table(path, dtypes={"code": "str", "size": "float64", "sure": "object", "count": "int64"})
    assert frame["code"].tolist() == ["007", "008"] and frame["size"].dtype == "float64"
    assert frame["sure"].iloc[0] is True and pd.isna(frame["sure"].iloc[1])
    assert frame["count"].isna().tolist() == [True, False]  # whole numbers with a gap become floats


@pytest.mark.parametrize(
    "text",
    [
        '[{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]',
        '{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n',
        '{"a": {"4": 1, "7": 2}, "b": {"4": "x", "7": "y"}}',
        '{"a": [1, 2], "b": ["x", "y"]}',
        '{"version": 3, "data": [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]}',
    ],
)
def test_json_in_the_shapes_it_comes_in(text: str, tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(text)
    assert read_table(tmp_path / "t.json").to_dict("list") == {"a": [1, 2], "b": ["x", "y"]}


def test_nested_objects_become_columns(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('[{"a": 1, "at": {"x": 2, "y": 3}}]')
    assert read_table(tmp_path / "t.json").to_dict("list") == {"a": [1], "at.x": [2], "at.y": [3]}


def test_names_like_dates_stay_numbers(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('[{"timestamp_of_post": 1330391255, "modified": 5}]')
    assert read_table(tmp_path / "t.json")["timestamp_of_post"].tolist() == [1330391255]


def test_other_encodings(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("name,n\nZürich,1\n".encode("utf-16"))
    assert read_table(path, encoding="utf-16")["name"].tolist() == ["Zürich"]
    path.write_bytes("\ufeffname,n\nZürich,1\n".encode())
    assert list(read_table(path).columns) == ["name", "n"]


def test_columns_of_a_table_beside(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,shop\n1,b\n2,a\n3,c\n")
    (tmp_path / "shops.csv").write_text("shop,size\na,10\nb,20\n")
    frame = read_table(tmp_path / "t.csv", beside=[{"path": "shops.csv", "on": ["shop"], "options": {}}])
    assert frame["size"].tolist()[:2] == [20, 10] and frame["size"].isna().tolist() == [False, False, True]


def test_what_solutions_see(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("id,y\n1,5\n2,\n3,7\n")
    (tmp_path / "test.csv").write_text("id,y\n4,\n")
    plan = {
        "train": {"path": "train.csv", "options": {}},
        "test": {"path": "test.csv", "options": {}},
        "targets": ["y"],
        "file_columns": [{"name": "image", "id_column": "id", "train": "train/{}.png", "test": "test/{}.png"}],
    }
    train, test = load_rows(tmp_path, plan)
    assert train.to_dict("list") == {"id": [1, 3], "y": [5.0, 7.0], "image": ["train/1.png", "train/3.png"]}
    assert test.to_dict("list") == {"id": [4], "image": ["test/4.png"]}


def test_an_archive_without_a_table(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("picture.png", "x")
    with pytest.raises(ValueError, match="holds no table"):
        read_table(tmp_path / "t.zip")


def test_new_rows_from_elsewhere_find_the_tables_beside_the_old_ones(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "towns.csv").write_text("town,people\nBern,134\n")
    (tmp_path / "new.csv").write_text("id,town\n1,Bern\n")
    beside = [{"path": "towns.csv", "on": ["town"], "options": {}}]
    assert read_table(tmp_path / "new.csv", beside=beside, home=tmp_path / "data")["people"].tolist() == [134]


def test_rows_are_weighed_by_a_column_or_by_what_it_holds() -> None:
    frame = pd.DataFrame({"flag": [True, False], "code": [1.0, 2.0], "word": ["A", "b"], "w": [0.5, None]})

    def found(column: str, values: dict[str, float], otherwise: float = 1.0) -> list[float]:
        rule = {"name": "weight", "column": column, "values": values, "otherwise": otherwise}
        return list(rows.weighed(frame, rule)["weight"])

    assert found("flag", {"True": 5.0}) == [5, 1] and found("code", {"2": 3.0}, 0.5) == [0.5, 3]
    assert found("word", {"a": 2.0, "B": 4.0}) == [2, 4] and found("w", {}) == [0.5, 1]
    assert found("gone", {"x": 2.0}) == [1, 1] and rows.weighed(frame, None) is frame
