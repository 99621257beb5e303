"""What the person asked for becomes who answers, what it may cost and what it is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentk.agent.models import check_models, notice_of, spent_in_words, with_defaults
from agentk.agent.request import Models, Request
from agentk.errors import AgentKError, SettingError
from agentk.llms.record import Spent
from agentk.settings import ModelSettings, Settings

TOML = Settings(model=ModelSettings(name="openai/big", code="openai/coder", max_cost=2.0, share="names"))


def test_flags_win_over_the_file_and_a_model_named_there_answers_everything() -> None:
    assert with_defaults(Models(), Settings()).asked is False
    filled = with_defaults(Models(), TOML)
    assert (filled.thinker, filled.writer, filled.max_cost, filled.share) == ("openai/big", "openai/coder", 2.0, "names")
    own = with_defaults(Models(name="ollama/small", max_cost=0.5, share="examples"), TOML)
    assert (own.thinker, own.writer, own.max_cost, own.share) == ("ollama/small", "ollama/small", 0.5, "examples")


def test_half_a_pair_of_models_is_no_model() -> None:
    with pytest.raises(SettingError, match="give both"):
        with_defaults(Models(code="openai/coder"), Settings())
    both = with_defaults(Models(code="openai/coder", think="openai/thinker"), Settings())
    assert (both.thinker, both.writer) == ("openai/thinker", "openai/coder")


def test_a_folder_is_the_same_one_from_anywhere() -> None:
    assert with_defaults(Models(name="files:answers"), Settings()).name == f"files:{Path('answers').absolute()}"


def test_no_password_gets_into_the_run() -> None:
    with pytest.raises(SettingError, match="key into the environment"):
        with_defaults(Models(name="vllm/x", base_url="http://me:secret@host/v1"), Settings())


def test_a_missing_key_is_told_before_anything_begins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AgentKError, match=r"OPENAI_API_KEY|agentk\[openai\]"):
        check_models(Request(competition="builtin:iris", models=Models(name="openai/gpt-5")))
    with pytest.raises(SettingError, match="did you mean"):
        check_models(Request(competition="builtin:iris", models=Models(name="filse:x")))


def test_a_person_is_told_who_is_shown_what_and_what_it_may_cost() -> None:
    assert notice_of(Models()) == []
    shown, money = notice_of(Models(name="files:/x", share="stats", max_tokens=5000))
    assert "files:/x is shown" in shown and "no words of rows" in shown and "at most 5,000 tokens" in money
    unlimited = notice_of(Models(name="mistral/unheard-of"))[1]
    assert "no limit" in unlimited and "no price of mistral/unheard-of is known" in unlimited


def test_a_known_price_is_told_with_the_most_that_one_question_may_cost() -> None:
    told = notice_of(Models(name="anthropic/claude-sonnet-4-5", max_cost=2.0))[1]
    assert "at most $2;" in told and "$3 a million tokens in and $15 out" in told
    assert "at most about $0.33" in told  # 24,000 tokens in, written into the cache, and 16,000 out
    elsewhere = notice_of(Models(name="openai/gpt-5.5", base_url="http://127.0.0.1:9/v1"))[1]
    assert "no price of openai/gpt-5.5 is known" in elsewhere  # another server than its vendor's has its own prices


def test_what_was_spent_in_words() -> None:
    assert spent_in_words(Spent(calls=1, prompt=1200, reply=34, cost=0.0123)) == "1 call, 1,234 tokens, $0.0123"
    assert "perhaps $0.2 more" in spent_in_words(Spent(calls=1, prompt=1, cost=0.1, risk_cost=0.2))
    assert spent_in_words(Spent(calls=2, prompt=10, unpriced=10)) == "2 calls, 10 tokens, no price known"
