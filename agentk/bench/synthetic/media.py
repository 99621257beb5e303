"""Worlds of texts and pictures, alone and beside a table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from agentk.bench.synthetic.layout import Bits, Generator, Maker, World
from agentk.bench.synthetic.tables import features, rng_choice, world
from agentk.types.competition import TaskKind

_PLAIN = ["the", "a", "of", "and", "to", "in", "we", "they", "had", "been", "while", "morning", "house", "road", "after", "dinner", "people", "water", "letter", "small", "every", "never", "under", "window", "garden", "train", "winter", "remember", "question", "answer", "across", "river", "story", "market", "coffee"]  # fmt: skip
_LEANING = {"A": ["ghost", "shadow", "grave", "whisper", "dread"], "B": ["engine", "voltage", "metal", "circuit", "rotor"],
            "C": ["violin", "melody", "chorus", "rhythm", "stage"]}  # fmt: skip


def _text(rng: Generator, label: str, words: int) -> str:
    own = [str(word) for word in rng.choice(_PLAIN, words)]
    own += [str(rng.choice(_LEANING[label])) for _ in range(max(2, words // 6))]
    text = " ".join(str(word) for word in rng.permutation(own))
    return text.capitalize() + rng_choice((".", "!", ", isn't it?", '; "so", she said.'), rng)[0]


def texts(labels: tuple[str, ...] = ("EAP", "HPL", "MWS"), columns: tuple[str, ...] = ("text",), words: int = 20) -> Maker:
    """Texts of one or several columns whose words tell the class; labels of numbers where they are digits."""

    def make(rng: Generator) -> World:
        rows = 500
        codes = rng.integers(0, len(labels), rows)
        frame = pd.DataFrame({
            name: [_text(rng, "ABC"[code], int(rng.integers(4, 2 * words))) for code in codes] for name in columns
        })  # fmt: skip
        name = rng_choice(("author", "label", "topic", "target"), rng)[0]
        values = pd.Series(np.array(labels)[codes])
        column = values.astype("int64") if labels[0].isdigit() else values
        return world(rng, frame, TaskKind.BINARY if len(labels) == 2 else TaskKind.MULTICLASS, {name: column})

    return make


def labels_in_texts(rng: Generator) -> World:
    """Texts that name their own label: it stands in each of them, and is a class all the same."""
    names = [
        f"{first}{second}" for first in ("nor", "vel", "kas", "tum", "bri", "ost") for second in ("ham", "feld", "by", "wick")
    ]
    chosen = rng.choice(names, 500)
    frame = pd.DataFrame({"text": [f"{_text(rng, 'A', 8)} It came from {name}." for name in chosen]})
    return world(rng, frame, TaskKind.MULTICLASS, {"place": chosen})


def text_score(rng: Generator) -> World:
    """A grade of long texts as a number."""
    codes = rng.integers(0, 3, 400)
    frame = pd.DataFrame({"full_text": [_text(rng, "ABC"[code], int(rng.integers(60, 200))) for code in codes]})
    values = (codes + rng.normal(0, 0.4, 400)).round(3)
    return world(rng, frame, TaskKind.REGRESSION, {rng_choice(("readability", "target", "ease"), rng)[0]: values})


def text_traits(rng: Generator) -> World:
    """Several values of a text."""
    codes = rng.integers(0, 3, 400)
    frame = pd.DataFrame({"full_text": [_text(rng, "ABC"[code], 80) for code in codes]})
    names = rng_choice(("cohesion", "syntax", "vocabulary", "phrasing", "grammar"), rng, 3)
    values: dict[str, object] = {name: (2.5 + codes / 2 + rng.normal(0, 0.5, 400)).round(1) for name in names}
    return world(rng, frame, TaskKind.MULTIOUTPUT, values)


def text_and_table(rng: Generator) -> World:
    """A text beside numbers and categories, yes or no."""
    frame, hidden = features(rng, 600, numbers=4, words=1)
    frame["Review Text"] = [_text(rng, "A" if value > 0 else "B", 25) for value in hidden]
    frame["title"] = [" ".join(rng.choice(_PLAIN, 4)) for _ in hidden]
    return world(rng, frame, TaskKind.BINARY, {rng_choice(("recommended", "accepted"), rng)[0]: (hidden > 0.2).astype(int)})


def _picture(rng: Generator, label: int) -> Bits:
    bits = rng.integers(0, 60, (16, 16))
    start = 2 + 4 * label
    bits[start : start + 4, 3:-3] += 150
    return bits.astype(np.uint8)


def pictures(by_file: bool = False, beside: bool = False, classes: int = 3, suffix: str = ".png") -> Maker:
    """Pictures by id: the table says the file's name or the id alone; perhaps with further columns."""

    def make(rng: Generator) -> World:
        rows = 240
        codes = rng.integers(0, classes, rows)
        frame = features(rng, rows, 3, 1)[0] if beside else pd.DataFrame(index=range(rows))
        keys = [f"{number:08x}" for number in rng.permutation(rows * 97)[:rows] + (1 << 28)]
        labels = codes if classes == 2 else np.array([f"k{at}" for at in range(classes)])[codes]
        made = world(rng, frame, TaskKind.BINARY if classes == 2 else TaskKind.MULTICLASS, {"label": labels})
        own = rng_choice(("image_id", "id", "image", "file_name"), rng)[0]
        made.rows = made.rows.rename(columns={made.id: own})
        made.rows[own] = [key + suffix for key in keys] if by_file else keys
        made.id = own
        folders = rng_choice(("{}", "{}_images", "images/{}"), rng)[0]
        for key, code, asked in zip(keys, codes, made.held_out, strict=True):
            made.pictures[f"{folders.format('test' if asked else 'train')}/{key}{suffix}"] = _picture(rng, int(code))
        return made

    return make


def picture_pairs(rng: Generator) -> World:
    """Two pictures a row, named in two columns: do they show the same?"""
    rows = 240
    first = rng.integers(0, 3, rows)
    second = np.where(rng.random(rows) < 0.5, first, rng.integers(0, 3, rows))
    frame = features(rng, rows, 2, 1)[0]
    frame["left_file"], frame["right_file"] = ([f"{side}{at:04d}.png" for at in range(rows)] for side in "LR")
    made = world(rng, frame, TaskKind.BINARY, {"same": (first == second).astype(int)})
    for at, asked in enumerate(made.held_out):
        for side, codes in (("L", first), ("R", second)):
            made.pictures[f"{'test' if asked else 'train'}_images/{side}{at:04d}.png"] = _picture(rng, int(codes[at]))
    return made


def several_pictures(folders: bool = False) -> Maker:
    """Up to three pictures a row, named by id and number, or in a folder an id; some rows have none."""

    def make(rng: Generator) -> World:
        rows = 240
        codes = rng.integers(0, 2, rows)
        made = world(rng, features(rng, rows, 3, 1)[0], TaskKind.BINARY, {"sold": codes})
        keys = [f"p{number:07x}" for number in rng.permutation(rows * 97)[:rows]]
        made.rows[made.id] = keys
        for key, code, asked in zip(keys, codes, made.held_out, strict=True):
            part = "test" if asked else "train"
            for at in range(1, int(rng.integers(0, 4)) + 1):
                path = f"{part}/{key}/{at}.png" if folders else f"{part}_images/{key}-{at}.png"
                made.pictures[path] = _picture(rng, int(code))
        return made

    return make
