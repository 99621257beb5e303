"""What the person says in the competition's folder: competition.toml, with the words of the flags. Flags win over it."""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationError

from agentk.competitions.draft import Overrides
from agentk.errors import CompetitionError
from agentk.settings import wanted

NAME = "competition.toml"


def said_in(source: str | Path) -> Overrides:
    """What `source`/competition.toml says; nothing where there is no such file.

    Raises CompetitionError with the file, the key, its value and what may stand there.
    """
    file = Path(source) / NAME
    if not file.is_file():
        return Overrides()
    from agentk.competitions.metrics.reference import absolute, is_reference

    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CompetitionError(f'{file} is no TOML: {error}. It holds lines such as: target = "price"') from None
    known = list(Overrides.model_fields)
    for key in said:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(known)}."
            raise CompetitionError(f"{file}: {key} is nothing one can say of a competition. {hint}")
    lists = {key: [said[key]] for key in ("target", "id") if isinstance(said.get(key), str)}
    if isinstance(metric := said.get("metric"), str) and is_reference(metric):
        said["metric"] = absolute(metric, file.parent)
    try:
        return Overrides.model_validate({**said, **lists})
    except ValidationError as error:
        first = error.errors()[0]
        raise CompetitionError(f"{file}: {first['loc'][0]} = {first['input']!r}: {wanted(first)}.") from None


def over(file: Overrides, flags: Overrides) -> Overrides:
    """Both together: a flag wins over the file."""
    spoken = {name: value for name in Overrides.model_fields if (value := getattr(flags, name)) not in (None, ())}
    return file.model_copy(update=spoken)
