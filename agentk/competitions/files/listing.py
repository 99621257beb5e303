"""The tables that lie in a folder, and the part that each plays by its name: train, test or sample submission."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from agentk.competitions.files.folders import folders_within
from agentk.competitions.files.rows import tables_within
from agentk.competitions.files.sniffing import is_table
from agentk.competitions.files.tables import several
from agentk.errors import CompetitionError
from agentk.kaggle.board import LEADERBOARD

_SAMPLE = {"submission", "submissions", "submit", "sub", "benchmark"}
_SAMPLE_WITH = {"sample", "example", "template", "random", "dummy"}
_ROLES = {"train": {"train", "training"}, "test": {"test", "testing"}}
_UNREAD = {".wav", ".mp3", ".flac", ".ogg", ".aif", ".aiff", ".mp4", ".avi", ".mov", ".dcm", ".nii", ".npy", ".npz"}
_UNREAD |= {".tfrecord", ".xyz", ".pdb", ".mat", ".h5", ".hdf5"}
_PACKED = {".7z", ".rar", ".tar", ".tgz", ".bz2", ".xz"}
MOST_BELOW = 6  # tables in a folder that are looked at


def listed(folder: Path, below: bool = False) -> dict[str, tuple[str, str | None]]:
    """The tables of a folder by readable name: (path relative to it, member inside a zip archive).

    With those of its folders when `below`, but for folders that hold many: a file a row, not a table.
    Raises CompetitionError when there is no such folder.
    """
    if not folder.is_dir():
        raise CompetitionError(f"{folder} is no folder. Give the folder of an unzipped competition, a CSV file, or builtin:NAME.")
    found: dict[str, tuple[str, str | None]] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or not is_table(path) or path.name.lower() == LEADERBOARD or not path.is_file():
            continue
        if path.name.lower().endswith(".zip"):
            found |= _members(path)
        else:
            found[path.name] = (path.name, None)
    for inner in folders_within(folder, depth=1)[1:] if below else ():
        inside = listed(inner)
        if len(inside) <= MOST_BELOW:
            found |= {f"{inner.name}/{name}": (f"{inner.name}/{path}", member) for name, (path, member) in inside.items()}
    return found


def _members(path: Path) -> dict[str, tuple[str, str | None]]:
    """The tables inside a zip archive, as `listed` gives them; none where it holds none."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = tables_within(archive)
    except ValueError:
        return {}  # pictures or the like
    except (OSError, zipfile.BadZipFile) as error:
        raise CompetitionError(f"{path} cannot be opened: {error}. Download it again, or remove it.") from None
    if len(members) == 1:
        return {path.name: (path.name, None)}
    return {f"{path.name}/{member}": (path.name, member) for member in members}


def unread_in(folder: Path) -> str:
    """What lies there that is of no form agentk reads, in words; empty where nothing does."""
    endings = {Path(entry.name).suffix.lower() for place in folders_within(folder) for entry in os.scandir(place)}
    found = sorted(endings & _UNREAD)
    told = [f"files ending in {several(found)} are not read: agentk reads tables, texts and pictures"] if found else []
    packed = sorted(path.name for path in folder.iterdir() if path.suffix.lower() in _PACKED)
    told += [f"{several(packed)} must be unpacked first: agentk opens .zip and .gz"] if packed else []
    full = [place.name for place in folders_within(folder, depth=1)[1:] if _is_full_of_tables(place)]
    told += [f"the tables in {several(full)} are not read: there are too many for tables about all rows"] if full else []
    return "; ".join(told)


def _is_full_of_tables(folder: Path) -> bool:
    """Whether a folder holds more tables than are looked at, itself or in folders of its own."""
    places = folders_within(folder, depth=1)
    tables = [sum(is_table(Path(entry.name)) for entry in os.scandir(place)) for place in places]
    return tables[0] > MOST_BELOW or sum(tables[1:]) > 0


def role_of(name: str) -> str:
    """ "train", "test", "sample" or "" from a file's name: sampleSubmission.csv, BBC News Train.csv, train_v2.csv.gz."""
    stem = re.sub(r"(\.(csv|tsv|json|jsonl|ndjson|parquet|pq|txt|gz|zip))+$", "", name.rpartition("/")[2], flags=re.IGNORECASE)
    words = set(re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", stem).lower()))
    if words & _SAMPLE or any("submission" in word for word in words) or (words & _SAMPLE_WITH and "solution" in words):
        return "sample"
    if words & {"sample", "samplesub"} and not words & (_ROLES["train"] | _ROLES["test"]):
        return "sample"
    return next((role for role, spellings in _ROLES.items() if words & spellings), "")


def roles_of(tables: Mapping[str, tuple[str, str | None]]) -> dict[str, str]:
    """The role of each table by its name: of tables in folders only where none beside them has it; labels are train at last."""
    roles = {name: role_of(name) for name in tables}
    above = {role for name, role in roles.items() if "/" not in tables[name][0]}
    roles = {name: "" if "/" in tables[name][0] and role in above else role for name, role in roles.items()}
    if "train" not in roles.values():
        labels = [name for name in roles if not roles[name] and re.search(r"label|target", name, re.IGNORECASE)]
        roles |= dict.fromkeys(labels, "train")
    return roles


def without_role(name: str) -> str:
    """A file's name without its ending and the words that tell its role."""
    stem = name.rpartition("/")[2].split(".")[0].lower()
    return re.sub(r"(train(ing)?|test(ing)?|sample|submissions?|data|set)|[^a-z0-9]", "", stem)


def candidates_for(roles: dict[str, str], role: str) -> list[str]:
    """Tables that may play a role: those with no further word in their name before the others."""
    named = plainest([name for name, own in roles.items() if own == role])
    return [name for name in named if not without_role(name)] or named


def plainest(names: Sequence[str]) -> list[str]:
    """Of the same file plain and compressed, the plain one."""
    by_stem: dict[str, str] = {}
    for name in sorted(names, key=len):
        by_stem.setdefault(re.sub(r"(\.(gz|zip))+$", "", name.lower()), name)
    return list(by_stem.values())
