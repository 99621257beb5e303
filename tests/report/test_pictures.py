"""Rows of pixels become images that any reader of PNG files reads back."""

from __future__ import annotations

import base64
import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from agentk.report.pictures import picture_of, png
from agentk.types.competition import Pixels


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_is_read_back_as_it_was(channels: int) -> None:
    bits = np.random.default_rng(0).integers(0, 256, (9, 14, channels)).astype(np.uint8)
    with Image.open(io.BytesIO(png(bits))) as image:
        assert np.array_equal(np.asarray(image).reshape(bits.shape), bits)


def test_colors_that_follow_one_another_and_fractions() -> None:
    pixels = Pixels(name="p{}", counts=(432,), first=1, height=12, width=12, channels=3, planar=True, white=1)
    bits = np.random.default_rng(0).integers(0, 256, (12, 12, 3))
    row = pd.Series(bits.transpose(2, 0, 1).ravel() / 255, index=list(pixels.columns))
    address = picture_of(row, pixels)
    with Image.open(io.BytesIO(base64.b64decode(address.removeprefix("data:image/png;base64,")))) as image:
        assert np.array_equal(np.asarray(image), bits)
