"""Every backend, over real wires on loopback and through the vendors' own SDKs, keeps to what a chat model promises."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from agentk.llms.completions import CompletionsModel
from agentk.llms.files import FilesModel
from agentk.llms.langchain import langchain_model
from agentk.llms.messages import MessagesModel
from agentk.llms.protocol import ChatModel, Reply
from agentk.llms.record import Call
from agentk.llms.replay import ReplayModel
from agentk.llms.responses import ResponsesModel
from agentk.llms.servers import Server
from agentk.testing.models import ChatModelConformance, counting, exactly, remembering, structured


class _OnLoopback(ChatModelConformance):
    @pytest.fixture(autouse=True)
    def _served(self, vendor: Any) -> None:
        self.vendor = vendor


class TestCompletions(_OnLoopback):
    def make(self) -> ChatModel:
        return CompletionsModel("lab", "large", Server(base_url=f"{self.vendor.url}/v1", key_variable="LAB_KEY"))


class TestOllama(_OnLoopback):
    def make(self) -> ChatModel:
        return CompletionsModel("ollama", "qwen3:8b", Server(base_url=f"{self.vendor.url}/v1"))


class TestServerWithoutResponseFormat(_OnLoopback):
    def make(self) -> ChatModel:
        self.vendor.unknown = {"response_format", "stream_options", "max_tokens"}
        return CompletionsModel("lab", "old", Server(base_url=f"{self.vendor.url}/v1"))


class TestResponses(_OnLoopback):
    def make(self) -> ChatModel:
        return ResponsesModel("openai", "gpt-5", Server(base_url=f"{self.vendor.url}/v1", key_variable="OPENAI_API_KEY"))


class TestMessages(_OnLoopback):
    def make(self) -> ChatModel:
        return MessagesModel("claude-sonnet-5", self.vendor.url)


class TestMessagesInJsonMode(_OnLoopback):
    def make(self) -> ChatModel:
        self.vendor.unknown = {"tool_choice"}
        return MessagesModel("claude-sonnet-5-5", self.vendor.url)


class TestLangChain(_OnLoopback):
    @pytest.fixture(autouse=True)
    def _address(self, vendor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{vendor.url}/v1")

    def make(self) -> ChatModel:
        return langchain_model("openai/gpt-4o")


class TestFiles(ChatModelConformance):
    """A program that reads questions and writes answers is the model."""

    bounded = False

    @pytest.fixture(autouse=True)
    def _answered(self, tmp_path: Path, vendor: Any) -> Any:
        self.folder, over = tmp_path / "box", threading.Event()

        def answer() -> None:
            while not over.wait(0.02):
                for page in self.folder.glob("*.question.md"):
                    place = page.with_name(page.name.replace("question", "answer"))
                    if not place.exists() and not page.with_name(page.name.replace("question", "taken")).exists():
                        place.write_text(vendor.say(*_read(page.read_text())))

        thread = threading.Thread(target=answer)
        thread.start()
        yield
        over.set()
        thread.join()

    def make(self) -> ChatModel:
        return FilesModel(self.folder, lambda line: None)


class TestReplay(ChatModelConformance):
    @pytest.fixture(autouse=True)
    def _recorded(self, tmp_path: Path, vendor: Any) -> None:
        words = ["maple", "birch", "alder", "larch"]
        asked = [remembering(), structured(), counting(), *(exactly(word, word) for word in words)]
        asked += [exactly("maple", purpose) for purpose in ("exactly", "usage", "usage", "keys")]
        model = CompletionsModel("lab", "large", Server(base_url=f"{vendor.url}/v1"))
        odd = Call(name=model.name, request=exactly("", "odd"), reply=Reply(text=vendor.say([("user", "")], None)))
        calls = [odd, *(Call(name=model.name, request=request, reply=model.ask(request)) for request in asked)]
        model.close()
        self.journal = tmp_path / "journal.jsonl"
        self.journal.write_text("".join(json.dumps({"event": "model_call", **call.model_dump()}) + "\n" for call in calls))

    def make(self) -> ChatModel:
        return ReplayModel(self.journal)


def _read(page: str) -> tuple[list[tuple[str, str]], dict[str, Any] | None]:
    """The turns and the schema of a question that was written as a page."""
    schema = (
        json.loads(page.rsplit("```json\n", 1)[1].split("\n```", maxsplit=1)[0]) if "## schema of the answer" in page else None
    )
    turns = [part.split("\n\n", 1) for part in page.split("## schema", maxsplit=1)[0].split("\n## ")[1:]]
    return [(role, text.rstrip()) for role, text in turns], schema
