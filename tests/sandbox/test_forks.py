"""The forks keep every promise of their walls."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agentk.sandbox.forks import ForkSandbox
from agentk.sandbox.probe import obstacles
from agentk.sandbox.protocol import Sandbox
from agentk.sandbox.walls import Kind
from agentk.testing.sandbox import IMPORTS, SandboxConformance


def opened(kind: Kind, scratch: Path) -> Sandbox:
    if obstacle := obstacles()[kind]:
        pytest.skip(f"this machine refuses {kind}: {obstacle}")
    return ForkSandbox(2, 1, IMPORTS, scratch, kind=kind)


class TestBehindNamespaces(SandboxConformance):
    @pytest.fixture(scope="class")
    @classmethod
    def sandbox(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
        with closing(opened(Kind.NAMESPACES, tmp_path_factory.mktemp("scratch"))) as sandbox:
            yield sandbox


@pytest.mark.slow
class TestBehindLandlock(SandboxConformance):
    @pytest.fixture(scope="class")
    @classmethod
    def sandbox(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
        with closing(opened(Kind.LANDLOCK, tmp_path_factory.mktemp("scratch"))) as sandbox:
            yield sandbox


@pytest.mark.slow
class TestWithoutWalls(SandboxConformance):
    @pytest.fixture(scope="class")
    @classmethod
    def sandbox(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
        with closing(opened(Kind.NONE, tmp_path_factory.mktemp("scratch"))) as sandbox:
            yield sandbox
