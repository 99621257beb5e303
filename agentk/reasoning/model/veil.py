"""What programs print, before a model sees it: words that the model cannot have known are left out, figures are rounded.

The rule is about words alone, so that it holds whatever a program does. A word passes where it stands in the description, in a
name of a column, target or class that is shown, or in a program that the model has written or is shown; or where everybody has
it: labels of pandas' tables, and, outside of quotes in logs and errors, the words of error messages. All else becomes `…`.
Numbers pass as statistics, to four digits, so that no telephone number or account does; where only names are shared none
passes. A program bent on it may still spell words in numbers.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import re

from agentk.reasoning.model.columns import CLASSES, Share
from agentk.reasoning.model.names import MISSING, Names
from agentk.types.competition import Competition

DESCRIPTION = 30_000
"""Characters of a description that a model is shown at most."""
_TABLES = """
bool bytes category columns count dataframe datetime64 dtype dtypes dict false float float16 float32 float64 freq
index inf int int16 int32 int64 int8 length list max mean median min na name nan nat ndarray none nonetype ns object
rangeindex row rows series set std str string timedelta64 timestamp top true tuple uint16 uint32 uint64 uint8 unique us x
"""
TABLES = frozenset(_TABLES.split())
"""Row labels and types as pandas prints them."""
_MESSAGES = """
a abort aborted according add after all allocate allowed ambiguous among an and any api are argument arguments array
arrays as at attribute attributes available avoid axes axis be because before between binary bins bool boolean both
bounds broadcast but by bytes call callable calling calls can cannot case cast catboosterror categorical categories
category change class classes code column columns compatible components constant construct contain contains converge
convergence convergencewarning convert copy could ctypes currently data dataset deepest default defined definite
denied deprecated depth device dict did died different dimension dimensional dimensions directory division do does
doesn dtype duplicate each either element elements empty encountered end ended entries environment equal error
estimator exactly exceeded exit expected expecting explore failed fault feature features file fill filter finite fit
fitted fixed float float64 floats fold folds for format found frequency from function future gb get gib given got
greater group has have header hold if implement implemented import in incompatible inconsistent increase increasing
index indices infinity init input inputs installed instance instances instead integer integers internal interval invalid is it
item iterable iteration iterations its kb key keys kib killed kind known label labels last lbfgs least left len less
level lie lightgbmerror like limit linalg linalgerror line list longer look loss many match matrices matrix max_iter
maximum may mb memory method metric mib minimum mismatch missing mode model module more most must named names nan
ndarray ndim need needed needs negative network no non nonnegative not notfittederror np number numbers numeric
numpy object objects of on one only operands operation option or order other out output outside pandas parameter
parameters pass passed passing permission permitted please point points positive precomputed predict predicted
prediction predictions prepare previously probabilities processes provide provided py python ran range rank read
readable real reason received recent recursion remapped removed requested required requires result results return
returned returns row rows rule safe same sample samples scalar scale scipy score seconds see segmentation self
sequence set setting shape shapes should signal singular size sklearn slice slow socket solution solver specified
specify started step stopped strings subscriptable such sum support supported supports table take target test than
that the them there this threads time to together too took traceback train training transform truth try tuple type
types unable unexpected unhashable unit unknown unrecognized unseen unsupported up use used using valid value values
vector version view warning was weight weights were when which while width will with without write wrong wrote
xgboosterror you your zero
"""
MESSAGES = frozenset(_MESSAGES.split()) | {word.casefold() for word in (*keyword.kwlist, *dir(builtins))}
"""Words of the error messages of Python, numpy, pandas, scipy, scikit-learn and agentk: those that occur in many of them."""

_FIGURE = r"(?<![\w.])\d+(?:\.\d+)?(?:e[+-]?\d+)?(?!\w)"
_CHAIN = r"(?<![\w.])\d+(?:[-:/.]\d+){2,}(?!\w)"
"""Dates, addresses, telephone numbers."""
_PIECE = re.compile(rf"'[^'\n]*'|\"[^\"\n]*\"|{_CHAIN}|{_FIGURE}|\w+|[^\x00-\x7f]")
_WORD = re.compile(rf"{_CHAIN}|{_FIGURE}|\w+|[^\x00-\x7f]")
_NUMBER = re.compile(_FIGURE)
_STAND_IN = re.compile(r"(c[0-9]{3,}|target[0-9]*)_[0-9a-f]{5}")
_REST = re.compile(r"…(?:[ /.@+-]*…)+")
_DIGITS = 4
"""Of a number, that pass."""


class Veil:
    """Between one competition's programs and the model."""

    def __init__(self, competition: Competition, share: Share, names: Names) -> None:
        self._names = names
        self._lifted = share == "examples" and not names.hidden
        self._figures = share != "names"
        owns = [column.name for column in competition.columns]
        owns += [*competition.targets, *competition.id_columns, *competition.train_only]
        shown = [names.name(own) for own in owns]
        if competition.task.classifies:
            shown += [names.value(competition.targets[0], str(label)) for label in competition.classes[:CLASSES]]
        if not names.hidden:
            shown += [competition.name, competition.description[:DESCRIPTION]]
        self._known = {word for text in shown for word in _words(text)}

    def learn(self, source: str) -> None:
        """A program that the model has written or is shown: it knows its words from now on."""
        self._known |= _words(self._names.shown(source))

    def printed(self, text: str, source: str) -> str:
        """What a look at the data printed, by the program `source`."""
        self.learn(source)
        return self._veiled(text, frozenset())

    def said(self, text: str, source: str = "") -> str:
        """A log or an error message; `source` of the program that wrote it, where the model sees that as well."""
        self.learn(source)
        return self._veiled(text, MESSAGES)

    def told(self, text: str) -> str:
        """What agentk itself found in the data: names and figures, no words of rows."""
        text = self._names.text(text)
        return text if self._figures else re.sub(r"(?<!\w)[0-9][0-9.,]*%?", "…", text)

    def value(self, column: str, own: str) -> str | None:
        """What the rows hold that a program errs on: an interval, or a word; None where not even that is told."""
        if not self._figures:
            return None
        shown = self._veiled(self._names.value(column, own), frozenset({"to", MISSING}))
        return "one of its values" if "…" in shown else shown

    def _veiled(self, text: str, unquoted: frozenset[str]) -> str:
        text = self._names.text(text)
        if self._lifted:
            return text

        def known(word: str, also: frozenset[str]) -> bool:
            folded = word.casefold()
            if folded in self._known or folded in TABLES or folded in also or (self._names.hidden and _STAND_IN.fullmatch(word)):
                return True
            parts = [part for part in folded.split("_") if part]
            return len(parts) > 1 and all(known(part, also) or (self._figures and part.isdecimal()) for part in parts)

        def shown(word: str, also: frozenset[str]) -> str:
            if known(word, also):
                return word
            return rounded(word) if self._figures and _NUMBER.fullmatch(word) else "…"

        def veiled(match: re.Match[str]) -> str:
            piece = match[0]
            quoted = piece[0] in "'\""
            return _WORD.sub(lambda word: shown(word[0], frozenset()), piece) if quoted else shown(piece, unquoted)

        return _REST.sub("…", _PIECE.sub(veiled, text))


def rounded(text: str) -> str:
    """With its numbers to four digits."""
    return _NUMBER.sub(lambda match: _rounded(match[0]), text)


def _rounded(number: str) -> str:
    digits = number.partition("e")[0].replace(".", "").lstrip("0")
    return number if len(digits) <= _DIGITS else f"{float(number):.{_DIGITS}g}"


def _words(text: str) -> set[str]:
    """The words of a text; of a program also those that its strings are made of once they are read (`"\\nrows"`)."""
    words = set(_WORD.findall(text))
    try:
        strings = [
            node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        strings = []
    words |= {word for string in strings for word in _WORD.findall(string)}
    return {word.casefold() for word in words}
