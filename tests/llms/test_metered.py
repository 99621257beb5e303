"""The meter: what a call may cost is checked before it, what it did cost is billed after it, and a resumed run counts on."""

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from agentk.errors import BudgetError, TransientError
from agentk.llms.completions import CompletionsModel
from agentk.llms.messages import MessagesModel
from agentk.llms.metered import MeteredModel
from agentk.llms.prices import Price
from agentk.llms.protocol import ChatRequest, Message
from agentk.llms.purse import Purse
from agentk.llms.record import Call, Spent
from agentk.llms.servers import Server
from agentk.testing.models import exactly

PRICE = Price(input=3, cached=0.3, written=3.75, output=15)


@pytest.fixture
def calls() -> list[Call]:
    return []


@pytest.fixture
def metered(vendor: Any, calls: list[Call]) -> Any:
    def make(purse: Purse, price: Price | None = PRICE) -> MeteredModel:
        return MeteredModel(MessagesModel("claude-sonnet-5", vendor.url), purse, price, calls.append, print)

    return make


def asked(words: int = 10, *, limit: int = 100, stable: int = 0) -> ChatRequest:
    head = Message(role="system", content="word " * words)
    return ChatRequest(messages=(head, *exactly("maple").messages), max_tokens=limit, stable=stable, purpose="plan")


def test_the_providers_own_figures_are_billed(metered: Any, calls: list[Call]) -> None:
    purse = Purse()
    reply = metered(purse).ask(asked())
    assert reply.usage.reply == 1
    assert reply.cost == pytest.approx((reply.usage.prompt * 3 + 15) / 1e6)
    assert purse.spent == Spent.of(calls) == Spent(calls=1, prompt=reply.usage.prompt, reply=1, cost=reply.cost)


def test_what_the_cache_saves_is_shown(metered: Any) -> None:
    purse = Purse()
    model = metered(purse)
    first, second = model.ask(asked(1000, stable=1)), model.ask(asked(1000, stable=1))
    assert (first.usage.kept, first.usage.cached) == (1000, 0)
    assert (second.usage.kept, second.usage.cached) == (0, 1000)
    assert first.cost - second.cost == pytest.approx(1000 * (3.75 - 0.3) / 1e6)
    assert purse.spent.saved == pytest.approx((1000 * (3 - 3.75) + 1000 * (3 - 0.3)) / 1e6)


def test_a_call_that_could_cost_too_much_is_not_made(metered: Any, vendor: Any, calls: list[Call]) -> None:
    with pytest.raises(
        BudgetError, match=r"question 'plan', was not asked: it could cost \$0\.\d+, and of --max-cost \$0\.01 only"
    ):
        metered(Purse(max_cost=0.01)).ask(asked(limit=1000))
    with pytest.raises(BudgetError, match=r"could take 1,\d+ tokens, and of --max-tokens 900 only 900 are left"):
        metered(Purse(max_tokens=900), None).ask(asked(limit=1000))
    assert vendor.seen == []
    assert calls == []


def test_the_limit_holds_over_many_calls_at_once(metered: Any, vendor: Any) -> None:
    purse = Purse(max_tokens=2000)
    model = metered(purse)
    vendor.say = lambda turns, schema: "word " * 100  # every reply takes what it may

    def ask(number: int) -> bool:
        try:
            model.ask(asked())
        except BudgetError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        made = sum(pool.map(ask, range(40)))
    assert purse.spent.tokens <= 2000
    assert purse.spent.tokens + 2 * (100 + 40) > 2000  # and hardly anything is left lying
    assert len(vendor.seen) == made


def test_a_call_waits_for_what_others_may_give_back(metered: Any, vendor: Any) -> None:
    purse, gate = Purse(max_tokens=1500), threading.Event()
    model = metered(purse)
    vendor.say = lambda turns, schema: "maple" if gate.wait(5) else ""
    with ThreadPoolExecutor(2) as pool:
        replies = [pool.submit(model.ask, asked(limit=1000)) for _ in range(2)]
        threading.Timer(0.3, gate.set).start()
        assert [reply.result().text for reply in replies] == ["maple", "maple"]


def test_a_resumed_run_goes_on_counting(metered: Any, calls: list[Call]) -> None:
    metered(Purse()).ask(asked())
    earlier = Spent.of(Call.model_validate_json(call.model_dump_json()) for call in calls)
    with pytest.raises(BudgetError, match=r"of --max-tokens 150 only 1\d\d are left"):
        metered(Purse(max_tokens=150, spent=earlier)).ask(asked(limit=150))


def test_a_call_that_was_cut_off_counts_at_its_worst(
    metered: Any, vendor: Any, faults: SimpleNamespace, calls: list[Call]
) -> None:
    purse = Purse(max_tokens=1000)
    vendor.faults = [faults.drops]
    with pytest.raises(TransientError):
        metered(purse).ask(asked(limit=700))
    assert (purse.spent.risk_tokens, purse.spent.cost) == (calls[0].risk_tokens, 0.0)
    assert calls[0].risk_tokens > 700
    with pytest.raises(BudgetError):
        metered(purse).ask(asked(limit=700))


def test_a_refused_call_costs_nothing(metered: Any, vendor: Any, faults: SimpleNamespace, calls: list[Call]) -> None:
    purse = Purse()
    vendor.faults = [faults.refuses(529, "Overloaded", "overloaded_error")]
    with pytest.raises(TransientError):
        metered(purse).ask(asked())
    assert purse.spent == Spent(calls=1)
    assert "529, Overloaded" in calls[0].error


def test_where_the_server_sends_no_figures_they_are_counted_here(vendor: Any) -> None:
    vendor.unknown = {"stream_options"}
    silent = CompletionsModel("lab", "old", Server(base_url=f"{vendor.url}/v1"))
    reply = MeteredModel(silent, Purse(), None, lambda call: None, print).ask(asked(1000))
    assert reply.usage.estimated
    assert reply.usage.prompt == pytest.approx(1020, rel=0.1)
    assert (reply.usage.reply, reply.cost) == (1, None)


def test_a_server_that_cuts_prompts_off_is_told_on_once(vendor: Any) -> None:
    vendor.context = 1024
    told: list[str] = []
    ollama = CompletionsModel("ollama", "qwen3:8b", Server(base_url=f"{vendor.url}/v1"))
    model = MeteredModel(ollama, Purse(), None, lambda call: None, told.append)
    for _ in range(2):
        model.ask(asked(1000))
    assert told == []
    for _ in range(2):
        model.ask(asked(5000))
    assert len(told) == 1
    assert "the server read 1,024;" in told[0] and "OLLAMA_CONTEXT_LENGTH" in told[0]
