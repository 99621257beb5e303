"""Saved pages: from the HTML of a competition's page to clean text, its headings and tables as Markdown."""

from __future__ import annotations

import re

_NOISE = ("script", "style", "noscript", "template", "svg", "nav", "header", "footer", "form", "button", "iframe", "title")
_LEAST = 200  # characters that a main part needs to be taken for the whole


def clean_text(html: str) -> str:
    """The words of a page: menus, scripts, pictures and what is not displayed left out, formulas as their TeX, once."""
    from bs4 import BeautifulSoup
    from markdownify import MarkdownConverter

    page = BeautifulSoup(html, "html.parser")
    for formula in page.select(".katex, .MathJax, mjx-container, math"):
        tex = formula.select_one('annotation[encoding="application/x-tex"]')
        if tex is not None and formula.parent is not None:
            formula.replace_with(f"${tex.get_text()}$")
    for element in page.find_all(_NOISE):
        element.decompose()
    for element in page.select('[hidden], [aria-hidden="true"], [style*="display:none"], [style*="display: none"]'):
        element.decompose()
    main = page.select_one("main, [role=main], article")
    whole = main if main is not None and len(main.get_text(strip=True)) >= _LEAST else page
    converter = MarkdownConverter(
        heading_style="ATX",
        strip=["a", "img"],
        bullets="-",
        escape_asterisks=False,
        escape_underscores=False,
        escape_misc=False,
    )
    text = str(converter.convert_soup(whole)).replace("\xa0", " ")
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text)).strip()
