"""Points of a space as places in the unit cube, and back."""

from __future__ import annotations

import numpy as np
import pytest

from agentk.tuning.encoding import Encoding
from agentk.types.space import ChoiceDimension, FloatDimension, IntDimension, Params, Space

SPACE: Space = {
    "rate": FloatDimension(type="float", low=0.01, high=1.0, log=True, default=0.1),
    "depth": IntDimension(type="int", low=1, high=4, default=2),
    "encoding": ChoiceDimension(type="choice", choices=("codes", "target", None), default="codes"),
    "smoothing": FloatDimension(type="float", low=0, high=10, default=5, when={"encoding": "target"}),
    "steps": IntDimension(type="int", low=1, high=100, log=True, default=10, when={"depth": 2}),
    "fixed": ChoiceDimension(type="choice", choices=(3,), default=3),
}


@pytest.mark.parametrize(
    "params",
    [
        {"rate": 0.02, "depth": 2, "encoding": "target", "smoothing": 7.5, "steps": 30, "fixed": 3},
        {"rate": 1.0, "depth": 4, "encoding": None, "fixed": 3},
        {"rate": 0.01, "depth": 1, "encoding": "codes", "fixed": 3},
    ],
)
def test_a_point_survives_its_places(params: Params):
    encoding = Encoding(SPACE)
    back = encoding.params(encoding.places(params))
    assert back == pytest.approx(params)
    assert list(back) == list(params) and type(back["depth"]) is int


def test_every_whole_number_and_every_choice_has_an_equal_share():
    encoding = Encoding(SPACE)
    points = [encoding.params(places) for places in np.random.default_rng(0).random((4000, len(SPACE)))]
    assert np.bincount([int(str(point["depth"])) for point in points], minlength=5)[1:] / 4000 == pytest.approx(
        [0.25] * 4, abs=0.03
    )
    assert [sum(point["encoding"] == choice for point in points) / 4000 for choice in ("codes", "target", None)] == pytest.approx(
        [1 / 3] * 3, abs=0.03
    )
    assert float(np.median([float(str(point["rate"])) for point in points])) == pytest.approx(0.1, rel=0.1), "a log scale"


def test_features_are_those_of_the_point_that_the_places_stand_for():
    encoding = Encoding(SPACE)
    places = np.random.default_rng(1).random((200, len(SPACE)))
    again = np.array([encoding.places(encoding.params(row)) for row in places])
    assert encoding.features(places) == pytest.approx(encoding.features(again))
    assert encoding.features(places).shape == (200, len(encoding.groups)) == (200, 8)
    assert encoding.features(places).min() >= 0 and encoding.features(places).max() <= 1


def test_points_that_differ_in_inactive_dimensions_alone_are_one_point():
    encoding = Encoding(SPACE)
    one, other = (encoding.places({"rate": 0.1, "depth": 1, "encoding": "codes", "fixed": 3}) for _ in range(2))
    other[[3, 4]] = 0.9
    assert (encoding.features(np.stack([one, other]))[0] == encoding.features(np.stack([one, other]))[1]).all()
    one[1] = other[1] = 0.3  # depth 2 wakes "steps"
    assert (encoding.features(np.stack([one, other]))[0] != encoding.features(np.stack([one, other]))[1]).sum() == 1


def test_what_lies_beyond_a_range_is_at_its_end():
    places = Encoding(SPACE).places({"rate": 5.0, "depth": 9, "encoding": "codes", "fixed": 3})
    assert places[0] == 1.0 and places[1] == 1.0
