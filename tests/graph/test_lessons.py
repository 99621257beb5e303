"""Lessons in a run: what is withheld, where it would have been used, and what a model may do to memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agentk.agent.ending.learning import explanation
from agentk.agent.ending.summary import traps
from agentk.cli.screen.sentences import sentence
from agentk.competitions.setup import STAGES
from agentk.graph.folder import RunFolder
from agentk.graph.journal import Journal, read
from agentk.graph.ledger import Ledger
from agentk.graph.lessons import FIRST, OWN, Recollection, brought_to_mind, missed
from agentk.graph.nodes.setup import open_run, run_stage
from agentk.graph.workbench import Workbench
from agentk.memory.embedders import HashingEmbedder
from agentk.memory.features import features_of
from agentk.memory.harvest import recipe_lesson
from agentk.memory.lesson import Conditions
from agentk.memory.lesson import Lesson as Stored
from agentk.memory.nested import NestedMemory
from agentk.memory.ram import RamShelf
from agentk.memory.scope import EVERYTHING
from agentk.memory.value import Value
from agentk.reasoning.playbook import Playbook
from agentk.reasoning.questions import Effort, MemoryAction, PlanQuestion, Resources
from agentk.types.attempt import Attempt
from agentk.types.competition import Column, ColumnKind, Competition, SubmissionFormat, TableFile, TaskKind, Validation
from agentk.types.outcome import Outcome, Status

TABLE = Competition(
    name="secretive",
    folder=Path("secretive"),
    task=TaskKind.BINARY,
    train=TableFile(path="train.csv"),
    test=TableFile(path="test.csv"),
    targets=("kind",),
    classes=("a", "b"),
    columns=(Column(name="width", kind=ColumnKind.NUMERIC),),
    metric="accuracy",
    submission=SubmissionFormat(columns=("id", "kind"), id_columns=("id",), kind="label"),
    validation=Validation(scheme="stratified", folds=5),
    rows=150,
    test_rows=50,
)
HERE = features_of(TABLE)
SCORED = Outcome(status=Status.SCORED)


@pytest.fixture
def memory() -> NestedMemory:
    """Forty things worth knowing, of equal worth."""
    made = NestedMemory(RamShelf(), HashingEmbedder())
    claims = [Stored(kind="claim", subject=f"claim:{number}", text=f"advice number {number}") for number in range(40)]
    worth = Value()
    for number in range(12):
        worth = worth.add(f"competition {number}", 2.5)
    trees = recipe_lesson("random_forest", EVERYTHING).model_copy(update={"value": worth})
    made.remember([*claims, trees], private=())
    return made


@dataclass
class Run:
    """A run, as a process finds it in its folder."""

    folder: RunFolder
    journal: Journal
    ledger: Ledger
    memory: NestedMemory

    def recollect(self) -> Recollection:
        return Recollection(self.memory, TABLE, self.folder, self.journal, self.ledger, seed=0)


@pytest.fixture
def opened_again(tmp_path: Path, memory: NestedMemory) -> Iterator[Callable[[], Run]]:
    """The same run each time, as the next process would find it."""
    folder = RunFolder.create(tmp_path / "run", {})
    journals: list[Journal] = []

    def again() -> Run:
        ledger = Ledger.of(read(folder.journal), "maximize")
        journals.append(Journal(folder.journal, lambda: 0.0))
        journals[-1].listen(ledger.apply)
        return Run(folder, journals[-1], ledger, memory)

    yield again
    for journal in journals:
        journal.close()


def test_a_tenth_to_a_fifth_is_withheld_another_part_in_each_run_and_the_same_again_after_a_kill(memory: NestedMemory) -> None:
    runs = [brought_to_mind(memory, HERE, seed=0, run=f"run-{number}") for number in range(30)]
    assert brought_to_mind(memory, HERE, seed=0, run="run-7") == runs[7]
    share = sum(len(held) for _, held in runs) / sum(len(held) + len(shown) for shown, held in runs)
    assert 0.1 < share < 0.2
    assert len({tuple(sorted(lesson.id for lesson in held)) for _, held in runs}) > 20
    for shown, held in runs:
        assert not {lesson.id for lesson in shown} & {lesson.id for lesson in held}


def test_who_does_not_learn_does_without_nothing() -> None:
    frozen = NestedMemory(RamShelf(), HashingEmbedder(), starter=("x", [recipe_lesson("linear", EVERYTHING)]), frozen=True)
    assert [len(part) for part in brought_to_mind(frozen, HERE, seed=0, run="r")] == [1, 0]


def test_a_withheld_lesson_is_missed_at_the_step_that_it_would_have_led_to(memory: NestedMemory) -> None:
    trees = next(lesson for lesson in brought_to_mind(memory, HERE, seed=0, run="-")[0] if lesson.kind == "recipe")
    libraries = ("numpy", "pandas", "sklearn", "scipy", "lightgbm")
    question = PlanQuestion(
        step=1, competition=TABLE, direction="maximize", tree=(), best=None, pending=0, scored=1, since_blend=1, seed=0,
        efforts={"constant": Effort(drafts=1)},
        resources=Resources(seconds_left=None, seconds_total=None, attempts_left=5, slots=1, cores=1, libraries=libraries),
    )  # fmt: skip
    plan = Playbook().plan(question)
    assert plan.recipe != "random_forest"
    assert missed(question, plan, [trees]) == [trees.id], "with it, the forest would have come now"
    later = question.model_copy(update={"efforts": {name: Effort(drafts=1) for name in ("constant", "random_forest")}})
    assert missed(later, Playbook().plan(later).model_copy(update={"action": "stop"}), [trees]) == []


def test_what_is_brought_to_mind_is_told_once(opened_again: Callable[[], Run]) -> None:
    run = opened_again()
    recollection = run.recollect()
    told = recollection.news()
    assert {lesson.id for lesson in told} == {lesson.id for lesson in (*recollection.shown, *recollection.held)}
    recollection.act([MemoryAction(act="recall", query="advice number 7")], "a model", "plan")
    more = recollection.news()
    assert more and not {lesson.id for lesson in more} & {lesson.id for lesson in told}
    run.journal.write("recalled", number=1, lessons=[{"id": lesson.id} for lesson in (*told, *more)])
    assert opened_again().recollect().news() == ()  # after a kill, too


def test_what_a_model_remembers_is_shown_from_then_on_and_survives_a_kill(opened_again: Callable[[], Run]) -> None:
    mind = opened_again().recollect()
    mind.act([MemoryAction(act="remember", text="width is in inches before row 80")], "model", "reflect")
    (id_,) = mind.own
    mind.act([MemoryAction(act="revise", lesson=id_, text="width is in inches in old rows")], "model", "plan")
    again = opened_again().recollect()
    assert [lesson.text for lesson in again.own.values()] == ["width is in inches in old rows"]
    assert "width is in inches in old rows" in [lesson.text for lesson in again.shown]
    assert all(lesson.scope.level == "run" for lesson in again.own.values())


def test_a_recall_brings_what_was_asked_for(opened_again: Callable[[], Run]) -> None:
    mind = opened_again().recollect()
    mind.act([MemoryAction(act="forget", lesson=mind.shown[-1].id)], "model", "plan")
    before = len(mind.shown)
    mind.act([MemoryAction(act="recall", query="advice number 33")], "model", "plan")
    held = {lesson.id for lesson in mind.held}
    assert len(mind.shown) > before
    assert not held & {lesson.id for lesson in mind.shown}, "a control stays a control"


def test_the_first_choices_do_without_no_recipe(opened_again: Callable[[], Run], memory: NestedMemory) -> None:
    memory.remember([recipe_lesson(f"recipe {number}", EVERYTHING) for number in range(30)], private=())
    run = opened_again()
    mind = run.recollect()
    early = {lesson.id for lesson in mind.shown}
    assert mind.held and {lesson.kind for lesson in mind.held} == {"claim"}, "what has no other control keeps its own"
    for number in range(1, FIRST + 1):
        scored = Attempt(
            number=number,
            parent=None,
            kind="draft",
            name="mine",
            origin="person",
            outcome=Outcome(status=Status.SCORED),
            score=0.5,
        )
        run.journal.write("attempt_finished", number=number, attempt=scored.model_dump(mode="json"))
    later = {lesson.id for lesson in mind.shown}
    without = {lesson.id for lesson in mind.held if lesson.kind == "recipe"}
    assert without and early == later | without


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        (MemoryAction(act="recall"), "query"),
        (MemoryAction(act="remember", text="  "), "text"),
        (MemoryAction(act="remember", text="1 2 3 4 5 6 7 8 9 10 11 12 13"), "rows of data"),
        (MemoryAction(act="revise", lesson="abc", text="x"), "only those"),
        (MemoryAction(act="forget", lesson="abc"), "no lesson"),
    ],
)
def test_what_may_not_be_is_refused_with_a_reason_in_the_journal(
    opened_again: Callable[[], Run], action: MemoryAction, reason: str
) -> None:
    run = opened_again()
    mind = run.recollect()
    shown = mind.shown
    mind.act([action], "model", "plan")
    (line,) = [line for line in read(run.folder.journal) if line["event"] == "memory_action"]
    assert reason in str(line["refused"])
    assert mind.shown == shown


def test_a_run_remembers_a_bounded_number_of_lessons(opened_again: Callable[[], Run], memory: NestedMemory) -> None:
    mind = opened_again().recollect()
    mind.act([MemoryAction(act="remember", text=f"number {number}") for number in range(OWN + 3)], "model", "plan")
    assert len(mind.own) == OWN
    assert not [lesson for lesson in memory.lessons() if lesson.scope.run], "the store hears of it at the end of the run"


def test_setup_names_the_traps_that_memory_knows_of_such_files(opened: Callable[..., Workbench]) -> None:
    shelf = RamShelf()
    memory = NestedMemory(shelf, HashingEmbedder())
    texts = {"tabular": "the rows are sorted by their target", "text": "the texts are cut at 100 letters"}
    memory.remember(
        [
            Stored(
                kind="setup", subject=f"setup:{kind}", text=text, conditions=Conditions(modality=(kind,)),
                value=Value().add("another", 1.0),
            )
            for kind, text in texts.items()
        ],
        private=(),
    )  # fmt: skip
    memory.remember([Stored(kind="setup", subject="setup:any", text="advice for any file that nobody has tried")], private=())
    bench = opened(memory=NestedMemory(shelf, HashingEmbedder(), frozen=True))  # only read, so that nothing is withheld
    for stage in STAGES:
        run_stage(stage, bench, {})
    open_run(bench, {})
    open_run(bench, {})
    told = [line for line in read(bench.folder.journal) if line["event"] == "traps"]
    assert len(told) == 1 and traps(told) == [texts["tabular"]]
    assert sentence(told[0], bench) == "memory knows of such files: the rows are sorted by their target"
    assert any("setup was told" in line and "sorted by their target" in line for line in explanation(bench.folder))
    assert any(lesson.text == texts["tabular"] for lesson in bench.lessons), "and reasoners see it"
