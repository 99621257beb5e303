"""A whole run whose model prints rows and fails with them: at `--share stats` none of what they hold comes back to it."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from agentk.testing.planted import PLANTED, write_clients

from .conftest import call

LOOK = '''```python
"""Prints rows."""
def explore(train, test, data_dir):
    print(train.head(8).to_string(), train["town"].value_counts().to_dict())
    for column in train.columns:
        print(column, list(train[column].unique()[:4]))
```'''
FAILS = '''```python
"""Fails with a row, for the {}. time."""
import numpy as np

def fit_predict(train, test, params, data_dir):
    print(train.head(3).to_dict())
    if len(train):
        raise ValueError(f"cannot do {{train.iloc[{}].to_dict()}}")
    return np.zeros((len(test), 2))
```'''
WORKS = '''```python
"""Rates of towns."""
import numpy as np

def fit_predict(train, test, params, data_dir):
    rate = train["late"].eq("yes").groupby(train["town"]).mean()
    one = test["town"].map(rate).fillna(0.5).to_numpy()
    return np.column_stack([1 - one, one])
```'''
PLANS = ({"action": "explore", "idea": "rows"}, {"action": "draft", "idea": "fails"}, {"action": "draft", "idea": "rates"})


def answering(box: Path, over: threading.Event) -> None:
    """A model that prints and fails before it does what it should."""
    planned = written = 0
    while not over.is_set():
        for question in sorted(box.glob("*.question.md")):
            stem = question.name.removesuffix(".question.md")
            answer = box / f"{stem}.answer.md"
            if answer.exists() or (box / f"{stem}.taken.md").exists():
                continue
            kind = stem.partition("-")[2]
            if kind == "plan":
                said = json.dumps(PLANS[min(planned, 2)])
                planned += 1
            elif kind == "reflect":
                said = json.dumps({"note": "noted"})
            else:
                written += kind != "explore"
                said = LOOK if kind == "explore" else FAILS.format(written, written) if written <= 3 else WORKS
            answer.write_text(said)
        time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_nothing_that_rows_hold_comes_back_to_the_model(tmp_path: Path) -> None:
    box, over = tmp_path / "box", threading.Event()
    box.mkdir()
    threading.Thread(target=answering, args=(box, over), daemon=True).start()
    flags = ("--attempts", "5", "--workers", "1", "--memory", "off", "--share", "stats", "--json")
    made = call("run", str(write_clients(tmp_path / "clients")), "--model", f"files:{box}", *flags, cwd=tmp_path, timeout=1200)
    over.set()
    assert made.code == 0, made.err
    assert "(--share stats)" in made.err.splitlines()[0]
    asked = list(box.glob("*.question.md"))
    assert {"plan", "explore", "draft", "mend", "reflect"} <= {path.name.split("-", 1)[1].split(".")[0] for path in asked}
    pages = [path.read_text().casefold() for path in asked]
    assert [value for value in PLANTED if any(value.casefold() in page for page in pages)] == []
    assert "valueerror: cannot do {'client'" in "".join(pages), "yet it is told how its programs failed"
