"""Where memory lies, and how it is opened: off, read, write, or a path."""

from __future__ import annotations

from pathlib import Path

from agentk.errors import SettingError
from agentk.memory.protocol import Memory

SETTINGS = "off, read, write (the default), or the path of a folder, read-only as read:PATH"


def home() -> Path:
    """The folder of the default memory: memory_store/db in a checkout, else in the user's data directory."""
    from agentk.memory.starter import checkout

    root = checkout()
    if root is not None:
        return root / "memory_store" / "db"
    import platformdirs

    return Path(platformdirs.user_data_path("agentk", appauthor=False)) / "memory"


def open_memory(setting: str = "write", *, embedder: str = "hashing") -> Memory:
    """The memory that a setting names; see SETTINGS.

    Raises SettingError for an empty setting or an unknown embedder, StoreError for a place that cannot be opened.
    """
    if not setting.strip():
        raise SettingError(f"--memory takes {SETTINGS}; it is empty")
    if setting == "off":
        from agentk.memory.off import Off

        return Off()
    from agentk.memory import embedders, starter
    from agentk.memory.chroma import ChromaShelf
    from agentk.memory.nested import NestedMemory

    frozen = setting == "read" or setting.startswith("read:")
    place = setting.removeprefix("read:")
    folder = home() if place in ("read", "write") else Path(place).expanduser()
    return NestedMemory(ChromaShelf(folder), embedders.embedder(embedder), starter=starter.load(), frozen=frozen)
