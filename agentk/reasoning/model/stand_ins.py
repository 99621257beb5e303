"""Stand-ins for the names in a table. The text of this module is put behind a program that was written in stand-ins.

It stands alone: pandas and the standard library, nothing of agentk.
"""

import hashlib
from typing import Any


def numbered(owns: dict[str, list[str]]) -> dict[str, str]:
    """Own name -> stand-in: the prefix and a number as wide as the last one; a single one that is no column has none."""
    return {
        own: prefix if len(names) == 1 and prefix != "c" else prefix + str(n).zfill(max(3, len(str(len(names)))))
        for prefix, names in owns.items()
        for n, own in enumerate(names, 1)
    }


def stand_in(prefix: str, value: object) -> str:
    """The stand-in of a word: the same everywhere, telling nothing of how it is spelled."""
    return prefix + "_" + hashlib.sha256(str(value).encode()).hexdigest()[:5]


def with_stand_ins(frame: Any, names: dict[str, str], hidden: list[str]) -> Any:
    """`frame` with its columns called by `names` (own name -> stand-in) and the words of the `hidden` ones replaced."""
    taken = [own for own, other in names.items() if other in frame.columns and own in frame.columns]
    frame = frame.drop(columns=taken)  # prepare has made one under the stand-in
    words = {}
    for own in hidden:
        if own in frame.columns and frame[own].dtype.kind not in "biufM":
            known = {word: stand_in(names[own], word) for word in frame[own].dropna().unique()}
            words[own] = frame[own].map(known)
    return frame.assign(**words).rename(columns=names)
