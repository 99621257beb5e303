"""From a slug to a folder, through Kaggle's own client: what is downloaded, kept, resumed, refused."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import pytest

from agentk.agent.fetching import describe
from agentk.errors import KaggleError, ServiceError
from agentk.kaggle import calls, client, download
from agentk.kaggle.download import PIECE
from agentk.kaggle.fetch import Fetched, fetch

from .server import TOKEN, Server, World, zipped


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "LONGEST_WAIT", 0.01)


def bring(root: Path, slug: str = "penguins") -> tuple[Fetched, list[str], list[tuple[str, int, int | None]]]:
    said: list[str] = []
    seen: list[tuple[str, int, int | None]] = []
    found = fetch(slug, root, describe=describe, progress=lambda *at: seen.append(at), notice=said.append)
    return found, said, seen


def test_the_data_files_and_a_description_arrive(server: Server, tmp_path: Path) -> None:
    found, said, seen = bring(tmp_path)
    assert found.folder == tmp_path / "penguins"
    assert {path.name for path in found.folder.iterdir()} == {*server.world.files, "description.md"}
    assert (found.folder / "train.csv").read_bytes() == server.world.files["train.csv"]
    assert seen[-1][0] == "unpack" and seen[-1][1] == seen[-1][2]
    assert not said


def test_the_description_has_every_page_in_order_with_the_metric(server: Server, tmp_path: Path) -> None:
    text = (bring(tmp_path)[0].folder / "description.md").read_text()
    headings = [line for line in text.splitlines() if line.startswith("# ")]
    assert headings == ["# Penguins of the South", "# Description", "# Evaluation", "# Rules"]
    assert "Metric, as Kaggle names it: Categorization Accuracy" in text
    assert "### Goal" in text and "**accuracy**" in text


def test_what_is_there_and_current_is_not_downloaded_again(server: Server, tmp_path: Path) -> None:
    bring(tmp_path)
    found, _, seen = bring(tmp_path)
    assert "current" in found.note and not seen
    assert server.world.calls.count("DownloadDataFiles") == 1


def test_files_that_changed_at_kaggle_are_downloaded_again(server: Server, tmp_path: Path) -> None:
    bring(tmp_path)
    server.world.files["train.csv"] += b"999,3,north,a\n"
    server.world.etag = '"two"'
    found = bring(tmp_path)[0]
    assert "newer" in found.note
    assert (found.folder / "train.csv").read_bytes().endswith(b"999,3,north,a\n")


def test_a_file_that_was_lost_here_is_brought_back(server: Server, tmp_path: Path) -> None:
    (bring(tmp_path)[0].folder / "test.csv").unlink()
    assert (bring(tmp_path)[0].folder / "test.csv").exists()


def test_files_that_a_person_put_there_are_used(server: Server, tmp_path: Path) -> None:
    (tmp_path / "penguins").mkdir()
    for name, content in server.world.files.items():
        (tmp_path / "penguins" / name).write_bytes(content)
    found = bring(tmp_path)[0]
    assert "already" in found.note and "DownloadDataFiles" not in server.world.calls


def test_kept_data_serves_without_a_network(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(world) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        bring(tmp_path)
    found = bring(tmp_path)[0]
    assert "used as it is" in found.note and found.facts.title == world.title


def noise(size: int) -> bytes:
    """What does not pack."""
    return random.Random(0).randbytes(size)


def test_a_download_goes_on_where_the_connection_broke(server: Server, tmp_path: Path) -> None:
    server.world.archive = zipped({**server.world.files, "noise.bin": noise(400_000)})
    server.world.break_after = [200_000]
    found = bring(tmp_path)[0]
    assert (found.folder / "noise.bin").read_bytes() == noise(400_000)
    assert server.world.ranges == [f"bytes={200_000 // PIECE * PIECE}-"]


def test_a_later_process_goes_on_with_what_an_earlier_one_had(server: Server, tmp_path: Path) -> None:
    server.world.archive = zipped({**server.world.files, "noise.bin": noise(400_000)})
    server.world.break_after = [3 * PIECE] + [0] * 20
    with pytest.raises(ServiceError, match=r"kept: the same command goes on"):
        bring(tmp_path)
    server.world.break_after.clear()
    server.world.ranges.clear()
    bring(tmp_path)
    assert server.world.ranges == [f"bytes={3 * PIECE}-"]


def test_a_part_of_another_version_is_not_continued(server: Server, tmp_path: Path) -> None:
    server.world.archive = zipped({**server.world.files, "noise.bin": noise(400_000)})
    server.world.break_after = [3 * PIECE] + [0] * 20
    with pytest.raises(ServiceError):
        bring(tmp_path)
    server.world.break_after.clear()
    server.world.ranges.clear()
    server.world.etag, server.world.archive = '"two"', None
    assert (bring(tmp_path)[0].folder / "train.csv").read_bytes() == server.world.files["train.csv"]
    assert not server.world.ranges


def test_a_slow_link_is_only_slow(server: Server, tmp_path: Path) -> None:
    server.world.archive = zipped({**server.world.files, "noise.bin": noise(30_000)})
    server.world.piece_delay = 0.01
    began = time.monotonic()
    _, _, seen = bring(tmp_path)
    assert time.monotonic() - began > 0.03 and seen


def test_a_wrong_checksum_is_not_believed_twice(server: Server, tmp_path: Path) -> None:
    server.world.checksum = "AAAAAAAAAAAAAAAAAAAAAA=="
    with pytest.raises(ServiceError, match=r"another checksum"):
        bring(tmp_path)
    assert not (tmp_path / "penguins").exists()


def test_an_archive_cut_off_at_kaggle_is_told_and_leaves_nothing(server: Server, tmp_path: Path) -> None:
    server.world.archive = server.world.whole()[:-40]
    with pytest.raises(ServiceError, match=r"no whole zip archive.*downloaded twice"):
        bring(tmp_path)
    assert server.world.calls.count("DownloadDataFiles") == 2
    assert not (tmp_path / "penguins").exists()


def test_rules_that_are_not_accepted_name_the_page_to_open(server: Server, tmp_path: Path) -> None:
    server.world.joined = False
    with pytest.raises(KaggleError, match=r"https://www.kaggle.com/competitions/penguins/rules"):
        bring(tmp_path)


def test_an_unknown_name_is_told_with_the_nearest(server: Server, tmp_path: Path) -> None:
    with pytest.raises(KaggleError, match=r"no competition 'pinguins'.*Did you mean penguins"):
        bring(tmp_path, "pinguins")


def test_credentials_that_are_refused_name_their_place_and_never_their_value(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAGGLE_API_TOKEN", "KGAT_wrong")
    with pytest.raises(KaggleError, match=r"KAGGLE_API_TOKEN.*401") as refused:
        bring(tmp_path)
    assert "KGAT_wrong" not in str(refused.value) and "kaggle.com/settings" in str(refused.value)


def test_a_username_with_its_key_is_as_good(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAGGLE_API_TOKEN")
    monkeypatch.setenv("KAGGLE_USERNAME", "somebody")
    monkeypatch.setenv("KAGGLE_KEY", TOKEN)
    assert bring(tmp_path)[0].folder.exists()


def test_a_login_from_the_browser_is_renewed(
    server: Server, tmp_path: Path, _own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAGGLE_API_TOKEN")
    login = _own_home / ".kaggle" / "credentials.json"
    login.parent.mkdir()
    login.write_text(json.dumps({"refresh_token": "refresh-me", "access_token": "", "username": "somebody", "scopes": []}))
    assert bring(tmp_path)[0].folder.exists()
    assert "GenerateAccessToken" in server.world.calls


@pytest.mark.parametrize(("code", "headers"), [(429, {"Retry-After": "3"}), (500, {}), (503, {})])
def test_a_busy_kaggle_is_asked_again(server: Server, tmp_path: Path, code: int, headers: dict[str, str]) -> None:
    server.world.answers = {"ListDataFiles": [(code, dict(headers)), (code, dict(headers))]}
    found, said, _ = bring(tmp_path)
    assert found.folder.exists()
    assert len(said) == 2 and f"it answered {code}" in said[0] and "trying again" in said[0]


def test_a_kaggle_that_stays_busy_ends_in_plain_words(server: Server, tmp_path: Path) -> None:
    server.world.answers = {"GetCompetition": [(500, {}) for _ in range(9)]}
    with pytest.raises(ServiceError, match=r"cannot be used now: it answered 500"):
        bring(tmp_path)


def test_an_answer_that_never_comes_does_not_hang(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "SILENCE", 0.2)
    monkeypatch.setattr(download, "TRIES", 1)
    server.world.piece_delay = 0.6
    server.world.archive = zipped({**server.world.files, "noise.bin": noise(30_000)})
    with pytest.raises(ServiceError, match=r"breaks off"):
        bring(tmp_path)


def test_a_second_process_at_the_same_competition_is_refused(server: Server, tmp_path: Path) -> None:
    from filelock import FileLock

    (tmp_path / ".penguins").mkdir()
    with FileLock(tmp_path / ".penguins" / "lock"), pytest.raises(KaggleError, match=r"another process"):
        bring(tmp_path)


def test_nothing_that_is_kept_holds_the_credentials(server: Server, tmp_path: Path) -> None:
    bring(tmp_path)
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes()
    assert json.loads((tmp_path / ".penguins" / "fetched.json").read_text())["facts"]["slug"] == "penguins"
