"""Rows whose columns are pixels as pictures that a page can carry."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agentk.competitions.pictures.pixels import pictures_of
from agentk.types.competition import Pixels


def picture_of(row: pd.Series[Any], pixels: Pixels) -> str:
    """The row's picture as the address of an image: data:image/png;base64,…"""
    values = row[list(pixels.columns)].to_numpy(dtype=float)[None] * (255 / pixels.white)
    bits = np.nan_to_num(pictures_of(values, pixels)[0], nan=128).clip(0, 255).round().astype(np.uint8)
    return f"data:image/png;base64,{base64.b64encode(png(bits)).decode()}"


def png(bits: NDArray[np.uint8]) -> bytes:
    """(height, width, 1 or 3) bytes as a PNG file (ISO/IEC 15948)."""
    height, width, channels = bits.shape
    head = struct.pack(">IIBBBBB", width, height, 8, {1: 0, 3: 2}[channels], 0, 0, 0)
    lines = np.hstack([np.zeros((height, 1), np.uint8), bits.reshape(height, -1)])  # each begins with its filter: none
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines.tobytes())), (b"IEND", b""))
    body = (struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)
