"""From what a person writes to a model: names, addresses, keys, prices, third parties."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from agentk.errors import AccessError, ModelError, SettingError
from agentk.llms.open import open_model
from agentk.llms.purse import Purse
from agentk.llms.record import Call
from agentk.settings import ModelSettings, PriceSettings, ServerSettings, Settings
from agentk.testing.models import exactly, structured


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ("openai/gpt-5", "/v1/responses"),
        ("anthropic/claude-sonnet-5", "/v1/messages"),
        ("ollama/qwen3:8b", "/v1/chat/completions"),
    ],
)
def test_the_vendors_usual_variables_are_read(vendor: Any, monkeypatch: pytest.MonkeyPatch, spec: str, path: str) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", f"{vendor.url}/v1")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", vendor.url)
    monkeypatch.setenv("OLLAMA_HOST", vendor.url.removeprefix("http://"))
    assert open_model(spec).ask(exactly("maple")).text == "maple"
    spoken = {"/v1/responses": "/v1/chat/completions"}.get(path, path)  # at another address the API that all servers know
    assert vendor.seen[0]["path"] == spoken


def test_a_flag_wins_over_the_environment(vendor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    assert open_model("openai/gpt-5", base_url=f"{vendor.url}/v1").ask(exactly("maple")).text == "maple"
    assert vendor.seen[0]["headers"]["authorization"] == f"Bearer {os.environ['OPENAI_API_KEY']}"


def test_a_server_of_ones_own(vendor: Any) -> None:
    lab = ServerSettings(base_url=f"{vendor.url}/v1", key_variable="LAB_KEY", api="responses")
    model = open_model("lab/large", settings=Settings(servers={"lab": lab}))
    assert model.ask(structured()).data == {"word": "maple", "number": 7}
    assert vendor.seen[0]["path"] == "/v1/responses"
    assert vendor.seen[0]["store"] is False
    assert vendor.seen[0]["text"]["format"]["strict"] is True


def test_preferences_fill_in_what_a_question_leaves_open(vendor: Any, faults: Any) -> None:
    prefers = Settings(model=ModelSettings(temperature=0.3, timeout=0.5))
    model = open_model("ollama/qwen3:8b", base_url=f"{vendor.url}/v1", settings=prefers)
    model.ask(exactly("maple"))
    model.ask(exactly("maple").model_copy(update={"temperature": 0.9}))
    assert [sent["temperature"] for sent in vendor.seen] == [0.3, 0.9]
    vendor.faults = [faults.hangs] * 2
    with pytest.raises(ModelError, match="given up after 1 try in 1 s"):
        model.ask(exactly("maple"))


def test_every_call_is_recorded_and_priced(vendor: Any) -> None:
    calls: list[Call] = []
    own = Settings(prices={"openai/gpt-5": PriceSettings(input=1, output=2)})
    purse = Purse(max_cost=1.0)
    model = open_model("openai/gpt-5", base_url=f"{vendor.url}/v1", settings=own, purse=purse, record=calls.append)
    reply = model.ask(exactly("maple"))
    assert reply.cost == pytest.approx((reply.usage.prompt + 2) / 1e6)
    assert (calls[0].request.purpose, calls[0].reply.text) == ("exactly", "maple")
    assert purse.spent.cost == reply.cost


def test_a_cost_limit_needs_a_known_price(vendor: Any) -> None:
    with pytest.raises(SettingError, match=r'no price of openrouter/x/y is known .* \[prices\."openrouter/x/y"\] .*--max-tokens'):
        open_model("openrouter/x/y", base_url=f"{vendor.url}/v1", purse=Purse(max_cost=1.0))
    with pytest.raises(
        SettingError, match="no price of openai/gpt-5 is known"
    ):  # not the vendor's server: not the vendor's price
        open_model("openai/gpt-5", base_url=f"{vendor.url}/v1", purse=Purse(max_cost=1.0))
    open_model("ollama/qwen3:8b", purse=Purse(max_cost=0.0)).close()


@pytest.mark.parametrize("spec", ["openai/gpt-5", "anthropic/claude-sonnet-5", "deepseek/deepseek-chat"])
def test_a_missing_key_is_named(monkeypatch: pytest.MonkeyPatch, spec: str) -> None:
    variable = spec.split("/", maxsplit=1)[0].upper() + "_API_KEY"
    for name in (variable, "ANTHROPIC_AUTH_TOKEN", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(AccessError, match=f"needs a key: set the environment variable {variable}"):
        open_model(spec)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("gpt-5", "'gpt-5' is no model; write it like anthropic/NAME"),
        ("antropic/claude", "no backend is called 'antropic'; did you mean anthropic"),
        ("zzz/x", "there are anthropic, deepseek, .*files"),
        ("langchain:openai", "write it like langchain:openai/NAME"),
        ("langchain:nobody/x", "LangChain cannot make this model"),
        ("", "is no model"),
    ],
)
def test_a_name_that_means_nothing(spec: str, says: str) -> None:
    with pytest.raises(SettingError, match=says):
        open_model(spec)


def test_a_third_party_adds_a_backend_as_an_entry_point(tmp_path: Path) -> None:
    """In a process of its own, with the package on the path as pip would leave it."""
    (tmp_path / "echo.py").write_text(
        textwrap.dedent("""
        from agentk.llms.protocol import Reply, Usage

        class Echo:
            def __init__(self, name, base_url):
                self.name = f"echo/{name}"

            def ask(self, request):
                said = request.messages[-1].content
                return Reply(text=said, usage=Usage(prompt=len(said), reply=len(said)), model=self.name)

            def close(self):
                pass
        """)
    )
    info = tmp_path / "echo-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: echo\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[agentk.chat_models]\necho = echo:Echo\n")
    program = """
        from agentk.llms.open import open_model
        from agentk.llms.protocol import ChatRequest, Message
        print(open_model("echo/loud").ask(ChatRequest(messages=(Message(role="user", content="hello"),))).text)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "hello\n", done.stderr
