"""Pictures that lie packed: unpacked beside the other files, once, and never outside the run's folder."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.files.tables import rows_of
from agentk.errors import KaggleError


def archive(names: list[str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        for name in names:
            packed.writestr(name, b"x")
    return data.getvalue()


def test_archives_of_pictures_are_opened(write, understood) -> None:
    ids = [f"{at:04x}.jpg" for at in range(60)]
    labels = pd.DataFrame({"id": ids[:40], "cactus": np.random.default_rng(0).integers(0, 2, 40)})
    sample = pd.DataFrame({"id": ids[40:], "cactus": 0.5})
    packed = {"train.zip": archive([f"train/{name}" for name in ids[:40]]), "test.zip": archive(ids[40:])}
    source = write({"train.csv": labels, "sample_submission.csv": sample, **packed})
    before = sorted(path.name for path in source.rglob("*"))
    c = understood(source)
    train, test = rows_of(c)
    assert (c.name, c.rows, c.test_rows) == ("data", 40, 20)
    assert (c.folder / train["image"].iloc[0]).exists() and (c.folder / test["image"].iloc[0]).exists()
    assert sorted(path.name for path in source.rglob("*")) == before  # the person's folder is left as it was
    assert understood(source).folder == c.folder


def test_pictures_named_by_class_inside_an_archive(write, understood) -> None:
    packed = archive([f"train/{pet}.{at}.jpg" for pet in ("dog", "owl") for at in range(30)])
    sample = pd.DataFrame({"id": range(1, 21), "label": 0.5})
    told = "Predict the probability that a picture shows a dog (1 = dog, 0 = owl). Submissions are scored on the log loss."
    files = {"train.zip": packed, "test.zip": archive([f"test/{at}.jpg" for at in range(1, 21)]), "description.md": told}
    c = understood(write({**files, "sample_submission.csv": sample}))
    assert (c.classes, c.rows, c.test_rows) == (("owl", "dog"), 60, 20)


def test_an_archive_that_points_outside_is_refused(write, understood, tmp_path) -> None:
    sample = pd.DataFrame({"id": ["a.jpg"], "cactus": 0.5})
    labels = pd.DataFrame({"id": ["b.jpg", "c.jpg"], "cactus": [0, 1]})
    source = write({"train.csv": labels, "sample_submission.csv": sample, "train.zip": archive(["../../b.jpg", "c.jpg"])})
    with pytest.raises(KaggleError, match="points outside"):
        understood(source)
    assert not list(tmp_path.parent.glob("b.jpg"))
