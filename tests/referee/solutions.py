"""Small solutions: good ones, and ones that go wrong in every way a program can."""

from __future__ import annotations

from agentk.types.solution import Solution

GOOD = """
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SPACE = {"c": {"type": "float", "low": 0.001, "high": 100.0, "log": True, "default": 1.0}}


def fit_predict(train, test, params, data_dir):
    columns = [name for name in test if name != "id"]
    model = make_pipeline(StandardScaler(), LogisticRegression(C=params.get("c", 1.0)))
    return model.fit(train[columns], train["target"]).predict_proba(test[columns])
"""


def good(name: str = "logistic") -> Solution:
    return Solution(GOOD, name)


def body(*lines: str, before: str = "import numpy as np") -> Solution:
    """A solution whose fit_predict has these lines."""
    text = "\n".join(f"    {line}" for line in lines)
    return Solution(f"{before}\n\n\ndef fit_predict(train, test, params, data_dir):\n{text}\n", "made")
