"""Before a run begins: addresses become folders, pages become one description."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentk.agent.fetching import brought, description
from agentk.agent.request import Request
from agentk.competitions.draft import Overrides
from agentk.competitions.metrics.wording import evaluation, mentioned
from agentk.errors import KaggleError, SettingError
from agentk.kaggle.protocol import Facts, Page

from .server import Server

FACTS = Facts(slug="penguins", title="Penguins", metric="Mean F1 Score")


def bring(request: Request, root: Path) -> tuple[Request, list[str]]:
    said: list[str] = []
    return brought(request, root, progress=lambda *_at: None, notice=said.append), said


def test_an_address_becomes_a_folder_and_its_slug_is_kept(server: Server, tmp_path: Path) -> None:
    request, _ = bring(Request(competition="kaggle.com/c/penguins/data?x=1", seed=7), tmp_path)
    assert (request.competition, request.kaggle, request.seed) == (str(tmp_path / "penguins"), "penguins", 7)


def test_a_code_competition_is_recognized(server: Server, tmp_path: Path) -> None:
    server.world.code_only = True
    assert any("takes a notebook, not a file" in text for text in bring(Request(competition="kaggle:penguins"), tmp_path)[1])


@pytest.mark.parametrize("competition", ["builtin:iris", "somewhere/else", "sales.csv"])
def test_what_is_no_address_stays_as_it_is(tmp_path: Path, competition: str) -> None:
    request = Request(competition=competition)
    assert bring(request, tmp_path)[0] == request


def test_a_foreign_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KaggleError, match=r"no address at kaggle.com"):
        bring(Request(competition="https://example.com/data"), tmp_path)


def test_a_folder_that_looks_like_an_address_is_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kaggle.com" / "c" / "x").mkdir(parents=True)
    request = Request(competition="kaggle.com/c/x")
    assert bring(request, tmp_path)[0] == request


def test_pages_follow_one_another_and_each_has_its_heading() -> None:
    pages = [
        Page("rules", "<p>r</p>", "text/html"),
        Page("Frequently-asked", "q", "text/markdown"),
        Page("data-description", "# Files\n\ntrain.csv", "text/markdown"),
        Page("evaluation", "<h1>Scoring</h1><p>By F1, and $x &lt; y$.</p>", "text/html"),
        Page("description", "What it is about", "text/markdown"),
    ]
    text = description(FACTS, pages)
    headings = [line for line in text.splitlines() if line.startswith("# ")]
    assert headings == ["# Penguins", "# Description", "# Evaluation", "# Data description", "# Frequently asked", "# Rules"]
    assert "Metric, as Kaggle names it: Mean F1 Score" in evaluation(text) and "$x < y$" in evaluation(text)
    assert "train.csv" not in evaluation(text)


def test_the_pages_own_words_on_the_metric_count_before_its_name_at_kaggle() -> None:
    facts = Facts(slug="houses", title="Houses", metric="Root Mean Squared Error")
    words = "Root-Mean-Squared-Error (RMSE) between the logarithm of the predicted value and the logarithm of the price."
    assert mentioned(description(facts, [Page("evaluation", words, "text/markdown")]))[0].metric == "rmse_log"
    assert mentioned(description(facts, [Page("evaluation", "See the forum.", "text/markdown")]))[0].metric == "rmse"


def test_without_an_evaluation_page_the_metric_has_a_section() -> None:
    assert "Mean F1 Score" in evaluation(description(FACTS, []))


def test_a_description_of_the_competitions_own_is_not_overwritten(server: Server, tmp_path: Path) -> None:
    server.world.files["description.md"] = b"their own words\n"
    folder = Path(bring(Request(competition="kaggle:penguins"), tmp_path)[0].competition)
    assert (folder / "description.md").read_text() == "their own words\n"
    assert "Tell the **kind**" in (folder / "overview.md").read_text()


def test_a_page_from_the_web_becomes_a_file_with_its_words(server: Server, tmp_path: Path) -> None:
    words = "Submissions are scored by the mean absolute error. " * 8
    server.world.files["page.html"] = f"<nav>menu</nav><main><h2>Evaluation</h2><p>{words}</p></main>".encode()
    asked = Request(competition="builtin:iris", overrides=Overrides(description="http://localhost:7777/page/page.html"))
    said = bring(asked, tmp_path)[0].overrides.description
    assert said is not None
    text = Path(said).read_text()
    assert text.startswith("## Evaluation") and "menu" not in text and "mean absolute error" in text


def test_a_page_that_only_a_browser_would_fill_is_told(server: Server, tmp_path: Path) -> None:
    server.world.files["shell.html"] = b"<div id='site'></div><script src='app.js'></script>"
    asked = Request(competition="builtin:iris", overrides=Overrides(description="http://localhost:7777/page/shell.html"))
    with pytest.raises(SettingError, match=r"a browser would draw it.*--description page.html"):
        bring(asked, tmp_path)


def test_a_page_that_is_not_there_is_told(server: Server, tmp_path: Path) -> None:
    asked = Request(competition="builtin:iris", overrides=Overrides(description="http://localhost:7777/page/none.html"))
    with pytest.raises(SettingError, match=r"cannot be fetched: Not Found"):
        bring(asked, tmp_path)
