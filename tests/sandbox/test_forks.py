"""The forks keep every promise of their walls."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from agentk.sandbox.forks import ForkSandbox
from agentk.sandbox.protocol import Sandbox
from agentk.sandbox.walls import Kind
from agentk.testing.sandbox import IMPORTS, SandboxConformance


class TestBehindNamespaces(SandboxConformance):
    @pytest.fixture(scope="class")
    @classmethod
    def sandbox(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
        with closing(ForkSandbox(2, 1, IMPORTS, tmp_path_factory.mktemp("scratch"), kind=Kind.NAMESPACES)) as sandbox:
            yield sandbox


class TestBehindLandlock(SandboxConformance):
    @pytest.fixture(scope="class")
    @classmethod
    def sandbox(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
        with closing(ForkSandbox(2, 1, IMPORTS, tmp_path_factory.mktemp("scratch"), kind=Kind.LANDLOCK)) as sandbox:
            yield sandbox


@pytest.mark.slow
class TestWithoutWalls(SandboxConformance):
    @pytest.fixture(scope="class")
    @classmethod
    def sandbox(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
        with closing(ForkSandbox(2, 1, IMPORTS, tmp_path_factory.mktemp("scratch"), kind=Kind.NONE)) as sandbox:
            yield sandbox
