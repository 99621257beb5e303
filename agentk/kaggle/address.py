"""Addresses of competitions at kaggle.com, in every form that people paste."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from agentk.errors import KaggleError

SITE = "https://www.kaggle.com"
TOKENS = f"{SITE}/settings"
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*")
_FORM = f"write it like {SITE}/competitions/titanic or kaggle:titanic"


def slug_of(source: str) -> str | None:
    """The competition's slug, None where `source` is no address at kaggle.com.

    Known are /competitions/SLUG and /c/SLUG with or without https, www, a page behind it, a query or an anchor, and
    kaggle:SLUG. Raises KaggleError for an address at kaggle.com that names no competition.
    """
    text = source.strip().strip("<>\"'")
    if text.lower().startswith("kaggle:"):
        return _checked(text.partition(":")[2].strip("/ "), source)
    try:
        parts = urlsplit(text if "//" in text else f"//{text}")
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if host not in ("kaggle.com", "www.kaggle.com", "m.kaggle.com"):
        return None
    steps = [step for step in parts.path.split("/") if step]
    if steps and steps[0].lower() in ("competitions", "c") and len(steps) > 1:
        return _checked(steps[1], source)
    if steps and steps[0].lower() == "t":
        raise KaggleError(f"{source} is an invitation: open it in the browser, join, and give the address it leads to ({_FORM})")
    what = f"a page under /{steps[0]}" if steps else "Kaggle's front page"
    raise KaggleError(f"{source} is {what}, not a competition: {_FORM}")


def page(slug: str, part: str = "") -> str:
    """The address of a competition's page, such as its "rules"."""
    return f"{SITE}/competitions/{slug}" + (f"/{part}" if part else "")


def _checked(slug: str, source: str) -> str:
    found = slug.lower()
    if not _SLUG.fullmatch(found):
        raise KaggleError(f"{source!r} names no competition ({slug!r} is no name that Kaggle gives): {_FORM}")
    return found
