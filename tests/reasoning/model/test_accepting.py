"""What a model's program must be to run, which parameters it begins with, and what it is called."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agentk.errors import ReasonerError
from agentk.reasoning.model.reasoner import LLMReasoner
from agentk.reasoning.questions import Broken, Parent
from agentk.testing.asking import PROGRAM, ScriptedModel, attempt, code_question
from agentk.types.competition import Competition
from agentk.types.profile import Profile

Made = Callable[[str], tuple[Competition, Profile]]
Make = Callable[..., LLMReasoner]
FLOATS = '    names = [name for name in test.columns if test[name].dtype.kind == "f"]'
WHOLE_TOO = FLOATS.replace('== "f"', 'in "fi"')
EDIT = f"<<<<<<< SEARCH\n{FLOATS}\n=======\n{WHOLE_TOO}\n>>>>>>> REPLACE\n"


def test_a_draft_is_a_whole_program_named_by_its_docstring(made: Made, reasoner: Make) -> None:
    code = reasoner(ScriptedModel(f"Means.\n```python\n{PROGRAM}```")).code(code_question(*made("wine"), "draft"))
    assert code.source.strip() == PROGRAM.strip()
    assert code.name == "Nearest means of the numbers"
    assert code.params == {"width": 0.1}  # what SPACE has as its default, so that the program finds it


@pytest.mark.parametrize("action", ["improve", "shrink", "debug", "ablate"])
def test_a_change_is_an_edit_of_the_parent(action: str, made: Made, reasoner: Make) -> None:
    code = reasoner(ScriptedModel(f"Whole numbers too.\n{EDIT}")).code(code_question(*made("wine"), action))
    assert code.source == PROGRAM.replace('== "f"', 'in "fi"')
    assert code.name == "use ratios of the strongest columns"  # its docstring says nothing new


def test_a_changed_program_keeps_the_parameters_a_search_found_but_for_those_it_redefines(made: Made, reasoner: Make) -> None:
    tuned = Parent(attempt=attempt(4, 0.9, params={"width": 0.7, "seed": 3}), source=PROGRAM)
    question = code_question(*made("wine"), "improve").model_copy(update={"parents": (tuned,)})
    assert reasoner(ScriptedModel(f"Whole numbers too.\n{EDIT}")).code(question).params == {"width": 0.7}
    space = next(line for line in PROGRAM.splitlines() if line.startswith("SPACE"))
    wider = f"<<<<<<< SEARCH\n{space}\n=======\n{space.replace('0.1}', '0.2}')}\n>>>>>>> REPLACE"
    assert reasoner(ScriptedModel(wider)).code(question).params == {"width": 0.2}


def test_mending_edits_the_program_that_broke(made: Made, reasoner: Make) -> None:
    broken = Broken(source=PROGRAM.replace("exp", "expp"), reason="AttributeError: numpy has no attribute expp")
    search = '    near = np.expp(-(far - far.min(axis=1, keepdims=True)) / params["width"])'
    reply = f"<<<<<<< SEARCH\n{search}\n=======\n{search.replace('expp', 'exp')}\n>>>>>>> REPLACE"
    model = ScriptedModel(reply)
    assert reasoner(model).code(code_question(*made("wine"), "draft", broken=broken)).source == PROGRAM
    assert "AttributeError" in model.shown


def test_an_edit_that_does_not_apply_is_asked_for_again(made: Made, reasoner: Make) -> None:
    model = ScriptedModel(EDIT.replace("names = [name for name in test.columns if test", "no such", 1), EDIT)
    assert reasoner(model).code(code_question(*made("wine"), "improve")).source == PROGRAM.replace('== "f"', 'in "fi"')
    assert "stands nowhere" in model.shown and "none of your earlier edits was" in model.shown


def test_an_unchanged_program_is_no_improvement(made: Made, reasoner: Make) -> None:
    with pytest.raises(ReasonerError, match="nothing is changed"):
        reasoner(ScriptedModel(f"```python\n# the same\n{PROGRAM}```")).code(code_question(*made("wine"), "improve"))


def test_a_program_that_the_referee_would_refuse_is_sent_back(made: Made, reasoner: Make) -> None:
    competition, profile = made("wine")
    table = ", ".join(repr(label) for label in competition.classes * 60)
    model = ScriptedModel(f"```python\nKNOWN = [{table}]\n{PROGRAM}```", f"```python\n{PROGRAM}```")
    reasoner(model).code(code_question(competition, profile, "draft"))
    assert "class labels, again and again" in model.shown
