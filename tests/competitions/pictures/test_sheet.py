"""The contact sheet: training pictures spread over the answers, each with its answer."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pandas as pd
from PIL import Image

from agentk.competitions.files.tables import rows_of
from agentk.competitions.pictures.sheet import HEIGHT, WIDTH, contact_sheet, spread


def test_pictures_with_their_answers_on_one_page(understood) -> None:
    competition = understood("builtin:digits-images")
    train, _ = rows_of(competition)
    content = contact_sheet(competition, train)
    assert content is not None and len(content) < 1_000_000
    sheet = Image.open(BytesIO(content))
    assert sheet.size == (WIDTH, HEIGHT)
    assert np.asarray(sheet)[:92, 2:94].std() > 30, "a picture"
    assert np.asarray(sheet)[96:112, :96].min() < 100, "and its answer below"
    assert contact_sheet(competition, train) == content


def test_none_for_a_table(understood) -> None:
    competition = understood("builtin:iris")
    assert contact_sheet(competition, rows_of(competition)[0]) is None


def test_every_answer_in_turn_the_rare_ones_too() -> None:
    answers = pd.Series(["often"] * 900 + ["seldom"] * 5 + [None] * 10 + ["rare"])
    chosen = answers.iloc[spread(answers, 40)].value_counts()
    assert chosen.to_dict() == {"often": 34, "seldom": 5, "rare": 1}


def test_amounts_are_spread_over_their_range() -> None:
    amounts = pd.Series(np.random.default_rng(0).normal(0, 1, 500))
    chosen = amounts.iloc[spread(amounts, 40)]
    assert len(chosen) == 40 and chosen.is_monotonic_increasing
    assert chosen.iloc[0] == amounts.min() and chosen.iloc[-1] == amounts.max()
