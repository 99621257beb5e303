"""Asking again: failures that may pass are waited out with growing, scattered pauses, within the deadline of the request."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from agentk.errors import ModelError, TransientError
from agentk.llms.protocol import ChatModel, ChatRequest, Reply

if TYPE_CHECKING:
    from tenacity import RetryCallState

_TRIES = 7
_BILLED_TRIES = 3  # of tries that may have been charged for
_LONGEST = 60.0  # seconds between two tries, unless the server asks for more


class PatientModel:
    """Wraps one backend that tries once. `pause` is the mean of the first wait in seconds; each further one is twice as long."""

    def __init__(self, model: ChatModel, tell: Callable[[str], None], *, pause: float = 1.0) -> None:
        self.name = model.name
        self._model = model
        self._tell = tell
        self._pause = pause
        self._closed = threading.Event()

    def ask(self, request: ChatRequest) -> Reply:
        """The first reply to be had before `request.timeout` is over. Raises ModelError with the last reason if there is none."""
        from tenacity import Retrying, retry_if_exception_type, wait_exponential_jitter

        deadline = time.monotonic() + request.timeout
        growing = wait_exponential_jitter(multiplier=self._pause / 2, max=_LONGEST, jitter=self._pause)
        billed = 0

        def wait(state: RetryCallState) -> float:
            return max(growing(state), _failure(state).after or 0.0)

        def stop(state: RetryCallState) -> bool:
            nonlocal billed
            billed += _failure(state).billed
            late = time.monotonic() + state.upcoming_sleep > deadline
            return late or state.attempt_number >= _TRIES or billed >= _BILLED_TRIES or self._closed.is_set()

        def say(state: RetryCallState) -> None:
            self._tell(f"{_failure(state)}; asking again in {state.upcoming_sleep:.0f} s (try {state.attempt_number + 1})")

        tries = Retrying(
            retry=retry_if_exception_type(TransientError),
            wait=wait,
            stop=stop,
            sleep=self._rest,
            before_sleep=say,
            reraise=True,
        )
        begun = time.monotonic()
        try:
            reply = tries(self._once, request, deadline)
        except TransientError as error:
            asked = f"; the server asks to wait {error.after:.0f} s" if error.after else ""
            number = tries.statistics["attempt_number"]
            spent = f"{number} {'try' if number == 1 else 'tries'} in {time.monotonic() - begun:.0f} s"
            raise ModelError(f"{error}; given up after {spent} (deadline {request.timeout:.0f} s){asked}") from error
        return reply.model_copy(update={"seconds": time.monotonic() - begun})

    def close(self) -> None:
        """Ends waiting between tries, and closes the backend."""
        self._closed.set()
        self._model.close()

    def _rest(self, seconds: float) -> None:
        self._closed.wait(seconds)

    def _once(self, request: ChatRequest, deadline: float) -> Reply:
        if self._closed.is_set():
            raise ModelError(f"{self.name}: no longer asked, the run is over")
        return self._model.ask(request.model_copy(update={"timeout": max(1.0, deadline - time.monotonic())}))


def _failure(state: RetryCallState) -> TransientError:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, TransientError)
    return error
