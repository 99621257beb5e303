"""Where a competition comes from: a folder as it is, a built-in one made on the spot, or one table with a test part held out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agentk.errors import CompetitionError

BUILTIN = "builtin:"


@dataclass(frozen=True)
class Source:
    """A folder laid out like a Kaggle download and, where agentk made its test part, the answers kept apart."""

    name: str
    folder: Path
    answers: Path | None  # never inside `folder`


def check(competition: str) -> None:
    """Raises CompetitionError at once for what cannot be a competition, before anything is written."""
    if competition.startswith(BUILTIN):
        from agentk.competitions.builtin import check_name

        check_name(competition.removeprefix(BUILTIN))
        return
    if competition.startswith(("http://", "https://")):
        raise CompetitionError(f"{competition}: addresses are not fetched; download the data, unzip it, and give the folder")
    if not Path(competition).exists():
        near = [path.name for path in Path(competition).absolute().parent.glob("*") if path.is_dir()][:5]
        beside = f"; beside it there are {', '.join(sorted(near))}" if near else ""
        raise CompetitionError(f"there is no folder or file {competition!r}{beside}. Give a folder with a train file, a CSV file, or builtin:NAME")


def resolve(competition: str, target: tuple[str, ...], run: Path, seed: int) -> Source:
    """The source; what has to be made is made under `run`: data/ for the data, grader/ for the answers."""
    data, grader = run / "data", run / "grader"
    if competition.startswith(BUILTIN):
        from agentk.competitions.builtin import write_builtin

        name = competition.removeprefix(BUILTIN)
        answers = write_builtin(name, data, grader)
        return Source(name, data, answers)
    path = Path(competition).absolute()
    from agentk.competitions.builtin import hold_out, lacks_test

    if lacks_test(path):
        answers = hold_out(path, target, data, grader, seed=seed)
        return Source(path.stem, data, answers)
    return Source(path.name, path, None)
