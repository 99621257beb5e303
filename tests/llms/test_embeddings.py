"""Vectors of texts from a provider, over the wire."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from agentk.errors import AccessError, ModelError, SettingError
from agentk.llms import embeddings
from agentk.llms.embeddings import EmbeddingModel
from agentk.settings import Settings


@pytest.fixture
def model(vendor: Any, monkeypatch: pytest.MonkeyPatch) -> EmbeddingModel:
    monkeypatch.setenv("OPENAI_BASE_URL", vendor.url + "/v1")
    return EmbeddingModel("openai/some-embedding", Settings())


def test_each_text_has_its_vector_whatever_the_batches_and_their_order(
    model: EmbeddingModel, vendor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embeddings, "_BATCH", 2)
    assert model.embed(["a", "b c", "d e f"]) == [[1.0, 1.0], [3.0, 1.0], [5.0, 1.0]]
    assert [request["input"] for request in vendor.seen] == [["a", "b c"], ["d e f"]]
    assert model.tokens == 6


def test_a_text_without_a_vector_is_an_error(model: EmbeddingModel) -> None:
    with pytest.raises(ModelError, match="2 texts were sent and 1 vectors came back"):
        model.embed(["something", "nothing"])


def test_what_passes_is_asked_again_and_a_wrong_key_is_not(model: EmbeddingModel, vendor: Any, faults: SimpleNamespace) -> None:
    vendor.faults = [faults.refuses(503, retry_after="0")]
    assert model.embed(["a"]) == [[1.0, 1.0]]
    vendor.faults = [faults.refuses(401, "Incorrect API key", "invalid_request_error", "invalid_api_key")]
    with pytest.raises(AccessError, match="OPENAI_API_KEY"):
        model.embed(["a"])
    assert len(vendor.seen) == 3


@pytest.mark.parametrize("spec", ["openai", "nobody/x"])
def test_what_is_no_embedding_model_says_which_servers_there_are(spec: str) -> None:
    with pytest.raises(SettingError, match="ollama"):
        EmbeddingModel(spec, Settings())
