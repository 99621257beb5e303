"""The suite: what is asked of which world, scored how, with which oddities. A seed changes names, sizes, words and decoys."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from agentk.bench.synthetic import asked, beside, media, order, pixels, spans, tables, weights
from agentk.bench.synthetic import oddities as odd
from agentk.bench.synthetic.layout import Generator, Layout, Maker, Oddity, Truth, World, write
from agentk.bench.synthetic.pages import as_html, as_markdown, as_text, page
from agentk.bench.synthetic.tables import rng_choice
from agentk.bench.synthetic.wording import CALLED
from agentk.types.competition import TaskKind


@dataclass(frozen=True)
class Case:
    """One competition but for its seed."""

    name: str
    make: Maker
    saying: str  # of `wording.SAYINGS`
    kind: str  # of the submission
    odd: tuple[Oddity, ...] = ()
    page: str = "md"  # or html, txt
    task: TaskKind | None = None  # where the metric makes it another than the world's


_B, _M, _R = tables.binary(), tables.multiclass(), tables.regression()

CASES: tuple[Case, ...] = (
    Case("binary-accuracy", _B, "accuracy", "label"),
    Case("binary-auc", _B, "auc", "probability"),
    Case("binary-log-loss", _B, "log_loss", "probability", (odd.missing_marks,)),
    Case("binary-f1", tables.binary(("no", "yes")), "f1", "label"),
    Case("binary-mcc", tables.binary(("e", "p")), "mcc", "label", (odd.constant_column,)),
    Case("binary-gini", tables.binary(share=0.1), "gini", "probability", (odd.target_first,)),
    Case("binary-average-precision", tables.binary(share=0.08), "average_precision", "probability"),
    Case("binary-balanced-accuracy", tables.binary(share=0.2), "balanced_accuracy", "label"),
    Case("binary-brier", _B, "brier", "probability", (odd.generic_answer,)),
    Case("binary-truths", tables.binary((False, True)), "accuracy", "label", page="html"),
    Case("binary-wide", tables.wide, "auc", "probability"),
    Case("binary-no-page", _B, "accuracy", "label", (odd.no_page,)),
    Case("binary-no-sample", _B, "auc", "probability", (odd.no_sample,)),
    Case("binary-zip", _B, "auc", "probability", (odd.archived,)),
    Case("binary-train-only", _B, "auc", "probability", (odd.train_only_columns,), "txt"),
    Case("binary-empty-target-in-test", _B, "accuracy", "label", (odd.empty_targets_in_test,)),
    Case("binary-index-column", _B, "auc", "probability", (odd.index_column,)),
    Case("binary-leading-zeros", _B, "accuracy", "label", (odd.leading_zeros,)),
    Case("binary-few-shown", tables.binary(rows=2000), "auc", "probability", (odd.few_shown,)),
    Case("classes-accuracy", _M, "accuracy", "label"),
    Case("classes-log-loss", _M, "log_loss", "class_probabilities", (odd.dates,)),
    Case("classes-macro-f1", _M, "f1_macro", "label", page="html"),
    Case("classes-micro-f1", _M, "f1_micro", "label"),
    Case("classes-weighted-f1", _M, "f1_weighted", "label"),
    Case("classes-kappa", _M, "kappa", "label"),
    Case("classes-numbers-accuracy", tables.multiclass(numbers=7), "accuracy", "label", page="txt"),
    Case("classes-numbers-log-loss", tables.multiclass(numbers=5), "log_loss", "class_probabilities"),
    Case("classes-balanced", _M, "balanced_accuracy", "label", (odd.european,)),
    Case("classes-map3", tables.multiclass(many=12), "map@3", "ranking"),
    Case("classes-map5", tables.multiclass(many=22), "map@5", "ranking", (odd.ends(".csv.gz"),)),
    Case("classes-auc", _M, "auc", "class_probabilities"),
    Case("grades-qwk", tables.ordinal, "qwk", "label"),
    Case("grades-qwk-html", tables.ordinal, "qwk", "label", (odd.shuffled_sample,), "html"),
    Case("numbers-rmse", _R, "rmse", "values"),
    Case("numbers-mae", _R, "mae", "values", (odd.latin,)),
    Case("numbers-rmsle", _R, "rmsle", "values", (odd.repeated_rows,)),
    Case("numbers-rmse-log", _R, "rmse_log", "values", (odd.missing_marks, odd.constant_column)),
    Case("numbers-r2", tables.regression(positive=False), "r2", "values", (odd.named("train_set", "test_set", "sampleSubmission"),)),
    Case("numbers-mape", _R, "mape", "values", (odd.other_id_name,)),
    Case("numbers-smape", _R, "smape", "values", (odd.ends(".parquet"),)),
    Case("numbers-medae", _R, "medae", "values", (odd.capitals,)),
    Case("numbers-mse", tables.regression(positive=False), "mse", "values", (odd.ends(".tsv"),)),
    Case("numbers-pearson", tables.regression(positive=False), "pearson", "values"),
    Case("numbers-spearman", tables.regression(positive=False), "spearman", "values", (odd.ends(".csv.zip"),)),
    Case("numbers-pinball", _R, "pinball@0.9", "values"),
    Case("numbers-no-page", _R, "rmse", "values", (odd.no_page,)),
    Case("numbers-no-sample", _R, "mae", "values", (odd.no_sample,)),
    Case("numbers-unlabelled", _R, "rmse", "values", (odd.unlabelled_rows, odd.readme_beside)),
    Case("counts-rmsle", tables.regression(counts=True), "rmsle", "values"),
    Case("counts-poisson", tables.regression(counts=True), "poisson_deviance", "values"),
    Case("counts-rmse", tables.regression(counts=True), "rmse", "values", page="txt"),
    Case("counts-mae", tables.regression(counts=True), "mae", "values", (odd.named("Train_data", "Test_data", "Sample_Submission"),)),
    Case("several-numbers-mcrmse", tables.multioutput, "mcrmse", "values"),
    Case("several-numbers-r2", tables.multioutput, "r2", "values", page="html"),
    Case("several-numbers-rmsle", tables.multioutput, "rmsle", "values"),
    Case("several-labels-auc", tables.multilabel, "mean_auc", "probability"),
    Case("several-labels-log-loss", tables.multilabel, "log_loss", "probability", (odd.ends(".jsonl"),)),
    Case("text-log-loss", media.texts(), "log_loss", "class_probabilities"),
    Case("text-f1", media.texts(("0", "1"), words=12), "f1", "label"),
    Case("text-topics", media.texts(("A1", "B2", "C3"), ("title", "content"), 40), "accuracy", "label", (odd.named("BBC Train", "BBC Test", "Sample Solution"),)),
    Case("text-pairs", media.texts(("0", "1", "2"), ("premise", "hypothesis")), "accuracy", "label"),
    Case("text-score", media.text_score, "rmse", "values"),
    Case("text-traits", media.text_traits, "mcrmse", "values"),
    Case("text-and-table-auc", media.text_and_table, "auc", "probability", (odd.train_only_columns,)),
    Case("text-tells-its-label", media.labels_in_texts, "accuracy", "label"),
    Case("spans-of-feelings", spans.feelings(), "word_jaccard", "span"),
    Case("spans-of-few", spans.feelings(160), "word_jaccard", "span", (odd.shuffled_sample,), "html"),
    Case("spans-of-answers", spans.answers, "token_f1", "span"),
    Case("spans-of-answers-exact", spans.answers, "exact_match", "span", (odd.ends(".jsonl"),)),
    Case("spans-spelled-otherwise", spans.normalized, "word_jaccard", "span", page="txt"),
    Case("spans-no-page", spans.feelings(), "word_jaccard", "span", (odd.no_page,)),
    Case("pictures-by-id", media.pictures(), "accuracy", "label"),
    Case("pictures-by-file", media.pictures(by_file=True, suffix=".jpg"), "log_loss", "class_probabilities"),
    Case("pictures-binary", media.pictures(classes=2), "auc", "probability"),
    Case("pictures-and-table", media.pictures(beside=True), "accuracy", "label"),
    Case("pixels", pixels.pictures(), "accuracy", "label"),
    Case("pixels-by-line", pixels.pictures(side=14, name="{}x{}", first=1), "accuracy", "label"),
    Case("pixels-fractions", pixels.pictures(side=18, name="{}", fractions=True), "accuracy", "label"),
    Case("pixels-colors", pixels.pictures(side=12, colors=True, name="px_{:04d}"), "accuracy", "label"),
    Case("pixels-color-planes", pixels.pictures(side=13, colors=True, planar=True, name="V{}", first=1), "f1_macro", "label"),
    Case("pixels-wide", pixels.pictures(side=12, width=16, name="p_{}_{}"), "accuracy", "label", page="html"),
    Case("pixels-and-table", pixels.pictures(beside=True), "accuracy", "label"),
    Case("no-pixels-counts", pixels.counts, "auc", "probability"),
    Case("no-pixels-spectrum", pixels.spectrum, "accuracy", "label"),
    Case("no-pixels-hours", pixels.hours, "auc", "probability"),
    Case("no-pixels-indicators", pixels.indicators, "auc", "probability"),
    Case("forecast-rmsle", order.forecast(), "rmsle", "values"),
    Case("forecast-smape", order.forecast("%Y-%m-%d"), "smape", "values", page="html"),
    Case("forecast-composed-id", order.forecast(composed=True), "rmse", "values", (odd.shuffled_sample,)),
    Case("forecast-day-first", order.forecast("%d.%m.%Y"), "mae", "values"),
    Case("forecast-rmspe", order.forecast(series=3, days=400), "rmspe", "values", (odd.train_only_columns,)),
    Case("month-ends", order.month_ends, "rmsle", "values"),
    Case("time-steps", order.time_steps, "mae", "values"),
    Case("groups-in-ids", order.grouped(), "accuracy", "label"),
    Case("groups-by-column", order.grouped(in_id=False), "auc", "probability"),
    Case("side-tables", order.side_tables, "mae", "values"),
    Case("many-rows-beside", order.many_rows_beside, "auc", "probability"),
    Case("labels-apart", order.labels_apart, "accuracy", "label"),
    Case("json-nested", order.records, "auc", "probability", (odd.ends(".json"),)),
    Case("forecast-calendar", order.calendar, "mae", "values"),
    Case("forecast-compact-dates", order.compact_dates, "rmse", "values"),
    Case("events-by-epoch", order.epochs, "auc", "probability"),
    Case("known-people", order.known_people, "auc", "probability"),
    Case("matrices", order.matrices, "rmse", "values", (odd.named("X_train", "X_test", "sample_submission"),)),
    Case("two-keys", _B, "auc", "probability", (odd.two_keys,)),
    Case("both-classes", tables.binary(("no", "yes")), "log_loss", "probability", (odd.both_classes,)),
    Case("positive-by-words", tables.binary(("absent", "present"), named=True), "auc", "probability"),
    Case("positive-first", tables.binary(("well", "ill"), named=True), "auc", "probability"),
    Case("said-before", _B, "said_before", "probability"),
    Case("not-the-other", _R, "not_the_other", "values"),
    Case("metric-alone", _R, "no_such_average", "values"),
    Case("unknown-of-classes", _B, "unknown_classes", "probability"),
    Case("unknown-of-values", _R, "unknown_values", "values"),
    Case("further-samples", _B, "auc", "probability", (odd.further_samples,)),
    Case("in-a-folder", _M, "accuracy", "label", (odd.in_a_folder, odd.spaces)),
    Case("long-composed-ids", tables.multioutput, "rmse", "values", (asked.composed_of_target,)),
    Case("long-looked-up", tables.multioutput, "mae", "values", (asked.holes_in_targets, asked.looked_up)),
    Case("long-by-two-columns", tables.multilabel, "mean_auc", "probability", (asked.by_two_columns,)),
    Case("long-labels-with-holes", tables.multilabel, "log_loss", "probability", (asked.holes_in_targets, asked.composed_of_target)),
    Case("long-words", tables.multioutput, "log_loss", "class_probabilities", (asked.words_below_each_other,)),
    Case("long-train-too", tables.multioutput, "rmse", "values", (asked.rows_below_each_other,)),
    Case("holes-in-targets", tables.multioutput, "mcrmse", "values", (asked.holes_in_targets,)),
    Case("series-by-columns", order.forecast(), "mae", "values", (asked.days_as_columns,)),
    Case("series-without-test", order.forecast(composed=True), "rmse", "values", (asked.no_test_file,)),
    Case("steps-ahead", _R, "rmse", "values", (asked.steps_ahead,)),
    Case("labels-in-one-cell", tables.multilabel, "f1_samples", "tags", (asked.labels_in_one_cell,)),
    Case("labels-in-one-cell-f2", tables.multilabel, "f2_samples", "tags", (asked.labels_in_one_cell,), "html"),
    Case("one-of-several-columns", tables.multiclass(words=("a", "b", "tie")), "log_loss", "class_probabilities", (asked.one_of_several_columns,)),
    Case("candidates-of-pages", _B, "map@3", "ranking", (asked.candidates_of_pages,)),
    Case("lists-for-people", _B, "map@5", "ranking", (asked.lists_for_people,)),
    Case("in-several-tables", _B, "mcc", "label", (beside.in_several_tables,)),
    Case("rows-with-readings", _M, "log_loss", "class_probabilities", (beside.with_readings,)),
    Case("excerpt-of-train", _R, "mae", "values", (beside.excerpt_of_train,)),
    Case("visits-of-others", _B, "auc", "probability", (beside.visits_of_others,)),
    Case("weeks-of-another-name", _R, "rmsle", "values", (beside.weeks_of_another_name,)),
    Case("pixels-in-a-cell", pixels.pictures(), "accuracy", "label", (asked.pixels_in_a_cell,)),
    Case("pictures-by-pairs", media.picture_pairs, "log_loss", "probability"),
    Case("pictures-several-an-id", media.several_pictures(), "auc", "probability"),
    Case("pictures-folder-an-id", media.several_pictures(folders=True), "auc", "probability"),
    Case("none-is-a-class", tables.multiclass(words=("None", "Mild", "Severe")), "accuracy", "label"),
    Case("words-with-blanks", tables.multiclass(words=("Type I", "Type II", "no type")), "log_loss", "class_probabilities"),
    Case("lists-in-cells", order.lists_in_cells, "accuracy", "label"),
    Case("weights-by-column", _R, "mae", "values", (weights.by_column,)),
    Case("weights-by-column-auc", _B, "auc", "probability", (weights.by_column,), "html"),
    Case("weights-by-flag", _R, "mae", "values", (weights.by_flag,)),
    Case("weights-by-flag-classes", _M, "log_loss", "class_probabilities", (weights.by_flag,), "txt"),
    Case("weights-by-word", _R, "rmse", "values", (weights.by_word,)),
    Case("weights-of-classes", tables.multiclass(words=("low", "mid", "high")), "log_loss", "class_probabilities", (weights.by_name("class"),)),
    Case("weights-of-labels", tables.multilabel, "log_loss", "probability", (weights.by_name("label"),)),
    Case("weights-of-targets", tables.multioutput, "mcrmse", "values", (weights.by_name("column"),)),
    Case("weights-untold", _R, "mae", "values", (weights.untold,)),
)  # fmt: skip


def make(case: Case, seed: int, folder: Path) -> Truth:
    """Writes the competition into the new `folder` and returns what setup should believe of it."""
    rng = np.random.default_rng([seed, zlib.crc32(case.name.encode())])
    world = case.make(rng)
    layout = _asked(case, world, rng)
    for change in case.odd:
        if change is not odd.no_page:
            change(layout, rng)
    form = {"md": as_markdown, "html": as_html, "txt": as_text}[case.page]
    layout.page = form(page(layout, case.saying, rng))
    layout.page_name = f"{tables.rng_choice(('description', 'overview', 'README'), rng)[0]}.{case.page}"
    if odd.no_page in case.odd:
        odd.no_page(layout, rng)
    write(layout, folder)
    return layout.truth


def _asked(case: Case, world: World, rng: Generator) -> Layout:
    """The world cut into train, test and what is asked."""
    rows, targets = world.rows, list(world.targets)
    apart = [name for name in targets if any(name in side for side in world.sides.values())]
    train = rows[~world.held_out].drop(columns=apart).reset_index(drop=True)
    test = rows[world.held_out].drop(columns=[*targets, *world.train_only]).reset_index(drop=True)
    ids = test[[world.id]]
    if world.numbered:
        ids = pd.DataFrame({world.id: range(1, len(test) + 1)})
        train, test = train.drop(columns=world.id), test.drop(columns=world.id)
    if world.composed:
        train, test = train.drop(columns=world.id), test.drop(columns=world.id)
    sample = pd.concat([ids, _answers(case, world, len(test), rng)], axis=1)
    metric = CALLED.get(case.saying, case.saying)
    truth = Truth(
        task=case.task or world.task,
        targets=tuple(targets),
        ids=(world.id,),
        answers=tuple(str(name) for name in sample.columns[1:]),
        metric=metric,
        positive=world.positive,
        kind=case.kind,
        schemes=world.schemes,
        column=world.column,
        pixels=world.pixels,
    )
    return Layout(train, test, sample, truth, None, dict(world.sides), world.pictures)


def _answers(case: Case, world: World, rows: int, rng: Generator) -> pd.DataFrame:
    """The sample's answers, which know nothing of the rows."""
    known = world.rows.loc[~world.held_out, list(world.targets)]
    first = world.targets[0]
    if case.kind == "class_probabilities":
        labels = sorted(known[first].unique())
        prefix = f"{first}_" if rng.random() < 0.4 else ""
        return pd.DataFrame({f"{prefix}{label}": [round(1 / len(labels), 4)] * rows for label in labels})
    if case.kind == "ranking":
        labels = sorted(known[first].unique())
        return pd.DataFrame({first: [" ".join(map(str, labels[: int(case.saying[-1])]))] * rows})
    if case.kind == "tags":
        return pd.DataFrame(0, index=range(rows), columns=list(world.targets))
    if case.kind == "span":
        return pd.DataFrame({first: [rng_choice(("", "some words"), rng)[0]] * rows})
    if case.kind == "label":
        return pd.DataFrame({name: [known[name].iloc[0]] * rows for name in world.targets})
    if case.kind == "probability":
        return pd.DataFrame(0.5, index=range(rows), columns=list(world.targets))
    mean = rng.random() < 0.5
    return pd.DataFrame({name: [round(float(known[name].mean()), 2) if mean else 0] * rows for name in world.targets})
