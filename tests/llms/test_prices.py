"""Prices: one table with a date, snapshots by their model's price, one's own table first, and none made up."""

from datetime import date

import pytest

from agentk.llms.prices import Price, as_of, price_of
from agentk.llms.protocol import Usage
from agentk.settings import PriceSettings


def test_the_parts_of_a_bill() -> None:
    price = Price(input=3, cached=0.3, written=3.75, output=15)
    usage = Usage(prompt=1_000_000, reply=100_000, cached=600_000, kept=200_000)
    assert price.cost(usage) == pytest.approx(0.2 * 3 + 0.6 * 0.3 + 0.2 * 3.75 + 1.5)
    assert price.saved(usage) == pytest.approx(price.cost(Usage(prompt=1_000_000, reply=100_000)) - price.cost(usage))
    assert price.cost(usage) <= price.worst(1_000_000, 100_000)


def test_the_table_has_a_date() -> None:
    assert date(2026, 1, 1) < date.fromisoformat(as_of())


@pytest.mark.parametrize(
    "name", ["anthropic/claude-haiku-4-5", "openai/gpt-5", "deepseek/deepseek-chat", "groq/openai/gpt-oss-20b"]
)
def test_common_models_have_a_price(name: str) -> None:
    price = price_of(name)
    assert price is not None
    assert 0 < price.cached <= price.input <= price.output


def test_a_dated_snapshot_costs_what_its_model_costs() -> None:
    assert price_of("anthropic/claude-haiku-4-5-20251001") == price_of("anthropic/claude-haiku-4-5") is not None
    assert price_of("openai/gpt-5-2025-08-07") == price_of("openai/gpt-5") == price_of("langchain:openai/gpt-5")


def test_ones_own_machine_and_ones_own_time_are_free() -> None:
    for name in ("ollama/qwen3:8b", "vllm/large", "files:box", "replay:runs/one"):
        assert price_of(name) == Price(input=0, cached=0, written=0, output=0)


def test_what_is_not_in_the_table_has_no_price() -> None:
    assert price_of("openai/gpt-99") is None
    assert price_of("openrouter/openai/gpt-5") is None


def test_ones_own_table_wins() -> None:
    own = {"openai/gpt-5": PriceSettings(input=1, output=2)}
    assert price_of("openai/gpt-5", own) == Price(input=1, cached=1, written=1, output=2)
