"""A log keeps its head and its tail."""

from hypothesis import given
from hypothesis import strategies as st

from agentk.sandbox.log import Log


def test_a_short_log_is_whole() -> None:
    log = Log(100)
    log.add(b"one\n")
    log.add(b"two\n\n")
    assert (log.text(), log.last_line()) == ("one\ntwo\n\n", "two")


def test_a_long_log_says_what_is_missing() -> None:
    log = Log(10)
    for number in range(1000):
        log.add(f"{number:03}\n".encode())
    assert log.text() == "000\n0\n[... 3990 bytes left out ...]\n\n999\n"


def test_bytes_that_are_no_text_are_marked() -> None:
    log = Log(10)
    log.add(b"\xff\xfe")
    assert log.text() == "\ufffd\ufffd"


@given(st.lists(st.binary(max_size=50)), st.integers(min_value=2, max_value=40))
def test_it_keeps_exactly_as_much_as_it_may(parts: list[bytes], limit: int) -> None:
    log = Log(limit)
    everything = b"".join(parts)
    for part in parts:
        log.add(part)
    if len(everything) <= limit:
        assert log.text() == everything.decode(errors="replace")
    else:
        assert f"{len(everything) - limit} bytes left out" in log.text()
        assert log.text().startswith(everything[: limit // 2].decode(errors="replace"))
