"""Only plain files leave an output folder."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from agentk.sandbox.collect import RefusedOutputError, collect


def collected(output: Path, target: Path, limit: int = 1000) -> list[str]:
    handle = os.open(output, os.O_RDONLY)
    try:
        return collect(handle, target, limit)
    finally:
        os.close(handle)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    folder = tmp_path / "output"
    folder.mkdir()
    return folder


def test_files_in_folders_keep_their_names(output: Path, tmp_path: Path) -> None:
    (output / "a" / "b").mkdir(parents=True)
    (output / "a" / "b" / "c.txt").write_text("c")
    (output / "d.txt").write_text("d")
    assert collected(output, tmp_path / "target") == ["a/b/c.txt", "d.txt"]
    assert (tmp_path / "target" / "a" / "b" / "c.txt").read_text() == "c"


def test_a_file_replaces_what_is_there_and_never_writes_through_a_link(output: Path, tmp_path: Path) -> None:
    target, precious = tmp_path / "target", tmp_path / "precious.txt"
    target.mkdir()
    precious.write_text("precious")
    (target / "d.txt").symlink_to(precious)
    (output / "d.txt").write_text("d")
    collected(output, target)
    assert ((target / "d.txt").read_text(), precious.read_text()) == ("d", "precious")


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(path))


def make_deep(path: Path) -> None:
    path.joinpath(*["d"] * 20).mkdir(parents=True)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.symlink_to("/etc/passwd"), "symbolic link"),
        (lambda path: path.symlink_to("."), "symbolic link"),
        (lambda path: (path.write_text(""), path.with_name("other").hardlink_to(path)), "2 hard links"),
        (os.mkfifo, "pipe"),
        (make_socket, "socket"),
        (make_deep, "deeper than 16"),
        (lambda path: path.write_text("x" * 1001), "larger than its limit"),
        (lambda path: path.with_name("bell\a").write_text(""), "unprintable"),
        (lambda path: [path.with_name(str(number)).touch() for number in range(2_001)], "more than 2000 files"),
    ],
)
def test_anything_else_is_refused_and_nothing_is_copied(
    make: Callable[[Path], object], reason: str, output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(output)
    (output / "aaa.txt").write_text("")
    make(output / "submission.csv")
    with pytest.raises(RefusedOutputError, match=reason):
        collected(output, tmp_path / "target")
    assert list((tmp_path / "target").iterdir()) == []
