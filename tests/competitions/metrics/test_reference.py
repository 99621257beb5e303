"""FILE.py:FUNCTION: what it means, and what is wrong with it where it means nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentk.competitions.metrics.reference import absolute, is_reference, read_reference
from agentk.errors import SettingError

SOURCE = """
from functools import partial
from sklearn.metrics import mean_absolute_error as borrowed

def capped(truth, answer):
    return 0.0

half = partial(capped)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(SOURCE)
    return path


def test_only_a_python_file_is_meant() -> None:
    assert [is_reference(said) for said in ("mine.py:capped", "a b/mine.py", "map@3", "F1 score", "mine.txt:f")] == [
        True,
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize("function", ["capped", "half", "borrowed"])
def test_a_function_however_it_got_its_name(file: Path, function: str) -> None:
    found = read_reference(f"{file}:{function}")
    assert (found.name, found.source) == (f"mine.py:{function}", SOURCE)


def test_the_file_is_found_from_anywhere_once_it_was_found(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = absolute("mine.py:capped", file.parent)
    monkeypatch.chdir("/")
    assert read_reference(said).file == file


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (":caped", "mine.py has no function caped. Did you mean capped?"),
        (":zzz", "mine.py has no function zzz. It has capped."),
        ("", "name the function, as mine.py:FUNCTION. It has capped."),
    ],
)
def test_no_such_function(file: Path, function: str, told: str) -> None:
    with pytest.raises(SettingError, match=told):
        read_reference(f"{file}{function}")


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"there is no file .*other\.py\. Give it as FILE.py:FUNCTION"):
        read_reference(f"{tmp_path / 'other.py'}:f")


def test_no_python(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("def f(:\n")
    with pytest.raises(SettingError, match=r"is no Python: .*line 1"):
        read_reference(f"{path}:f")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingError, match="cannot be read"):
        read_reference(f"{path}:f")
