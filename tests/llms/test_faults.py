"""What goes wrong between here and a vendor: waited out where it may pass, and said plainly where it does not."""

import threading
import time
from email.utils import formatdate
from types import SimpleNamespace
from typing import Any

import pytest

from agentk.errors import AccessError, ModelError, TransientError
from agentk.llms.completions import CompletionsModel
from agentk.llms.langchain import langchain_model
from agentk.llms.messages import MessagesModel
from agentk.llms.patience import PatientModel
from agentk.llms.protocol import ChatModel
from agentk.llms.responses import ResponsesModel
from agentk.llms.servers import Server
from agentk.testing.models import counting, exactly, structured

APIS = ["completions", "responses", "messages"]


@pytest.fixture(params=APIS)
def backend(request: pytest.FixtureRequest, vendor: Any) -> Any:
    server = Server(base_url=f"{vendor.url}/v1", key_variable="OPENAI_API_KEY")
    made: dict[str, Any] = {
        "completions": lambda: CompletionsModel("lab", "large", server),
        "responses": lambda: ResponsesModel("openai", "gpt-5", server),
        "messages": lambda: MessagesModel("claude-sonnet-5", vendor.url),
    }
    model = made[request.param]()
    yield model
    model.close()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def patient(backend: ChatModel, told: list[str]) -> PatientModel:
    return PatientModel(backend, told.append, pause=0.005)


@pytest.mark.parametrize("fault", ["drops", "stops", "garbles", "misshapes", "interrupts"])
def test_a_broken_reply_is_asked_for_again(patient: PatientModel, vendor: Any, faults: SimpleNamespace, fault: str) -> None:
    vendor.faults = [getattr(faults, fault)]
    assert patient.ask(exactly("maple")).text.strip() == "maple"
    assert len(vendor.seen) == 2


@pytest.mark.parametrize("fault", ["drops", "stops", "garbles", "misshapes", "interrupts", "hangs", "drips"])
def test_a_broken_reply_may_have_been_charged_for(backend: ChatModel, vendor: Any, faults: SimpleNamespace, fault: str) -> None:
    vendor.faults = [getattr(faults, fault)]
    with pytest.raises(TransientError) as caught:
        backend.ask(exactly("maple").model_copy(update={"timeout": 0.4}))
    assert caught.value.billed


@pytest.mark.parametrize("status", [500, 529, 408])
def test_a_server_in_trouble_is_asked_again(
    patient: PatientModel, vendor: Any, faults: SimpleNamespace, told: list[str], status: int
) -> None:
    vendor.faults = [faults.refuses(status, "Overloaded", "overloaded_error")] * 3
    assert patient.ask(exactly("maple")).text.strip() == "maple"
    assert [line.split("; ")[0] for line in told] == [f"{patient.name}: {status}, Overloaded"] * 3


def test_the_server_says_how_long_to_wait(patient: PatientModel, vendor: Any, faults: SimpleNamespace) -> None:
    vendor.faults = [faults.refuses(429, "slow down", "rate_limit_error", retry_after="0.5")]
    begun = time.monotonic()
    patient.ask(exactly("maple"))
    assert time.monotonic() - begun >= 0.5


def test_it_may_say_so_in_other_forms(vendor: Any, faults: SimpleNamespace) -> None:
    model = CompletionsModel("lab", "large", Server(base_url=f"{vendor.url}/v1"))
    date = formatdate(time.time() + 30, usegmt=True)
    vendor.faults = [faults.refuses(429, retry_after=date), faults.refuses(429, retry_after_ms="2500"), faults.refuses(429)]
    waits = []
    for _ in range(3):
        with pytest.raises(TransientError) as caught:
            model.ask(exactly("maple"))
        waits.append(caught.value.after)
    assert waits == [pytest.approx(30, abs=3), 2.5, None]


def test_a_wait_beyond_the_deadline_is_not_begun(patient: PatientModel, vendor: Any, faults: SimpleNamespace) -> None:
    vendor.faults = [faults.refuses(429, "slow down", "rate_limit_error", retry_after="3600")]
    with pytest.raises(ModelError, match=r"slow down; given up after 1 try in 0 s .*asks to wait 3600 s"):
        patient.ask(exactly("maple").model_copy(update={"timeout": 5.0}))


@pytest.mark.parametrize("fault", ["hangs", "drips"])
def test_the_deadline_holds(patient: PatientModel, vendor: Any, faults: SimpleNamespace, fault: str) -> None:
    vendor.faults = [getattr(faults, fault)] * 9
    begun = time.monotonic()
    with pytest.raises(ModelError, match="no complete reply within 1 s; given up after 1 try"):
        patient.ask(exactly("maple").model_copy(update={"timeout": 1.0}))
    assert time.monotonic() - begun < 2.5


def test_the_deadline_holds_from_the_beginning_not_from_the_last_word(vendor: Any, faults: SimpleNamespace) -> None:
    """Words come at 0.7 and 1.4 seconds, then no more; nothing is shorter than 2 seconds but the deadline."""
    model = CompletionsModel("lab", "large", Server(base_url=f"{vendor.url}/v1"))
    vendor.faults = [faults.stalls]
    begun = time.monotonic()
    with pytest.raises(TransientError, match="no complete reply within 2 s"):
        model.ask(exactly("maple").model_copy(update={"timeout": 2.0}))
    assert time.monotonic() - begun < 3


def test_patience_ends(patient: PatientModel, vendor: Any, faults: SimpleNamespace) -> None:
    vendor.faults = [faults.refuses(500, "broken")] * 99
    with pytest.raises(ModelError, match="500, broken; given up after 7 tries") as caught:
        patient.ask(exactly("maple"))
    assert not isinstance(caught.value, TransientError)


def test_replies_that_cost_money_are_not_asked_for_many_times(patient: PatientModel, vendor: Any) -> None:
    vendor.say = lambda turns, schema: ""
    with pytest.raises(ModelError, match="the reply was empty; given up after 3 tries"):
        patient.ask(exactly("maple"))
    assert len(vendor.seen) == 3


@pytest.mark.parametrize(
    ("status", "kind", "code", "message", "says"),
    [
        (401, "authentication_error", None, "Incorrect API key provided: sk-test-0123456789abcdef", r"not in \(401\): .*\[key\]"),
        (403, "permission_error", None, "no access from here", r"not in \(403\): no access from here"),
        (404, "not_found_error", "model_not_found", "no such model", "knows no such model or address: no such model"),
        (429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota", "quota is used up"),
        (402, "error", None, "Insufficient Balance", "quota is used up: Insufficient Balance"),
        (400, "invalid_request_error", None, "Your credit balance is too low", "quota is used up"),
    ],
)
def test_what_a_person_has_to_mend_ends_at_once(
    patient: PatientModel, vendor: Any, faults: SimpleNamespace, status: int, kind: str, code: str | None, message: str, says: str
) -> None:
    vendor.faults = [faults.refuses(status, message, kind, code)] * 9
    with pytest.raises(AccessError, match=says) as caught:
        patient.ask(exactly("maple"))
    assert len(vendor.seen) == 1
    assert "0123456789" not in str(caught.value)


def test_a_request_that_is_refused_is_not_repeated(patient: PatientModel, vendor: Any, faults: SimpleNamespace) -> None:
    vendor.faults = [faults.refuses(400, "prompt is too long: 300000 tokens > 200000 maximum", "invalid_request_error")]
    with pytest.raises(ModelError, match=r"refuses the request \(400\): prompt is too long"):
        patient.ask(exactly("maple"))
    assert len(vendor.seen) == 1


def test_failures_behind_langchain_are_told_apart_too(
    vendor: Any, faults: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", f"{vendor.url}/v1")
    model = langchain_model("openai/gpt-4o")
    vendor.faults = [faults.refuses(429, "slow down", retry_after="7"), faults.refuses(401, "wrong key", "authentication_error")]
    with pytest.raises(TransientError, match="langchain:openai/gpt-4o: 429, slow down") as caught:
        model.ask(exactly("maple"))
    assert caught.value.after == 7
    with pytest.raises(AccessError, match="wrong key"):
        model.ask(exactly("maple"))
    assert len(vendor.seen) == 2


def test_nobody_there(told: list[str]) -> None:
    model = PatientModel(
        CompletionsModel("ollama", "qwen3:8b", Server(base_url="http://127.0.0.1:9/v1")), told.append, pause=0.01
    )
    with pytest.raises(ModelError, match=r"ollama/qwen3:8b: Connection error.*Connection refused.* 7 tries"):
        model.ask(exactly("maple"))


def test_a_reply_of_200_000_tokens_arrives_whole(backend: ChatModel, vendor: Any) -> None:
    vendor.say = lambda turns, schema: "word " * 200_000
    reply = backend.ask(exactly("maple").model_copy(update={"max_tokens": 400_000}))
    assert (reply.text.count("word"), reply.usage.reply, reply.ended) == (200_000, 200_000, "stop")


def test_an_answer_of_the_wrong_shape_is_handed_over_as_it_is(backend: ChatModel, vendor: Any) -> None:
    vendor.say = lambda turns, schema: '{"wort": 3}'
    assert backend.ask(structured()).data == {"wort": 3}
    vendor.say = lambda turns, schema: "Sure! Here is the JSON you wanted:"
    reply = backend.ask(structured())
    assert (reply.data, reply.text) == (None, "Sure! Here is the JSON you wanted:")


def test_a_structured_answer_that_was_cut_off_is_text(backend: ChatModel, vendor: Any) -> None:
    vendor.say = lambda turns, schema: '{"word": "maple", "number": 7}'
    reply = backend.ask(structured().model_copy(update={"max_tokens": 2}))
    assert (reply.ended, reply.data, reply.text) == ("length", None, '{"word": "maple",')


def test_half_a_character_does_no_harm(backend: ChatModel, vendor: Any) -> None:
    vendor.say = lambda turns, schema: "pine \ud83c \udf32 and \ud83c\udf32"
    assert backend.ask(exactly("x")).text == "pine \N{REPLACEMENT CHARACTER} \N{REPLACEMENT CHARACTER} and \N{EVERGREEN TREE}"


def test_closing_ends_the_waiting(patient: PatientModel, vendor: Any, faults: SimpleNamespace) -> None:
    vendor.faults = [faults.refuses(429, "slow down", retry_after="60")] * 2
    threading.Timer(0.3, patient.close).start()
    begun = time.monotonic()
    with pytest.raises(ModelError, match="the run is over"):
        patient.ask(counting())
    assert time.monotonic() - begun < 5
