"""Messages between agentk and its sandbox processes: JSON with open files attached, over a unix socket. Never pickles."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

_LENGTH = struct.Struct("!I")


def send(channel: socket.socket, message: Mapping[str, JsonValue], files: Sequence[int] = ()) -> None:
    """Sends the whole message. Raises OSError when nobody reads any more."""
    body = json.dumps(message).encode()
    socket.send_fds(channel, [_LENGTH.pack(len(body))], files)
    channel.sendall(body)


def receive(channel: socket.socket) -> tuple[dict[str, JsonValue], list[int]] | None:
    """The next message and the files that came with it; None when the other side has gone."""
    try:
        head, files, _, _ = socket.recv_fds(channel, _LENGTH.size, 4)
        if len(head) < _LENGTH.size:
            return None
        body = bytearray()
        (length,) = _LENGTH.unpack(head)
        while len(body) < length:
            part = channel.recv(min(1 << 20, length - len(body)))
            if not part:
                return None
            body += part
    except ConnectionResetError:
        return None
    message: dict[str, JsonValue] = json.loads(body)
    return message, files
