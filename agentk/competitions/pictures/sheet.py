"""A contact sheet: training pictures with their answers on one picture, for somebody who sees and has little time."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agentk.types.competition import ColumnKind, Competition

if TYPE_CHECKING:
    import pandas as pd
    from PIL.Image import Image

ACROSS, DOWN = 8, 5
TILE, CAPTION = 96, 16  # pixels: a side of a picture's place, and the line below it
WIDTH, HEIGHT = ACROSS * TILE, DOWN * (TILE + CAPTION)
LONGEST = 15  # characters of a caption


def contact_sheet(competition: Competition, train: pd.DataFrame) -> bytes | None:
    """A PNG file of up to 40 training pictures, spread over the answers; None where rows have no picture files.

    Deterministic. What cannot be read is left gray.
    """
    column = _pictures(competition)
    if column is None:
        return None
    from PIL import Image, ImageDraw

    sheet = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(sheet)
    for place, row in enumerate(spread(train[competition.targets[0]], ACROSS * DOWN)):
        left, top = TILE * (place % ACROSS), (TILE + CAPTION) * (place // ACROSS)
        path = train[column].iloc[row]
        sheet.paste(_tile(competition.folder / str(path)), (left + 2, top))
        answers = ", ".join(str(train[target].iloc[row]) for target in competition.targets[:3])
        draw.text((left + 4, top + TILE), answers[:LONGEST], fill="black")
    written = BytesIO()
    sheet.save(written, "PNG", optimize=True)
    return written.getvalue()


def spread(answers: pd.Series[Any], most: int) -> list[int]:
    """Up to `most` row numbers, every answer in turn where there are few, else evenly over their order."""
    codes = answers.astype("category").cat.codes.to_numpy()
    order = np.random.default_rng(0).permutation(np.flatnonzero(codes >= 0))
    if codes.max(initial=-1) >= most // 2:
        ranked = order[np.argsort(codes[order], kind="stable")]
        return [int(ranked[at]) for at in np.unique(np.linspace(0, len(ranked) - 1, min(most, len(ranked))).astype(int))]
    seen: dict[int, int] = {}
    turns = []
    for row in order:
        turns.append(seen.get(int(codes[row]), 0))
        seen[int(codes[row])] = turns[-1] + 1
    chosen = order[np.argsort(turns, kind="stable")][:most]
    return [int(row) for row in chosen[np.argsort(codes[chosen], kind="stable")]]


def _pictures(competition: Competition) -> str | None:
    made = [column.name for column in competition.file_columns]
    return next(iter([*made, *(one.name for one in competition.columns if one.kind is ColumnKind.IMAGE)]), None)


def _tile(path: Path) -> Image:
    from PIL import Image

    place = Image.new("RGB", (TILE - 4, TILE - 4), "gray")
    try:
        with Image.open(path) as picture:
            small = picture.convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError):
        return place
    scale = (TILE - 4) / max(small.size)
    small = small.resize((max(1, round(scale * small.width)), max(1, round(scale * small.height))))
    place.paste(small, ((TILE - 4 - small.width) // 2, (TILE - 4 - small.height) // 2))
    return place
