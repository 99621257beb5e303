"""Plain processes keep the little they promise."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from agentk.sandbox.processes import ProcessSandbox
from agentk.sandbox.protocol import Sandbox
from agentk.testing.sandbox import SandboxConformance

pytestmark = pytest.mark.slow


class TestProcesses(SandboxConformance):
    @pytest.fixture(scope="class")
    @classmethod
    def sandbox(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
        with closing(ProcessSandbox(2, 1, tmp_path_factory.mktemp("scratch"))) as sandbox:
            yield sandbox
