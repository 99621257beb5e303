"""Environments of the peers: each in a folder of the user's cache, made once, of versions that are written down."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agentk.bench.process import last_line
from agentk.errors import SettingError

RUNNERS = Path(__file__).with_name("runners")
_READY = "ready"


@dataclass(frozen=True)
class Environment:
    """What is installed for a peer; `<name>.txt` among the runners pins every version."""

    name: str
    packages: tuple[str, ...]
    first: tuple[str, ...] = ()  # installed before, where pip finds it
    with_first: tuple[str, ...] = ()  # the packages instead, where it does
    size: str = ""

    @property
    def folder(self) -> Path:
        """Where it lies; another list of versions is another folder."""
        from platformdirs import user_cache_path

        said = "\n".join((*self.packages, *self.first, self.pins.read_text(), sys.version))
        return (
            user_cache_path("agentk", appauthor=False) / "peers" / f"{self.name}-{hashlib.sha256(said.encode()).hexdigest()[:8]}"
        )

    @property
    def pins(self) -> Path:
        """A line `name==version` a package."""
        return RUNNERS / f"{self.name}.txt"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def ready(self) -> bool:
        """Whether everything is installed."""
        return (self.folder / _READY).exists()

    def make(self, say: Callable[[str], None]) -> None:
        """Installs it unless it is there. Raises SettingError when pip cannot, with pip's last words."""
        if self.ready:
            return
        say(f"making an environment for {self.name} in {self.folder} ({self.size}), once")
        shutil.rmtree(self.folder, ignore_errors=True)  # of an interrupted installation
        self.folder.mkdir(parents=True)
        self._call(sys.executable, "-m", "venv", str(self.folder))
        packages = self.packages
        if self.first:
            try:
                self._install(*self.first)
                packages = self.with_first
            except SettingError:
                say(f"{' '.join(self.first)} is not offered to pip here: {self.name} goes without")
        self._install("-c", str(self.pins), *packages)
        (self.folder / _READY).write_text(self._call(str(self.python), "-m", "pip", "freeze"))

    def versions(self) -> dict[str, str]:
        """What is installed, by name."""
        lines = (self.folder / _READY).read_text().splitlines()
        return dict(line.split("==", 1) for line in lines if "==" in line)

    def _install(self, *what: str) -> None:
        self._call(str(self.python), "-m", "pip", "install", "--disable-pip-version-check", *what)

    def _call(self, *command: str) -> str:
        log = self.folder / "log"
        with log.open("w") as file:
            done = subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            raise SettingError(f"the environment of {self.name} could not be made: {last_line(log)} (all of it: {log})")
        return log.read_text()


AUTOGLUON = Environment(
    "autogluon",
    ("autogluon.tabular[lightgbm,xgboost,catboost]",),
    # The build without CUDA: the plain one brings several gigabytes. Without torch, AutoGluon leaves its two networks out.
    first=("torch==2.13.0+cpu",),
    with_first=("autogluon.tabular[lightgbm,xgboost,catboost,fastai]",),
    size="2.2 GB, some minutes",
)
FLAML = Environment("flaml", ("flaml", "lightgbm", "xgboost-cpu", "catboost", "scikit-learn", "pandas"), size="0.9 GB, a minute")
