"""kill -9 at any moment costs at most the attempts in flight: the run is resumed, nothing in the journal is lost or doubled."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from agentk.graph.journal import read

RUN = [sys.executable, "-m", "agentk", "run", "builtin:iris", "--attempts", "4", "--memory", "off", "--json", "--out"]


def whole_run(out: Path) -> float:
    """Seconds that an undisturbed run takes here."""
    since = time.monotonic()
    subprocess.run([*RUN, str(out)], check=True, capture_output=True, timeout=300)
    return time.monotonic() - since


def killed_after(out: Path, seconds: float) -> Path | None:
    """The folder of a run that was killed after so many seconds, None when it had none yet."""
    process = subprocess.Popen([*RUN, str(out)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    facts = next(iter(out.glob("*/run.json")), None)
    return None if facts is None else facts.parent


def finished(run: Path) -> list[int]:
    return [int(str(line["number"])) for line in read(run / "journal.jsonl") if line["event"] == "attempt_finished"]


@pytest.mark.slow
def test_twenty_kills_at_random_moments_lose_and_double_nothing(tmp_path: Path) -> None:
    long = whole_run(tmp_path / "undisturbed")
    moments = random.Random(20).sample([long * part / 40 for part in range(2, 42)], 20)
    for count, moment in enumerate(moments):
        out = tmp_path / f"{count}"
        run = killed_after(out, moment)
        if run is None:
            continue
        before = finished(run)
        resumed = subprocess.run(
            [sys.executable, "-m", "agentk", "resume", str(run), "--json"], capture_output=True, text=True, timeout=300
        )
        assert resumed.returncode == 0, f"killed after {moment:.1f} s: {resumed.stderr}"
        numbers = finished(run)
        assert numbers[: len(before)] == before, "what was journaled stays"
        assert len(numbers) == len(set(numbers)), "no attempt is journaled twice"
        assert sorted(numbers) == sorted(int(path.name) for path in (run / "attempts").iterdir())
        assert [line["seq"] for line in read(run / "journal.jsonl")] == list(range(sum(1 for _ in read(run / "journal.jsonl"))))
        submission = pd.read_csv(json.loads(resumed.stdout)["submission"])
        assert submission.notna().all().all()


@pytest.mark.slow
def test_an_interrupt_leaves_the_best_submission_and_no_process_behind(tmp_path: Path) -> None:
    arguments = [sys.executable, "-m", "agentk", "run", "builtin:wine", "--budget", "10m", "--memory", "off", "--json", "--out"]
    process = subprocess.Popen([*arguments, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("*/attempts/1/outcome.json")) and time.monotonic() < deadline:
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    found = json.loads(out)
    assert found["stopped_by"] == "interrupted"
    assert Path(found["submission"]).exists() and Path(found["program"]).exists()
    time.sleep(1)
    left = [path.name for path in Path("/proc").glob("[0-9]*") if str(tmp_path) in command(path.name)]
    assert left == []


def command(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""
