"""A recorded run, kept as data: what it takes to replay it, small, and without a word of the machine it ran on.

`python -m agentk.testing.recorded RUN FOLDER` makes one; `replay:FOLDER` and `agentk replay FOLDER --verify` read it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from agentk.errors import RunError, UserError
from agentk.graph.folder import RunFolder, replace

LARGEST = 512 * 1024
"""Bytes that a recorded run may have."""
KEPT = ("run.json", "journal.jsonl", "competition.json", "folds.json", "profile.json", "submission.csv")
PARTS = ("solution.py", "params.json", "outcome.json", "oof.parquet", "test.parquet")
"""Of each attempt."""


def recorded(name: str) -> Path:
    """The recorded run of this name that comes with agentk: in a checkout below `notebooks/`, else inside the package."""
    packaged = Path(__file__).parent / "runs"
    here = packaged if packaged.is_dir() else Path(__file__).parents[2] / "notebooks" / "recorded"
    found = sorted(path.name for path in here.iterdir()) if here.is_dir() else []
    if name not in found:
        raise RunError(f"no recorded run is called {name!r}; there are: {', '.join(found) or 'none'}")
    return here / name


def keep(run: Path, to: Path) -> int:
    """Copies a run on a built-in competition into a new folder; returns its bytes.

    Raises RunError where the competition is not a built-in one, where the copy would be too large, or where it would still name a
    folder of this machine.
    """
    folder = RunFolder.open(run)
    request = folder.facts()["request"]
    assert isinstance(request, dict)
    if not str(request["competition"]).startswith("builtin:"):
        raise RunError(
            f"{run} is on {request['competition']}: only a built-in competition can be made again by whoever replays it"
        )
    if to.exists():
        raise RunError(f"{to} is there already: name a new folder")
    places = _places(run, request)
    made: dict[Path, bytes] = {}
    for path in (*(run / name for name in KEPT), *(path for path in sorted(run.glob("attempts/*/*")) if path.name in PARTS)):
        content = path.read_bytes()
        if path.suffix != ".parquet":
            text = content.decode()
            for place, name in places.items():
                text = text.replace(place, name)
            if f"{Path.home()}/" in text or str(run.absolute().parent) in text:
                raise RunError(f"{path} names a folder of this machine in a place that is not known to hold one")
            content = text.encode()
        made[to / path.relative_to(run)] = content
    size = sum(map(len, made.values()))
    if size > LARGEST:
        raise RunError(f"{run} takes {size:,} bytes, a recorded run at most {LARGEST:,}: record fewer attempts")
    for path, content in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        replace(path, content)
    return size


def _places(run: Path, request: Mapping[str, object]) -> dict[str, str]:
    """Folders of this machine as they stand in the run's files, the longest first, and what they are called instead."""
    models = request["models"]
    assert isinstance(models, dict)
    specs = [str(models[name]).partition(":")[2] for name in ("name", "code", "think") if models.get(name)]
    found = {place: Path(place).name for place in specs if place.startswith("/")}
    found |= {str(run.absolute() / "competition"): "competition", str(run.absolute()): run.name, str(request["out"]): "runs"}
    return {json.dumps(place)[1:-1]: found[place] for place in sorted(found, key=len, reverse=True)}


def main() -> None:
    """The command: RUN FOLDER."""
    try:
        run, to = map(Path, sys.argv[1:])
        print(f"{to}: {keep(run, to):,} bytes")
    except ValueError:
        sys.exit("python -m agentk.testing.recorded RUN FOLDER")
    except UserError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
