"""The processes that executions fork from: one warm process, and a holder for each set of held inputs, while memory lasts."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from agentk.sandbox.protocol import Execution, Function
from agentk.sandbox.spawn import WarmProcess

MOST = 48
"""Holders at once, however small their data: a run's folds several times over, not every table that a long process ever met."""

HolderKey = tuple[str | None, tuple[tuple[str, str, int, int], ...]]


@dataclass(eq=False)
class Holder:
    """agentk's side of one holder."""

    key: HolderKey
    channel: socket.socket
    ready: bool = False
    memory: int = 0  # bytes, once ready


class Holders:
    """All holders, the least recently used first. Belongs to one thread, which must live as long as the processes should."""

    def __init__(self, imports: Sequence[str], environment: Mapping[str, str], log: Path, most_bytes: int) -> None:
        self._imports = imports
        self._environment = environment
        self._log = log
        self._most_bytes = most_bytes
        self._warm: WarmProcess | None = None
        self._holders: dict[HolderKey, Holder] = {}

    def of(self, execution: Execution) -> tuple[Holder, bool]:
        """The holder that this execution forks from, and whether it is new. Raises OSError when no process can be started."""
        key = _key(execution)
        holder = self._holders.pop(key, None)
        new = holder is None
        if holder is None:
            load, held = key
            channel = self._warm_process().fork_holder({"load": load, "held": {name: path for name, path, _, _ in held}})
            holder = Holder(key, channel)
        self._holders[key] = holder
        return holder, new

    def too_many(self) -> Iterator[Holder]:
        """Holders to let go, so that the rest are few enough and fit into memory; never the one used last.

        What runs from them runs on.
        """
        total, count = sum(holder.memory for holder in self._holders.values()), len(self._holders)
        for holder in list(self._holders.values())[:-1]:
            if (total > self._most_bytes or count > MOST) and holder.ready:
                total, count = total - holder.memory, count - 1
                yield holder

    def drop(self, holder: Holder) -> None:
        """Lets it end, after its last execution."""
        holder.channel.close()
        if self._holders.get(holder.key) is holder:
            del self._holders[holder.key]

    def last_words(self) -> str:
        """What the warm process and its holders wrote last; empty when nothing."""
        return self._warm.last_words() if self._warm is not None else ""

    def close(self) -> None:
        """Ends them all."""
        for holder in list(self._holders.values()):
            self.drop(holder)
        if self._warm is not None:
            self._warm.close()

    def _warm_process(self) -> WarmProcess:
        if self._warm is not None and not self._warm.alive():
            self._warm.close()
            self._warm = None
        if self._warm is None:
            self._warm = WarmProcess(self._imports, self._environment, self._log)
        return self._warm


def _key(execution: Execution) -> HolderKey:
    """Executions with the same key fork from the same holder; a changed file is another key."""
    load = execution.entry.load if isinstance(execution.entry, Function) else None
    held = []
    for name, path in sorted(execution.held.items()) if load else []:
        information = path.stat()
        held.append((name, str(path.resolve()), information.st_mtime_ns, information.st_size))
    return load, tuple(held)
