"""Hidden names: the model sees stand-ins, its program runs on the real data all the same, nothing real is shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.draft import Overrides
from agentk.competitions.profile import profile_of
from agentk.competitions.setup import set_up
from agentk.reasoning.model.names import StandIns
from agentk.reasoning.model.reasoner import LLMReasoner
from agentk.reasoning.recipes.catalogue import recipes_for
from agentk.reasoning.recipes.compose import compose
from agentk.referee.audit import audit
from agentk.referee.cache import prepare_params
from agentk.testing.asking import ScriptedModel, code_question, plan_question
from agentk.types.competition import Column, ColumnKind, Competition, Pixels
from agentk.types.profile import Profile
from agentk.types.solution import Solution

Make = Callable[..., LLMReasoner]


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> tuple[Competition, Profile, pd.DataFrame, pd.DataFrame]:
    folder = tmp_path_factory.mktemp("secretshops")
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        {
            "shop_id": np.arange(300),
            "Town": rng.choice(["Bergen", "Oslo", "Tromsø"], 300),
            "floor space": rng.normal(100, 10, 300),
            "staff": rng.integers(1, 9, 300),
            "Verdict": rng.choice(["thriving", "failing"], 300),
        }
    )
    rows.iloc[:200].to_csv(folder / "train.csv", index=False)
    rows.iloc[200:].drop(columns="Verdict").to_csv(folder / "test.csv", index=False)
    rows.iloc[200:][["shop_id", "Verdict"]].assign(Verdict="failing").to_csv(folder / "sample_submission.csv", index=False)
    (folder / "description.md").write_text("# Secret shops\n\nPredict the Verdict on shops of the Fjord chain. Accuracy.\n")
    competition = set_up(folder, Overrides(), tmp_path_factory.mktemp("work"))
    train, test = pd.read_csv(folder / "train.csv"), pd.read_csv(folder / "test.csv")
    truth = (train["Verdict"] == competition.classes[1]).to_numpy(dtype=float)
    return competition, profile_of(competition, train, test, truth), train, test


SECRETS = ("shop", "town", "bergen", "oslo", "tromsø", "floor", "staff", "verdict", "thriving", "failing", "fjord", "secret")
PROGRAM = '''"""Built names, attributes and prefixes."""
import numpy as np

SPACE = {"scale": {"type": "float", "low": 0.1, "high": 1.0, "default": 0.5}}


def prepare(rows, params, data_dir):
    return (rows[["c003"]] * params["scale"]).assign(c003_log=np.log(rows.c003))


def fit_predict(train, test, params, data_dir):
    assert set(train["target"]) == {LABELS}
    numbers = [f"c{n:03d}" for n in (3, 4)]
    assert all(name in test.columns for name in numbers), list(test.columns)
    assert train["c002"].str.startswith("c002_").all()
    assert not [name for name in train.columns if not name.startswith(("c0", "target"))]
    share = (train.target == FIRST).mean()
    return np.column_stack([np.full(len(test), share), np.full(len(test), 1 - share)])
'''


def test_nothing_real_is_shown(shops: Any, reasoner: Make) -> None:
    competition, profile, _, _ = shops
    model = ScriptedModel(json.dumps({"action": "draft", "idea": "x"}))
    found = ("id tells: shop_id", "Town=Oslo differs")
    hidden = reasoner(model, hide=True, share="examples")
    hidden.plan(plan_question(competition.model_copy(update={"findings": found}), profile, person=(), tree=(), best=None))
    page = "".join(message.content for message in (model.requests[0].messages[1], model.requests[0].messages[-1])).lower()
    assert not [secret for secret in SECRETS if secret in page and secret != "oslo"]


def test_a_program_in_stand_ins_runs_on_the_real_rows(shops: Any, reasoner: Make, tmp_path: Path) -> None:
    competition, profile, train, test = shops
    names = StandIns(competition)
    first = names.value("Verdict", str(competition.classes[0]))
    labels = ", ".join(repr(names.value("Verdict", str(label))) for label in competition.classes)
    program = PROGRAM.replace("{LABELS}", f"{{{labels}}}").replace("FIRST", repr(first))
    code = reasoner(ScriptedModel(f"```python\n{program}```"), hide=True).code(code_question(competition, profile, "draft"))
    module: dict[str, Any] = {}
    exec(compile(code.source, "solution.py", "exec"), module)
    rows = pd.concat([train.drop(columns="Verdict"), test], ignore_index=True)
    made = module["prepare"](rows, {"scale": 0.5}, tmp_path)
    features = made.columns.tolist()
    assert features == ["c003", "c003_log"]
    with_made = train.assign(**{name: made[name].to_numpy()[:200] for name in features})
    predictions = module["fit_predict"](with_made, test.assign(**{n: made[n].to_numpy()[200:] for n in features}), {}, tmp_path)
    assert predictions.shape == (100, 2)
    assert predictions[0, 0] == pytest.approx((train["Verdict"] == competition.classes[0]).mean())


def test_what_is_executed_passes_the_audit_and_keeps_what_prepare_depends_on(shops: Any) -> None:
    competition, _, train, _ = shops
    program = StandIns(competition).written(PROGRAM.replace("{LABELS}", "{1}").replace("FIRST", "1"))
    assert audit(Solution(program, "x"), competition, frozenset(train["shop_id"].astype(str))) is None
    assert prepare_params(program, {"scale": 1.0, "other": 2, "seed": 0}) == {"scale": 1.0, "seed": 0}


def test_a_program_comes_back_to_its_author_as_it_was_written(shops: Any) -> None:
    names = StandIns(shops[0])
    assert (
        names.shown(names.written("def fit_predict(a, b, c, d):\n    return b\n"))
        == "def fit_predict(a, b, c, d):\n    return b\n"
    )


def test_a_ready_program_is_shown_in_stand_ins_and_still_runs(shops: Any, tmp_path: Path) -> None:
    competition, _, train, test = shops
    recipe = next(recipe for recipe in recipes_for(competition) if recipe.name == "linear")
    names = StandIns(competition)
    shown = names.shown(compose(recipe.entry, competition.contract()).source)
    assert not [
        secret
        for secret in ("shop_id", "Town", "floor space", "staff", "Verdict", "thriving", "failing")
        if f'"{secret}"' in shown or f"'{secret}'" in shown
    ]
    module: dict[str, Any] = {}
    exec(compile(names.written(shown), "solution.py", "exec"), module)
    space = Solution(shown, "x").space
    params = {name: dimension.default for name, dimension in space.items()} | {"seed": 0, "threads": 1, "device": "cpu"}
    predictions = module["fit_predict"](train, test, params, tmp_path)
    assert predictions.shape == (100, 2)


@pytest.mark.parametrize("entry", ["image_svm", "table_neighbors"])
@pytest.mark.parametrize("name", ["shade{}", "{:02d}x{:02d}", "px{}"])
def test_columns_of_pixels_keep_their_numbers_so_that_programs_can_count_them(
    shops: Any, entry: str, name: str, tmp_path: Path
) -> None:
    bits = np.random.default_rng(0).integers(0, 256, (60, 144))
    pixels = Pixels(name=name, counts=(144,) if name.count("{") == 1 else (12, 12), height=12, width=12)
    columns = tuple(Column(name=one, kind=ColumnKind.PIXEL) for one in pixels.columns)
    competition = shops[0].model_copy(update={"columns": columns, "pixels": pixels, "id_columns": ()})
    names = StandIns(competition)
    shown = names.shown(compose(entry, competition.contract()).source)
    assert "shade" not in shown and names.name(pixels.columns[1]) in ("px1", "px00_01")
    written = Solution(names.written(shown), "x")
    assert audit(written, competition, lambda: frozenset()) is None
    module: dict[str, Any] = {}
    exec(compile(written.source, "solution.py", "exec"), module)
    rows = pd.DataFrame(bits, columns=list(pixels.columns))
    train = rows.iloc[:40].assign(Verdict=np.where(bits[:40, 0] > 128, "thriving", "failing"))
    params = {"seed": 0, "threads": 1, "device": "cpu"}
    assert module["fit_predict"](train, rows.iloc[40:].reset_index(drop=True), params, tmp_path).shape == (20, 2)


def test_texts_about_the_data_are_put_into_stand_ins(shops: Any) -> None:
    names = StandIns(shops[0])
    assert names.text("KeyError: 'floor space' near Town (staffing stays)") == "KeyError: 'c003' near c002 (staffing stays)"


def test_what_is_missing_is_called_so(shops: Any) -> None:
    assert StandIns(shops[0]).value("Town", "missing") == "missing"


def test_numeric_labels_stay_numbers(made: Callable[[str], tuple[Competition, Profile]]) -> None:
    competition, _ = made("wine")
    assert StandIns(competition).value(competition.targets[0], "1") == "1"
