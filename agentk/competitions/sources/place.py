"""Where a competition comes from: a folder, pictures sorted by class, one table, or a built-in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agentk.competitions.draft import Overrides
from agentk.competitions.files.listing import listed, role_of
from agentk.competitions.files.sniffing import is_table
from agentk.competitions.sources.existing import existing
from agentk.errors import CompetitionError


@dataclass(frozen=True)
class Place:
    """A competition's folder, and the file of true answers where agentk made it and so knows them."""

    name: str
    folder: Path
    answers: Path | None = None
    doubt: str | None = None  # of what had to be made


def located(source: str | Path, overrides: Overrides, folder: Path) -> Place:
    """The folder of the competition at `source`; what has to be made is made in `folder`/competition, its answers beside.

    Raises CompetitionError when there is nothing there, SettingError when no built-in is called so.
    """
    from agentk.competitions.sources import blanks, builtin, gallery, gathered, holdout, packed, recommended

    made, answers = folder / "competition", folder / "answers" / "answers.csv"
    if str(source).startswith("builtin:"):
        name = builtin.known_name(str(source).removeprefix("builtin:"))
        builtin.make(name, made, answers)
        return Place(name, made, answers)
    path = existing(source).resolve()
    if path.is_file():
        if not is_table(path):
            raise CompetitionError(
                f"{path} is no table. Give a folder, or a file that ends in .csv, .tsv, .json, .jsonl or .parquet; "
                "save a spreadsheet as CSV."
            )
        holdout.hold_out(path, overrides, made, answers)
        return Place(path.name.split(".")[0], made, answers)
    path = _inner(path)
    name = path.name
    if archives := packed.packed_pictures(path):
        packed.open_up(path, archives, folder / "unpacked")
        path = folder / "unpacked"
    if files := gathered.measured(path):
        gathered.gather(path, files, folder / "gathered")
        path = folder / "gathered"
    if gallery.is_gallery(path):
        gallery.hang(path, made)
        return Place(name, made)
    if not (overrides.train or overrides.test) and (history := recommended.history_in(path)):
        return Place(name, made, doubt=recommended.set_out(path, made, history))
    if blanks.has_blanks(path, overrides):
        blanks.fill_in(path, overrides, made)
        return Place(name, made)
    if _only_train(path, overrides):
        holdout.hold_out(path, overrides, made, answers)
        return Place(name, made, answers)
    return Place(name, path)


def _inner(folder: Path) -> Path:
    """The only folder inside a folder that holds no table itself, as some archives unpack; else the folder."""
    if listed(folder) or any(role_of(path.name) for path in folder.iterdir() if path.is_dir()):
        return folder
    below = [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "__MACOSX")) and listed(path)]
    return below[0] if len(below) == 1 else folder


def _only_train(folder: Path, overrides: Overrides) -> bool:
    tables = listed(folder)
    roles = {role_of(name) for name in listed(folder, below=True)}
    answered = "test" in roles or "sample" in roles or overrides.test or overrides.sample
    named = bool(overrides.train) or any(role_of(name) == "train" for name in tables)
    return bool(tables) and not answered and (named or len(tables) == 1)
