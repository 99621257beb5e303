"""Opens archives of pictures that lie packed in a competition's folder: train.zip, test.zip, images.zip."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

from agentk.competitions.columns.kinds import PICTURES
from agentk.competitions.files.folders import link
from agentk.competitions.files.rows import tables_within
from agentk.errors import CompetitionError
from agentk.kaggle.unpack import BrokenArchiveError, place_of, unpack


def packed_pictures(folder: Path) -> dict[Path, Path]:
    """The archives of a folder that hold pictures and no table and whose content does not lie beside them, with its place."""
    archives = [path for path in sorted(folder.iterdir()) if path.suffix.lower() == ".zip" and path.is_file()]
    return {path: place for path in archives if _holds_pictures(path) and (place := place_of(path)) is not None}


def open_up(source: Path, archives: Mapping[Path, Path], folder: Path) -> None:
    """Makes `folder`: the files of `source`, its `archives` of pictures unpacked. What has been made before is left as it is.

    Raises CompetitionError where an archive is damaged, KaggleError where one is dangerous or too large for the disk.
    """
    if folder.exists():
        return
    draft = folder.with_name(f".{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    for entry in source.rglob("*"):
        if entry.is_file() and entry not in archives:
            link(entry, draft / entry.relative_to(source))
    for archive, place in archives.items():
        try:
            unpack(archive, draft / place.relative_to(source))
        except BrokenArchiveError as error:
            raise CompetitionError(f"{error}. Download {archive} again, or unpack it by hand.") from None
    draft.replace(folder)


def _holds_pictures(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            if not any(name.lower().endswith(PICTURES) for name in archive.namelist()):
                return False
            return not tables_within(archive)
    except ValueError:
        return True  # no table in it
    except (OSError, zipfile.BadZipFile):
        return False  # whoever reads tables says what is wrong with it
