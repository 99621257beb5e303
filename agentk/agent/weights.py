"""Weights of pretrained networks that a person registers: kept in the user's data folder, tried in the sandbox before that."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from agentk.agent import machine
from agentk.errors import SettingError, StoreError
from agentk.graph.folder import replace

FORMS = "TorchScript (torch.jit.save), or the tensors of a residual network such as torchvision's resnet50 (torch.save)"
TRIED = (96, 224)  # sides of the pictures that a network is tried on
LONGEST_TRIAL = 300.0  # seconds
FOUND = "found.json"


@dataclass(frozen=True)
class Weights:
    """One registered file; `name` holds the beginning of its digest, so that it stands for its content."""

    name: str
    features: int  # that it gives of a picture
    bytes: int


def home() -> Path:
    """Where they are kept."""
    from platformdirs import user_data_path

    return Path(user_data_path("agentk", appauthor=False)) / "weights"


def registered() -> list[Weights]:
    """What is there, by name."""
    notes = sorted(home().glob("*.json"))
    return [Weights(**json.loads(note.read_text())) for note in notes if note.with_suffix("").is_file()]


def add(path: Path) -> Weights:
    """Keeps a copy of the file, once the sandbox has seen pictures through it; the same file twice is kept once.

    Raises SettingError where it is no network that takes pictures, or PyTorch is missing.
    """
    if find_spec("torch") is None:
        raise SettingError('weights need PyTorch: pip install "agentk[torch]"')
    if not path.is_file():
        raise SettingError(f"there is no file {path}: give a file of {FORMS}")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:8]
    stem = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-") or "network"
    found = Weights(f"{stem}-{digest}.pt", _features(path), path.stat().st_size)
    place = home() / found.name
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_suffix(".part")
        shutil.copyfile(path, draft)
        draft.replace(place)
    except OSError as error:
        raise StoreError(f"{place} cannot be written: {error.strerror or error}; free some space") from error
    replace(place.with_name(f"{place.name}.json"), json.dumps(asdict(found)) + "\n")
    return found


def remove(name: str) -> str:
    """Forgets the one whose name begins so. Raises SettingError where there is none, or several."""
    known = [one.name for one in registered()]
    meant = [one for one in known if one.startswith(name)]
    if len(meant) != 1:
        raise SettingError(
            f"{name!r} begins the names of {len(meant)} registered weights; there are {', '.join(known) or 'none'}"
        )
    for path in (home() / f"{meant[0]}.json", home() / meant[0]):
        path.unlink(missing_ok=True)
    return meant[0]


def files_of(names: Iterable[str], kept: Path) -> dict[str, Path]:
    """Where the files of these names lie: registered, or in `kept`, where a run has had them before.

    Raises SettingError for one that is gone.
    """
    found = {name: next((path for path in (home() / name, kept / name) if path.is_file()), None) for name in names}
    for name, path in found.items():
        if path is None:
            raise SettingError(f"the run was begun with the weights {name}, which are gone: `agentk weights add` them again")
    return {name: path for name, path in found.items() if path is not None}


def _features(path: Path) -> int:
    from agentk.sandbox.open import open_sandbox
    from agentk.sandbox.protocol import End, Execution, Function, Limits

    with tempfile.TemporaryDirectory(prefix="agentk-weights-") as place:
        execution = Execution(
            entry=Function("agentk.agent.weights:look_through"),
            collect_to=Path(place) / "out",
            inputs={"weights": path.resolve()},
            limits=Limits(wall_s=LONGEST_TRIAL, memory_bytes=machine.memory_of_a_slot(1)),
        )
        with closing(open_sandbox(1, 1, ("torch",), Path(place) / "sandbox")) as sandbox:
            result = sandbox.submit(execution).result()
        if result.end is not End.OK or FOUND not in result.outputs:
            raise SettingError(f"{path} is no network that takes pictures: {result.reason}. It has to be {FORMS}")
        return int(json.loads(result.outputs[FOUND].read_text())["features"])


def look_through(_loaded: object, output: Path, arguments: Mapping[str, Any]) -> None:
    """In the sandbox: sees pictures through the network of the input `weights`. Raises ValueError where it does not do."""
    import torch

    from agentk.reasoning.recipes.blocks.net.backbone import load_backbone

    network = load_backbone(Path(str(arguments["inputs"])) / "weights", "cpu")
    with torch.no_grad():
        shapes = {tuple(network(torch.rand(2, 3, side, side)).shape) for side in TRIED}
    if len(shapes) != 1 or len(shape := shapes.pop()) != 2 or shape[0] != 2:
        raise ValueError(
            f"two pictures of {TRIED[0]} and of {TRIED[1]} pixels do not give two rows of the same features: {shapes}"
        )
    (output / FOUND).write_text(json.dumps({"features": shape[1]}))
