"""What is fetched before a run begins: a competition from Kaggle with its description, or a page that describes it."""

from __future__ import annotations

import hashlib
import re
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.error import URLError

from agentk.agent.request import Request
from agentk.competitions.files.pages import clean_text
from agentk.errors import KaggleError, SettingError
from agentk.graph.folder import replace
from agentk.kaggle.address import slug_of
from agentk.kaggle.fetch import Progress, default_root, fetch
from agentk.kaggle.protocol import Facts, Page

ORDER = ("description", "abstract", "overview", "evaluation", "data", "timeline", "prizes", "rules")
"""How pages follow one another; a page's name begins with one of these, others come before the rules."""
LEAST_PAGE = 200  # characters below which a page is but a shell that a browser would fill
MOST_PAGE = 20 << 20


def brought(request: Request, root: Path | None, *, progress: Progress, notice: Callable[[str], None]) -> Request:
    """The request with its competition as a folder and its description as a file, fetched where an address was given.

    root: where downloads are kept, None for the person's data directory. Raises KaggleError, ServiceError or SettingError.
    """
    root = (root or default_root()).expanduser().absolute()
    said = request.overrides.description
    if said is not None and re.match(r"https?://", said):
        overrides = request.overrides.model_copy(update={"description": str(saved_page(said, root))})
        request = request.model_copy(update={"overrides": overrides})
    slug = None if Path(request.competition).exists() else slug_of(request.competition)
    if slug is None:
        if re.match(r"[a-z]+://", request.competition):
            raise KaggleError(
                f"{request.competition} is no address at kaggle.com. "
                "Give a Kaggle competition, a folder, a CSV file, or builtin:NAME"
            )
        return request
    found = fetch(slug, root, describe=describe, progress=progress, notice=notice)
    if found.note:
        notice(found.note)
    if found.facts.code_only:
        notice(f"{slug} is a code competition: it takes a notebook, not a file; `agentk submit` says what to do")
    return request.model_copy(update={"competition": str(found.folder), "kaggle": slug})


def describe(folder: Path, facts: Facts, pages: Sequence[Page]) -> None:
    """Writes the competition's pages as one text beside the data, under a name that no data file has."""
    name = next(name for name in ("description.md", "overview.md", "competition.md") if not (folder / name).exists())
    replace(folder / name, description(facts, pages))


def description(facts: Facts, pages: Sequence[Page]) -> str:
    """One text of all pages: each under a heading of the first level, their own headings below it."""
    parts = [f"# {facts.title}"]
    if facts.metric and not any(found.name.lower().startswith("evaluation") for found in pages):
        parts.append(f"# Evaluation\n\n{_metric(facts)}")
    for found in sorted(pages, key=_rank):
        name = found.name.replace("-", " ").strip()
        text = clean_text(found.content) if "<" in found.content and found.kind != "text/markdown" else found.content.strip()
        text = re.sub(r"^(#{1,5}) ", r"\1# ", text, flags=re.MULTILINE)
        if name.lower().startswith("evaluation") and facts.metric:
            text = f"{text}\n\n{_metric(facts)}"  # last: the page's own words are more exact
        parts.append(f"# {name[:1].upper()}{name[1:]}\n\n{text}")
    return "\n\n".join(parts) + "\n"


def _metric(facts: Facts) -> str:
    return f"Metric, as Kaggle names it: {facts.metric}"


def _rank(found: Page) -> float:
    name = found.name.lower()
    return next((at for at, word in enumerate(ORDER) if name.startswith(word)), len(ORDER) - 1.5)


def saved_page(address: str, root: Path) -> Path:
    """A page from the web as a file, fetched anew each time. Raises SettingError where it cannot be had or holds no text."""
    try:
        asked = urllib.request.Request(address, headers={"User-Agent": "agentk"})
        with urllib.request.build_opener().open(asked, timeout=30) as answer:
            html = answer.read(MOST_PAGE).decode(answer.headers.get_content_charset() or "utf-8", errors="replace")
    except (URLError, OSError, ValueError, LookupError) as error:
        raise SettingError(f"--description {address} cannot be fetched: {getattr(error, 'reason', error)}") from None
    text = clean_text(html) if "<" in html else html
    if len(text) < LEAST_PAGE:
        raise SettingError(
            f"--description {address} holds no text of its own: a browser would draw it. Open it there, save the page, "
            "and give the file: --description page.html"
        )
    folder = root / ".pages"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{hashlib.sha256(address.encode()).hexdigest()[:16]}.md"
    replace(path, text + "\n")
    return path
