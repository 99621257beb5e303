"""What descriptions say of weights: a column that holds them, a rule such as "5 for holidays, 1 otherwise", a list of names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agentk.competitions.metrics.wording import evaluation, mentioned, plain

_SPEAKS = re.compile(r"\b(weigh(s|ed|t|ts|ted|ting)?|counts? [\w ]{0,12}times)\b")
_LEFT_OUT = re.compile(
    r"\b(is|are|will be) (not (scored|evaluated|counted)|(ignored|excluded) (in|from) (the )?(scor|evaluat)\w+)\b"
)
_OF_ERRORS = re.compile(r"\bweigh\w* (recall|precision)\b")  # what the F scores do themselves
_FORMAT = re.compile(r"\bsubmission (?:file|format)\b|\bfile should contain\b|\bfollowing format\b")
_WORDS = {
    "once": 1,
    "twice": 2,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "ten": 10,
}
_N = rf"(?:\d+(?:\.\d+)?|{'|'.join(_WORDS)})"
_OTHERS = r"(?:all |the |every )*(?:others?|rest|remaining|normal|ordinary|regular|non \w+)(?: \w+){0,3}?"
_WEIGH = (
    r"(?:weighs?|counts?|(?:are|is) (?:each )?(?:weighted|counted|weighed)(?: by| with)?"
    r"|(?:has|have|gets?|carr(?:y|ies)|receives?|(?:are|is) given) (?:a )?weights?(?: of)?)"
)
_SOME = r"(?P<condition>[^.;:,]{3,90}?)"
_RULES = (
    # 5 if the week is a holiday week, 1 otherwise
    re.compile(
        rf"\b(?P<weight>{_N}) (?:if|for|when|where|in|on|whenever) (?P<condition>[^.;]{{3,90}}?),? (?:and |or |but )?"
        rf"(?:a weight of )?(?P<rest>{_N}) (?:otherwise|else\b|if not|elsewhere|(?:for|in|on) {_OTHERS})"
    ),
    # holiday weeks weigh 5 and all others 1
    re.compile(
        rf"{_SOME} {_WEIGH} (?P<weight>{_N})(?: times)?,? ?(?:and|while|whereas|where|but|or)? ?(?:for )?{_OTHERS}"
        rf"(?: {_WEIGH})? (?P<rest>{_N})\b"
    ),
    # rows of holidays count five times as much
    re.compile(rf"{_SOME} (?:counts?|weighs?|(?:are|is) (?:weighted|counted|weighed)) (?P<weight>{_N}) times\b"),
)
_NEGATED = re.compile(r"\b(not|non|no|false|without|neither|outside)\b|(=|is|equals?) ?0\b")
_TRUE, _FALSE = ("true", "1", "yes", "y", "t"), ("false", "0", "no", "n", "f")
_EMPTY = {"is", "has", "was", "are", "flag", "the", "of", "in", "a", "an", "row", "rows", "type", "kind", "weight", "weights"}


@dataclass(frozen=True)
class Condition:
    """Words by which some rows are told from the others, and how much these count."""

    words: str
    weight: float

    def value_of(self, column: str, values: Sequence[str]) -> str | None:
        """The value of a column that these words mean; None where they do not speak of it."""
        said = self.words.split()
        tokens = [token for token in _tokens(column) if token not in _EMPTY]
        named = bool(tokens) and all(any(_alike(token, word) for word in said) for token in tokens)
        named = named or plain(column) in said
        lower = {value.lower(): value for value in values}
        if len(lower) == 2 and (truth := set(lower) & set(_TRUE)) and set(lower) & set(_FALSE):
            if not named:
                return None
            wanted = set(lower) - truth if _NEGATED.search(self.words) else truth
            return lower[wanted.pop()]
        spoken = [value for value in values if re.search(rf"(?<!\w){re.escape(plain(value).strip())}(?!\w)", self.words)]
        plainly = len(spoken) == 1 and (named or (len(spoken[0]) > 2 and not spoken[0].replace(".", "").isdigit()))
        return spoken[0] if plainly else None


@dataclass(frozen=True)
class Weighting:
    """One thing that a description says of weights; which of its parts is given says of which kind it is."""

    words: str
    column: str | None = None  # that holds them
    certain: bool = False  # whether it is said that this column holds the weights, rather than that there are weights
    conditions: tuple[Condition, ...] = ()
    otherwise: float = 1.0
    names: Mapping[str, float] = field(default_factory=dict)  # of each target or class


def weightings(description: str, names: Sequence[str], columns: Sequence[str]) -> Iterator[Weighting]:
    """What the section on evaluation, or without one the whole text, says of weights, the likeliest first.

    names: of targets or classes, each of which may have a weight of its own.
    """
    text = _scoring(description)
    spoken = _SPEAKS.search(text)
    if spoken is None:
        return
    sentences = [sentence.strip() for sentence in re.split(r"(?<=[.;!?]) +|\n", text)]
    yield from _by_column(sentences, columns)
    if (listed := _by_name(text, names)) is not None:
        yield listed
    yield from _by_rule(text)
    for column in columns:
        if called_weight(column):
            yield Weighting(_around(text, spoken), column=column)


def speaks_of_weights(description: str) -> str:
    """The words by which the section on evaluation says that something counts more than others, "" where it does not."""
    text = _scoring(description)
    spoken = _SPEAKS.search(text) if evaluation(description) else None
    return _around(text, spoken) if spoken else ""


def leaves_out(description: str) -> str:
    """The words by which the section on evaluation says that some rows are not scored, "" where it does not."""
    text = _scoring(description) if evaluation(description) else ""
    spoken = _LEFT_OUT.search(text)
    return re.split(r"[.;] ", text[: spoken.end()])[-1].strip() if spoken else ""


def called_weight(column: str) -> bool:
    """Whether a column is called as weights are."""
    return bool({"weight", "weights"} & set(_tokens(column)))


def _scoring(description: str) -> str:
    """How submissions are scored, without their format, and without weights that are a metric's own: quadratic weighted kappa."""
    text = _FORMAT.split(plain(evaluation(description) or description))[0]
    for mention in sorted(mentioned(description), key=lambda m: -len(m.words)):
        if "weight" in mention.words:
            text = text.replace(mention.words, " ")
    return _OF_ERRORS.sub(" ", text)


def _around(text: str, spoken: re.Match[str]) -> str:
    return text[max(0, spoken.start() - 30) : spoken.end() + 40].strip()


def _by_column(sentences: Sequence[str], columns: Sequence[str]) -> Iterator[Weighting]:
    for column in columns:
        name = rf"(?<!\w){re.escape(plain(column).strip())}(?!\w)"
        held = re.compile(
            r"\b(weights?|weighted|weighed) (?:is |are |of |each |row |rows |sample |which |given |found |provided |told )*"
            rf"(?:by|in|from|as|with|according to) (?:the |its |their |columns? |values? |of |in |field )*{name}"
            rf"|\bweights? \((?:see|in|given|column|the|its|as|by| )*{name}"
            rf"|{name} (?:column )?(?:is|gives|holds|contains|tells|has|are)"
            r" (?:the |each |a |row |row's |sample |per |its |how much )*\b(weights?|counts)\b"
        )
        for sentence in sentences:
            if match := held.search(sentence):
                yield Weighting(match[0], column=column, certain=True)


def _by_rule(text: str) -> Iterator[Weighting]:
    for rule in _RULES:
        for match in rule.finditer(text):
            if _SPEAKS.search(text[max(0, match.start() - 160) : match.end() + 60]):
                rest = match.groupdict().get("rest")
                condition = Condition(match["condition"], _number(match["weight"]))
                yield Weighting(match[0].strip(), conditions=(condition,), otherwise=_number(rest) if rest else 1.0)


def _by_name(text: str, names: Sequence[str]) -> Weighting | None:
    """A weight for each of the names, or for some of them and one for the others."""
    spoken = _SPEAKS.search(text)
    assert spoken is not None
    text = text[max(0, spoken.start() - 300) :]
    ways = [
        {name: weight for name in names if (weight := way(name, text)) is not None} for way in (_weight_before, _weight_behind)
    ]
    found = max(ways, key=len)
    others = re.search(rf"\b{_OTHERS} (?:{_WEIGH} |\W{{0,3}})?({_N})\b", text) or re.search(rf"\b({_N}) for {_OTHERS}\b", text)
    if not found or len(names) < 2 or (len(found) < len(names) and others is None):
        return None
    rest = _number(others[1]) if others is not None else 1.0
    each = {name: found.get(name, rest) for name in names}
    words = ", ".join(f"{name} {weight:g}" for name, weight in each.items())
    return Weighting(f"weights {words}", names=each) if len(set(each.values())) > 1 else None


def _weight_before(name: str, text: str) -> float | None:
    """The number of `2 for epidural`."""
    match = re.search(rf"\b({_N}) (?:for|to|on) (?:the )?(?:class |target |column |label )?{_spelled(name)}(?!\w)", text)
    return _number(match[1]) if match else None


def _weight_behind(name: str, text: str) -> float | None:
    """The number of `epidural: 2`, or of `epidural has a weight of 2`."""
    weighs = rf"(?:(?:{_WEIGH}|weights?|has|with|gets)\W+(?:a |of |is )*)?"
    after = r"\b(?! ?%|\.\d| class| target| times more)"
    match = re.search(
        rf"(?<![\w.]){_spelled(name)}(?!\w)(?: class| column| label| target)?[ |:=(]{{1,6}}{weighs}({_N}){after}", text
    )
    return _number(match[1]) if match else None


def _spelled(name: str) -> str:
    """A pattern of the name; a number alone is no name."""
    spelled = re.escape(plain(name).strip())
    return rf"(?:class|label|grade|category|target|level) {spelled}" if re.fullmatch(r"[\d.]+", name) else spelled


def _number(words: str) -> float:
    return float(_WORDS.get(words, words))


def _tokens(column: str) -> list[str]:
    """The words of a column's name: is, holiday of IsHoliday."""
    return re.findall(r"[a-z]+|\d+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", column).lower())


def _alike(token: str, word: str) -> bool:
    word = re.sub(r"\W", "", word)
    return token == word or (min(len(token), len(word)) >= 4 and (token.startswith(word) or word.startswith(token)))
