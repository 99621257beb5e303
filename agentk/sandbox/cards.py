"""Graphics cards: the device files by which programs compute on them, where this machine has any."""

from __future__ import annotations

import stat
from pathlib import Path

_CARDS = ("nvidia[0-9]*", "kfd", "dxg")  # NVIDIA's, AMD's, those of Windows below WSL
_BESIDE = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "dri/renderD*")
SHOWN = (Path("/proc/driver/nvidia"),)
"""What a driver's library reads of the system, for walls that would hide it."""


def cards(dev: Path = Path("/dev")) -> tuple[Path, ...]:
    """The device files of all cards below `dev` and what goes with them; none where there is no card."""
    if not _devices(dev, _CARDS):
        return ()
    return _devices(dev, (*_CARDS, *_BESIDE))


def _devices(dev: Path, patterns: tuple[str, ...]) -> tuple[Path, ...]:
    found = (path for pattern in patterns for path in sorted(dev.glob(pattern)))
    return tuple(path for path in found if stat.S_ISCHR(path.stat().st_mode))
