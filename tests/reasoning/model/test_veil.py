"""What leaves the machine: nothing that rows hold, where only names or statistics are shared; planted values prove it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentk.competitions.draft import Overrides
from agentk.competitions.files.rows import load_rows
from agentk.competitions.files.tables import plan_of
from agentk.competitions.profile import profile_of
from agentk.competitions.scoring.truth import encode_truth
from agentk.competitions.setup import set_up
from agentk.errors import ReasonerError
from agentk.reasoning.model.names import OwnNames
from agentk.reasoning.model.reasoner import LLMReasoner
from agentk.reasoning.model.veil import Veil
from agentk.reasoning.questions import Broken, Diagnosis, Note, Parent, Slice
from agentk.testing.asking import PROGRAM, ScriptedModel, attempt, code_question, plan_question, reflect_question
from agentk.testing.planted import DAY, NUMBER, PLANTED, TOWN, WORD, write_clients
from agentk.types.competition import Competition
from agentk.types.profile import Profile

Make = Callable[..., LLMReasoner]
Made = tuple[Competition, Profile]

ROW = f"0  {TOWN}  a {WORD} of {TOWN}  {NUMBER}.0  {DAY}"
KINDS = ("plan", "reflect", "mend", "draft", "improve", "shrink", "debug", "ablate", "fuse", "explore")


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Clients of a shop, with values that nobody outside can know."""
    folder = write_clients(tmp_path_factory.mktemp("clients"))
    competition = set_up(folder, Overrides(), tmp_path_factory.mktemp("work"))
    known, unknown = load_rows(competition.folder, plan_of(competition))
    return competition, profile_of(competition, known, unknown, encode_truth(competition, known))


def shown(kind: str, made: Made, reasoner: LLMReasoner, model: ScriptedModel) -> str:
    """A question of this kind, with rows wherever a program may have put them."""
    slices = (
        Slice(column="town", value=TOWN, rows=90, error=0.4, elsewhere=0.1),
        Slice(column="account", value=NUMBER, rows=90, error=0.4, elsewhere=0.1),
    )
    errs = Diagnosis(number=4, slices=slices)
    log = f"Traceback (most recent call last):\n{ROW}\nValueError: could not convert string to float: '{TOWN}'\n"
    failed = attempt(3, None, parent=2, kind="improve", reason=f"ValueError: {ROW} (solution.py line 3)")
    notes = (Note(number=1, aim="how towns differ", output=f"town\n{ROW}\n{{'{TOWN}': {NUMBER}}}", source="print(train)"),)
    refused = (f"draft (towns): mended 2 times, it still does not run on few rows:\nKeyError: '{TOWN}' {ROW}",)
    with pytest.raises(ReasonerError):
        if kind == "plan":
            tree = (attempt(1, 0.6), failed, attempt(4, 0.7, parent=1))
            reasoner.plan(plan_question(*made, tree=tree, diagnoses=(errs,), notes=notes, refused=refused))
        elif kind == "reflect":
            reasoner.reflect(reflect_question(*made, attempt=failed, log=log, diagnosis=errs))
        elif kind == "mend":
            broken = Broken(source=PROGRAM, reason=f"ValueError: {ROW}", log=log)
            reasoner.code(code_question(*made, "draft", broken=broken, notes=notes))
        else:
            parents = (Parent(attempt=failed, source=PROGRAM, log=log, diagnosis=errs),) * (2 if kind == "fuse" else 1)
            more = {"parents": parents} if kind not in ("draft", "explore") else {}
            reasoner.code(code_question(*made, kind, notes=notes, **more))
    return model.shown


@pytest.mark.parametrize("hide", [False, True], ids=["own names", "stand-ins"])
@pytest.mark.parametrize("share", ["names", "stats"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_question_tells_what_rows_hold(kind: str, share: str, hide: bool, planted: Made, reasoner: Make) -> None:
    model = ScriptedModel("")
    page = shown(kind, planted, reasoner(model, repairs=0, share=share, hide=hide), model)
    assert [value for value in PLANTED if value.casefold() in page.casefold()] == []


@pytest.mark.parametrize("kind", KINDS)
def test_with_examples_every_question_tells(kind: str, planted: Made, reasoner: Make) -> None:
    model = ScriptedModel("")
    assert TOWN in shown(kind, planted, reasoner(model, repairs=0, share="examples"), model)


def test_figures_of_a_look_pass_as_statistics_and_not_as_names(planted: Made) -> None:
    printed, source = (
        "town rate\nQuolmsk 0.3712\nBrill 12\ncorrelation -0.25",
        'print("correlation", train.groupby("town"))\nrate = 1',
    )
    assert Veil(planted[0], "stats", OwnNames()).printed(printed, source) == "town rate\n… 0.3712\n… 12\ncorrelation -0.25"
    assert Veil(planted[0], "names", OwnNames()).printed(printed, source) == "town rate\n…\n…\ncorrelation -…"
    assert Veil(planted[0], "examples", OwnNames()).printed(printed, source) == printed


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("7310529", "7.311e+06"),
        ("1234", "1234"),
        ("0.000123456", "0.0001235"),
        ("2017-03-19 11:20:30", "…"),
        ("tel. 030-555-0199", "…"),
        ("(2.5, 31.75]", "(2.5, 31.75]"),
    ],
)
def test_a_number_passes_to_four_digits_and_a_chain_of_numbers_not_at_all(said: str, told: str, planted: Made) -> None:
    assert Veil(planted[0], "stats", OwnNames()).printed(said, "") == told


@pytest.mark.parametrize(
    "error",
    [
        "ValueError: could not convert string to float: '…'",
        "ValueError: Input X contains NaN.",
        "KeyError: 'town' (solution.py line 3, in fit_predict)",
        "IndexError: index 5 is out of bounds for axis 0 with size 5",
        "ValueError: operands could not be broadcast together with shapes (3,4) (5,)",
        "AttributeError: 'DataFrame' object has no attribute 'town'",
        "TypeError: '<' not supported between instances of 'float' and 'str'",
        "ValueError: Length of values (3) does not match length of index (4)",
        "12 of 90 predicted rows hold NaN or infinity",
        "fit_predict returned a matrix of shape (3, 4), expected (5, 2): one row a test row",
        "prepare must return a DataFrame of 40 rows, one for each it was given, not DataFrame of 39 rows",
        "probabilities of a row add up to between 0.2 and 1.4, not to 1",
        "MemoryError: Unable to allocate 6.1 GiB for an array with shape (90, 90) and data type float64",
    ],
)
def test_errors_that_everybody_knows_stay_readable(error: str, planted: Made) -> None:
    assert Veil(planted[0], "stats", OwnNames()).said(error) == error


def test_words_of_a_program_that_the_model_has_written_are_known_to_it(planted: Made) -> None:
    veil = Veil(planted[0], "stats", OwnNames())
    reason = "KeyError: 'ratios' (solution.py line 3, in fit_predict: sizes['ratios'])"
    assert veil.said(reason).count("…") == 3
    veil.learn("sizes = {'ratios': 1}")
    assert veil.said(reason) == reason


def test_a_folder_of_the_person_is_not_told(planted: Made) -> None:
    folder = Path("/home/quentin/clients")
    assert "quentin" not in Veil(planted[0], "stats", OwnNames()).said(f"FileNotFoundError: '{folder}/x.csv' at {folder}")
