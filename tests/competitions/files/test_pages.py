"""Saved pages as a browser writes them, and what is left of them."""

from __future__ import annotations

from agentk.competitions.files.pages import clean_text
from agentk.competitions.metrics.wording import evaluation, mentioned

SAVED = """<!doctype html><html><head><title>x | Kaggle</title><style>p{}</style><script>secret()</script></head><body>
<nav><a href="/">Sign in</a></nav><header>Create</header>
<main><h1>Bikes</h1><p>Forecast&nbsp;the <b>rentals</b> of every hour, so that stations can be filled
in time by the people who carry them.</p>
<h2>Evaluation</h2><p>Submissions are scored by the Root Mean Squared Logarithmic Error (RMSLE), <a href="x">as defined</a>:</p>
<span class="katex"><span class="katex-mathml">
<math><semantics><mi>n</mi>
<annotation encoding="application/x-tex">\\sqrt{\\frac{1}{n}}</annotation></semantics></math></span>
<span class="katex-html" aria-hidden="true">n1</span></span>
<h2>Submission File</h2><pre><code>datetime,count
2011-01-20 00:00:00,0</code></pre><table><tr><th>column</th><th>what</th></tr><tr><td>id_x</td><td>a * b</td></tr></table>
<div style="display: none">hidden words</div></main><footer>Terms</footer></body></html>"""


def test_words_headings_code_tables_and_formulas_stay() -> None:
    text = clean_text(SAVED)
    assert "# Bikes" in text and "Forecast the **rentals**" in text
    assert "datetime,count\n2011-01-20 00:00:00,0" in text
    assert "| id_x | a * b |" in text
    assert text.count("\\sqrt{\\frac{1}{n}}") == 1


def test_menus_scripts_and_what_is_hidden_go() -> None:
    text = clean_text(SAVED)
    for word in ("secret", "Sign in", "Create", "Terms", "hidden words", "n1", "href", "Kaggle"):
        assert word not in text


def test_the_metric_is_found_in_its_section() -> None:
    text = clean_text(SAVED)
    assert "RMSLE" in evaluation(text) and "datetime" not in evaluation(text)
    assert mentioned(text)[0].metric == "rmsle"


def test_a_fragment_without_a_main_part_is_taken_whole() -> None:
    assert clean_text("<p>One <i>word</i></p><ul><li>a</li><li>b</li></ul>") == "One *word*\n\n- a\n- b"


def test_a_short_main_part_does_not_hide_the_page() -> None:
    assert "the text" in clean_text("<main>menu</main><div>the text</div>")
