"""The best sandbox is opened, and it says what it promises."""

from contextlib import closing
from pathlib import Path

import pytest

from agentk.errors import SandboxError
from agentk.sandbox import open as opening
from agentk.sandbox.open import describe_sandbox, open_sandbox
from agentk.sandbox.protocol import End, Execution, Function, Guarantee
from agentk.sandbox.walls import Kind, guarantees


def test_what_is_described_is_what_is_opened(tmp_path: Path) -> None:
    description = describe_sandbox()
    with closing(open_sandbox(1, 1, (), tmp_path)) as sandbox:
        assert dict(sandbox.guarantees) == description.holds
    assert set(description.holds) | set(description.missing) == set(Guarantee)
    assert set(description.holds).isdisjoint(description.missing)
    assert all(description.holds.values())


def test_namespaces_promise_everything() -> None:
    assert set(guarantees(Kind.NAMESPACES)) == set(Guarantee)


def test_fewer_walls_promise_less() -> None:
    assert set(guarantees(Kind.NONE)) < set(guarantees(Kind.LANDLOCK)) <= set(guarantees(Kind.NAMESPACES))


def test_strict_names_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = {Kind.NAMESPACES: "unshare: Operation not permitted", Kind.LANDLOCK: "this kernel has no Landlock", Kind.NONE: ""}
    monkeypatch.setattr(opening, "obstacles", lambda: refused)
    with pytest.raises(SandboxError, match="no network") as caught:
        open_sandbox(1, 1, (), tmp_path, strict=True)
    assert "unshare: Operation not permitted" in str(caught.value)
    assert "NOT guaranteed" in describe_sandbox().line()


def test_without_strict_it_runs_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "obstacles", lambda: {**dict.fromkeys(Kind, "refused"), Kind.NONE: ""})
    with closing(open_sandbox(1, 1, (), tmp_path / "scratch")) as sandbox:
        result = sandbox.submit(Execution(Function("agentk.sandbox.probe:nothing"), tmp_path / "out")).result(timeout=60)
    assert (result.end, list(result.outputs)) == (End.OK, ["proof"])
    assert Guarantee.NETWORK not in sandbox.guarantees


def test_imports_that_are_missing_are_tolerated(tmp_path: Path) -> None:
    with closing(open_sandbox(1, 1, ("no_such_library",), tmp_path / "scratch")) as sandbox:
        execution = Execution(Function("agentk.sandbox.probe:nothing"), tmp_path / "out")
        assert sandbox.submit(execution).result(timeout=60).end is End.OK
