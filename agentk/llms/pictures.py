"""Pictures in a question: their bytes are read when they are sent, and left out for models that turn out to see none."""

from __future__ import annotations

import base64
import hashlib
import math
from pathlib import Path

from agentk.errors import ModelError
from agentk.llms.protocol import ChatRequest, Picture

PICTURES = "pictures"
"""What a refusal of pictures is called among the concessions of a backend."""
COMPLAINTS = ("image", "vision", "multimodal", "multi-modal", "must be a string", "valid string")
"""How servers word it that a model takes none, or that a message may be nothing but words."""
_AREA = 750  # pixels of a token, as Anthropic counts; OpenAI takes about as many for a picture of this size


def encoded(picture: Picture) -> str:
    """Its bytes in base64. Raises ModelError where the file is gone, or is another one by now."""
    try:
        content = Path(picture.path).read_bytes()
    except OSError as error:
        raise ModelError(f"{picture.path}, which the question shows, cannot be read: {error.strerror}") from None
    if hashlib.sha256(content).hexdigest() != picture.sha256:
        raise ModelError(f"{picture.path} is another picture than the one that the question shows")
    return base64.b64encode(content).decode()


def shows(request: ChatRequest) -> bool:
    """Whether any message has a picture."""
    return any(message.pictures for message in request.messages)


def tokens_of(picture: Picture) -> int:
    """About how many tokens a provider counts for it."""
    return math.ceil(picture.width * picture.height / _AREA)
