"""The little HTML that views are made of: inline styles alone, in colors that read well on a light and on a dark page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygments.style import Style

LINE = "rgba(128,128,128,.35)"
SHADE = "rgba(128,128,128,.10)"
GOOD, BAD, ACCENT, QUIET = "#2e9e5b", "#d1495b", "#3a86d6", "opacity:.62"
MONO = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.86em"


def text(value: object) -> str:
    """Escaped, with line breaks kept."""
    return escape(str(value)).replace("\n", "<br>")


def span(value: object, style: str) -> str:
    """Escaped text in a style."""
    return f'<span style="{style}">{text(value)}</span>'


def card(title: str, *parts: str, side: str = "") -> str:
    """A bordered box; title and side are text, parts HTML."""
    head = f'<div style="display:flex;justify-content:space-between;gap:1em"><b>{text(title)}</b>{span(side, QUIET)}</div>'
    style = f"border:1px solid {LINE};border-radius:8px;padding:.7em .9em;margin:.3em 0;max-width:60em;line-height:1.45"
    return f'<div style="{style}">{head}{"".join(parts)}</div>'


def heading(title: str) -> str:
    """The name of a part of a card."""
    return f'<div style="{QUIET};margin-top:.55em;font-size:.85em">{text(title)}</div>'


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and HTML values, a pair a row."""
    cell = "padding:.1em .9em .1em 0;vertical-align:top;text-align:left;border:0;background:none"
    rows = "".join(
        f'<tr style="background:none"><td style="{cell};{QUIET};white-space:nowrap">{text(name)}</td>'
        f'<td style="{cell};overflow-wrap:anywhere">{value}</td></tr>'
        for name, value in pairs
    )
    return f'<table style="border-collapse:collapse;border:0;margin:.2em 0">{rows}</table>'


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], styles: Sequence[str] = ()) -> str:
    """Headings are text, cells HTML; styles: one for each row."""
    base = f"padding:.2em .8em .2em 0;text-align:left;border:0;border-bottom:1px solid {LINE};background:none;vertical-align:top"
    head = "".join(f'<th style="{base};{QUIET};font-weight:normal">{text(name)}</th>' for name in headings)
    body = []
    for number, row in enumerate(rows):
        style = styles[number] if number < len(styles) else ""
        cells = "".join(f'<td style="{base};{style}">{cell}</td>' for cell in row)
        body.append(f'<tr style="background:none">{cells}</tr>')
    return (
        '<div style="overflow-x:auto"><table style="border-collapse:collapse;border:0;margin:.3em 0">'
        f"<tr>{head}</tr>{''.join(body)}</table></div>"
    )


def fold(summary: str, content: str) -> str:
    """Content that a click unfolds; it needs no script."""
    head = f'<summary style="cursor:pointer;{QUIET};font-size:.85em">{text(summary)}</summary>'
    return f'<details style="margin-top:.5em">{head}{content}</details>'


def verbatim(source: str) -> str:
    """A log, as it is."""
    return f'<pre style="{_BLOCK}">{escape(source)}</pre>'


def code(source: str) -> str:
    """A Python program, highlighted where pygments is at hand (it comes with rich)."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    formatter = HtmlFormatter(style=_style(), noclasses=True, nobackground=True, nowrap=True)
    return f'<pre style="{_BLOCK}">{highlight(source, PythonLexer(), formatter)}</pre>'


_BLOCK = (
    f"{MONO};background:{SHADE};color:inherit;border:0;border-radius:6px;padding:.6em .8em;margin:.3em 0;max-height:26em;"
    "overflow:auto;white-space:pre;line-height:1.35"
)


def _style() -> type[Style]:
    """Middle tones: readable on white and on black."""
    from pygments.style import Style
    from pygments.token import Comment, Keyword, Name, Number, Operator, String

    class Middle(Style):  # type: ignore[misc]
        styles = {
            Comment: "italic #848d97",
            String: "#2e9e5b",
            Keyword: "bold #b35fc6",
            Number: "#c7822b",
            Operator.Word: "bold #b35fc6",
            Name.Function: "#3a86d6",
            Name.Class: "bold #3a86d6",
            Name.Builtin: "#3a9d9d",
            Name.Decorator: "#c7822b",
        }

    return Middle
