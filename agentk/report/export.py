"""Export: the winner to take away, as a notebook that runs on Kaggle as it is, as one script, or as a folder."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Literal

from agentk.agent.insight.evidence import contract_of
from agentk.errors import RunError, SettingError
from agentk.graph.folder import RunFolder, replace
from agentk.report.notebook import PLAN, notebook
from agentk.report.story import Story, tell

Form = Literal["notebook", "script", "folder"]


def export(folder: RunFolder, form: Form, place: Path) -> Path:
    """Writes the winner to `place` and returns it. A file that is there is replaced; a folder must be new or empty.

    Raises RunError when the run has no winner, SettingError when the folder holds something.
    """
    if not (folder.solution / PLAN).exists():
        raise RunError(
            f"{folder.path.name} has no winner to take away yet; it is written when the run ends: agentk resume {folder.path}"
        )
    if form == "folder":
        return _copy(folder.solution, place)
    parts = {path.relative_to(folder.solution).as_posix(): path.read_text(encoding="utf-8") for path in _files(folder.solution)}
    place.parent.mkdir(parents=True, exist_ok=True)
    if form == "script":
        replace(place, _script(folder, parts))
    else:
        replace(place, json.dumps(notebook(folder, _slug(folder), parts), indent=1, ensure_ascii=False) + "\n")
    return place


def _copy(source: Path, place: Path) -> Path:
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise SettingError(f"{place} holds something already: give --output another name")
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    shutil.copytree(source, draft, dirs_exist_ok=True)
    draft.chmod(0o755)
    if place.exists():
        place.rmdir()
    draft.rename(place)
    return place


def _files(solution: Path) -> list[Path]:
    """What the program consists of; README.md is for a reader of the folder."""
    return [path for path in sorted(solution.rglob("*")) if path.suffix in (".py", ".json") and "__pycache__" not in path.parts]


def _slug(folder: RunFolder) -> str:
    """What Kaggle calls the competition, as far as it is known."""
    request = folder.facts().get("request")
    slug = request.get("kaggle") if isinstance(request, dict) else None
    return str(slug or contract_of(folder).name)


def _script(folder: RunFolder, parts: dict[str, str]) -> str:
    """One file that carries the others as texts, writes them aside and runs them."""
    story, competition = tell(folder), contract_of(folder)
    carried = "".join(f"PARTS[{name!r}] = {_literal(text)}\n\n" for name, text in parts.items())
    title = f"{competition.name}: {_line(story)}".replace("\\", "").replace('"""', "'''")
    program = SCRIPT.replace("{title}", title).replace("{slug}", repr(_slug(folder)))
    return program.replace("{train}", repr(competition.train.path)).replace("{parts}", carried)


def _line(story: Story) -> str:
    winner = story.winner
    if winner is None or winner.attempt.score is None:
        return "the winner of a run"
    return f"{winner.attempt.name}, {story.summary.metric} {winner.attempt.score:.5f} on held-out rows"


def _literal(text: str) -> str:
    """A text as a Python literal, raw and readable where it can be."""
    plain = "'''" not in text and not text.endswith("'") and not text.endswith("\\") and "\r" not in text
    return f"r'''{text}'''" if plain else repr(text)


SCRIPT = '''"""{title}

    python THIS_FILE [--data DIR] [--out submission.csv] [--rows new.csv] [--extra FILE]

DIR is the competition's folder; left out, it is looked for where Kaggle keeps it, in ./data and here.
Needs numpy, pandas and what the programs below import; no network.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

SLUG, TRAIN = {slug}, {train}
PARTS = {}

{parts}

def data() -> Path:
    near = [Path("/kaggle/input") / SLUG, Path("/kaggle/input/competitions") / SLUG, Path("data"), Path(".")]
    for place in [*near, *Path("/kaggle/input").glob("*")]:
        if (place / TRAIN).exists():
            return place
    sys.exit(f"error: no folder with {TRAIN}: name it with --data")


def main() -> None:
    given = sys.argv[1:]
    given += [] if "--data" in given else ["--data", str(data())]
    given += [] if "--out" in given else ["--out", "submission.csv"]
    with tempfile.TemporaryDirectory() as place:
        for name, text in PARTS.items():
            path = Path(place) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        sys.exit(subprocess.run([sys.executable, str(Path(place) / "solution.py"), *given]).returncode)


if __name__ == "__main__":
    main()
'''
