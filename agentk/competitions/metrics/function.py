"""What a function that is to be a metric says of itself: what it takes, and which way is better."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, cast, get_args

from agentk.competitions.metrics.own import Caller, MetricFailedError, MetricGoneError
from agentk.competitions.metrics.reference import Reference, read_reference
from agentk.errors import SettingError
from agentk.types.metric import Direction, Form

Link = Literal["identity", "log", "log1p"]

_TABLES = ["solution", "submission"]  # how the parameters of Kaggle's own metrics begin
_WEIGHTS = ("weight", "sample_weight", "w")  # how a third parameter begins that takes weights of rows


@dataclass(frozen=True)
class Function:
    """What a file and its function say of themselves."""

    reference: Reference
    direction: Direction | None
    form: Form | None
    link: Link
    tables: bool  # it takes two tables and the name of their id column, as Kaggle's own metrics do
    answers: str  # what it calls its second parameter
    weighs: bool  # it takes weights of rows behind them
    weights: str | None  # which, in the words of `--weights`


def function_of(said: str) -> Function:
    """What the function says of itself. Raises SettingError when it cannot be loaded or takes other things than a metric does."""
    return _understood(read_reference(said), said)


@lru_cache(maxsize=8)
def _understood(reference: Reference, said: str) -> Function:
    try:
        found = Caller(reference.file.name, reference.function, reference.source, None).described()
    except (MetricFailedError, MetricGoneError) as error:
        raise SettingError(f"--metric {said}: {reference.file.name} cannot be loaded: {error}") from None
    needed, keywords, room, told = (cast(Any, found[key]) for key in ("needed", "keywords", "room", "told"))
    tables = room[:2] == _TABLES
    weighs = not tables and len(room) > 2 and room[2].lower().startswith(_WEIGHTS)
    takes = 3 if tables or weighs else 2
    if keywords or not len(needed) <= takes <= len(room):
        takes_now = ", ".join([*needed, *keywords])
        raise SettingError(
            f"--metric {said}: {reference.function} takes ({takes_now}). A metric takes two arrays, the truth and the answers, "
            "perhaps a third called weights, or as Kaggle's own (solution, submission, row_id_column_name); everything else "
            "needs a default."
        )
    for name, known in (("direction", get_args(Direction)), ("form", get_args(Form)), ("link", get_args(Link))):
        if name in told and told[name] not in known:
            raise SettingError(f"--metric {said}: {reference.function}.{name} is {told[name]!r}: it may be {', '.join(known)}.")
    return Function(
        reference,
        told.get("direction"),
        told.get("form"),
        told.get("link", "identity"),
        tables,
        room[1],
        weighs,
        told.get("weights"),
    )
