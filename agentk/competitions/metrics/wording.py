"""Finds the metric in a description's words."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache

from agentk.competitions.metrics.registry import metric_named
from agentk.competitions.metrics.words import NUMBERED, WORDS

_HEADING = re.compile(
    r"(\d+\.? )?(evaluation|metric|scoring|score|how (submissions|you) are (scored|evaluated))( metric| criteria)?\b"
)
_LONGEST = 3000  # characters of a section that no further heading ends


_CLAUSE = re.compile(r"[.;:,()!?]\s")
_DISMISSED = re.compile(
    r"\b(not|never|no longer|rather than|instead of|unlike|whereas|over|than|in place of|(last|previous|prior|earlier|former)"
    r"( year| edition| competition)?('s)?|used to)\b[^.;:,()]*$"
)
_DISMISSED_BEHIND = re.compile(
    r"^[^.;:()]{0,40}\b(would|was (used|once)|is not|are not|no longer|for information|for reference)\b"
    r"|^[^.;,()]{0,20}\(?for information"
)
_QUALIFIED = re.compile(
    r"\b(weighted|partial|probabilistic|modified|scaled|adjusted|custom|stabili[sz]ed|smoothed|truncated|capped|penali[sz]ed|"
    r"balanced|stratified|hierarchical|seasonal|relative|soft|asymmetric|exponential|time weighted|(variant|version|modification|"
    r"combination|blend|mean|average|sum|maximum|minimum|product|difference) of( the| two| three)?( [\w ]{0,40}:)?( the)?|"
    r"log(arithm)? of( the)?|[\d.]+ ?[*×])"
    r"( multi ?(label|class)| binary| columnwise| column wise)? ?$"
)
_QUALIFIED_BEHIND = re.compile(
    r"^ ?(( score| coefficient)?,? [a-z],|(score )?(above|below|beyond|restricted|truncated|up to)\b|[*+] ?[\d.a-z]|"
    r"( score)? (and|plus|minus|times|multiplied|divided) (the )?|"
    r"( score| coefficient)?( computed| calculated)? (for|within|over) (each|every) "
    r"(time|date|day|week|month|group|user|customer|store|query|session|type|series|stock|patient)\b|"
    r"( score| coefficient)?,? (computed|calculated) (for|within|over) (each|every) (?!of |[\w ]*(column|class|target|label|"
    r"categor|row|sample|prediction))[^.]{0,60}\b(and )?then averaged)"
)
_COMPOSED = re.compile(r"\b(mean|average|sum|combination|blend|product|difference) of (the |two |three |several )?[^.]*$")


@dataclass(frozen=True)
class Mention:
    """A metric that a text speaks of, and with which words."""

    metric: str
    words: str
    start: int
    end: int
    qualified: str = ""  # the words about it that say it is not the plain metric, or that the plain one is only a part


def mentioned(description: str) -> tuple[Mention, ...]:
    """The metrics of which the description speaks, the likeliest first.

    The section on evaluation counts before the rest of the text; within it the first mention counts, and of two that
    overlap the longer, so that "root mean squared logarithmic error" is not taken for something shorter. What is named only to
    be dismissed ("rather than accuracy", "last year's edition was scored by AUC") does not count.
    """
    whole = plain(description)
    return (*in_evaluation(description), *_mentions(whole))


def in_evaluation(description: str) -> tuple[Mention, ...]:
    """Those of the section on evaluation alone; none where there is no such section."""
    section = plain(evaluation(description))
    return _mentions(section) if section else ()


def evaluation(description: str) -> str:
    """The section that tells how submissions are scored, "" where no heading says so."""
    lines = description.splitlines()
    for at, line in enumerate(lines):
        words = line.strip().strip("#*=:_ ").lower()
        level = len(line) - len(line.lstrip("#"))
        if _HEADING.fullmatch(words) or (level and _HEADING.match(words)):
            rest = "\n".join(lines[at + 1 :])
            end = re.search(rf"^#{{1,{level}}} ", rest, re.MULTILINE) if level else None
            if end and not rest[: end.start()].strip():
                continue  # a heading right below it says more
            return rest[: end.start()] if end else rest[:_LONGEST]
    return ""


def plain(text: str) -> str:
    """Lower case, with dashes, markup and line ends as single spaces."""
    return re.sub(r"[\s\-–—_*`$\\{}\[\]\"“”]+", " ", text.lower())


def _mentions(text: str) -> tuple[Mention, ...]:
    found = [
        Mention(name if number is None else name.format(match[number]), match[0], match.start(), match.end())
        for pattern, name, number in _patterns()
        for match in pattern.finditer(text)
    ]
    whole = [m for m in found if not any(_within(m, other) for other in found)]
    meant = [replace(m, qualified=_qualified(text, m)) for m in whole if not _dismissed(text, m)]
    return tuple(sorted(meant, key=lambda m: (m.start, -m.end)))


def _clause_before(text: str, at: int) -> str:
    """What stands between the last sign of punctuation and a place in a text."""
    return _CLAUSE.split(text[max(0, at - 200) : at])[-1]


def _dismissed(text: str, mention: Mention) -> bool:
    behind = text[mention.end : mention.end + 60]
    return bool(_DISMISSED.search(_clause_before(text, mention.start)) or _DISMISSED_BEHIND.search(behind))


def _qualified(text: str, mention: Mention) -> str:
    """The words about a mention that make it another metric than the plain one, "" where there are none."""
    sentence = re.split(r"[.!?]\s", text[max(0, mention.start - 200) : mention.start])[-1]
    behind = text[mention.end : mention.end + 100]
    before = _QUALIFIED.search(_clause_before(text, mention.start))
    after = _QUALIFIED_BEHIND.search(behind)
    second = after is not None and re.match(r"[^.]*\b(and|plus|minus|times|multiplied|divided)\b", after[0])
    if before is not None and not (re.match(r"(mean|average|sum)", before[0]) and not second):
        return f"{before[0]}{mention.words}".strip()
    if after is not None and not second:
        return f"{mention.words}{after[0]}".strip()
    if (composed := _COMPOSED.search(sentence)) and (second or re.search(r"\b(two|three|several)\b", composed[0])):
        return f"{composed[0]}{mention.words}{after[0] if after else ''}".strip()
    return ""


def _within(inner: Mention, outer: Mention) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end and (outer.end - outer.start) > (inner.end - inner.start)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str, int | None], ...]:
    named = [(re.compile(words), name, None) for name, several in WORDS.items() for words in several]
    numbered = [(re.compile(words), name, group) for words, name, group in NUMBERED]
    return (*named, *numbered)


def metric_in(description: str) -> str | None:
    """The name of the metric by which the description says that submissions are scored, None where it names none."""
    found = in_evaluation(description) if evaluation(description) else mentioned(description)
    return metric_named(found[0].metric).name if found else None
