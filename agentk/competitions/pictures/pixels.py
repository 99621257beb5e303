"""Pictures that lie in columns of pixels: told from tables, spectra and series by how alike neighboring pixels are."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agentk.competitions.draft import Draft
from agentk.competitions.files.tables import several
from agentk.errors import CompetitionError
from agentk.types.competition import Column, ColumnKind, Pixels

NONE = "none"

_FEWEST = 144  # columns that may be a picture: a smaller one, such as 8 x 8, is as well read as a table
_SIDE, _SLIM = 8, 2.0  # the least side of a picture, and how many times the other side has less
_ROWS, _CELLS = 500, 1_000_000  # looked at
_FEWEST_ROWS = 20
_ALIKE = 0.25  # the least correlation of neighbors
_NEARER = 0.25  # the share of what distant pixels lack in common that neighbors must have

Pictures = NDArray[np.float64]  # (rows, height, width, channels)


def find_pixels(draft: Draft, columns: tuple[Column, ...], train: pd.DataFrame, test: pd.DataFrame) -> Pixels | None:
    """The picture that some of the columns are, where the person says so, or neighbors in it are alike; None where none is.

    Raises CompetitionError where the person says so and there are no such columns, or says nothing that can be understood.
    """
    said = draft.overrides.pixels
    if said is not None and said.strip().lower() == NONE:
        return None
    numbers = [c.name for c in columns if all(part[c.name].dtype.kind in "iuf" for part in (train, test))]
    series = sorted(_series(numbers), key=lambda names: -len(names))
    if said is not None:
        return _as_said(said, series, train)
    return next((found for names in series if (found := _picture(names, train)) is not None), None)


def as_pixels(columns: tuple[Column, ...], pixels: Pixels) -> tuple[Column, ...]:
    """The columns, those of the picture of that kind."""
    own = set(pixels.columns)
    return tuple(c.model_copy(update={"kind": ColumnKind.PIXEL}) if c.name in own else c for c in columns)


def reason_of(pixels: Pixels, speaker: str) -> str:
    """Why they are believed to be a picture, in words."""
    named = pixels.columns
    why = (
        f"as {speaker} said"
        if pixels.alike is None
        else f"because neighbors are alike ({pixels.alike:.2f} against {pixels.apart:.2f} half a picture away)"
    )
    return f"{len(named)} columns {named[0]} to {named[-1]} are a picture, {pixels.words}, {why}"


def _series(names: list[str]) -> Iterator[list[str]]:
    """Names that differ in their numbers alone, where there are enough."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(re.sub(r"\d+", "#", name), []).append(name)
    return (group for group in groups.values() if len(group) >= _FEWEST)


def _counted(names: list[str]) -> tuple[str, tuple[int, ...], int] | None:
    """Name, counts and first as `Pixels` has them, where the names' numbers count without a gap; else None."""
    spelled = [re.findall(r"\d+", name) for name in names]
    places = [[int(numbers[at]) for numbers in spelled] for at in range(len(spelled[0]))]
    counting = [at for at, numbers in enumerate(places) if min(numbers) < max(numbers)]
    if not 1 <= len(counting) <= 3:
        return None
    first = min(min(places[at]) for at in counting)
    counts = tuple(max(places[at]) - first + 1 for at in counting)
    pieces = [piece.replace("{", "{{").replace("}", "}}") for piece in re.split(r"\d+", names[0])]
    shape = pieces[0]
    for at, piece in enumerate(pieces[1:]):
        shape += (_place(numbers[at] for numbers in spelled) if at in counting else spelled[0][at]) + piece
    made = Pixels(name=shape, counts=counts, first=first, height=1, width=1)
    return (shape, counts, first) if math.prod(counts) == len(names) and set(made.columns) == set(names) else None


def _place(numbers: Iterator[str]) -> str:
    """What `str.format` puts a number into: with zeros before it where they are written so."""
    padded = next((len(number) for number in numbers if len(number) > 1 and number.startswith("0")), None)
    return "{}" if padded is None else f"{{:0{padded}d}}"


def _candidates(name: str, counts: tuple[int, ...], first: int) -> list[Pixels]:
    """The pictures that so many columns may be, square ones first."""
    known: dict[str, Any] = {"name": name, "counts": counts, "first": first}
    if len(counts) == 1:
        shapes = [(*sides, 1, False) for sides in _sides(counts[0])]
        if counts[0] % 3 == 0:
            shapes += [(*sides, 3, planar) for sides in _sides(counts[0] // 3) for planar in (False, True)]
    elif len(counts) == 2:
        shapes = [(counts[0], counts[1], 1, False)]
    else:
        shapes = [(counts[0], counts[1], 3, False)] if counts[2] == 3 else []
        shapes += [(counts[1], counts[2], 3, True)] if counts[0] == 3 else []
    return [
        Pixels.model_validate(known | {"height": height, "width": width, "channels": channels, "planar": planar})
        for height, width, channels, planar in shapes
        if min(height, width) >= _SIDE and max(height, width) < _SLIM * min(height, width)
    ]


def _sides(count: int) -> list[tuple[int, int]]:
    """Heights and widths of so many pixels, the squarest first."""
    pairs = [(height, count // height) for height in range(_SIDE, count // _SIDE + 1) if count % height == 0]
    return sorted(pairs, key=lambda pair: abs(pair[0] - pair[1]))


def _picture(names: list[str], train: pd.DataFrame) -> Pixels | None:
    """The picture that these columns are, of the geometry in which neighbors are most alike; None where they are none."""
    counted = _counted(names)
    candidates = _candidates(*counted) if counted else []
    if not candidates or len(train) < _FEWEST_ROWS:
        return None
    values = _looked_at(candidates[0], train)
    white = _white(values)
    if white is None:
        return None
    told = [(likeness(pictures_of(values, candidate), rowwise=len(candidate.counts) == 1), candidate) for candidate in candidates]
    (alike, apart), best = max(told, key=lambda one: one[0][0] - one[0][1])
    if alike < _ALIKE or alike - apart < _NEARER * (1 - apart):
        return None
    return best.model_copy(update={"white": white, "alike": round(alike, 2), "apart": round(apart, 2)})


def _as_said(said: str, series: list[list[str]], train: pd.DataFrame) -> Pixels:
    """The picture that the person says. Raises CompetitionError where no columns are one of that size."""
    told = re.fullmatch(r"(\d+)\s*x\s*(\d+)(?:\s*x\s*([13]))?", said.strip(), re.IGNORECASE)
    if told is None:
        raise CompetitionError(f"--pixels {said}: say HEIGHTxWIDTH, such as 28x28, HEIGHTxWIDTHx3 for colors, or none.")
    size = {"height": int(told[1]), "width": int(told[2]), "channels": int(told[3] or 1)}
    for counted in filter(None, map(_counted, series)):
        known = Pixels.model_validate({"name": counted[0], "counts": counted[1], "first": counted[2], **size})
        if math.prod(known.counts) != math.prod(size.values()):
            continue
        values = _looked_at(known, train)
        planar = known.model_copy(update={"planar": True})
        if size["channels"] == 3 and _contrast(values, planar) > _contrast(values, known):
            known = planar
        return known.model_copy(update={"white": _white(values) or 255})
    counts = several([f"{names[0]} … ({len(names)})" for names in series]) or "none"
    raise CompetitionError(
        f"--pixels {said}: no {math.prod(size.values())} columns of numbers have names that count without a gap. "
        f"Numbered columns: {counts}."
    )


def _contrast(values: Pictures, pixels: Pixels) -> float:
    alike, apart = likeness(pictures_of(values, pixels), rowwise=False)
    return alike - apart


def _looked_at(pixels: Pixels, train: pd.DataFrame) -> NDArray[np.float64]:
    """(rows, columns) of an even sample, in the order of the counts."""
    names = list(pixels.columns)
    most = max(50, min(_ROWS, _CELLS // len(names)))
    places = np.unique(np.linspace(0, len(train) - 1, min(len(train), most)).astype(np.int64))
    return train.iloc[places][names].to_numpy(dtype=float)


def _white(values: NDArray[np.float64]) -> int | None:
    """The brightest value there can be: 255 of whole numbers, 1 of fractions; None where these are no pixels."""
    if not np.isfinite(values).all() or values.min() < 0 or values.max() > 255:
        return None
    if (values % 1 == 0).all():
        return 255 if values.max() > 1 else 1
    return 1 if values.max() <= 1 else None


def pictures_of(values: NDArray[np.float64], pixels: Pixels) -> Pictures:
    """The rows' values, in the order of the counts, as pictures."""
    if pixels.planar:
        return values.reshape(len(values), pixels.channels, pixels.height, pixels.width).transpose(0, 2, 3, 1)
    return values.reshape(len(values), pixels.height, pixels.width, pixels.channels)


def likeness(pictures: Pictures, *, rowwise: bool) -> tuple[float, float]:
    """How alike pixels are over the rows: the less alike of neighbors beside and below, the most alike of those far away.

    A series or a spectrum is alike beside, and the less so the farther away; a picture is alike again one line further on. With
    `rowwise` the end of a line, and the beginning of the next, count as far away: in a series of periods they are neighbors.
    """
    varying = pictures - pictures.mean(axis=0)
    half, across = pictures.shape[1] // 2, pictures.shape[2] // 2
    beside = _correlation(varying[:, :, :-1], varying[:, :, 1:])
    below = _correlation(varying[:, :-1], varying[:, 1:])
    far = [
        _correlation(varying[:, :, :-across], varying[:, :, across:]),
        _correlation(varying[:, :-half], varying[:, half:]),
        _correlation(varying[:, :-half, :-across], varying[:, half:, across:]),
    ]
    if rowwise:
        far.append(_correlation(varying[:, :-1, -1], varying[:, 1:, 0]))
    return min(beside, below), max(far)


def _correlation(one: Pictures, other: Pictures) -> float:
    """Over rows, of all pairs of pixels together: those that vary much count for more; 0 where none varies."""
    spread = np.sqrt((one**2).mean(axis=0) * (other**2).mean(axis=0)).sum()
    return float((one * other).mean(axis=0).sum() / spread) if spread > 0 else 0.0
