"""Several labels in one cell: a target for each, and back into a cell."""

from __future__ import annotations

import numpy as np
import pytest

from agentk.competitions.files.tables import rows_of
from agentk.competitions.scoring.truth import check_submission, format_submission
from agentk.types.competition import TaskKind

RNG = np.random.default_rng(8)
NAMES = ["clear", "haze", "road", "water", "field"]
SETS = RNG.random((320, 5)) < [0.6, 0.3, 0.4, 0.3, 0.2]
SETS[~SETS.any(axis=1), 0] = True
PAGE = {"description.md": "## Evaluation\n\nSubmissions are evaluated on their mean F1-Score."}


def cells(sign: str) -> list[str]:
    return [sign.join(name for name, yes in zip(NAMES, row, strict=True) if yes) for row in SETS]


@pytest.mark.parametrize("sign", [" ", ", ", "|"])
def test_each_label_is_a_target(parts, write, understood, sign: str) -> None:
    c = understood(write({**parts("tags", cells(sign), f"clear{sign}road"), **PAGE}))
    train, test = rows_of(c)
    assert (c.task, c.metric, c.submission.kind) == (TaskKind.MULTILABEL, "f1_samples", "tags")
    assert c.targets[0] == "tags_clear" and sorted(c.targets) == sorted(f"tags_{name}" for name in NAMES)
    assert train["tags_road"].tolist() == SETS[:240, 2].astype(int).tolist() and "tags" not in train and "tags" not in test
    assert not any("several labels" in doubt for doubt in c.doubts)


def test_answers_are_named_in_one_cell(parts, write, understood) -> None:
    c = understood(write({**parts("tags", cells(" "), "clear road"), **PAGE}))
    _, test = rows_of(c)
    answers = np.zeros((len(test), 5))
    answers[0, [c.targets.index("tags_haze"), c.targets.index("tags_water")]] = 1
    made = format_submission(c, answers, test)
    assert set(made["tags"][0].split()) == {"haze", "water"}
    assert made["tags"][1] == "clear" and check_submission(c, made) == []  # every training row has one


def test_labels_that_never_stand_alone_where_sets_are_compared(parts, write, understood) -> None:
    """Each picture has a sky and perhaps a ground: of "clear road" the metric says that these are two."""
    sky = RNG.choice(["clear", "haze"], 320)
    several = [" ".join([over, *(cell.split() or ["bare"])]) for over, cell in zip(sky, ground(), strict=True)]
    told = "Submissions are evaluated on their mean F2 score, averaged over rows. It weighs recall higher than precision."
    page = {"description.md": f"## Evaluation\n\n{told}"}
    c = understood(write({**parts("tags", several, "clear road"), **page}))
    assert c.task is TaskKind.MULTILABEL and {"tags_clear", "tags_haze", "tags_road"} <= set(c.targets) and not c.doubts


def ground() -> list[str]:
    names = ["bare", "road", "water", "field", "town", "mine"]
    return [" ".join(name for name, yes in zip(names, row, strict=True) if yes) for row in RNG.random((320, 6)) < 0.4]


def test_codes_of_labels_are_told_without_a_sample_that_has_several(parts, write, understood) -> None:
    codes = [" ".join(str(at) for at in np.flatnonzero(row)) for row in SETS]
    files = parts("Target", codes, 0)
    c = understood(write({**files, "description.md": "## Evaluation\n\nmacro F1 score"}))
    assert c.task is TaskKind.MULTILABEL and any("--task multiclass" in doubt for doubt in c.doubts)


@pytest.mark.parametrize(
    "labels",
    [
        ["Type I", "Type II", "no type"],
        [
            f"{size} {color} {form}"
            for size in ("big", "small")
            for color in ("red", "blue", "grey")
            for form in ("box", "ball", "rod")
        ],
        [f"{name} {at}" for name in ("Lake", "Mount", "Fort") for at in range(6)] + ["Lake"],
    ],
)
def test_words_of_one_name_are_no_labels_of_their_own(parts, write, understood, labels: list[str]) -> None:
    c = understood(write({**parts("kind", RNG.choice(labels, 320), labels[0]), "description.md": "## Evaluation\n\naccuracy"}))
    assert c.task is TaskKind.MULTICLASS and c.targets == ("kind",)


def test_a_person_may_say_that_cells_hold_one_class_each(parts, write, understood) -> None:
    c = understood(write({**parts("tags", cells(" "), "clear road"), **PAGE}), task="multiclass")
    assert c.task is TaskKind.MULTICLASS and c.targets == ("tags",)


def test_labels_of_few_rows_are_no_targets(parts, write, understood) -> None:
    rare = [f"{cell} comet" if at in (3, 5) else cell for at, cell in enumerate(cells(" "))]
    c = understood(write({**parts("tags", rare, "clear road"), **PAGE}))
    assert "tags_comet" not in c.targets and any("1 labels of few rows" in reason for reason in c.reasons)
