"""An ordinary user gets the same walls as root."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from agentk.sandbox import kernel, view

USER = 12345


def become_ordinary() -> None:
    """In a mount namespace where the interpreter can be reached although root's home is closed to others."""
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    home = Path("/root")
    inside = [path for path in view.interpreter() if path.is_relative_to(home)]
    handles = [os.open(path, os.O_PATH) for path in inside]
    kernel.mount("tmpfs", home, "tmpfs", options="mode=755")
    for path, handle in zip(inside, handles, strict=True):
        path.mkdir(parents=True)
        kernel.mount(f"/proc/self/fd/{handle}", path, flags=kernel.MS_BIND | kernel.MS_REC)
    os.setgroups([])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)


def reachable(path: Path) -> bool:
    """Whether everybody may look into all folders above; those in root's home are mounted anew."""
    return path.is_relative_to("/root") or all(folder.stat().st_mode & 0o001 for folder in path.parents)


NEEDED = [*view.interpreter(), Path(__file__)]


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="we are an ordinary user: the other tests are this test")
@pytest.mark.skipif(not all(map(reachable, NEEDED)), reason="an ordinary user cannot reach this interpreter or this checkout")
def test_the_suite_passes_for_an_ordinary_user() -> None:
    tests = [str(Path(__file__).with_name(name)) for name in ("test_forks.py", "test_holders.py")]
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folder is closed to others, again and again
        Path(folder).chmod(0o777)
        ended = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                "-k",
                "not WithoutWalls",
                f"--basetemp={folder}/base",
                *tests,
            ],
            cwd=Path(__file__).parent.parent.parent,
            env={**os.environ, "HOME": "/tmp"},
            preexec_fn=become_ordinary,
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-1000:]
    assert "passed" in ended.stdout
