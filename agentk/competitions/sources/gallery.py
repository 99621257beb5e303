"""Makes tables of pictures that tell their class: train/<class>/*.jpg or train/<class>.<number>.jpg, beside test/*.jpg."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pandas as pd

from agentk.competitions.columns.kinds import PICTURES
from agentk.competitions.files.folders import link
from agentk.competitions.files.listing import listed, role_of
from agentk.competitions.files.sniffing import sniffed
from agentk.competitions.files.tables import table
from agentk.errors import CompetitionError

_NUMBERED = re.compile(r"(.*[^\W\d_])[ ._-]*\(?\d+\)?\.\w+")  # cat.17.jpg, oak_tree (3).png
_MOST_LOOKED_AT = 5  # folders in which train and test may lie
_FEWEST = 5  # pictures a class, where only their names tell it


def is_gallery(folder: Path) -> bool:
    """Whether no table but the sample says what the training pictures show, yet their folders or names do.

    Other tables may lie beside where the sample has a column for each of these folders.
    """
    roles = {name: role_of(name) for name in listed(folder)}
    train = _part(folder, "train")
    if train is None or {"train", "test"} & set(roles.values()):
        return False
    labels = {label for _, label in _labelled(train)}
    if any(role != "sample" for role in roles.values()):
        return bool(labels) and any(labels == set(_columns(folder, name)[1:]) for name in roles if roles[name] == "sample")
    return bool(labels)


def _columns(folder: Path, name: str) -> list[str]:
    return [str(column) for column in table(folder, sniffed(folder, *listed(folder)[name])).columns]


def hang(source: Path, folder: Path) -> None:
    """Writes `folder`/train.csv (id, file, label) and test.csv (id, file), the pictures beside under names that tell no class.

    Ids are called as the sample submission calls them.
    Raises CompetitionError where the test pictures are missing. What has been made before is left as it is.
    """
    if (folder / "train.csv").exists():
        return
    train, test = _part(source, "train"), _part(source, "test")
    if train is None or test is None:
        raise CompetitionError(
            f"{source} has pictures by class in train, but no folder of test pictures: put them into {source / 'test'}."
        )
    labelled = _labelled(train)
    order = pd.Series(range(len(labelled))).sample(frac=1, random_state=0)
    rows = pd.DataFrame([(at, f"{at}{labelled[place][0].suffix}", labelled[place][1]) for at, place in enumerate(order)])
    asked = _asked(source, test)
    for entry in source.iterdir():
        if entry.is_file():
            link(entry, folder / entry.name)
    for path in asked.iloc[:, 1]:
        link(test / path, folder / "test" / path)
    for at, place in enumerate(order):
        link(labelled[place][0], folder / "train" / rows[1][at])
    asked.to_csv(folder / "test.csv", index=False)
    rows.set_axis([*asked.columns, "label"], axis=1).to_csv(folder / "train.csv", index=False)


def _asked(source: Path, test: Path) -> pd.DataFrame:
    """The ids of the sample submission, else file names, each with its picture."""
    files = {path.name: path.name for path in _pictures(test)}
    samples = [name for name in listed(source) if role_of(name) == "sample"]
    if not samples:
        return pd.DataFrame({"id": list(files), "file": list(files)})
    ids = table(source, sniffed(source, *listed(source)[samples[0]])).iloc[:, 0]
    by_id = files | {Path(name).stem: name for name in files}
    found = ids.astype(str).map(by_id)
    if found.isna().any():
        lost = ids[found.isna()].iloc[0]
        raise CompetitionError(f"{samples[0]} asks for {lost}, but {test} has no picture of that name.")
    return pd.DataFrame({ids.name: ids, "file" if ids.name != "file" else "picture": found})


def _labelled(train: Path) -> list[tuple[Path, str]]:
    """The training pictures, each with its class; empty where there are not at least two classes."""
    by_folder = [(path, below.name) for below in sorted(train.iterdir()) if below.is_dir() for path in _pictures(below)]
    if by_folder:
        return by_folder if len({label for _, label in by_folder}) > 1 else []
    named = [(path, found[1]) for path in _pictures(train) if (found := _NUMBERED.fullmatch(path.name))]
    counts = Counter(label for _, label in named)
    told = len(named) == len(_pictures(train)) and len(counts) > 1 and min(counts.values()) >= _FEWEST
    return named if told else []


def _part(folder: Path, part: str) -> Path | None:
    """The only folder of that part, in the folder or in one of its folders."""
    inner = [path for path in sorted(folder.iterdir()) if path.is_dir()]
    for places in (inner, [below for path in inner[:_MOST_LOOKED_AT] for below in sorted(path.iterdir()) if below.is_dir()]):
        named = [path for path in places if role_of(path.name) == part]
        if named:
            return named[0] if len(named) == 1 else None
    return None


def _pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name.lower().endswith(PICTURES))
