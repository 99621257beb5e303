"""Archives from strangers: nothing outside, no links, no bombs; archives within archives are opened too."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest

from agentk.errors import KaggleError
from agentk.kaggle import unpack as module
from agentk.kaggle.unpack import BrokenArchiveError, unpack

from .server import zipped


def archived(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "data.zip"
    path.write_bytes(content)
    return path


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["../evil.csv", "a/../../evil.csv", "/tmp/evil.csv", "C:/evil.csv", "..\\evil.csv"])
def test_a_name_that_leads_outside_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    archive = archived(tmp_path, zipped({"train.csv": b"a", name: b"b"}))
    with pytest.raises(KaggleError, match=r"points outside the folder"):
        unpack(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists() and not list(tmp_path.rglob("*evil*"))


@pytest.mark.parametrize(("kind", "words"), [(stat.S_IFLNK, "link"), (stat.S_IFIFO, "neither a file nor a folder")])
def test_links_and_devices_are_refused(tmp_path: Path, kind: int, words: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("train.csv")
        entry.external_attr = (kind | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(KaggleError, match=words):
        unpack(archived(tmp_path, buffer.getvalue()), tmp_path / "out")


def test_a_bomb_is_refused_before_it_is_lit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FREE", 1000)
    with pytest.raises(KaggleError, match=r"zip bomb"):
        unpack(archived(tmp_path, zipped({"train.csv": bytes(10_000_000)})), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_bomb_within_an_archive_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FREE", 1000)
    inner = zipped({"one.csv": bytes(10_000_000)})
    with pytest.raises(KaggleError, match=r"zip bomb"):
        unpack(archived(tmp_path, zipped({"inner.zip": inner, "train.csv": b"a"})), tmp_path / "out")


def test_a_table_that_packs_well_is_no_bomb(tmp_path: Path) -> None:
    unpack(archived(tmp_path, zipped({"train.csv": b"0,0,0,0\n" * 500_000})), tmp_path / "out")
    assert (tmp_path / "out" / "train.csv").stat().st_size == 4_000_000


def test_archives_within_archives_leave_their_content(tmp_path: Path) -> None:
    pictures = zipped({"cat.png": b"1", "dog.png": b"2"})
    outer = zipped(
        {
            "train.csv.zip": zipped({"train.csv": b"a"}),
            "pictures.zip": pictures,
            "deep/more.zip": zipped({"more/last.zip": zipped({"last.csv": b"c"})}),
            "sample.csv": b"b",
        }
    )
    unpack(archived(tmp_path, outer), tmp_path / "out")
    assert names(tmp_path / "out") == {"train.csv", "pictures/cat.png", "pictures/dog.png", "deep/more/last.csv", "sample.csv"}


def test_a_nested_archive_never_hides_a_file_that_is_there(tmp_path: Path) -> None:
    unpack(
        archived(tmp_path, zipped({"train.csv": b"plain", "train.csv.zip": zipped({"train.csv": b"packed"})})), tmp_path / "out"
    )
    assert (tmp_path / "out" / "train.csv").read_bytes() == b"plain"
    assert names(tmp_path / "out") == {"train.csv", "train.csv.zip"}


@pytest.mark.parametrize("cut", [10, 60])
def test_a_cut_archive_says_so(tmp_path: Path, cut: int) -> None:
    with pytest.raises(BrokenArchiveError, match=r"no whole zip archive"):
        unpack(archived(tmp_path, zipped({"train.csv": bytes(range(256)) * 10})[:-cut]), tmp_path / "out")


def test_a_damaged_file_is_noticed(tmp_path: Path) -> None:
    whole = bytearray(zipped({"train.csv": bytes(range(256)) * 10}))
    whole[60] ^= 255
    with pytest.raises(BrokenArchiveError, match=r"train.csv in data.zip is damaged"):
        unpack(archived(tmp_path, bytes(whole)), tmp_path / "out")


def test_progress_counts_to_the_whole(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    unpack(archived(tmp_path, zipped({"a": b"12", "b": b"345"})), tmp_path / "out", lambda *at: seen.append(at))
    assert seen == [(2, 5), (5, 5)]
