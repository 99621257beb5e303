"""Programs that break, and programs that try to break things: what a long run may meet, 500 in a row."""

from __future__ import annotations

import itertools
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from agentk.sandbox.protocol import Execution, Limits, Script

MARK = "agentk-hostile"
"""Every process that a program starts to stay carries this word."""

_STAY = f"os.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(600)', '{MARK}'])"
_WRITE_ABOUT = """
for folder in ("/", "/usr", "/var/tmp", "/tmp", "/home"):
    try:
        open(folder + "/agentk-hostile", "w")
    except OSError:
        pass
"""

SOURCES = {
    "raises": "raise ValueError('no such column')",
    "is no Python": "def (",
    "is empty": "",
    "leaves early": "import sys; sys.exit(7)",
    "crashes": "import ctypes; ctypes.string_at(0)",
    "aborts": "import os; os.abort()",
    "kills itself": "import os; os.kill(os.getpid(), 9)",
    "kills all": "import os; os.kill(-1, 9)",
    "kills its parent": "import os; os.kill(os.getppid(), 9); import time; time.sleep(0.2)",
    "loops": "while True: pass",
    "is deaf": "import signal, time\nfor n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\ntime.sleep(600)",
    "leaves a daemon": f"import os, sys\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: {_STAY}",
    "leaves twenty": f"import os, sys\nfor _ in range(20):\n    if os.fork() == 0:\n        os.setsid()\n        {_STAY}",
    "bombs": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    "eats memory": "x = []\nwhile True: x.append(bytearray(10 << 20))",
    "eats it at once": "x = bytearray(20 << 30)",
    "fills the disk": "f = open('big', 'wb')\nwhile True: f.write(bytes(1 << 20))",
    "fills /tmp": "import tempfile as t\nfor _ in range(99): open(t.mktemp(prefix='agentk-hostile'), 'wb').write(bytes(1 << 20))",
    "fills shared memory": "f = open('/dev/shm/agentk-hostile', 'wb')\nwhile True: f.write(bytes(1 << 20))",
    "floods the log": "while True: print('x' * 10_000)",
    "links out": "import os; os.symlink('/etc/passwd', 'submission.csv')",
    "makes a pipe": "import os; os.mkfifo('submission.csv')",
    "hides names": "import os\nfor n in (b'\\xff\\n', b'a\\x1b[2J'): open(n, 'w')",
    "deletes all": "import shutil\nfor d in ('/', '/inputs', '/usr', '/home', '/tmp'): shutil.rmtree(d, ignore_errors=True)",
    "writes about": _WRITE_ABOUT,
    "opens everything": "f = []\nwhile True: f.append(open('/dev/null'))",
    "starts threads": "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
    "is good": "open('submission.csv', 'w').write('id,target')",
}

_PATIENCE_S = 2.0  # that a killed process may take to be gone
_LIMITS = Limits(wall_s=0.5, memory_bytes=256 << 20, output_bytes=8 << 20, log_bytes=4 << 10, processes=24)


def executions(count: int, folder: Path) -> Iterator[Execution]:
    """That many executions, going round the programs; each collects to a folder of its own below `folder`."""
    for number, (name, source) in enumerate(itertools.islice(itertools.cycle(SOURCES.items()), count)):
        program = folder / f"{name.replace(' ', '_').replace('/', '')}.py"
        program.write_text(source)
        yield Execution(Script(program), folder / "out" / str(number), limits=_LIMITS)


def processes_left() -> list[str]:
    """Command lines of marked processes that are there after a moment's patience."""
    import psutil

    deadline = time.monotonic() + _PATIENCE_S
    while True:
        lines = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
        found = [line for line in lines if line.endswith(MARK)]
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def files_outside(folder: Path) -> set[str]:
    """Marked files at the places where programs leave things, and everything in those that nobody else uses."""
    places = {Path(tempfile.gettempdir()), Path("/dev/shm"), Path("/var/tmp"), Path("/"), Path("/usr"), Path.home(), Path.cwd()}
    found = (path for place in places if os.access(place, os.R_OK) for path in place.iterdir())
    return {str(path) for path in found if path.name.startswith(MARK) and not path.is_relative_to(folder)}
