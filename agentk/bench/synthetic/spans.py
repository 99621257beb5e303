"""Worlds whose answers are parts of a text: the words that carry a feeling, the words that answer a question."""

from __future__ import annotations

import numpy as np
import pandas as pd

from agentk.bench.synthetic.layout import Generator, Maker, World
from agentk.bench.synthetic.tables import rng_choice, world
from agentk.types.competition import TaskKind

_FEELINGS = {
    "positive": ["love", "lovely", "great", "awesome", "happy", "nice", "thanks", "wonderful", "sweet", "amazing", "fun", "glad", "best", "cute", "cool", "perfect", "enjoy", "yay", "beautiful", "excited", "good", "hope", "proud", "brilliant", "delighted"],
    "negative": ["hate", "awful", "sad", "sorry", "miss", "bad", "terrible", "sick", "tired", "bored", "ugh", "lonely", "worst", "hurts", "horrible", "annoyed", "angry", "crying", "broken", "lost", "poor", "fail", "scared", "nasty", "gloomy"],
}  # fmt: skip
_STRONGER = ["so", "really", "very", "sooo", "absolutely", "totally", "pretty", "quite", "too"]  # fmt: skip
_ABOUT = ["this", "my", "the", "your", "that", "our", "his", "her"]  # fmt: skip
_THINGS = ["dog", "exam", "weather", "coffee", "song", "phone", "train", "movie", "dinner", "game", "lesson", "garden", "sister", "weekend", "shoes", "job", "garage", "letter", "party", "beach", "laptop", "holiday", "street", "market", "choir"]  # fmt: skip
_PLAIN = ["i", "we", "they", "just", "today", "after", "before", "when", "then", "now", "going", "went", "get", "got", "see", "saw", "still", "about", "with", "for", "in", "at", "on", "home", "back", "again", "tomorrow", "tonight", "morning", "later", "maybe", "think", "know", "been", "have", "had", "will", "was", "is", "are", "work", "school", "some", "more", "here", "there"]  # fmt: skip
_MARKS = ("", "", "", ".", "!", "!!", "...", ",", "?")


def _said(rng: Generator, words: list[str], least: int, most: int) -> list[str]:
    return [str(word) for word in rng.choice(words, int(rng.integers(least, most + 1)))]


def _phrase(rng: Generator, feeling: str) -> tuple[list[str], list[str]]:
    """A few words that feel, and the part of them that people would mark: now the word alone, now with what belongs to it."""
    word = str(rng.choice(_FEELINGS[feeling]))
    before = [str(rng.choice(_STRONGER))] if rng.random() < 0.45 else []
    behind = [str(rng.choice(_ABOUT)), str(rng.choice(_THINGS))] if rng.random() < 0.4 else []
    word += str(rng.choice(_MARKS)) if not behind else ""
    whole = [*before, word, *behind]
    marked = [*(before if rng.random() < 0.8 else []), word, *(behind if rng.random() < 0.6 else [])]
    return whole, marked


def feelings(rows: int = 500) -> Maker:
    """Short messages with what they feel, and the words that carry it: all words of those that feel nothing.

    Messages of either feeling have words of the other one too, so that words alone do not tell.
    """

    def make(rng: Generator) -> World:
        told = []
        for _ in range(rows):
            feeling = str(rng.choice(["neutral", "positive", "negative"], p=[0.4, 0.31, 0.29]))
            words, marked = _said(rng, _PLAIN + _THINGS, 1, 9), ""
            if feeling != "neutral":
                other = "negative" if feeling == "positive" else "positive"
                phrase, part = _phrase(rng, feeling)
                parts = [words, phrase, _said(rng, _PLAIN + _THINGS, 0, 7)]
                if rng.random() < 0.35:
                    parts.insert(int(rng.integers(0, 4)), _phrase(rng, other)[0])
                words, marked = [word for one in parts for word in one], " ".join(part)
            elif rng.random() < 0.15:
                words += _phrase(rng, str(rng.choice(["positive", "negative"])))[0]
            text = ("  " if rng.random() < 0.2 else " ").join(words)
            if not marked or len(words) < 4 or rng.random() < 0.08:
                marked = text
            text = f" {text}" if rng.random() < 0.3 else text
            told.append((text, feeling, marked if marked in text else text.strip()))
        frame = pd.DataFrame(told, columns=["text", rng_choice(("sentiment", "mood", "feeling"), rng)[0], "marked"])
        name = rng_choice(("selected_text", "highlight", "support_phrase"), rng)[0]
        return world(rng, frame.drop(columns="marked"), TaskKind.SPANS, {name: frame["marked"]})

    return make


_SYLLABLES = ["ka", "lo", "mi", "ten", "ra", "us", "vor", "el", "shi", "dan", "po", "ber", "nu", "gal"]


def _name(rng: Generator) -> str:
    return "".join(rng.choice(_SYLLABLES, int(rng.integers(2, 4)))).capitalize()


def answers(rng: Generator) -> World:
    """Paragraphs of facts and a question to each, which some of their words answer."""
    told = []
    for _ in range(450):
        facts = []
        for _ in range(int(rng.integers(2, 5))):
            who, where, what = _name(rng), _name(rng), str(rng.choice(["bridge", "school", "theatre", "harbour", "museum"]))
            year, cost = str(rng.integers(1700, 2020)), f"{rng.integers(2, 900)} million crowns"
            line = f"In {year} the {what} of {where} was built by {who} for {cost}."
            facts.append((line, [
                (f"When was the {what} of {where} built?", year), (f"Who built the {what} of {where}?", who),
                (f"What did the {what} by {who} cost?", cost), (f"Where did {who} build a {what}?", where),
            ]))  # fmt: skip
        _, asked = facts[int(rng.integers(0, len(facts)))]
        question, answer = asked[int(rng.integers(0, 4))]
        told.append((" ".join(line for line, _ in facts), question, answer))
    text, ask, answered = rng_choice(("context question answer", "passage query answer_text"), rng)[0].split()
    frame = pd.DataFrame(told, columns=[text, ask, answered])
    return world(rng, frame.drop(columns=answered), TaskKind.SPANS, {answered: frame[answered]})


def normalized(rng: Generator) -> World:
    """The same feelings, marked in lower case with single blanks: not letter by letter what the text says."""
    made = feelings(450)(rng)
    text = "text"
    made.rows[text] = made.rows[text].map(lambda words: words.title() if len(words) % 2 else words)
    target = made.targets[0]
    made.rows[target] = made.rows[target].map(lambda words: " ".join(words.split()).lower())
    made.rows[target] = made.rows[target].astype(np.dtype("object"))
    return made
