"""A vendor on loopback: it speaks the wire formats of OpenAI (both APIs), Anthropic and Ollama, and misbehaves on demand."""

import json
import re
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from agentk.testing.models import ODD

Fault = Callable[["Wire", list[bytes]], bool]  # misbehaves; True where it has answered itself
KEY = "sk-test-0123456789abcdef"


def obedient(turns: list[tuple[str, str]], schema: dict[str, Any] | None) -> str:
    """Answers the questions of the conformance suite."""
    last = turns[-1][1]
    if schema is not None:
        return json.dumps({"word": re.search(r"word is (\w+)", last)[1], "number": int(re.search(r"number is (\d+)", last)[1])})
    if "secret word" in last:
        return next(match[1] for _, text in turns if (match := re.search(r"secret word is (\w+)", text)))
    if exact := re.search(r"Reply with exactly: (.*)", last, re.DOTALL):
        return exact[1]
    if count := re.search(r"Count from 1 to (\d+)", last):
        return " ".join(str(number) for number in range(1, int(count[1]) + 1))
    return ODD


def said_in(content: str | list[dict[str, Any]]) -> str:
    """The words of a message, which may have pictures beside them."""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


class Vendor(ThreadingHTTPServer):
    """Replies with `say(turns, schema)`, one token a word; `faults` are used up one a request; `seen` holds what came."""

    daemon_threads = True
    request_queue_size = 32

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Wire)
        self.say: Callable[[list[tuple[str, str]], dict[str, Any] | None], str] = obedient
        self.faults: list[Fault] = []
        self.seen: list[dict[str, Any]] = []
        self.unknown: set[str] = set()  # parameters that this server does not know
        self.prefixes: set[str] = set()  # what its prompt cache holds
        self.blind = False  # whether its models take no pictures
        self.context: int | None = None  # tokens of a prompt that are read; the rest is dropped without a word
        self.freed = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):  # a client that hangs up is no news
            super().handle_error(request, client_address)


class Wire(BaseHTTPRequestHandler):
    """One request of any of the APIs."""

    protocol_version = "HTTP/1.1"
    server: Vendor

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append(
            {"path": self.path, "headers": {name.lower(): value for name, value in self.headers.items()}, **body}
        )
        fault = self.server.faults.pop(0) if self.server.faults else None
        for name in sorted(self.server.unknown & body.keys()):
            return self.refuse(400, f"Unsupported parameter: '{name}' is not supported by this server", "invalid_request_error")
        if self.server.blind and re.search(r'"type": "(image_url|input_image|image)"', json.dumps(body)):
            return self.refuse(400, "This model does not support image input", "invalid_request_error")
        if self.path == "/v1/chat/completions":
            pieces = self.chat_completions(body)
        elif self.path == "/v1/responses":
            pieces = self.openai_responses(body)
        elif self.path == "/v1/embeddings":
            pieces = []
        else:
            pieces = self.anthropic_messages(body)
        if fault is None or not fault(self, pieces):
            self.stream(pieces) if body.get("stream") else self.vectors(body) if "input" in body else self.whole(body)
        return None

    def refuse(self, status: int, message: str, kind: str = "error", code: str | None = None, **headers: str) -> None:
        error = {"message": message, "type": kind, "code": code}
        data = json.dumps({"type": "error", "error": error}).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def whole(self, body: dict[str, Any]) -> None:
        """A chat completion in one piece, as LangChain asks for it."""
        turns = [(message["role"], said_in(message["content"])) for message in body["messages"]]
        schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
        words, count, ended = self.words(turns, schema, body.get("max_tokens") or body.get("max_completion_tokens"))
        message = {"role": "assistant", "content": "".join(words)}
        choice = {"index": 0, "message": message, "finish_reason": "length" if ended else "stop"}
        prompt, cached = self.prompt(turns)
        usage = {"prompt_tokens": prompt, "completion_tokens": count, "total_tokens": prompt + count}
        usage["prompt_tokens_details"] = {"cached_tokens": cached}
        answer = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": body["model"]}
        data = json.dumps({**answer, "choices": [choice], "usage": usage}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def vectors(self, body: dict[str, Any]) -> None:
        """A vector for each text but those that say nothing."""
        data = [
            {"object": "embedding", "index": place, "embedding": [float(len(text)), 1.0]}
            for place, text in enumerate(body["input"])
            if text != "nothing"
        ]
        usage = {"prompt_tokens": sum(len(text.split()) for text in body["input"]), "total_tokens": 0}
        answer = json.dumps({"object": "list", "data": data[::-1], "model": body["model"], "usage": usage}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def start(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def piece(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def stream(self, pieces: list[bytes]) -> None:
        self.start()
        self.piece(b"".join(pieces))
        self.wfile.write(b"0\r\n\r\n")

    def chat_completions(self, body: dict[str, Any]) -> list[bytes]:
        turns = [(message["role"], said_in(message["content"])) for message in body["messages"]]
        form = body.get("response_format", {}).get("json_schema", {}).get("schema")
        tool = body["tools"][0]["function"]["parameters"] if "tools" in body else None
        words, count, ended = self.words(turns, form or tool, body.get("max_tokens") or body.get("max_completion_tokens"))
        head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}

        def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
            return self.event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

        pieces = [chunk({"role": "assistant", "content": ""})]
        if tool:
            call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "answer", "arguments": ""}}
            pieces.append(chunk({"tool_calls": [call]}))
            pieces += [chunk({"tool_calls": [{"index": 0, "function": {"arguments": word}}]}) for word in words]
        else:
            pieces += [chunk({"content": word}) for word in words]
        pieces.append(chunk({}, "length" if ended else "tool_calls" if tool else "stop"))
        if body.get("stream_options", {}).get("include_usage"):
            prompt, cached = self.prompt(turns)
            usage = {"prompt_tokens": prompt, "completion_tokens": count, "total_tokens": prompt + count}
            details = (
                {} if ":" in body["model"] else {"prompt_tokens_details": {"cached_tokens": cached}}
            )  # Ollama tells no cache
            pieces.append(self.event({**head, "choices": [], "usage": {**usage, **details}}))
        return [*pieces, b"data: [DONE]\n\n"]

    def openai_responses(self, body: dict[str, Any]) -> list[bytes]:
        turns = [(message["role"], said_in(message["content"])) for message in body["input"]]
        words, count, ended = self.words(turns, body.get("text", {}).get("format", {}).get("schema"), body["max_output_tokens"])
        prompt, cached = self.prompt(turns)
        answer: dict[str, Any] = {
            "id": "resp_1", "object": "response", "created_at": 1, "model": body["model"], "output": [], "error": None,
            "status": "in_progress", "incomplete_details": None, "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
        }  # fmt: skip
        usage = {
            "input_tokens": prompt, "output_tokens": count, "total_tokens": prompt + count,
            "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 0},
        }  # fmt: skip
        place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
        events: list[dict[str, Any]] = [{"type": "response.created", "response": answer}]
        events += [{"type": "response.output_text.delta", **place, "delta": word, "logprobs": []} for word in words]
        last = {**answer, "usage": usage, "status": "incomplete" if ended else "completed"}
        if ended:
            last["incomplete_details"] = {"reason": "max_output_tokens"}
        events.append({"type": f"response.{last['status']}", "response": last})
        return [self.event({**event, "sequence_number": number}, event["type"]) for number, event in enumerate(events)]

    def anthropic_messages(self, body: dict[str, Any]) -> list[bytes]:
        turns = [(turn["role"], said_in(turn["content"])) for turn in body["messages"]]
        tool = body["tools"][0]["input_schema"] if "tools" in body else None
        form = body.get("output_config", {}).get("format", {}).get("schema")
        words, count, ended = self.words(turns, tool or form, body["max_tokens"])
        usage = self.kept(body)
        message = {
            "id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "content": [],
            "stop_reason": None, "stop_sequence": None, "usage": {**usage, "output_tokens": 1},
        }  # fmt: skip
        block = {"type": "tool_use", "id": "t", "name": "answer", "input": {}} if tool else {"type": "text", "text": ""}
        kind, field = ("input_json_delta", "partial_json") if tool else ("text_delta", "text")
        stop = "max_tokens" if ended else "tool_use" if tool else "end_turn"
        events: list[dict[str, Any]] = [
            {"type": "message_start", "message": message},
            {"type": "content_block_start", "index": 0, "content_block": block},
            {"type": "ping"},
            *({"type": "content_block_delta", "index": 0, "delta": {"type": kind, field: word}} for word in words),
            {"type": "content_block_stop", "index": 0},
            {
                "type": "message_delta",
                "delta": {"stop_reason": stop, "stop_sequence": None},
                "usage": {"output_tokens": count},
            },
            {"type": "message_stop"},
        ]
        return [self.event(event, event["type"]) for event in events]

    def words(
        self, turns: list[tuple[str, str]], schema: dict[str, Any] | None, limit: int | None
    ) -> tuple[list[str], int, bool]:
        """The pieces of a reply, of one token each unless they are very many; the number of its tokens; whether it was cut."""
        words = re.findall(r"\s*\S+", self.server.say(turns, schema)) or [""]
        cut = limit is not None and len(words) > limit
        words = words[:limit]
        size = 1 if len(words) < 5000 else 100
        return ["".join(words[start : start + size]) for start in range(0, len(words), size)], len(words), cut

    def prompt(self, turns: list[tuple[str, str]]) -> tuple[int, int]:
        """Tokens, and how many of them this server has seen at the head of an earlier prompt."""
        cached, text = 0, ""
        for role, said in turns:
            text += f"{role}:{said}\n"
            if text in self.server.prefixes:
                cached = len(text.split())
            self.server.prefixes.add(text)
        return min(len(text.split()), self.server.context or sys.maxsize), cached

    def kept(self, body: dict[str, Any]) -> dict[str, int]:
        """Anthropic's way: what is cached ends at a mark, and is told apart from the rest."""
        blocks = [*body.get("system", []), *(block for turn in body["messages"] for block in turn["content"])]
        texts = [block.get("text", "") for block in blocks]
        mark = next((place + 1 for place, block in enumerate(blocks) if "cache_control" in block), 0)
        head, total = "\n".join(texts[:mark]), len("\n".join(texts).split())
        size, known = len(head.split()), head in self.server.prefixes
        self.server.prefixes.add(head)
        return {
            "input_tokens": total - size,
            "cache_creation_input_tokens": 0 if known else size,
            "cache_read_input_tokens": size if known else 0,
        }

    @staticmethod
    def event(data: dict[str, Any], name: str = "") -> bytes:
        return (f"event: {name}\n" if name else "").encode() + f"data: {json.dumps(data)}\n\n".encode()


def refuses(status: int, message: str = "try later", kind: str = "error", code: str | None = None, **headers: str) -> Fault:
    """An error in place of a reply."""

    def fault(wire: Wire, pieces: list[bytes]) -> bool:
        wire.refuse(status, message, kind, code, **headers)
        return True

    return fault


def hangs(wire: Wire, pieces: list[bytes]) -> bool:
    """Nothing comes, for ever."""
    wire.server.freed.wait(30)
    return True


def stalls(wire: Wire, pieces: list[bytes]) -> bool:
    """Half of the reply comes, then nothing, for ever."""
    wire.start()
    for piece in pieces[: len(pieces) // 2]:
        wire.server.freed.wait(0.7)
        wire.piece(piece)
        wire.wfile.flush()
    wire.server.freed.wait(30)
    return True


def drips(wire: Wire, pieces: list[bytes]) -> bool:
    """The reply never ends; something comes all the time."""
    wire.start()
    while not wire.server.freed.wait(0.05):
        wire.piece(b": still here\n\n")
    return True


def drops(wire: Wire, pieces: list[bytes]) -> bool:
    """The connection is reset in the middle of the reply."""
    wire.start()
    wire.piece(b"".join(pieces[: len(pieces) // 2]))
    wire.wfile.flush()
    time.sleep(0.05)
    wire.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wire.connection.close()
    wire.close_connection = True
    return True


def stops(wire: Wire, pieces: list[bytes]) -> bool:
    """The reply ends in the middle, politely."""
    wire.stream(pieces[: len(pieces) // 2])
    return True


def garbles(wire: Wire, pieces: list[bytes]) -> bool:
    """Not JSON."""
    wire.stream([pieces[0], pieces[0][: len(pieces[0]) // 2] + b"\n\n", *pieces[1:]])
    return True


def misshapes(wire: Wire, pieces: list[bytes]) -> bool:
    """JSON of a shape that no vendor sends."""
    wrong = [b'data: {"choices": 3, "type": "content_block_delta", "delta": 7}\n\n', b"data: [1, 2]\n\n", b'data: "x"\n\n']
    wire.stream([b"event: content_block_delta\n" + piece for piece in wrong])
    return True


def interrupts(wire: Wire, pieces: list[bytes]) -> bool:
    """An error in the middle of the stream."""
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded", "code": "server_error"}}
    wire.stream([pieces[0], Wire.event(error, "error")])
    return True


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    """A running vendor, with keys in the environment that fit."""
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "LAB_KEY"):
        monkeypatch.setenv(name, KEY)
    for name in ("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN", "OLLAMA_HOST"):
        monkeypatch.delenv(name, raising=False)
    server = Vendor()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.freed.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def faults() -> SimpleNamespace:
    """The ways to misbehave, to be put into `vendor.faults`."""
    kinds = (refuses, hangs, stalls, drips, drops, stops, garbles, misshapes, interrupts)
    return SimpleNamespace(**{kind.__name__: kind for kind in kinds})
