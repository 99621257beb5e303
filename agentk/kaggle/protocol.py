"""What Kaggle says of a competition, its files, pages and submissions, as plain values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Facts:
    """A competition as Kaggle lists it."""

    slug: str
    title: str
    metric: str = ""  # as Kaggle names it
    deadline: str = ""  # ISO 8601, UTC
    code_only: bool = False  # submissions are made by notebooks
    joined: bool = False
    teams: int = 0


@dataclass(frozen=True)
class RemoteFile:
    """A data file: bytes as Kaggle counts them, and when it was made."""

    name: str
    bytes: int
    created: str


@dataclass(frozen=True)
class Page:
    """A page of the competition, HTML or Markdown as `kind` (a MIME type) says."""

    name: str
    content: str
    kind: str


@dataclass(frozen=True)
class Limits:
    """Submissions of the team: sent today, ever, and allowed for the rest of the day (UTC)."""

    today: int
    total: int
    left: int
    for_good: bool  # the competition's total is what limits


@dataclass(frozen=True)
class Sent:
    """A submission at Kaggle; status is pending, complete or error."""

    ref: int
    status: str
    message: str
    score: float | None
    reason: str
    date: str


@dataclass(frozen=True)
class Notebook:
    """A version of a notebook at Kaggle; it runs there by itself once it is pushed."""

    owner: str
    slug: str
    version: int
    url: str
