"""What is given up, parameter by parameter, for a server or model that refuses it by name."""

from __future__ import annotations

from collections.abc import Container, Mapping


class Concessions:
    """What one model refused. `words`: the optional parameters, first to go first, and how a complaint names them."""

    def __init__(self, words: Mapping[str, tuple[str, ...]]) -> None:
        self._words = words
        self._refused: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name in self._refused

    def gives_up(self, error: Exception, sent: Container[str]) -> bool:
        """Whether `error` complains about an optional parameter among those sent, which from now on is left out."""
        if getattr(error, "status_code", None) not in (400, 422):
            return False
        told = f"{error} {getattr(error, 'body', '')}".lower()
        for name, words in self._words.items():
            if name in sent and any(word in told for word in words):
                self._refused.add(name)
                return True
        return False
