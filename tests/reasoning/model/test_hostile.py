"""Hundreds of hostile and odd replies through the whole path: reply, parser, repair, check.

No crash, no half-applied edit, and every reply that is refused is refused with its reason.

`hostile/*.md` were written by hand: the first line says what must come of it ("accepted", or a part of the reason). The
others are combinations of oddities, made by a grammar from a seed.
"""

from __future__ import annotations

import ast
import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentk.errors import ReasonerError
from agentk.llms.protocol import Reply
from agentk.reasoning.model.reasoner import LLMReasoner
from agentk.testing.asking import PROGRAM, ScriptedModel, code_question, plan_question
from agentk.types.competition import Competition
from agentk.types.profile import Profile

Made = Callable[[str], tuple[Competition, Profile]]
Make = Callable[..., LLMReasoner]

CORPUS = sorted((Path(__file__).parent / "hostile").glob("*.md"))
LINE = "    classes = sorted(train[target].unique())"
NEW = "    classes = sorted(set(train[target]))"

EDITS = [
    f"<<<<<<< SEARCH\n{LINE}\n=======\n{NEW}\n>>>>>>> REPLACE",
    f"<<<<<<< SEARCH\n{LINE}\n=======\n{NEW}\n",
    f"<<<<<<< SEARCH\n{LINE}\n>>>>>>> REPLACE",
    f"<<<<<<< SEARCH\n{LINE.strip()}\n=======\n{NEW.strip()}\n>>>>>>> REPLACE",
    "<<<<<<< SEARCH\n\n=======\nimport os\n>>>>>>> REPLACE",
    f"<<<<<<< SEARCH\n{LINE}\n=======\n    classes = (\n>>>>>>> REPLACE",
    f"<<<<<<< SEARCH\n{LINE}\n=======\n{NEW}\n>>>>>>> REPLACE\n<<<<<<< SEARCH\nno such line\n=======\nx\n>>>>>>> REPLACE",
    f"```diff\n@@ -1 +1 @@\n-{LINE}\n+{NEW}\n```",
    f"```diff\n--- a\n+++ b\n@@ -1,9 +1,9 @@\n-no such line\n+{NEW}\n```",
    "<<<<<<< SEARCH\n...\n=======\n...\n>>>>>>> REPLACE",
    f"=======\n{NEW}\n>>>>>>> REPLACE",
]
PROGRAMS = [
    PROGRAM,
    PROGRAM[:-40],
    PROGRAM.replace("fit_predict", "solve"),
    PROGRAM.replace("def fit_predict(train, test, params, data_dir)", "def fit_predict(train, test)"),
    PROGRAM.replace("import numpy", "import tensorflow"),
    PROGRAM.replace("    names", "\tnames", 1),
    "import time\n" + PROGRAM.replace("    names =", "    print(time.time())\n    names =", 1),
    PROGRAM + "\nANSWERS = " + repr({f"row{n}": n % 3 for n in range(3000)}),
    "BLOB = '" + "QUJD" * 500 + "'\n" + PROGRAM,
    PROGRAM.replace('params["width"]', 'params["depth"]'),
    PROGRAM.replace("0.05", "float('inf')"),
    PROGRAM.replace('"Nearest', '"Nächste \u2028 ‘'),
    "(" * 5000,
    "x = " + "[" * 300 + "]" * 300 + "\n" + PROGRAM,
    PROGRAM.replace("\n", "\r\n"),
    "\x00" + PROGRAM + "\ud800",
    "import agentk\n" + PROGRAM,
    "print(1)",
    "",
]
WRAPS = [
    "{}",
    "```python\n{}\n```",
    "```python\n{}",
    "```\n{}\n```\nHope this helps!",
    "Sure, here it is:\n\n````python\n{}\n````",
    "<think>Let me see. ```python\nx = (\n```</think>\n```python\n{}\n```",
    "<think>Let me see\n```python\n{}\n```",
    "Analysis…</think>```py\n{}\n```",
    "> ```python\n> {}\n> ```",
    '```json\n{{"code": "{}"}}\n```',
    "```bash\npip install x\n```\n```python\n{}\n```\n```text\ndone\n```",
    "```python\nimport numpy as np\n```\nthen\n```python\n{}\n```",
    "<|channel|>analysis<|message|>hm<|end|><|channel|>final<|message|>{}",
    "I'm sorry, but here: ```python\n{}\n```",
    "\u202e\u200b```python\n{}\n```\x1b[2J",
]
OBJECTS = [
    '{"action": "improve", "parent": 4, "idea": "ratios"}',
    '{"action": "improve", "parent": "#4", "idea": "ratios",}',
    "{'action': 'improve', 'parent': 4, 'idea': 'ratios'}",
    '{"action": "improve", "parent": 4, "idea": "ratios"',
    '{"action": "improve", "parent": [4], "idea": "ratios", "predicted_gain": NaN}',
    '{"action": "Improve"}',
    '{"action": null}',
    '{"action": "improve", "parent": 1e999, "idea": "x"}',
    '{"action": "fuse", "parents": "4", "idea": "x"}',
    '{"action": "stop"}',
    '[{"action": "improve"}, {"action": "draft"}]',
    "null",
    "[" * 3000 + "]" * 3000,
    '{"action": "draft", "idea": "' + "x" * 50_000 + '"}',
    '{"memory": {"act": "forget"}, "action": "draft", "idea": "y", "lessons": 7}',
    '{"action": "draft", "idea": "\ud800\x00"}',
    '{"' * 500,
]


def grammar() -> Iterator[tuple[str, str]]:
    """(form, reply), the same ones every time."""
    draw = random.Random(7)
    for n in range(140):
        body = PROGRAMS[n % len(PROGRAMS)]
        wrap = WRAPS[(n * 7 + n // len(PROGRAMS)) % len(WRAPS)]
        text = wrap.replace("{{", "{").replace("}}", "}").replace("{}", body)
        if draw.random() < 0.2:
            text = text[: draw.randrange(1, len(text) + 1)]
        yield "program", text
    for n in range(110):
        body = EDITS[n % len(EDITS)]
        text = draw.choice(["{}", "I change one line.\n{}\nDone.", "```\n{}\n```", "<think>hm</think>{}", "{}\n{}"]).replace(
            "{}", body
        )
        if draw.random() < 0.25:
            place = draw.randrange(len(text))
            text = (
                text[:place]
                + draw.choice(["", "\x00", "\n", "`", "<<<<<<< SEARCH\n", " " * 9])
                + text[place + draw.randrange(9) :]
            )
        yield "edits", text
    for n in range(90):
        body = OBJECTS[n % len(OBJECTS)]
        wrap = draw.choice(["{}", "```json\n{}\n```", "My plan: {} — good?", "<thinking>{}</thinking>{}", "```\n{}", "{}{}"])
        yield "json", wrap.replace("{}", body)


GENERATED = list(grammar())
HUGE = (
    "word " * 200_000,
    "```python\n" + "x = 1\n" * 90_000 + PROGRAM + "```",
    "{" * 400_000,
    "<<<<<<< SEARCH\n" * 20_000,
    "`" * 500_000,
)


def outcome(reasoner: LLMReasoner, form: str, made: Made) -> str:
    """ "accepted", or the reason."""
    competition, profile = made("wine")
    try:
        if form == "json":
            plan = reasoner.plan(plan_question(competition, profile))
            assert plan.action in ("draft", "improve", "debug", "fuse", "explore")
            return "accepted"
        action = "improve" if form == "edits" else "draft"
        code = reasoner.code(code_question(competition, profile, action))
    except ReasonerError as error:
        return str(error).split(" tries: ", 1)[1]
    tree = ast.parse(code.source)
    assert any(isinstance(node, ast.FunctionDef) and node.name == "fit_predict" for node in tree.body)
    if form == "edits":
        assert code.source in (PROGRAM.replace(LINE, NEW), PROGRAM) or "<<<<<<<" not in code.source
    return "accepted"


def test_the_corpus_is_large_enough() -> None:
    assert len(CORPUS) + len({text for _, text in GENERATED}) >= 300


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_a_reply_written_by_hand_comes_to_what_it_must(file: Path, made: Made, reasoner: Make) -> None:
    expected, text = file.read_text("utf-8").split("\n", 1)
    form = file.stem.split("-")[0]
    assert expected in outcome(reasoner(ScriptedModel(text), repairs=0), form, made)


def test_no_reply_of_the_grammar_crashes_and_each_refusal_has_its_reason(made: Made, reasoner: Make) -> None:
    counted: dict[str, int] = {"accepted": 0, "refused": 0}
    for form, text in GENERATED:
        found = outcome(reasoner(ScriptedModel(text), repairs=0), form, made)
        assert len(found) >= 8, (form, text[:200], found)
        counted["accepted" if found == "accepted" else "refused"] += 1
    assert counted["accepted"] > 60 and counted["refused"] > 100, counted


def test_an_accepted_edit_is_the_whole_edit(made: Made, reasoner: Make) -> None:
    whole = PROGRAM.replace(LINE, NEW)
    for form, text in GENERATED:
        if form != "edits":
            continue
        try:
            code = reasoner(ScriptedModel(text), repairs=0).code(code_question(*made("wine"), "improve"))
        except ReasonerError:
            continue
        assert code.source == whole, text


def test_a_bad_reply_is_mended_by_a_good_one_whatever_it_was(made: Made, reasoner: Make) -> None:
    good = f"```python\n{PROGRAM}```"
    for form, text in GENERATED[:140:3]:
        assert form == "program"
        code = reasoner(ScriptedModel(text, good), repairs=1).code(code_question(*made("wine"), "draft"))
        ast.parse(code.source)


@pytest.mark.slow
def test_a_reply_of_two_hundred_thousand_tokens_is_refused_or_read_in_seconds(made: Made, reasoner: Make) -> None:
    since = time.process_time()
    for text in HUGE:
        for form in ("edits", "program", "json"):
            outcome(reasoner(ScriptedModel(Reply(text=text)), repairs=0), form, made)
    assert time.process_time() - since < 60


def test_a_wrong_structured_answer_falls_back_to_the_text(made: Made, reasoner: Make) -> None:
    for data in ([], "x", 7, None):
        model = ScriptedModel(Reply(text=json.dumps({"action": "draft", "idea": "z"}), data=data))
        assert reasoner(model, repairs=0).plan(plan_question(*made("wine"))).action == "draft"
