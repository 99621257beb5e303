"""`agentk bench samplers`: which sampler finds good parameters of the recipes' spaces in the fewest trials."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from agentk.errors import SettingError

if TYPE_CHECKING:
    from agentk.bench.samplers.races import Race
    from agentk.bench.samplers.tasks import Task

PARTS = ("table", "races")


def bench_samplers(
    out: Path, *, parts: Sequence[str] = PARTS, scale: float = 1.0, say: Callable[[str], None] = print
) -> list[Path]:
    """Measures the samplers and writes what was found into `out`; the files samplers.json, samplers.md and samplers.png.

    parts: "table" runs recipes on built-in competitions at points spread over their spaces, what is there is not run again;
    "races" has every sampler search each space. scale: of the number of seeds. Raises SettingError for an unknown part, or
    races without a table.
    """
    if unknown := set(parts) - set(PARTS):
        raise SettingError(f"--parts {', '.join(sorted(unknown))}: the parts of samplers are {', '.join(PARTS)}")
    from agentk.bench.samplers.tasks import make

    if "table" in parts:
        make(out, say)
    return _race(out, scale, say) if "races" in parts else []


def _race(out: Path, scale: float, say: Callable[[str], None]) -> list[Path]:
    from threadpoolctl import threadpool_limits

    from agentk.bench.samplers.races import SEEDS, read, run, wanted
    from agentk.bench.samplers.tasks import tasks
    from agentk.graph.folder import replace
    from agentk.tuning.samplers import NEEDS

    spaces, path = tasks(out), out / "races.jsonl"
    missing = {sampler: package for sampler, package in NEEDS.items() if find_spec(package) is None}
    for sampler, package in missing.items():
        say(f"{sampler} is left out: {package} is not installed")
    seeds = {sampler: max(1, round(scale * count)) for sampler, count in SEEDS.items() if sampler not in missing}
    races = read(path)
    replace(path, "".join(race.model_dump_json() + "\n" for race in races))  # without a torn last line
    done = {race.key for race in races}
    every = list(wanted(spaces, seeds))
    try:
        with threadpool_limits(1), path.open("a", encoding="utf-8") as file:
            for number, (task, manner, sampler, seed) in enumerate(every, 1):
                if (task.name, manner.name, sampler, seed) in done:
                    continue
                race = run(task, manner, sampler, seed)
                file.write(race.model_dump_json() + "\n")
                file.flush()
                races.append(race)
                say(f"{number}/{len(every)} seed {seed}, {manner.name}: {sampler} on {task.name}, {race.seconds:.1f}s")
    finally:  # after Ctrl-C too
        files = _written(out, spaces, races, say)
    return files


def _written(out: Path, spaces: Sequence[Task], races: Sequence[Race], say: Callable[[str], None]) -> list[Path]:
    from agentk.bench.samplers.figures import draw, lines, markdown
    from agentk.graph.folder import replace

    names = {task.name for task in spaces}
    found = lines(spaces, [race for race in races if race.task in names])
    told = markdown(spaces, found)
    say(told)
    replace(out / "samplers.md", told)
    replace(out / "samplers.json", json.dumps([line.model_dump() for line in found], indent=1) + "\n")
    files = [out / "samplers.json", out / "samplers.md"]
    if find_spec("matplotlib") is None:
        say('no figure: matplotlib is missing, pip install "agentk[plots]"')
        return files
    draw(found, out / "samplers.png")
    return [*files, out / "samplers.png"]
