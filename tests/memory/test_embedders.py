"""Embedders that are asked for: encoders in a folder, MiniLM, providers; and a store that keeps to the one it was asked for."""

from __future__ import annotations

import json
import struct
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from chromadb.utils.embedding_functions import ONNXMiniLM_L6_V2 as MiniLM
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from agentk.errors import ServiceError, SettingError
from agentk.memory.embedders import HashingEmbedder, ProviderEmbedder, embedder
from agentk.memory.encoder import OnnxEmbedder
from agentk.memory.protocol import Embedder, EmbedderError
from agentk.memory.store import open_memory
from agentk.testing.memory import EmbedderConformance, features, lesson

WORDS = ("[UNK]", "encode", "encoding", "categorical", "columns", "by", "the", "target", "of", "rotate", "pictures", "scale")


def encoder(folder: Path) -> Path:
    """A sentence encoder of one layer: a random vector for each word, looked up."""
    folder.mkdir(parents=True)
    words = Tokenizer(models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="[UNK]"))
    words.normalizer, words.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.Whitespace()
    words.save(str(folder / "tokenizer.json"))
    table = np.random.default_rng(0).normal(size=(len(WORDS), 24)).astype(np.float32)
    (folder / "model.onnx").write_bytes(_gather(table))
    return folder


def _gather(table: np.ndarray) -> bytes:
    """ONNX's wire format (protocol buffers) of the graph `hidden = Gather(table, input_ids)`."""

    def varint(value: int) -> bytes:
        return bytes([value]) if value < 128 else bytes([value % 128 + 128]) + varint(value // 128)

    def part(number: int, value: int | bytes | str) -> bytes:
        if isinstance(value, int):
            return varint(number * 8) + varint(value)
        data = value.encode() if isinstance(value, str) else value
        return varint(number * 8 + 2) + varint(len(data)) + data

    def known(name: str, kind: int, dims: Sequence[str | int]) -> bytes:
        shape = b"".join(part(1, part(1, dim) if isinstance(dim, int) else part(2, dim)) for dim in dims)
        return part(1, name) + part(2, part(1, part(1, kind) + part(2, shape)))

    node = part(1, "table") + part(1, "input_ids") + part(2, "hidden") + part(4, "Gather")
    data = struct.pack(f"<{table.size}f", *table.flatten())
    weights = part(1, table.shape[0]) + part(1, table.shape[1]) + part(2, 1) + part(8, "table") + part(9, data)
    graph = part(1, node) + part(2, "words") + part(5, weights)
    graph += part(11, known("input_ids", 7, ["texts", "words"])) + part(11, known("attention_mask", 7, ["texts", "words"]))
    graph += part(12, known("hidden", 1, ["texts", "words", table.shape[1]]))
    return part(1, 8) + part(7, graph) + part(8, part(2, 13))


class _Wire(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.sent += body["input"]  # type: ignore[attr-defined]
        rows = HashingEmbedder().embed(body["input"]) * 7
        data = [{"object": "embedding", "index": place, "embedding": row.tolist()} for place, row in enumerate(rows)]
        usage = {"prompt_tokens": 3, "total_tokens": 3}
        answer = json.dumps({"object": "list", "data": data[::-1], "model": body["model"], "usage": usage}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    """A server on loopback that embeds; `sent` holds the texts that it was sent."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Wire)
    server.sent = []  # type: ignore[attr-defined]
    monkeypatch.setenv("OLLAMA_HOST", f"127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


class TestAnEncoderInAFolder(EmbedderConformance):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = encoder(tmp_path / "encoder")

    def make(self) -> Embedder:
        return OnnxEmbedder(self.folder)


class TestAProvider(EmbedderConformance):
    @pytest.fixture(autouse=True)
    def _served(self, provider: ThreadingHTTPServer) -> None:
        """It is asked over the wire."""

    def make(self) -> Embedder:
        return embedder("ollama/any")


def test_minilm_is_what_was_fetched_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder(tmp_path / "models" / MiniLM.EXTRACTED_FOLDER_NAME)
    monkeypatch.setattr(MiniLM, "DOWNLOAD_PATH", tmp_path / "models")
    assert embedder("minilm").embed(["scale the columns"]).shape == (1, 24)


def test_without_network_minilm_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MiniLM, "DOWNLOAD_PATH", tmp_path / "models")
    monkeypatch.setattr(MiniLM, "MODEL_DOWNLOAD_URL", "http://127.0.0.1:9/minilm.tar.gz")
    with pytest.raises(ServiceError, match="onnx:FOLDER"):
        embedder("minilm")


@pytest.mark.parametrize(("name", "why"), [("nonesuch", "minilm"), ("onnx:/nowhere", "model.onnx"), ("nobody/x", "ollama")])
def test_an_embedder_that_there_is_not_says_which_there_are(name: str, why: str) -> None:
    with pytest.raises(SettingError, match=why):
        embedder(name)


def test_a_store_keeps_to_the_embedder_that_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = str(tmp_path / "mine")
    encoder(tmp_path / "encoder")
    monkeypatch.chdir(tmp_path)
    first = open_memory(place)
    first.remember([lesson("claim:mine")], private=())
    first.close()
    open_memory(place, embedder="onnx:encoder").close()
    monkeypatch.chdir("/")
    later = open_memory(place)
    assert later.stats().embedder.startswith("onnx-")
    later.remember([lesson("claim:more")], private=())
    assert {"claim:mine", "claim:more"} <= {hit.lesson.subject for hit in later.recall(features(), "scale the columns", limit=99)}
    later.close()
    assert open_memory(f"read:{place}").stats().embedder.startswith("onnx-")
    (tmp_path / "encoder" / "model.onnx").unlink()
    with pytest.raises(SettingError, match="agentk memory embed hashing"):
        open_memory(place)
    assert open_memory(place, embedder="hashing").stats().embedder.startswith("hashing")


def test_a_provider_is_sent_no_name_of_a_lessons_competition(tmp_path: Path, provider: ThreadingHTTPServer) -> None:
    memory = open_memory(str(tmp_path / "mine"), embedder="ollama/any")
    memory.remember([lesson(scope=features().scope, text="Clip LoanKey at its 99th percentile")], private=["LoanKey"])
    assert "Clip LoanKey at its 99th percentile" in {known.text for known in memory.lessons()}
    assert "Clip a column at its 99th percentile" in provider.sent  # type: ignore[attr-defined]
    assert not [text for text in provider.sent if "LoanKey" in text]  # type: ignore[attr-defined]


def test_while_a_provider_does_not_answer_structure_is_read_by_and_what_is_written_waits(
    tmp_path: Path, provider: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, address = str(tmp_path / "mine"), provider.server_address[1]
    open_memory(place, embedder="ollama/any").close()
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")  # nobody listens
    alone = open_memory(place)
    alone.remember([lesson("claim:late")], private=())
    assert len(alone.recall(features(), "scale the columns")) == 8
    assert [note.split(":")[0] for note in alone.stats().notes] == [
        "left for the next process that opens this memory",
        "read without regard to texts from here on",
    ]
    with pytest.raises(EmbedderError, match="agentk memory embed hashing"):
        alone.search("scale the columns")
    monkeypatch.setenv("OLLAMA_HOST", f"127.0.0.1:{address}")
    assert "claim:late" in {known.subject for known in open_memory(place).lessons()}


def test_only_texts_with_words_are_sent(provider: ThreadingHTTPServer) -> None:
    rows = ProviderEmbedder("ollama/any").embed(["", "one", " ", "one", "two"])
    assert provider.sent == ["one", "two"]  # type: ignore[attr-defined]
    assert np.allclose(np.linalg.norm(rows, axis=1), [0, 1, 0, 1, 1], atol=1e-5)
    assert np.array_equal(rows[1], rows[3])
