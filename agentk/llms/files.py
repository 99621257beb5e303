"""`files:DIR`: each question becomes a file, and its answer is awaited as a file. A person, or any program, can be the model.

`0007-plan.question.md` is written whole; whoever answers puts `0007-plan.answer.md` beside it. An answer that was read is
renamed to `0007-plan.taken.md`. A question that is asked again after a restart keeps its number, and its answer if there is one.
"""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pydantic import JsonValue
from pydantic_core import from_json

from agentk.errors import ModelError, SettingError
from agentk.llms.protocol import ChatRequest, Reply

PATIENCE = 24 * 3600.0
_LOOK = 0.1  # seconds between two looks at the folder
_SETTLED = 0.4  # seconds an answer must stay unchanged with nobody writing to it
_SETTLED_UNSEEN = 3.0  # the same where it cannot be seen whether somebody holds it open


class FilesModel:
    """A model whose other end is a folder.

    A person takes longer than `request.timeout` foresees: the wait ends after `patience` seconds, or when `close` is called.
    """

    def __init__(self, folder: Path, tell: Callable[[str], None], *, patience: float = PATIENCE) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingError(f"files:{folder}: the folder cannot be made: {error.strerror}; name another one") from None
        self.name = f"files:{folder}"
        self._folder = folder
        self._tell = tell
        self._patience = patience
        self._closed = threading.Event()
        self._waiting: set[str] = set()
        self._lock = threading.Lock()

    def ask(self, request: ChatRequest) -> Reply:
        """Writes the question, waits for the answer. Raises ModelError when none comes in time."""
        stem = self._place(request.purpose or "question", question(request).encode())
        answer = self._folder / f"{stem}.answer.md"
        self._tell(f"{stem}: waiting for {answer}")
        begun = time.monotonic()
        try:
            reply = self._await(answer, begun + self._patience)
            with suppress(FileNotFoundError):
                answer.replace(self._folder / f"{stem}.taken.md")
        finally:
            with self._lock:
                self._waiting.discard(stem)
        return Reply(text=reply, data=_data(reply) if request.answer_schema else None, model=self.name)

    def close(self) -> None:
        """Ends every wait; the questions stay, and are taken up again when the same folder is opened."""
        self._closed.set()

    def _place(self, purpose: str, page: bytes) -> str:
        """The number and purpose of a new question, or of the same question left over from before."""
        safe = re.sub(r"[^\w-]+", "-", purpose).strip("-") or "question"
        with self._lock:
            known = sorted(path.name.removesuffix(".question.md") for path in self._folder.glob("*.question.md"))
            for stem in known:
                taken = stem in self._waiting or (self._folder / f"{stem}.taken.md").exists()
                if not taken and (self._folder / f"{stem}.question.md").read_bytes() == page:
                    self._waiting.add(stem)
                    return stem
            number = 1 + max((int(match[0]) for stem in known if (match := re.match(r"\d+", stem))), default=0)
            draft = self._folder / f".question.{os.getpid()}.{threading.get_ident()}"
            draft.write_bytes(page)
            try:
                while True:
                    stem = f"{number:04d}-{safe}"
                    try:
                        os.link(draft, self._folder / f"{stem}.question.md")  # whole or not at all, and never over another's
                    except FileExistsError:
                        number += 1
                        continue
                    self._waiting.add(stem)
                    return stem
            finally:
                draft.unlink()

    def _await(self, answer: Path, deadline: float) -> str:
        seen, since = None, time.monotonic()
        while not self._closed.is_set():
            now = time.monotonic()
            state = _state(answer)
            if state != seen:
                seen, since = state, now
            elif state is not None and state[0] > 0 and now - since >= _SETTLED:
                held = _held_open(answer)
                if held is False or (held is None and now - since >= _SETTLED_UNSEEN):
                    return answer.read_text(encoding="utf-8", errors="replace")
            if now > deadline:
                raise ModelError(f"{answer}: no answer came within {self._patience:.0f} s; the question stays, for the next run")
            self._closed.wait(_LOOK)
        raise ModelError(f"{answer}: no longer awaited, the run is over")


def question(request: ChatRequest) -> str:
    """The request as a readable page."""
    parts = [f"# {request.purpose or 'question'}\n"]
    for message in request.messages:
        parts += [f"## a picture\n\n{picture.path}\n" for picture in message.pictures]
        parts.append(f"## {message.role}\n\n{message.content.rstrip()}\n")
    if request.answer_schema is not None:
        schema = json.dumps(request.answer_schema, indent=2, ensure_ascii=False)
        parts.append(f"## schema of the answer\n\n```json\n{schema}\n```\n")
    return "\n".join(parts)


def _data(text: str) -> JsonValue:
    try:
        data: JsonValue = from_json(text)
    except ValueError:
        return None  # prose, or JSON in a fence: whoever asked reads the text
    return data


def _state(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_size, found.st_mtime_ns


def _held_open(path: Path) -> bool | None:
    """Whether somebody is still writing (`program > answer.md` takes minutes); None where that cannot be told."""
    try:
        from fcntl import F_RDLCK, F_SETLEASE, F_UNLCK, fcntl
    except ImportError:  # not Linux
        return None
    with path.open("rb") as file:
        try:
            fcntl(file, F_SETLEASE, F_RDLCK)  # refused while there is a writer
        except BlockingIOError:
            return True
        except OSError:  # somebody else's file, or a file system without leases
            return None
        fcntl(file, F_SETLEASE, F_UNLCK)
    return False
