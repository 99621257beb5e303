"""A whole run whose model prints rows and fails with them: at `--share stats` none of what they hold comes back to it."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from .conftest import call

TOWN, WORD, NUMBER, DAY = "Quolmsk", "zebrafinch", "7310529", "2017-03-19"
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


def clients(folder: Path) -> Path:
    """Clients of a shop, with values that nobody outside can know."""
    folder.mkdir()
    rng, count = np.random.default_rng(0), 400
    rows = pd.DataFrame(
        {
            "client": np.arange(count),
            "town": rng.choice([TOWN, "Arden", "Brill"], count),
            "note": [f"a {WORD} of {n}" if n % 3 else f"no word on {n} and its owner" for n in rng.integers(0, 999, count)],
            "account": np.where(rng.random(count) < 0.5, float(NUMBER), rng.integers(1_000_000, 9_999_999, count).astype(float)),
            "since": [(DAY, "2016-04-11", "2018-01-02")[n % 3] for n in range(count)],
        }
    )
    late = pd.Series(np.where((rows.town == TOWN) ^ (rng.random(count) < 0.2), "yes", "no"), name="late")
    rows[:300].assign(late=late[:300]).to_csv(folder / "train.csv", index=False)
    rows[300:].to_csv(folder / "test.csv", index=False)
    pd.DataFrame({"client": rows.client[300:], "late": "no"}).to_csv(folder / "sample_submission.csv", index=False)
    (folder / "description.md").write_text("Clients of a shop. Predict who pays late; submissions are scored by accuracy.")
    return folder


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
    made = call("run", str(clients(tmp_path / "clients")), "--model", f"files:{box}", *flags, cwd=tmp_path, timeout=1200)
    over.set()
    assert made.code == 0, made.err
    assert "(--share stats)" in made.err.splitlines()[0]
    asked = list(box.glob("*.question.md"))
    assert {"plan", "explore", "draft", "mend", "reflect"} <= {path.name.split("-", 1)[1].split(".")[0] for path in asked}
    pages = [path.read_text().casefold() for path in asked]
    assert [value for value in (TOWN, WORD, NUMBER, DAY) if any(value.casefold() in page for page in pages)] == []
    assert "valueerror: cannot do {'client'" in "".join(pages), "yet it is told how its programs failed"
