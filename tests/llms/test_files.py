"""Questions as files: what a person sees, which answers are taken, and what a restart finds."""

import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agentk.errors import ModelError
from agentk.llms.files import FilesModel
from agentk.llms.protocol import ChatRequest, Message

SCHEMA = {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}


def asked(text: str = "Which word?", *, structured: bool = False) -> ChatRequest:
    return ChatRequest(
        messages=(Message(role="system", content="Be brief."), Message(role="user", content=text)),
        purpose="plan",
        answer_schema=SCHEMA if structured else None,
    )


def model(folder: Path, **options: float) -> FilesModel:
    return FilesModel(folder, lambda line: None, **options)


def appears(path: Path) -> str:
    for _ in range(200):
        if path.exists():
            return path.read_text()
        time.sleep(0.05)
    raise AssertionError(f"{path} never came")


def test_a_question_is_a_readable_page_and_its_answer_a_file(tmp_path: Path) -> None:
    told: list[str] = []
    person = FilesModel(tmp_path, told.append)
    with ThreadPoolExecutor() as pool:
        reply = pool.submit(person.ask, asked(structured=True))
        page = appears(tmp_path / "0001-plan.question.md")
        (tmp_path / "0001-plan.answer.md").write_text('{"word": "naïve"}', encoding="utf-8")
        assert reply.result().data == {"word": "naïve"}
    assert page.startswith("# plan\n\n## system\n\nBe brief.\n\n## user\n\nWhich word?\n")
    assert json.loads(page.split("```json\n")[1].split("```")[0]) == SCHEMA
    assert str(tmp_path / "0001-plan.answer.md") in told[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0001-plan.question.md", "0001-plan.taken.md"]


def test_an_answer_is_read_only_when_its_writer_is_done(tmp_path: Path) -> None:
    slow = "import sys, time\nfor word in 'one two three'.split():\n print(word, end=' ', flush=True); time.sleep(0.7)"
    with ThreadPoolExecutor() as pool:
        reply = pool.submit(model(tmp_path).ask, asked())
        appears(tmp_path / "0001-plan.question.md")
        with (tmp_path / "0001-plan.answer.md").open("w") as file:
            subprocess.run([sys.executable, "-c", slow], stdout=file, check=True)
        assert reply.result().text == "one two three "


def test_questions_asked_at_once_get_their_own_numbers_and_answers(tmp_path: Path) -> None:
    person = model(tmp_path)
    with ThreadPoolExecutor() as pool:
        replies = [pool.submit(person.ask, asked(f"Question {number}")) for number in range(3)]
        for number in range(1, 4):
            page = appears(tmp_path / f"{number:04d}-plan.question.md")
            (tmp_path / f"{number:04d}-plan.answer.md").write_text(page.split("Question ")[1][0])
        assert [reply.result().text for reply in replies] == ["0", "1", "2"]


def test_after_a_restart_the_same_question_finds_its_answer(tmp_path: Path) -> None:
    first = model(tmp_path)
    with ThreadPoolExecutor() as pool:
        dead = pool.submit(first.ask, asked())
        appears(tmp_path / "0001-plan.question.md")
        first.close()
        with pytest.raises(ModelError, match="no longer awaited"):
            dead.result()
    (tmp_path / "0001-plan.answer.md").write_text("written while nobody waited")
    assert model(tmp_path).ask(asked()).text == "written while nobody waited"


def test_a_question_that_was_answered_and_is_asked_again_is_a_new_one(tmp_path: Path) -> None:
    for number in (1, 2):
        waiting = threading.Timer(0.2, (tmp_path / f"000{number}-plan.answer.md").write_text, [f"answer {number}"])
        waiting.start()
        assert model(tmp_path).ask(asked()).text == f"answer {number}"


def test_no_answer_in_time_ends_with_a_plain_reason(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"0001-plan\.answer\.md: no answer came within 0 s"):
        model(tmp_path, patience=0.3).ask(asked())
