"""Samplers by name: each searches quietly, the same seed draws the same, and what one needs and misses is said."""

from __future__ import annotations

import math
import subprocess
import sys
import warnings
from importlib.util import find_spec

import pytest

from agentk.tuning.samplers import NEEDS, SAMPLERS, Sampler
from agentk.tuning.search import Search
from agentk.types.outcome import Status
from agentk.types.space import ChoiceDimension, FloatDimension, Params, Space

SPACE: Space = {
    "rate": FloatDimension(type="float", low=0.01, high=0.3, log=True, default=0.1),
    "share": FloatDimension(type="float", low=0.1, high=1.0, default=0.5),
    "encoding": ChoiceDimension(type="choice", choices=("codes", "target"), default="codes"),
    "smoothing": FloatDimension(type="float", low=1, high=100, log=True, default=10, when={"encoding": "target"}),
}


def asked(sampler: Sampler, trials: int) -> list[Params]:
    search = Search(SPACE, direction="minimize", seed=0, first=[{}], sampler=sampler)
    for _ in range(trials):
        trial = search.ask()
        assert trial is not None
        rate, share = float(str(trial.params["rate"])), float(str(trial.params["share"]))
        search.tell(trial.number, score=abs(math.log(rate / 0.05)) + (share - 0.3) ** 2, status=Status.SCORED)
    return [trial.params for trial in search.trials]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_searches_quietly_and_the_same_twice(sampler: Sampler, capfd: pytest.CaptureFixture[str]):
    if find_spec(NEEDS.get(sampler, "optuna")) is None:
        pytest.skip(f"{NEEDS[sampler]} is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ResourceWarning)  # of files that other tests left to the garbage collector
        points = asked(sampler, 11)
    assert points == asked(sampler, 11)
    assert all(("smoothing" in point) == (point["encoding"] == "target") for point in points)
    assert capfd.readouterr() == ("", "")


def test_what_a_sampler_needs_and_is_missing_is_said():
    program = (
        "import sys; sys.modules['cmaes'] = None\n"
        "from agentk.tuning.search import Search\n"
        "Search({}, direction='minimize', seed=0, sampler='cmaes').ask()"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert 'the sampler cmaes needs cmaes, which is not installed: pip install "agentk[samplers]"' in ended.stderr
