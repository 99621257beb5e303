"""Competition pages: a story, how it is scored, what a submission looks like, dates and prizes, as Markdown, HTML or plain text."""

from __future__ import annotations

import html

from agentk.bench.synthetic.layout import Generator, Layout
from agentk.bench.synthetic.tables import rng_choice
from agentk.bench.synthetic.wording import CALLED, DECOYS_AFTER, DECOYS_BEFORE, OTHERS, SAYINGS, STORIES, THINGS

_MEANS = {
    "label": "For each {ids} in the test set, you must predict the value of {answers}.",
    "probability": "For each {ids} in the test set, you must predict a probability for {answers}.",
    "class_probabilities": "For each {ids}, submit a probability for each of the possible classes.",
    "values": "For every {ids} in the test set, predict {answers}.",
    "ranking": "For each {ids}, list the likeliest values of {answers}, separated by spaces, best first.",
    "candidates": "For each {ids} in the test set, list {answers}, best first, separated by spaces.",
    "tags": "For each {thing} in the test set, name what is true of it, separated as in the example.",
    "span": "For each {ids} in the test set, you must give the part of the text that is {answers}.",
}


def page(layout: Layout, saying: str, rng: Generator, decoys: bool = True) -> list[tuple[str, str]]:
    """Sections (heading, text) of a page that scores by `saying`; some mention other metrics outside the evaluation."""
    thing, things = THINGS[int(rng.integers(0, len(THINGS)))]
    other = rng_choice([words for name, words in OTHERS.items() if name not in (saying, CALLED.get(saying))], rng)[0]
    truth = layout.truth
    season = rng_choice(("spring", "2021 winter", "October"), rng)[0]

    def said(options: tuple[str, ...]) -> str:
        text = options[int(rng.integers(0, len(options)))]
        for word, value in (("thing", thing), ("things", things), ("other", other), ("season", season),
                            ("targets", " and ".join(truth.targets)), ("ids", " and ".join(truth.ids)),
                            ("answers", ", ".join(truth.answers[:4]))):  # fmt: skip
            text = text.replace("{" + word + "}", value)
        return text

    before, after = (said(DECOYS_BEFORE), said(DECOYS_AFTER)) if decoys else ("", "")
    parts = [(layout.names[part], words) for part, words in (("train", "training"), ("test", "test")) if part in layout.names]
    files = "\n".join(f"- {name}{layout.ending} - the {words} set" for name, words in parts)
    if layout.sample is not None:
        files += f"\n- {layout.names['sample']}.csv - a sample submission file in the correct format"
        example = layout.sample.head(3).to_csv(index=False) + "etc."
    else:
        example = ",".join((*truth.ids, *truth.answers)) + "\n1,0\netc."
    remark = f"\n\n{layout.remark}" if layout.remark else ""
    evaluation = f"{said(SAYINGS[saying])}{remark}\n\n### Submission File\n\n{said((_MEANS[truth.kind],))} The file should contain a header and have the following format:\n\n```\n{example}\n```"
    sections = [
        (rng_choice(("Overview", "Description", "Welcome"), rng)[0], f"{said(STORIES)}\n\n{before}"),
        (rng_choice(("Evaluation", "Evaluation", "Metric", "Scoring"), rng)[0], evaluation),
        ("Timeline", "- Start Date - March 1\n- Final Submission Deadline - April 30"),
        ("Prizes", "1st place: choice of swag."),
        ("Dataset Description", f"{files}\n\n{after}"),
    ]
    if rng.random() < 0.3:
        sections.insert(1, sections.pop())
    return sections


def as_markdown(sections: list[tuple[str, str]]) -> str:
    """With headings of two signs."""
    return "\n\n".join(f"## {heading}\n\n{text}" for heading, text in sections) + "\n"


def as_text(sections: list[tuple[str, str]]) -> str:
    """As one copies it from a browser: headings are lines of their own, without a mark."""
    return "\n\n".join(f"{heading}\n{text.replace('### ', '').replace('```', '')}" for heading, text in sections) + "\n"


def as_html(sections: list[tuple[str, str]]) -> str:
    """As a saved page, with a script and a menu that know other metrics."""
    blocks = []
    for heading, text in sections:
        paragraphs = "".join(f"<p>{html.escape(part)}</p>" for part in text.replace("### ", "").split("\n\n") if part.strip())
        blocks.append(f'<div class="sc-abc"><div><h2 class="t">{heading}</h2></div><div>{paragraphs}</div></div>')
    menu = "<nav><ul><li>Overview</li><li>Data</li><li>Code</li><li>Discussion</li><li>Leaderboard</li></ul></nav>"
    script = "<script>var metrics = ['auc', 'rmse', 'accuracy'];</script><style>.auc { color: red }</style>"
    return f"<!doctype html><html><head><title>Competition</title>{script}</head><body>{menu}{''.join(blocks)}</body></html>"
