"""Names as a model sees them: the data's own, or stand-ins where the person wants them hidden.

Hidden names are given to the data when the program runs, rather than translated in its text: a program that builds names
(`f"c{i:03d}"`), asks for attributes or filters columns by prefix then does just what its author saw. A short piece of code behind
the program (`stand_ins.py`) renames columns and replaces the words of categorical ones before its functions are called.
"""

from __future__ import annotations

import ast
import inspect
import io
import re
import tokenize
from string import Formatter
from typing import Protocol

from agentk.reasoning.model import stand_ins
from agentk.types.competition import ColumnKind, Competition, Pixels

MARK = "\n\n# --- The names above are stand-ins; from here on agentk gives them to the data. ---\n"

MISSING = "missing"
"""What a diagnosis says where a value is missing: no word of the data."""


class Names(Protocol):
    """How the things of one competition are called before a model."""

    hidden: bool

    def name(self, own: str) -> str:
        """Of a column or target."""
        ...

    def value(self, column: str, own: str) -> str:
        """Of a word in a column."""
        ...

    def text(self, text: str) -> str:
        """A text that agentk or a program wrote about the data."""
        ...

    def shown(self, source: str) -> str:
        """A program as the model sees it."""
        ...

    def written(self, source: str) -> str:
        """A program of the model as it is executed."""
        ...


class OwnNames:
    """Nothing is hidden."""

    hidden = False

    def name(self, own: str) -> str:
        """The name itself."""
        return own

    def value(self, column: str, own: str) -> str:  # noqa: ARG002 - where nothing is hidden the column does not matter
        """The word itself."""
        return own

    def text(self, text: str) -> str:
        """The text itself."""
        return text

    def shown(self, source: str) -> str:
        """The program itself; a part that renames is not shown."""
        return source

    def written(self, source: str) -> str:
        """The program itself."""
        return source


class StandIns:
    """Stable stand-ins for columns, targets, class labels and categories of one competition."""

    hidden = True

    def __init__(self, competition: Competition) -> None:
        made = {
            "c": [column.name for column in competition.columns if column.kind is not ColumnKind.PIXEL],
            "target": list(competition.targets),
            "id": [name for name in competition.id_columns if name not in {column.name for column in competition.columns}],
            "extra": list(competition.train_only),
        }
        self._lists = {prefix: owns for prefix, owns in made.items() if owns}
        pixels = competition.pixels
        self._pixels = None if pixels is None else (pixels, _counted_as(pixels))
        self._names = stand_ins.numbered(self._lists) | self._called()
        self._values = [column.name for column in competition.columns if column.kind is ColumnKind.CATEGORICAL]
        self._labels = [label for label in competition.classes if isinstance(label, str)]
        if self._labels:
            self._values += competition.targets
        words = {own: other for own, other in self._names.items() if len(own) > 1}
        words |= {label: self.value(competition.targets[0], label) for label in self._labels}
        if self._pixels is not None:  # programs count these columns
            words[self._pixels[0].name] = self._pixels[1].name
        words |= {competition.name: "the competition", str(competition.folder): "the folder"}
        self._words = words
        self._pattern = re.compile(
            "|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in sorted(words, key=len, reverse=True)[:5000])
        )

    def _called(self) -> dict[str, str]:
        """Of columns of pixels: they keep their numbers, so that a program can count them."""
        if self._pixels is None or self._pixels[0].name == self._pixels[1].name:
            return {}
        return dict(zip(self._pixels[0].columns, self._pixels[1].columns, strict=True))

    def name(self, own: str) -> str:
        """`c001`, `target` …; a name that is not of the data stays."""
        return self._names.get(own, own)

    def value(self, column: str, own: str) -> str:
        """A word of a categorical column, or a class label."""
        return stand_ins.stand_in(self.name(column), own) if column in self._values and own != MISSING else own

    def text(self, text: str) -> str:
        """With every whole word that is a name replaced; rather one too many than one too few."""
        return self._pattern.sub(lambda match: self._words[match[0]], text)

    def shown(self, source: str) -> str:
        """Without the part that renames; a program that was not written in stand-ins has its strings translated."""
        if MARK in source:
            return source.split(MARK, maxsplit=1)[0].rstrip() + "\n"
        return _strings_replaced(source, self._words | self._names)

    def written(self, source: str) -> str:
        """With the part behind it that renames."""
        wrapped = [name for name in ("fit_predict", "prepare", "explore") if _defines(source, name)]
        lists = ", ".join(f"{prefix!r}: {owns!r}" for prefix, owns in self._lists.items())
        calls = "".join(_CALLS[name] for name in wrapped)
        body = inspect.getsource(stand_ins).split('"""\n', 1)[1]
        counted = ""
        if self._pixels is not None and self._called():
            own, other = self._pixels
            spans = ", ".join(f"range({own.first}, {own.first + count})" for count in own.counts)
            pair = f"{own.name!r}.format(*place): {other.name!r}.format(*place)"
            counted = f"import itertools\n\n_NAMES |= {{{pair} for place in itertools.product({spans})}}\n"
        made = f"_NAMES = numbered({{{lists}}})\n{counted}_HIDDEN = {self._values!r}\n"
        return f"{source.rstrip()}\n{MARK}{body}\n\n{made}{calls}"


_CALLS = {
    "fit_predict": """
_fit_predict = fit_predict


def fit_predict(train, test, params, data_dir):
    return _fit_predict(with_stand_ins(train, _NAMES, _HIDDEN), with_stand_ins(test, _NAMES, _HIDDEN), params, data_dir)
""",
    "prepare": """
_prepare = prepare


def prepare(rows, params, data_dir):
    return _prepare(with_stand_ins(rows, _NAMES, _HIDDEN), params, data_dir)
""",
    "explore": """
_explore = explore


def explore(train, test, data_dir):
    return _explore(with_stand_ins(train, _NAMES, _HIDDEN), with_stand_ins(test, _NAMES, _HIDDEN), data_dir)
""",
}


def _counted_as(pixels: Pixels) -> Pixels:
    """The same numbers behind a name that tells nothing."""
    forms = [form for _, field, form, _ in Formatter().parse(pixels.name) if field is not None]
    return pixels.model_copy(update={"name": "px" + "_".join(f"{{:{form}}}" if form else "{}" for form in forms)})


def _defines(source: str, name: str) -> bool:
    return re.search(rf"^def[ \t]+{name}\b", source, re.MULTILINE) is not None


def _strings_replaced(source: str, words: dict[str, str]) -> str:
    """String literals that are one of `words` replaced; everything else stays."""
    lines = source.splitlines(keepends=True)
    found = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.STRING and token.start[0] == token.end[0] and token.string[:1] in "\"'":
                value = ast.literal_eval(token.string)
                if value in words:
                    found.append((token.start, token.end, repr(words[value])))
    except (tokenize.TokenError, SyntaxError, ValueError):
        return source
    for (row, begin), (_, end), new in reversed(found):
        line = lines[row - 1]
        lines[row - 1] = line[:begin] + new + line[end:]
    return "".join(lines)
