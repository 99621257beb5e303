"""From a slug to a folder: data files downloaded once, kept in the person's data directory, and used again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agentk.errors import KaggleError, ServiceError, StoreError
from agentk.kaggle.client import Kaggle
from agentk.kaggle.download import download
from agentk.kaggle.protocol import Facts, Page, RemoteFile
from agentk.kaggle.unpack import BrokenArchiveError, unpack

Progress = Callable[[str, int, int | None], None]
"""Called with what is being done ("download", "unpack"), the bytes done and those of the whole."""

Describe = Callable[[Path, Facts, tuple[Page, ...]], None]
"""Writes what the pages say into the folder, before it takes its place."""


@dataclass(frozen=True)
class Fetched:
    """A competition on this disk; `note` says what a person should know of how it came there."""

    folder: Path
    facts: Facts
    note: str = ""


def default_root() -> Path:
    """Where downloads are kept unless the person says otherwise."""
    from platformdirs import user_data_path

    return user_data_path("agentk", appauthor=False) / "kaggle"


def fetch(slug: str, root: Path, *, describe: Describe, progress: Progress, notice: Callable[[str], None]) -> Fetched:
    """The data of a competition in `root`/slug: what is there and still current is used, else it is downloaded and unpacked.

    Bookkeeping lies in `root`/.slug. When Kaggle cannot be asked and the folder is whole, it is used with a note.
    Raises KaggleError, ServiceError or StoreError in plain words.
    """
    folder, aside = root / slug, root / f".{slug}"
    try:
        aside.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KaggleError(f"{root} cannot be written: {error.strerror}; name another folder with --data DIR") from None
    with _alone(aside, slug):
        kept = _kept(aside, folder)
        try:
            with Kaggle(notice) as kaggle:
                facts = kaggle.competition(slug)
                files = kaggle.files(slug)
                if kept is not None and kept["files"] == [asdict(file) for file in files]:
                    return Fetched(folder, facts, note=f"the data in {folder} is current")
                if kept is None and folder.exists() and files and _complete(folder, files):
                    describe(folder, facts, _pages(kaggle, slug))
                    _keep(aside, folder, facts, files)
                    return Fetched(folder, facts, f"every file that Kaggle lists is in {folder} already")
                _bring(kaggle, facts, folder, aside, describe, progress)
                _keep(aside, folder, facts, files)
                note = "Kaggle has newer files than those kept: they were downloaded" if kept is not None else ""
                return Fetched(folder, facts, note)
        except (KaggleError, ServiceError) as error:
            if kept is None:
                raise
            return Fetched(folder, Facts(**kept["facts"]), note=f"the data kept in {folder} is used as it is: {error}")


def _pages(kaggle: Kaggle, slug: str) -> tuple[Page, ...]:
    """What Kaggle offers; the data is useful without."""
    try:
        return kaggle.pages(slug)
    except (KaggleError, ServiceError):
        return ()


def _bring(kaggle: Kaggle, facts: Facts, folder: Path, aside: Path, describe: Describe, progress: Progress) -> None:
    """Downloads and unpacks; the folder takes its place by one rename. A broken archive is downloaded once more."""
    unpacked = aside / "unpacked"
    slug = facts.slug
    name = f"{slug}.zip"
    for turn in (1, 2):
        shutil.rmtree(unpacked, ignore_errors=True)
        download(
            lambda: kaggle.archive(slug), kaggle.session, aside / name, lambda done, total: progress("download", done, total)
        )
        try:
            unpack(aside / name, unpacked, lambda done, total: progress("unpack", done, total))
            break
        except BrokenArchiveError as error:
            (aside / name).unlink()
            if turn == 2:
                raise ServiceError(f"{error}; downloaded twice, with the same end: try again later") from None
        except OSError as error:
            raise StoreError(f"{unpacked} cannot be written: {error.strerror}. Free space, or choose another --data") from error
    describe(unpacked, facts, _pages(kaggle, slug))
    old = aside / "old"
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    unpacked.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    (aside / name).unlink()


def _keep(aside: Path, folder: Path, facts: Facts, files: tuple[RemoteFile, ...]) -> None:
    """Notes what is there, so that it is known again."""
    sizes = {str(path.relative_to(folder)): path.stat().st_size for path in sorted(folder.rglob("*")) if path.is_file()}
    kept = {"facts": asdict(facts), "files": [asdict(file) for file in files], "sizes": sizes}
    draft = aside / "fetched.json.part"
    draft.write_text(json.dumps(kept))
    draft.replace(aside / "fetched.json")


def _kept(aside: Path, folder: Path) -> dict[str, Any] | None:
    """What `_keep` noted, if every file is still there as it was."""
    try:
        kept = dict(json.loads((aside / "fetched.json").read_text()))
        whole = all((folder / name).stat().st_size == size for name, size in kept["sizes"].items())
    except (OSError, ValueError, KeyError):
        return None
    return kept if whole else None


def _complete(folder: Path, files: tuple[RemoteFile, ...]) -> bool:
    """Whether a person has put every listed file there by hand."""
    return all((folder / file.name).is_file() and (folder / file.name).stat().st_size == file.bytes for file in files)


@contextmanager
def _alone(aside: Path, slug: str) -> Iterator[None]:
    """Two processes that want the same competition do not write into each other's files."""
    from filelock import FileLock, Timeout

    lock = FileLock(aside / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise KaggleError(
            f"another process is downloading {slug} into {aside.parent}: wait for it, or use another --data"
        ) from None
    try:
        yield
    finally:
        lock.release()
