"""A step: one node of the graph that has run, and what it did, as the journal tells it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from agentk.graph.branches import history
from agentk.graph.folder import RunFolder
from agentk.graph.journal import Line, whole
from agentk.types.attempt import Attempt
from agentk.types.wording import shortened

LOG_LINES = 12


@dataclass(frozen=True)
class Section:
    """One part of what a step tells. code and log are verbatim; facts are pairs of a name and a value."""

    title: str
    kind: Literal["text", "facts", "code", "log"]
    text: str = ""
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Step:
    """The `number`-th node that ran on its branch. lines: what the journal says of it, its own `step` line last."""

    folder: RunFolder
    lines: tuple[Line, ...]

    @property
    def line(self) -> Line:
        """Its `step` line: where a rewind goes back to."""
        return self.lines[-1]

    @property
    def number(self) -> int:
        """Counted from 1, on over a rewind."""
        return whole(self.line["step"])

    @property
    def node(self) -> str:
        """A node of the graph, or a stage of its setup."""
        return str(self.line["node"])

    @property
    def branch(self) -> str:
        """The one it ran on."""
        return str(self.line["branch"])

    @property
    def state(self) -> dict[str, Any]:
        """Of the graph, after it."""
        state = self.line["state"]
        assert isinstance(state, dict)
        return dict(state)

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Those that ended in it."""
        return tuple(Attempt.model_validate(line["attempt"]) for line in self._of("attempt_finished"))

    @property
    def started(self) -> tuple[int, ...]:
        """Numbers of the attempts that were begun in it."""
        return tuple(whole(line["number"]) for line in self._of("attempt_started"))

    @property
    def lessons(self) -> tuple[str, ...]:
        """What was remembered and used."""
        return tuple(str(line["text"]) for line in self._of("lesson_used"))

    @property
    def headline(self) -> str:
        """What came of it, in a few words."""
        told = [_sentence(line) for line in self.lines]
        return "; ".join(one for one in told if one) or _QUIET.get(self.node, "nothing changed")

    @property
    def sections(self) -> list[Section]:
        """Asked, answered, changed, remembered; the program and the end of the log where there is one."""
        found = [*self._dialogue(), *self._changes()]
        if self.lessons:
            found.append(Section("lessons used", "text", "\n".join(f"• {text}" for text in self.lessons)))
        found += [section for number in self.started if (section := self._program(number))]
        found += [section for attempt in self.attempts if (section := self._log(attempt))]
        return found

    def _of(self, event: str) -> list[Line]:
        return [line for line in self.lines if line["event"] == event]

    def _dialogue(self) -> list[Section]:
        sections = []
        for line in self.lines:
            if line["event"] == "question":
                sections.append(Section("asked", "facts", facts=_facts(line["question"])))
            elif line["event"] in ("answer", "edited") and "answer" in line:
                giver = str(line["giver"]) + (", instead" if line["event"] == "edited" else "")
                sections.append(Section(f"answered by {giver}", "facts", facts=_facts(line["answer"])))
        return sections

    def _changes(self) -> list[Section]:
        told = [text for line in self.lines if line["event"] not in ("question", "answer") and (text := _sentence(line))]
        verdicts = [f"#{attempt.number}: {attempt.verdict}" for attempt in self.attempts if attempt.verdict]
        stage = [*self._listed("found"), *(f"doubt: {doubt}" for doubt in self._listed("doubts"))]
        changed = "\n".join([*told, *verdicts])
        if stage and changed == self.headline:  # of a stage, what it found says all
            changed = ""
        found = {"found": "\n".join(stage), "changed": changed}
        return [Section(title, "text", text) for title, text in found.items() if text]

    def _listed(self, name: str) -> list[str]:
        """What the stage of setup, if this was one, says under this name."""
        return [str(one) for line in self._of("stage") if isinstance(known := line.get(name), list) for one in known]

    def _program(self, number: int) -> Section | None:
        places = (self.folder.attempt(number), self.folder.started / f"{number}")
        found = next((path / "solution.py" for path in places if (path / "solution.py").exists()), None)
        return None if found is None else Section(f"program of #{number}", "code", found.read_text())

    def _log(self, attempt: Attempt) -> Section | None:
        path = self.folder.attempt(attempt.number) / "log.txt"
        lines = path.read_text().rstrip().splitlines() if path.exists() else []
        return Section(f"end of the log of #{attempt.number}", "log", "\n".join(lines[-LOG_LINES:])) if lines else None


def steps_of(folder: RunFolder, lines: Iterable[Line]) -> list[Step]:
    """The steps behind the current branch, oldest first. One that was entered again after a kill is one step."""
    steps: list[Step] = []
    since: list[Line] = []
    for line in history(lines):
        since.append(line)
        if line["event"] != "step":
            continue
        if steps and steps[-1].number == whole(line["step"]):
            since = [*steps.pop().lines, *since]
        steps.append(Step(folder, tuple(since)))
        since = []
    return steps


_QUIET = {
    "execute": "nothing new was queued",
    "collect": "nothing has finished yet",
    "reflect": "nothing new to draw conclusions from",
}


def _sentence(line: Line) -> str:
    """What a journal line changed, in words; "" where it changed nothing that a person would look for."""
    match line["event"]:
        case "stage" if line["stage"] == "findings":
            found = line["findings"]
            return "; ".join(map(str, found)) if isinstance(found, list) and found else "no leaks and no shifts found"
        case "stage":
            return f"{line['stage']} passed its {line['tests']} tests"
        case "answer":
            answer = line["answer"]
            assert isinstance(answer, dict)
            return _answered(answer)
        case "attempt_started":
            return f"#{line['number']} {line['kind']} {line['name']} is begun"
        case "attempt_finished":
            attempt = Attempt.model_validate(line["attempt"])
            return f"{attempt.title}: {attempt.result}"
        case "submission_replaced":
            what = "a sound baseline" if line["number"] is None else f"#{line['number']}"
            return f"submission.csv is now {what}"
        case "run_finished":
            return f"the run has ended: {line['stopped_by']}"
        case _:
            return ""


def _answered(answer: dict[str, Any]) -> str:
    if "refused" in answer:
        return f"refused: {answer['refused']}"
    if "action" in answer:
        what = " ".join(str(answer[key]) for key in ("action", "recipe") if answer.get(key))
        return f"{what}: {shortened(answer['idea'], 160)}" if answer.get("idea") else what
    return str(answer.get("note", ""))


def _facts(value: Any) -> tuple[tuple[str, str], ...]:
    """The fields of a question or an answer that say something, each in a line."""
    if not isinstance(value, dict):
        return (("", str(value)),)
    return tuple((str(name), _spelled(item)) for name, item in _telling(value).items())


def _telling(value: dict[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in value.items() if item not in (None, "", [], {}, (), 0)}


def _spelled(value: Any, width: int = 400) -> str:
    value = _telling(value) if isinstance(value, dict) else value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= width else f"{text[: width - 1]}…"
