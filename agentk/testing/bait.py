"""What there is to steal and to spoil: a run, a home with keys, an environment, servers and a neighbor process, all real."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import agentk


@contextlib.contextmanager
def laid_out(folder: Path) -> Iterator[dict[str, str]]:
    """Lays the bait below `folder` and in this process's environment; yields where everything is, but no secret itself."""
    secret = f"bait-{secrets.token_hex(16)}"
    run, home = folder / "run", folder / "home"
    for place in (run / "attempts" / "1", run / "answers", home / ".kaggle", home / ".ssh"):
        place.mkdir(parents=True)
    precious = [run / "answers" / "test.csv", home / ".kaggle" / "kaggle.json", home / ".ssh" / "id_rsa", run / "journal.jsonl"]
    for path in (*precious, run / "attempts" / "1" / "oof.parquet"):
        path.write_text(secret)
    os.environ["AGENTK_BAIT_KEY"] = secret
    abstract = f"agentk-{secrets.token_hex(8)}"
    with contextlib.ExitStack() as open_until_the_end:
        port = _listen(open_until_the_end, socket.AF_INET, ("127.0.0.1", 0)).getsockname()[1]
        _listen(open_until_the_end, socket.AF_UNIX, str(folder / "service"))
        _listen(open_until_the_end, socket.AF_UNIX, "\0" + abstract)
        victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)", secret])
        try:
            yield {
                "answers": str(precious[0]),
                "run": str(run),
                "home": str(home),
                "journal": str(run / "journal.jsonl"),
                "package": str(Path(agentk.__file__).parent),
                "parent": str(os.getpid()),
                "victim": str(victim.pid),
                "port": str(port),
                "unix": str(folder / "service"),
                "abstract": abstract,
                "marker": f"agentk-{secrets.token_hex(8)}",
            }
        finally:
            victim.kill()
            victim.wait()
            del os.environ["AGENTK_BAIT_KEY"]


def state(bait: dict[str, str]) -> dict[str, bytes]:
    """Every file of the bait with its content: to be the same before and after."""
    folders = (Path(bait["run"]), Path(bait["home"]))
    return {str(path): path.read_bytes() for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()}


def survivors(marker: str, patience_s: float = 2.0) -> list[str]:
    """Command lines of processes that carry the marker and are still there after a moment's patience."""
    import psutil

    deadline = time.monotonic() + patience_s
    while True:
        lines = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
        found = [line for line in lines if marker in line]
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def _listen(stack: contextlib.ExitStack, family: int, address: object) -> socket.socket:
    server = stack.enter_context(socket.socket(family))
    server.bind(address)  # type: ignore[arg-type]
    server.listen()
    return server
