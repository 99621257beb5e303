"""What goes over the line between agentk and a metric of one's own: JSON with matrices behind it. Never pickles."""

from __future__ import annotations

import math
import socket
import struct
from collections.abc import Mapping, Sequence
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from agentk.types.metric import Array

_LENGTH = struct.Struct("!I")
_LONGEST = 1 << 20  # bytes of JSON that are listened to


class _Message(BaseModel):
    model_config = ConfigDict(ser_json_inf_nan="constants")

    said: dict[str, JsonValue]
    shapes: list[list[Annotated[int, Field(ge=0)]]] = []


def say(line: socket.socket, message: Mapping[str, JsonValue], matrices: Sequence[Array] = ()) -> None:
    """Sends the whole message. Raises OSError when nobody listens any more, TimeoutError when nobody listens in time."""
    body = _Message(said=dict(message), shapes=[list(matrix.shape) for matrix in matrices]).model_dump_json().encode()
    line.sendall(_LENGTH.pack(len(body)) + body)
    for matrix in matrices:
        line.sendall(np.ascontiguousarray(matrix, dtype=np.float64).data.cast("B"))


def hear(line: socket.socket, most_cells: int = 0) -> tuple[dict[str, JsonValue], list[Array]] | None:
    """The next message, with matrices of `most_cells` at most; None when the other side is gone or talks nonsense.

    Raises TimeoutError when nothing comes in time.
    """
    head = _exactly(line, _LENGTH.size)
    if head is None or (length := _LENGTH.unpack(head)[0]) > _LONGEST or (body := _exactly(line, length)) is None:
        return None
    matrices = []
    try:
        message = _Message.model_validate_json(body)
        for shape in message.shapes:
            cells = math.prod(shape)
            if cells > most_cells or (raw := _exactly(line, cells * 8)) is None:
                return None
            matrices.append(np.frombuffer(raw, dtype=np.float64).reshape(shape))
    except ValueError:
        return None
    return message.said, matrices


def _exactly(line: socket.socket, count: int) -> bytearray | None:
    """So many bytes, None when the other side is gone before."""
    buffer = bytearray(count)
    view, got = memoryview(buffer), 0
    while got < count:
        try:
            part = line.recv_into(view[got:])
        except ConnectionError:
            return None
        if not part:
            return None
        got += part
    return buffer
