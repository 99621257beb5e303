"""Where memory lies, and how it is opened: off, read, write, or a path."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from agentk.errors import SettingError, UserError
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


def place_of(setting: str) -> Path | None:
    """The folder that a setting names, see SETTINGS; None: memory is off.

    Raises SettingError for an empty setting, and for a new folder that is called nearly as one of the words.
    """
    if not setting.strip():
        raise SettingError(f"--memory takes {SETTINGS}; it is empty")
    if setting == "off":
        return None
    place = setting.removeprefix("read:")
    if place in ("read", "write"):
        return home()
    folder = Path(place).expanduser()
    near = ["off"] if place in ("no", "none") else get_close_matches(place, ("off", "read", "write"), 1)
    if near and not folder.exists():
        raise SettingError(f"--memory {setting}: did you mean {near[0]}? It takes {SETTINGS}; a folder of that name is ./{place}")
    return folder


def open_memory(setting: str = "write", *, embedder: str | None = None) -> Memory:
    """The memory that a setting names, see SETTINGS. `embedder`: one of `embedders.NAMES`; None: that of before.

    Another embedder than before embeds all lessons again, and stays. Raises SettingError for a setting that is none or an
    unknown embedder, AccessError for one without its key, StoreError for a place that cannot be opened.
    """
    folder = place_of(setting)
    if folder is None:
        from agentk.memory.off import Off

        return Off()
    from agentk.memory import embedders, starter
    from agentk.memory.disk import DiskShelf
    from agentk.memory.nested import READ_WAIT_S, NestedMemory

    frozen = setting == "read" or setting.startswith("read:")
    shelf = DiskShelf(folder)
    if embedder is None:
        with shelf.window(READ_WAIT_S):
            asked = str(shelf.ledger().get("asked") or embedders.DEFAULT)
    else:
        asked = embedders.spelled(embedder)
    try:
        made = embedders.embedder(asked)
    except UserError as error:
        if embedder is not None:
            raise
        raise SettingError(
            f"{error}. The memory at {folder} was embedded by {asked}; to do without: agentk memory embed {embedders.DEFAULT}"
        ) from error
    return NestedMemory(shelf, made, starter=starter.load(), frozen=frozen, asked=asked)
