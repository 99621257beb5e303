"""`agentk weights`: pretrained networks for pictures that lie on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agentk.cli.helping import Plain

weights = typer.Typer(cls=Plain, help="Pretrained networks for pictures: register files that lie here.", no_args_is_help=True)


@weights.command()
def add(
    path: Annotated[Path, typer.Argument(help="A file of TorchScript, or the tensors of a residual network (resnet18.pth).")],
) -> None:
    """Register a file; runs on pictures use it from then on. Nothing is downloaded."""
    from agentk.agent.weights import add as keep

    found = keep(path)
    print(f"{found.name}: {found.features} features of a picture; runs on pictures use it from now on")


@weights.command(name="list")
def show() -> None:
    """What is registered."""
    from agentk.agent.weights import home, registered

    for one in registered():
        print(f"{one.name}  {one.bytes / 1e6:.1f} MB, {one.features} features")
    if not registered():
        print(f"none in {home()}: `agentk weights add FILE` registers one")


@weights.command()
def remove(name: Annotated[str, typer.Argument(help="Its name, or how it begins.")]) -> None:
    """Forget one."""
    from agentk.agent.weights import remove as forget

    print(f"{forget(name)}: removed")
