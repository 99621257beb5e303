"""JSON and programs are found in whatever a model puts around them."""

from __future__ import annotations

import pytest

from agentk.reasoning.model.replies import LONGEST, Unusable, object_in, program_in

PROGRAM = "import numpy as np\n\n\ndef fit_predict(train, test, params, data_dir):\n    return np.zeros((len(test), 1))\n"
OBJECT = {"action": "draft", "idea": "boosting"}


@pytest.mark.parametrize(
    "reply",
    [
        '{"action": "draft", "idea": "boosting"}',
        'Sure!\n```json\n{"action": "draft", "idea": "boosting"}\n```\nHope this helps.',
        'I think {"action": "draft", "idea": "boosting"} is best.',
        '<think>{"action": "stop"} or not?</think>{"action": "draft", "idea": "boosting"}',
        'so I choose to draft</think>\n{"action": "draft", "idea": "boosting"}',
        "{'action': 'draft', 'idea': 'boosting'}",
        '{"action": "draft", "idea": "boosting",}',
        '{"action": "draft", // a comment\n "idea": "boosting"}',
        '{action: "draft", idea: "boosting"}',
        '[{"action": "draft", "idea": "boosting"}]',
        '```\n{"action": "draft", "idea": "boosting"}\n```',
        'First {"action": "stop"} but no:\n```json\n{"action": "draft", "idea": "boosting"}\n```',
        '<|channel|>analysis<|message|>hm<|end|><|channel|>final<|message|>{"action": "draft", "idea": "boosting"}',
        '\ufeff{"action": "draft",\r\n"idea": "boosting"}',
    ],
)
def test_an_object_is_found(reply: str) -> None:
    assert object_in(reply, ["action"]) == OBJECT


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "it is empty"),
        ("   \n\t", "it is empty"),
        ("<think>only thoughts", "within its own thoughts"),
        ("I'm sorry, I can't help with that.", "declines"),
        ("There is nothing to do.", "no JSON object"),
        ("x" * (LONGEST + 1), "characters"),
        ("[" * 5000, "no JSON object"),
        ("x = {name: one for name in SPACE}", "no JSON object with the fields action"),
    ],
)
def test_where_there_is_no_object_the_reason_is_said(reply: str, reason: str) -> None:
    with pytest.raises(Unusable, match=reason):
        object_in(reply, ["action"])


@pytest.mark.parametrize(
    "reply",
    [
        f"```python\n{PROGRAM}```",
        f"Here it is:\n\n```py\n{PROGRAM}```\nIt returns zeros.",
        f"~~~python\n{PROGRAM}~~~",
        f"```\n{PROGRAM}```",
        f"```python\n{PROGRAM}",
        PROGRAM,
        f"Here is the program.\n\n{PROGRAM}\nThis should do.",
        f"<think>```python\nx\n```</think>```python\n{PROGRAM}```",
        "1. The program:\n   ```python\n" + "".join(f"   {line}\n" if line else "\n" for line in PROGRAM.split("\n")) + "   ```",
        "> ```python\n" + "".join(f"> {line}\n" for line in PROGRAM.split("\n")) + "> ```",
        "```python\n" + "".join(f"{n:3d} | {line}\n" for n, line in enumerate(PROGRAM.split("\n"), 1)) + "```",
        f"```python\n{PROGRAM}```".replace("\n", "\r\n"),
        f"An old one:\n```python\n{PROGRAM.replace('zeros', 'ones')}```\nBetter:\n```python\n{PROGRAM}```",
    ],
)
def test_a_program_is_found(reply: str) -> None:
    assert program_in(reply).strip() == PROGRAM.strip()


def test_a_program_in_two_blocks_is_put_together() -> None:
    imports, rest = PROGRAM.split("\n\n\n")
    assert program_in(f"```python\n{imports}\n```\nand then\n```python\n{rest}```").split() == PROGRAM.split()


def test_a_fence_within_a_docstring_does_not_end_the_program() -> None:
    program = f'"""Nothing.\n\n```\nexample\n```\n"""\n{PROGRAM}'
    assert program_in(f"```python\n{program}```").strip() == program.strip()


def test_a_program_inside_json_is_found() -> None:
    import json

    assert program_in(json.dumps({"explanation": "zeros", "code": PROGRAM})) == PROGRAM


def test_lookalike_quotes_are_straightened_only_where_the_text_is_no_python_with_them() -> None:
    assert program_in("```python\n" + PROGRAM + "x = ‘a’\n```").endswith("x = 'a'\n")
    assert program_in("```python\n" + PROGRAM + 'x = "‘a’"\n```').endswith('x = "‘a’"\n')


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("```python\nprint('hello')\n```", "no function fit_predict"),
        ("```bash\npip install x\n```", "holds no program"),
        ("```python\nimport numpy as np\ndef hel", "cut off"),
        ("Use a forest.", "holds no program"),
    ],
)
def test_where_there_is_no_program_the_reason_is_said(reply: str, reason: str) -> None:
    with pytest.raises(Unusable, match=reason):
        program_in(reply)
