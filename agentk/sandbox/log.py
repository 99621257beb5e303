"""A program's log, bounded: its head and its tail are kept, however much it prints."""

from __future__ import annotations

from collections import deque


class Log:
    """Collects bytes, keeps at most `limit` of them: the first half, and the last."""

    def __init__(self, limit: int) -> None:
        self._head_room = limit // 2
        self._tail_room = limit - limit // 2
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_size = 0
        self._dropped = 0

    def add(self, data: bytes) -> None:
        """Appends."""
        room = self._head_room - len(self._head)
        self._head += data[:room]
        if rest := data[room:]:
            self._tail.append(rest)
            self._tail_size += len(rest)
        while self._tail and self._tail_size - len(self._tail[0]) >= self._tail_room:
            gone = len(self._tail.popleft())
            self._tail_size -= gone
            self._dropped += gone

    def text(self) -> str:
        """What was kept, with a line that says how much was left out."""
        tail = b"".join(self._tail)
        cut = max(0, len(tail) - self._tail_room)
        if not (left_out := self._dropped + cut):
            return (self._head + tail).decode(errors="replace")
        head = self._head.decode(errors="replace")
        return f"{head}\n[... {left_out} bytes left out ...]\n{tail[cut:].decode(errors='replace')}"

    def last_line(self) -> str:
        """The last line that says something, at most 300 characters; empty when there is none."""
        lines = [line.strip() for line in self.text().splitlines() if line.strip()]
        return lines[-1][:300] if lines else ""
