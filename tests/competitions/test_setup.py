"""From a folder to the right contract: plain competitions, odd ones, and those that no one could understand."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.draft import Draft, Overrides
from agentk.competitions.files.rows import load_rows
from agentk.competitions.files.tables import plan_of, rows_of
from agentk.competitions.reopening import proven
from agentk.competitions.scoring.truth import check_submission, format_submission
from agentk.competitions.setup import STAGES, begun, to_competition
from agentk.competitions.sources import builtin
from agentk.errors import CompetitionError, SettingError
from agentk.types.competition import ColumnKind, TaskKind

N, M = 240, 80
RNG = np.random.default_rng(3)
Parts = Callable[..., dict[str, pd.DataFrame]]
BINARY = RNG.integers(0, 2, N + M)
NUMBER = RNG.gamma(2, 100, N + M).round(2)
TOWNS = RNG.choice(["oak", "elm", "fir"], N + M)


def scored_by(words: str) -> str:
    return f"# A task\n\nSome story with an error or two.\n\n## Evaluation\n\n{words}\n\n## Data\n\nFiles.\n"


class TestPlain:
    def test_binary_labels(self, parts: Parts, write, understood) -> None:
        c = understood(write({**parts("ill", BINARY), "description.md": scored_by("Accuracy. Higher is better.")}))
        assert (c.task, c.metric, c.targets, c.id_columns) == (TaskKind.BINARY, "accuracy", ("ill",), ("id",))
        assert (c.submission.kind, c.submission.columns, c.classes) == ("label", ("id", "ill"), (0, 1))
        assert (c.rows, c.test_rows, c.validation.scheme, c.doubts) == (N, M, "stratified", ())

    def test_probability(self, parts: Parts, write, understood) -> None:
        c = understood(write({**parts("ill", BINARY, 0.5), "description.md": scored_by("Area under the ROC curve")}))
        assert (c.metric, c.submission.kind, c.width) == ("auc", "probability", 2)

    def test_regression_on_logs(self, parts: Parts, write, understood) -> None:
        text = scored_by(
            "Root-Mean-Squared-Error (RMSE) between the logarithm of the predicted value and the logarithm of the price."
        )
        c = understood(write({**parts("price", NUMBER), "description.md": text}))
        assert (c.task, c.metric, c.submission.kind, c.validation.scheme) == (TaskKind.REGRESSION, "rmse_log", "values", "random")

    def test_gini_of_values_is_that_of_their_order(self, parts: Parts, write, understood) -> None:
        text = scored_by("Submissions are evaluated using the Normalized Gini Coefficient.")
        c = understood(write({**parts("loss", NUMBER), "description.md": text}))
        assert (c.task, c.metric) == (TaskKind.REGRESSION, "gini_values")

    def test_class_columns_with_a_prefix(self, parts: Parts, write, understood) -> None:
        files = parts("tree", TOWNS)
        sample = files["sample_submission.csv"].drop(columns="tree").assign(**{f"Tree_{t}": 1 / 3 for t in ("oak", "elm", "fir")})
        c = understood(write({**files, "sample_submission.csv": sample, "description.md": scored_by("multi-class log loss")}))
        assert (c.task, c.targets, c.submission.kind) == (TaskKind.MULTICLASS, ("tree",), "class_probabilities")
        assert c.classes == ("elm", "fir", "oak")

    def test_several_numbers(self, rows: pd.DataFrame, write, understood) -> None:
        whole = rows.assign(**{"left arm": NUMBER, "right arm": NUMBER * 2 + 1})
        test = rows.iloc[N:]
        sample = test[["id"]].assign(**{"left arm": 0.0, "right arm": 0.0})
        c = understood(write({"train.csv": whole.iloc[:N], "test.csv": test, "sample_submission.csv": sample,
                              "description.md": scored_by("MCRMSE, the mean columnwise root mean squared error")}))  # fmt: skip
        assert (c.task, c.targets, c.metric, c.width) == (TaskKind.MULTIOUTPUT, ("left arm", "right arm"), "rmse", 2)

    def test_several_truths(self, rows: pd.DataFrame, write, understood) -> None:
        labels = {name: RNG.integers(0, 2, N + M) for name in ("toxic", "rude", "spam")}
        test = rows.iloc[N:]
        c = understood(write({"train.csv": rows.assign(**labels).iloc[:N], "test.csv": test,
                              "sample_submission.csv": test[["id"]].assign(**dict.fromkeys(labels, 0.5)),
                              "description.md": scored_by("the mean column-wise ROC AUC")}))  # fmt: skip
        assert (c.task, c.metric, c.submission.kind) == (TaskKind.MULTILABEL, "auc", "probability")

    def test_grades(self, parts: Parts, write, understood) -> None:
        grades = RNG.integers(3, 9, N + M)
        c = understood(write({**parts("grade", grades, 5), "description.md": scored_by("quadratic weighted kappa")}))
        assert (c.task, c.metric, c.classes, c.width) == (TaskKind.ORDINAL, "qwk", (3, 4, 5, 6, 7, 8), 1)

    def test_ranked_labels(self, parts: Parts, write, understood) -> None:
        text = scored_by("Mean Average Precision @ 3 (MAP@3)")
        c = understood(write({**parts("tree", TOWNS, "oak elm fir"), "description.md": text}))
        assert (c.task, c.metric, c.submission.kind) == (TaskKind.MULTICLASS, "map@3", "ranking")


class TestOdd:
    def test_odd_file_names(self, parts: Parts, write, understood) -> None:
        files = parts("tree", TOWNS, "oak")
        c = understood(write({"XYZ News Train.csv": files["train.csv"], "XYZ News Test.csv": files["test.csv"],
                              "XYZ News Sample Solution.csv": files["sample_submission.csv"]}))  # fmt: skip
        assert (c.train.path, c.sample and c.sample.path, c.targets) == (
            "XYZ News Train.csv",
            "XYZ News Sample Solution.csv",
            ("tree",),
        )

    def test_camel_case_and_zip(self, parts: Parts, write, understood) -> None:
        files = parts("ill", BINARY)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("train.csv", files["train.csv"].to_csv(index=False))
            archive.writestr("__MACOSX/._train.csv", "rubbish")
        test = gzip.compress(files["test.csv"].to_csv(index=False).encode())
        c = understood(
            write(
                {"train.csv.zip": packed.getvalue(), "test.csv.gz": test, "sampleSubmission.csv": files["sample_submission.csv"]}
            )
        )
        assert (c.train.path, c.test.path, c.rows) == ("train.csv.zip", "test.csv.gz", N)

    def test_one_archive_with_everything(self, parts: Parts, write, understood) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, frame in parts("ill", BINARY).items():
                archive.writestr(f"data/{name}", frame.to_csv(index=False))
        c = understood(write({"everything.zip": packed.getvalue()}))
        assert c.train.options["member"] == "data/train.csv" and c.test_rows == M

    def test_json_lines_with_lists_and_train_only_fields(self, rows: pd.DataFrame, write, understood) -> None:
        whole = rows.assign(tags=[["a", "b"], ["c"]] * ((N + M) // 2), seen_later=NUMBER, won=BINARY.astype(bool))
        test = whole.iloc[N:].drop(columns=["seen_later", "won"])
        c = understood(write({"train.jsonl": whole.iloc[:N], "test.jsonl": test,
                              "sample_submission.csv": test[["id"]].assign(won=0)}))  # fmt: skip
        kinds = {column.name: column.kind for column in c.columns}
        assert (c.train_only, c.classes, kinds["tags"]) == (("seen_later",), (False, True), ColumnKind.LIST)

    def test_parquet(self, parts: Parts, write, understood) -> None:
        files = parts("price", NUMBER)
        c = understood(write({"train.parquet": files["train.csv"], "test.parquet": files["test.csv"],
                              "sample_submission.csv": files["sample_submission.csv"]}))  # fmt: skip
        assert (c.task, c.rows) == (TaskKind.REGRESSION, N)

    def test_semicolons_and_decimal_commas(self, parts: Parts, write, understood) -> None:
        c = understood(write(parts("price", NUMBER), sep=";", decimal=","))
        train, _ = rows_of(c)
        assert c.train.options["separator"] == ";" and train["price"].iloc[0] == NUMBER[0]

    def test_leading_zeros_of_ids_survive(self, rows: pd.DataFrame, write, understood) -> None:
        whole = rows.assign(id=[f"{at:06d}" for at in range(N + M)], price=NUMBER)
        test = whole.iloc[N:].drop(columns="price")
        c = understood(
            write({"train.csv": whole.iloc[:N], "test.csv": test, "sample_submission.csv": test[["id"]].assign(price=1.0)})
        )
        assert rows_of(c)[1]["id"].iloc[0] == "000240"

    def test_a_test_file_without_ids(self, rows: pd.DataFrame, write, understood) -> None:
        whole = rows.drop(columns="id").assign(tree=TOWNS)
        sample = pd.DataFrame({"RowId": range(1, M + 1), "tree": "oak"})
        c = understood(
            write({"train.csv": whole.iloc[:N], "test.csv": whole.iloc[N:].drop(columns="tree"), "sample_submission.csv": sample})
        )
        assert (c.id_columns, c.submission.id_columns, c.submission.columns) == ((), ("RowId",), ("RowId", "tree"))

    def test_an_id_under_another_name(self, parts: Parts, write, understood) -> None:
        files = parts("ill", BINARY)
        sample = files["sample_submission.csv"].rename(columns={"id": "PersonID"})
        c = understood(write({**files, "sample_submission.csv": sample}))
        assert c.id_columns == ("id",) and c.submission.columns == ("PersonID", "ill")

    def test_a_target_under_another_name(self, parts: Parts, write, understood) -> None:
        files = parts("ill", BINARY)
        sample = files["sample_submission.csv"].rename(columns={"ill": "prediction"})
        c = understood(write({**files, "sample_submission.csv": sample}))
        assert c.targets == ("ill",) and c.submission.columns == ("id", "prediction")

    def test_an_empty_target_column_in_test(self, parts: Parts, write, understood) -> None:
        files = parts("price", NUMBER)
        c = understood(write({**files, "test.csv": files["test.csv"].assign(price=np.nan)}))
        assert c.targets == ("price",) and "price" not in rows_of(c)[1]

    def test_no_sample_and_no_description(self, parts: Parts, write, understood) -> None:
        files = parts("ill", BINARY)
        c = understood(write({"train.csv": files["train.csv"], "test.csv": files["test.csv"]}))
        assert (c.targets, c.id_columns, c.metric) == (("ill",), ("id",), "accuracy")
        assert any("--metric" in doubt for doubt in c.doubts) and any("--sample" in doubt for doubt in c.doubts)

    def test_none_is_a_class(self, parts: Parts, write, understood) -> None:
        illness = np.where(BINARY == 1, "Insomnia", "None")
        c = understood(write(parts("disorder", illness, "None")))
        assert (c.classes, c.rows) == (("Insomnia", "None"), N)

    def test_rows_without_a_target_are_left_out(self, parts: Parts, write, understood) -> None:
        price = NUMBER.copy()
        price[:7] = np.nan
        c = understood(write(parts("price", price)))
        assert c.rows == N - 7 == len(load_rows(c.folder, plan_of(c))[0])

    def test_pictures_found_by_id(self, rows: pd.DataFrame, write, understood) -> None:
        whole = rows[["id"]].assign(tree=TOWNS)
        pictures = {f"{'train' if at < N else 'test'}_images/{number}.jpg": b"x" for at, number in enumerate(rows["id"])}
        c = understood(write({"train.csv": whole.iloc[:N], "test.csv": whole.iloc[N:][["id"]],
                              "sample_submission.csv": whole.iloc[N:][["id"]].assign(tree="oak"), **pictures}))  # fmt: skip
        (found,) = c.file_columns
        assert (found.train, found.test) == ("train_images/{}.jpg", "test_images/{}.jpg")
        assert rows_of(c)[0]["image"].iloc[0] == "train_images/1000.jpg"

    def test_pictures_named_by_a_column(self, rows: pd.DataFrame, write, understood) -> None:
        whole = rows[["id"]].assign(file=[f"p{number}.png" for number in rows["id"]], tree=TOWNS)
        pictures = {f"images/p{number}.png": b"x" for number in rows["id"]}
        test = whole.iloc[N:].drop(columns="tree")
        c = understood(
            write(
                {
                    "train.csv": whole.iloc[:N],
                    "test.csv": test,
                    "sample_submission.csv": test[["id"]].assign(tree="oak"),
                    **pictures,
                }
            )
        )
        assert c.file_columns[0].id_column == "file" and c.file_columns[0].train == "images/{}"

    def test_pictures_without_a_test_table(self, rows: pd.DataFrame, write, understood) -> None:
        whole = rows[["id"]].assign(tree=TOWNS)
        pictures = {f"{'train' if at < N else 'test'}/{number}.jpg": b"x" for at, number in enumerate(rows["id"])}
        sample = whole.iloc[N:][["id"]].assign(elm=0.3, fir=0.3, oak=0.4)
        c = understood(write({"labels.csv": whole.iloc[:N], "sample_submission.csv": sample, **pictures}))
        assert (c.train.path, c.test.path, c.submission.kind) == ("labels.csv", "sample_submission.csv", "class_probabilities")
        assert list(rows_of(c)[1].columns) == ["id", "image"] and c.test_rows == M

    def test_pictures_sorted_by_class(self, write, understood) -> None:
        pictures = {f"train/{tree}/{at}{tree}.png": b"x" for tree in ("elm", "oak") for at in range(30)}
        asked = {f"test/a{at}.png": b"x" for at in range(20)}
        sample = pd.DataFrame({"file": [f"a{at}.png" for at in range(20)], "species": "elm"})
        c = understood(write({**pictures, **asked, "sample_submission.csv": sample}))
        train, test = rows_of(c)
        assert (c.classes, c.rows, c.test_rows, c.submission.columns) == (("elm", "oak"), 60, 20, ("file", "species"))
        assert (c.folder / train["image"].iloc[0]).exists() and (c.folder / test["image"].iloc[0]).exists()
        assert not train["image"].str.contains("elm|oak").any()

    @pytest.mark.parametrize(("words", "doubts"), [("Accuracy.", 0), ("Area under the ROC curve.", 1)])
    def test_which_of_two_words_is_positive_is_doubted_where_it_matters(
        self, words, doubts, parts: Parts, write, understood
    ) -> None:
        files = parts("mood", np.where(BINARY == 1, "calm", "wild"), "calm")
        c = understood(write({**files, "description.md": scored_by(words)}))
        assert sum("positive class" in doubt for doubt in c.doubts) == doubts

    def test_pictures_named_by_class(self, write, understood) -> None:
        pictures = {f"train/{pet}.{at}.jpg": b"x" for pet in ("dog", "owl") for at in range(30)}
        asked = {f"test/{at}.jpg": b"x" for at in range(1, 21)}
        sample = pd.DataFrame({"id": range(1, 21), "label": 0.5})
        told = "Predict the probability that a picture shows a dog (1 = dog, 0 = owl). Submissions are scored on the log loss."
        c = understood(write({**pictures, **asked, "sample_submission.csv": sample, "description.md": told}))
        train, test = rows_of(c)
        assert (c.task, c.classes, c.rows, c.submission.kind) == (TaskKind.BINARY, ("owl", "dog"), 60, "probability")
        assert not train["image"].str.contains("owl|dog").any() and test["image"].iloc[2] == "test/3.jpg"
        assert c.doubts == ()

    def test_folders_that_the_sample_has_a_column_for_are_classes_beside_other_tables(self, write, understood) -> None:
        pictures = {f"imgs/train/c{at % 2}/p{at}.jpg": b"x" for at in range(40)} | {
            f"imgs/test/q{at}.jpg": b"x" for at in range(9)
        }
        people = pd.DataFrame({"person": 1, "file": [f"p{at}.jpg" for at in range(40)]})
        sample = pd.DataFrame({"img": [f"q{at}.jpg" for at in range(9)], "c0": 0.5, "c1": 0.5})
        c = understood(write({**pictures, "people.csv": people, "sample_submission.csv": sample}))
        assert (c.classes, c.rows, c.submission.kind) == (("c0", "c1"), 40, "class_probabilities")

    def test_of_two_labels_the_one_whose_values_the_sample_ranks(self, parts: Parts, write, understood) -> None:
        keys = [f"w{at:03d}" for at in np.arange(N + M) % 40]
        files = parts("animal", keys)
        files["train.csv"].insert(1, "species", np.where(BINARY[:N] == 1, "orca", "beluga"))
        files["sample_submission.csv"] = files["sample_submission.csv"][["id"]].assign(predictions="w001 w002 w003")
        c = understood(write({**files, "description.md": scored_by("MAP@3")}))
        assert (c.targets, c.submission.kind) == (("animal",), "ranking") and any("--target" in doubt for doubt in c.doubts)

    def test_pictures_whose_names_tell_no_class_are_no_training_data(self, write, understood) -> None:
        pictures = {f"{part}/IMG_{at}.jpg": b"x" for part in ("train", "test") for at in range(30)}
        sample = pd.DataFrame({"id": [f"IMG_{at}" for at in range(30)], "label": 0.5})
        with pytest.raises(CompetitionError, match="no train file"):
            understood(write({**pictures, "sample_submission.csv": sample}))

    def test_one_table_whose_blanks_are_to_be_filled(self, rows: pd.DataFrame, write, understood) -> None:
        blank = RNG.random(N + M) < 0.2
        whole = rows.assign(hit=BINARY).astype({"hit": float})
        sample = whole.loc[blank, ["id"]].assign(hit=0.5)
        c = understood(write({"data.csv": whole.assign(hit=whole["hit"].mask(blank)), "sample_submission.csv": sample}))
        train, test = rows_of(c)
        assert (c.task, c.targets, c.rows, c.test_rows) == (TaskKind.BINARY, ("hit",), N + M - blank.sum(), blank.sum())
        assert train["hit"].tolist() == whole["hit"][~blank].tolist() and "hit" not in test
        assert test["id"].tolist() == sample["id"].tolist()

    def test_pictures_called_by_zero_padded_numbers(self, rows: pd.DataFrame, write, understood) -> None:
        whole = pd.DataFrame({"scan": [f"{number:08d}" for number in rows["id"]], "tree": TOWNS})
        pictures = {f"{'train' if at < N else 'test'}/{scan}.png": b"x" for at, scan in enumerate(whole["scan"])}
        c = understood(write({"train.csv": whole.iloc[:N], "test.csv": whole.iloc[N:][["scan"]],
                              "sample_submission.csv": whole.iloc[N:][["scan"]].assign(tree="oak"), **pictures}))  # fmt: skip
        assert rows_of(c)[0]["image"].iloc[0] == f"train/{whole['scan'].iloc[0]}.png"

    def test_of_several_tables_of_labels_that_which_is_asked_for(self, rows: pd.DataFrame, write, understood) -> None:
        known = rows[["id"]].iloc[:N]
        c = understood(write({"train_features.csv": rows.iloc[:N], "test_features.csv": rows.iloc[N:],
                              "train_clinic.csv": known.assign(clinic="a"), "train_labels.csv": known.assign(ill=BINARY[:N]),
                              "sample_submission.csv": rows.iloc[N:][["id"]].assign(ill=0)}))  # fmt: skip
        assert c.targets == ("ill",)

    def test_a_table_found_by_what_another_brings(self, rows: pd.DataFrame, parts: Parts, write, understood) -> None:
        towns = pd.DataFrame({"town": ["Bern", "Genf", "Chur"], "climate_id": [7, 8, 9]})
        climates = pd.DataFrame({"climate_id": [7, 8, 9], "rain": [1.5, 0.5, 1.0]})
        c = understood(write({**parts("rent", NUMBER), "climates.csv": climates, "towns.csv": towns}))
        rain = rows["town"].map({"Bern": 1.5, "Genf": 0.5, "Chur": 1.0})
        assert rows_of(c)[1]["rain"].tolist() == rain.iloc[N:].tolist()
        assert load_rows(c.folder, plan_of(c))[0].equals(rows_of(c)[0])

    def test_ids_composed_of_columns_in_another_order_of_rows(self, rows: pd.DataFrame, write, understood) -> None:
        day = pd.date_range("2024-01-01", periods=N + M).strftime("%Y-%m-%d")
        whole = rows.drop(columns="id").assign(shop_id=RNG.integers(1, 9, N + M), day=day, sales=NUMBER)
        test = whole.iloc[N:]
        key = test["town"] + "_" + test["shop_id"].astype(str) + "_" + test["day"]
        sample = pd.DataFrame({"Id": key, "sales": 0}).sample(frac=1, random_state=0)
        c = understood(
            write({"train.csv": whole.iloc[:N], "test.csv": test.drop(columns="sales"), "sample_submission.csv": sample})
        )
        made = format_submission(c, np.arange(M, dtype=float), rows_of(c)[1]).set_index("Id")["sales"]
        assert made.index.tolist() == sample["Id"].tolist() and made[key].tolist() == list(range(M))
        assert load_rows(c.folder, plan_of(c))[1].equals(rows_of(c)[1])
        assert not any("order" in doubt for doubt in c.doubts)

    def test_a_sample_of_a_few_rows_is_an_example(self, parts: Parts, write, understood) -> None:
        files = parts("rent", NUMBER)
        c = understood(write({**files, "sample_submission.csv": files["sample_submission.csv"].head(5)}))
        made = format_submission(c, np.arange(M, dtype=float), rows_of(c)[1])
        assert made["id"].tolist() == files["test.csv"]["id"].tolist() and check_submission(c, made) == []
        assert any("5 of the 80 test rows" in doubt for doubt in c.doubts)

    def test_amounts_of_money_are_numbers(self, rows: pd.DataFrame, write, understood) -> None:
        whole = rows.assign(share=[f"{at % 7}.5%" for at in range(N + M)], rent=[f"${number * 40:,.2f}" for number in NUMBER])
        whole.loc[3, "share"] = None
        test = whole.iloc[N:].drop(columns="rent")
        files = {"train.csv": whole.iloc[:N], "test.csv": test, "sample_submission.csv": test[["id"]].assign(rent=0.0)}
        c = understood(write({**files, "description.md": scored_by("Root mean squared error (RMSE).")}))
        train = rows_of(c)[0]
        assert (c.task, c.metric) == (TaskKind.REGRESSION, "rmse")
        assert np.allclose(train["rent"], NUMBER[:N] * 40) and train["share"].iloc[1] == 1.5 and np.isnan(train["share"].iloc[3])
        assert load_rows(c.folder, plan_of(c))[0].equals(train)

    def test_amounts_with_a_decimal_comma_are_numbers(self, rows: pd.DataFrame, write, understood) -> None:
        """Also where the test part holds none that needs a sign."""
        spelled = [f"{number * 40:,.2f}".translate(str.maketrans(",.", ".,")) + " €" for number in NUMBER]
        whole = rows.assign(debt=[f"{at * 90:,}".replace(",", ".") + ",00" for at in range(N)] + ["5,25"] * M, rent=spelled)
        c = understood(
            write({"train.csv": whole.iloc[:N], "test.csv": whole.iloc[N:].drop(columns="rent")}, sep=";", decimal=",")
        )
        train, test = rows_of(c)
        assert (c.task, c.targets) == (TaskKind.REGRESSION, ("rent",))
        assert np.allclose(train["rent"], NUMBER[:N] * 40) and np.allclose(train["debt"], np.arange(N) * 90)
        assert (test["debt"] == 5.25).all() and load_rows(c.folder, plan_of(c))[0].equals(train)

    def test_one_word_among_many_numbers_is_what_is_not_known(self, rows: pd.DataFrame, parts: Parts, write, understood) -> None:
        """But a few numbers with a word are the names of a few things."""
        spelled = np.where(np.arange(N + M) % 9 == 0, "k.A.", NUMBER.round(2).astype(str))
        files = parts("rent", NUMBER)
        for name, at in (("train.csv", slice(0, N)), ("test.csv", slice(N, None))):
            floor = (files[name]["id"] % 3).astype(str).replace("0", "ground")
            files[name] = files[name].assign(income=spelled[at], floor=floor)
        c = understood(write(files))
        kinds = {column.name: column.kind for column in c.columns}
        assert kinds["income"] is ColumnKind.NUMERIC and kinds["floor"] is ColumnKind.CATEGORICAL
        assert rows_of(c)[0]["income"].isna().sum() == (spelled[:N] == "k.A.").sum()

    def test_a_label_of_its_own_in_each_row_teaches_nothing(self, parts: Parts, write, understood) -> None:
        with pytest.raises(CompetitionError, match="nothing can be learned"):
            understood(write(parts("code", [f"x{at}" for at in range(N + M)], "x0")))

    def test_several_labels_in_a_cell_are_doubted_where_no_metric_speaks_of_sets(self, parts: Parts, write, understood) -> None:
        tags = [" ".join(RNG.choice(["haze", "road", "lake", "farm"], RNG.integers(1, 4), replace=False)) for _ in range(N + M)]
        c = understood(write(parts("tags", tags, "haze")))
        assert c.task is TaskKind.MULTILABEL and any("several labels at once" in doubt for doubt in c.doubts)

    def test_labels_in_a_file_of_their_own(self, rows: pd.DataFrame, write, understood) -> None:
        labels = rows[["id"]].assign(ill=BINARY).iloc[:N].sample(frac=1, random_state=0)
        c = understood(write({"train_features.csv": rows.iloc[:N], "train_labels.csv": labels, "test_features.csv": rows.iloc[N:],
                              "sample_submission.csv": rows.iloc[N:][["id"]].assign(ill=0)}))  # fmt: skip
        assert c.targets == ("ill",) and rows_of(c)[0]["ill"].tolist() == BINARY[:N].tolist()
        assert load_rows(c.folder, plan_of(c))[0].equals(rows_of(c)[0])

    def test_pairs_of_tables(self, rows: pd.DataFrame, write, understood) -> None:
        """The test table is the one whose rows are asked for; the others are joined to those they are called after."""
        whole = rows.assign(fraud=BINARY)
        device = rows[["id"]].assign(device=RNG.choice(["phone", "desk"], N + M))
        test = rows.iloc[N:]
        c = understood(write({"train_deals.csv": whole.iloc[:N], "train_devices.csv": device.iloc[: N // 3],
                              "test_deals.csv": test, "test_devices.csv": device.iloc[N : N + M // 3],
                              "sample_submission.csv": test[["id"]].assign(fraud=0.5)}))  # fmt: skip
        train, asked = rows_of(c)
        assert (c.train.path, c.test.path, c.targets) == ("train_deals.csv", "test_deals.csv", ("fraud",))
        assert train["device"].notna().sum() == N // 3 and asked["device"].notna().sum() == M // 3

    def test_facts_in_side_tables(self, parts: Parts, write, understood) -> None:
        towns = pd.DataFrame({"town": ["Bern", "Genf", "Chur"], "people": [134, 203, 38]})
        history = pd.DataFrame({"town": ["Bern", "Bern", "Genf"], "sold": [1, 2, 3]})
        c = understood(write({**parts("price", NUMBER), "towns.csv": towns, "history.csv": history}))
        assert "people" in [column.name for column in c.columns] and rows_of(c)[1]["people"].notna().all()
        assert any("history.csv" in doubt for doubt in c.doubts) and len(rows_of(c)[0]) == N

    def test_ids_that_name_groups(self, rows: pd.DataFrame, write, understood) -> None:
        ids = [f"{at // 4:04d}_{at % 4:02d}" for at in range(N + M)]
        whole = rows.assign(id=ids, ill=BINARY)
        test = whole.iloc[N:].drop(columns="ill")
        c = understood(
            write({"train.csv": whole.iloc[:N], "test.csv": test, "sample_submission.csv": test[["id"]].assign(ill=0)})
        )
        assert c.validation.scheme == "grouped" and c.validation.column == "id" and c.validation.pattern

    def test_the_same_ids_split_at_random(self, rows: pd.DataFrame, write, understood) -> None:
        ids = RNG.permutation([f"{at // 4:04d}_{at % 4:02d}" for at in range(N + M)])
        whole = rows.assign(id=ids, ill=BINARY)
        test = whole.iloc[N:].drop(columns="ill")
        c = understood(
            write({"train.csv": whole.iloc[:N], "test.csv": test, "sample_submission.csv": test[["id"]].assign(ill=0)})
        )
        assert c.validation.scheme == "stratified"

    def test_a_label_that_occurs_once(self, parts: Parts, write, understood) -> None:
        trees = np.where(np.arange(N + M) == 5, "yew", TOWNS)
        c = understood(write(parts("tree", trees, "oak")))
        assert "yew" in c.classes and any("yew" in r or "rarest" in r for r in c.validation.reasons)

    def test_infinite_values_are_missing(self, parts: Parts, write, understood) -> None:
        files = parts("price", NUMBER)
        train = files["train.csv"].assign(height=np.r_[[np.inf, -np.inf], files["train.csv"]["height"][2:]])
        c = understood(write({**files, "train.csv": train}))
        assert rows_of(c)[0]["height"].isna().sum() == 2

    def test_mixed_encodings(self, parts: Parts, write, understood) -> None:
        files = parts("tree", TOWNS, "oak")
        text = files["train.csv"].to_csv(index=False).replace("Genf", "Zürich").encode()
        at = text.index("Zürich".encode())
        mixed = text[:at] + "Zürich".encode("cp1252") + text[at + 7 :]
        c = understood(write({**files, "train.csv": mixed}))
        assert set(rows_of(c)[0]["town"]) == {"Bern", "Zürich", "Chur"}

    def test_duplicate_ids(self, parts: Parts, write, understood) -> None:
        files = parts("ill", BINARY)
        test = files["test.csv"].assign(id=np.repeat(np.arange(M // 2), 2))
        c = understood(write({**files, "test.csv": test, "sample_submission.csv": test[["id"]].assign(ill=0)}))
        assert c.test_rows == M

    def test_dates_with_the_day_first(self, rows: pd.DataFrame, write, understood) -> None:
        days = pd.Series(pd.date_range("2021-01-01", periods=N + M))
        whole = rows.assign(day=RNG.permutation(days.dt.strftime("%d.%m.%Y")), price=NUMBER)
        test = whole.iloc[N:].drop(columns="price")
        c = understood(
            write({"train.csv": whole.iloc[:N], "test.csv": test, "sample_submission.csv": test[["id"]].assign(price=0.0)})
        )
        read = pd.concat([part["day"] for part in rows_of(c)])
        assert sorted(read) == days.dt.strftime("%Y-%m-%d %H:%M:%S").tolist()

    def test_weights_that_no_metric_knows(self, parts: Parts, write, understood) -> None:
        c = understood(write({**parts("price", NUMBER), "description.md": scored_by("the weighted mean absolute error (WMAE)")}))
        assert c.metric == "mae" and any("weighted mean absolute error" in doubt and "--metric" in doubt for doubt in c.doubts)

    def test_rows_known_by_their_order_alone(self, rows: pd.DataFrame, write, understood) -> None:
        whole = rows.drop(columns="id").assign(price=NUMBER)
        sample = pd.DataFrame({"key": [f"{at * 31 % 97}-{at}" for at in range(M)], "price": 0.0})
        files = {"train.csv": whole.iloc[:N], "test.csv": whole.iloc[N:].drop(columns="price"), "sample_submission.csv": sample}
        assert any("order" in doubt for doubt in understood(write(files)).doubts)

    def test_ids_with_gaps(self, rows: pd.DataFrame, write, understood) -> None:
        """Rows that are known by two columns, of which one is missing now and then."""
        whole = rows.assign(id=[f"n{at}" if at % 5 else None for at in range(N + M)], second=np.arange(N + M), ill=BINARY)
        test = whole.iloc[N:].drop(columns="ill")
        sample = test[["id", "second"]].assign(ill=0)
        c = understood(write({"train.csv": whole.iloc[:N], "test.csv": test, "sample_submission.csv": sample}))
        assert c.id_columns == ("id", "second") and c.submission.columns == ("id", "second", "ill")

    def test_a_prefix_that_all_ids_share_is_no_group(self, rows: pd.DataFrame, write, understood) -> None:
        ids = [f"Train_{at}" if at < N else f"Test_{at}" for at in range(N + M)]
        whole = rows.assign(id=ids, ill=BINARY)
        test = whole.iloc[N:].drop(columns="ill")
        c = understood(
            write({"train.csv": whole.iloc[:N], "test.csv": test, "sample_submission.csv": test[["id"]].assign(ill=0)})
        )
        assert c.validation.scheme == "stratified"

    def test_a_page_of_html(self, parts: Parts, write, understood) -> None:
        page = "<html><style>p{}</style><h2>Evaluation</h2><p>Submissions are scored by <b>mean absolute error</b>.</p></html>"
        c = understood(write({**parts("price", NUMBER), "overview.html": page}))
        assert c.metric == "mae"


class TestRefused:
    @pytest.mark.parametrize(
        ("change", "flags", "message"),
        [
            ({"train.csv": None}, {}, "no train file"),
            ({"train.csv": None, "train_a.csv": "a,b\n1,2\n", "train_b.csv": "a,b\n1,2\n"}, {}, "2 files that may be the train"),
            ({"test.csv": "id,height\n1,2\n3,4\n"}, {}, "must be the same rows"),
            ({"train.csv": ""}, {}, "is empty"),
            ({"train.csv": 'id,ill\n1,"2\n3,4\n'}, {}, "cannot be read as a table"),
            ({"train.csv": "id,ill\n1,2\n3,4,5,6\n"}, {}, "line 3"),
            ({"train.csv": "id,height,weight,town,ill\n1,2,3,Bern,\n2,3,4,Genf,\n"}, {}, "has no value"),
            ({"train.csv": "id,height,weight,town,ill\n1,2,3,Bern,1\n2,3,4,Genf,1\n"}, {}, "nothing to learn"),
            ({}, {"target": ("height2",)}, "--target height2"),
            ({}, {"id": ("nr",)}, "--id nr"),
            ({}, {"train": "other.csv"}, "--train other.csv"),
            ({}, {"description": "other.md"}, "--description other.md"),
            ({"sample_submission.csv": "id\n1\n"}, {}, "rows"),
        ],
    )  # fmt: skip
    def test_says_what_is_wrong(self, change, flags, message: str, parts: Parts, write, understood) -> None:
        files = {**parts("ill", BINARY), **change}
        folder = write({name: content for name, content in files.items() if content is not None})
        with pytest.raises(CompetitionError, match=message):
            understood(folder, **flags)

    def test_no_such_folder(self, tmp_path, understood) -> None:
        with pytest.raises(CompetitionError, match="does not exist"):
            understood(tmp_path / "nowhere")

    def test_unknown_metric_suggests_the_nearest(self, parts: Parts, write, understood) -> None:
        with pytest.raises(SettingError, match=r"rmse"):
            understood(write(parts("price", NUMBER)), metric="rmsee")

    def test_a_metric_that_cannot_score_the_task(self, parts: Parts, write, understood) -> None:
        with pytest.raises(SettingError, match="values"):
            understood(write(parts("tree", TOWNS)), metric="rmse")

    def test_ids_of_other_rows(self, parts: Parts, write, understood) -> None:
        files = parts("ill", BINARY)
        sample = files["sample_submission.csv"].assign(id=range(M))
        with pytest.raises(CompetitionError, match="differ"):
            understood(write({**files, "sample_submission.csv": sample}))

    def test_no_target_to_be_found(self, parts: Parts, write, understood) -> None:
        files = parts("ill", BINARY)
        both = {"train.csv": files["train.csv"].assign(other=NUMBER[:N]), "test.csv": files["test.csv"]}
        with pytest.raises(CompetitionError, match=r"2 columns that test has not \(ill, other\).*--target"):
            understood(write(both))

    def test_only_train_and_no_target(self, parts: Parts, write, understood) -> None:
        with pytest.raises(CompetitionError, match="--target"):
            understood(write({"train.csv": parts("ill", BINARY)["train.csv"]}))


@pytest.mark.slow
def test_ten_thousand_columns(write, understood) -> None:
    wide = pd.DataFrame(RNG.integers(0, 9, (60, 10_000)), columns=[f"c{at}" for at in range(10_000)]).assign(y=BINARY[:60])
    c = understood(write({"train.csv": wide.iloc[:40], "test.csv": wide.iloc[40:].drop(columns="y")}))
    assert len(c.columns) == 10_000 and c.targets == ("y",)


@pytest.mark.parametrize("name", builtin.names())
def test_every_builtin_is_understood_without_a_doubt(name: str, builtins) -> None:
    assert builtins[name].doubts == ()


def test_a_draft_can_be_stored_between_stages(parts: Parts, write, tmp_path) -> None:
    draft = begun(write({**parts("ill", BINARY), "description.md": scored_by("accuracy")}), Overrides(), tmp_path)
    for stage in STAGES:
        draft = proven(stage, Draft.model_validate_json(draft.model_dump_json()))
    assert to_competition(Draft.model_validate_json(draft.model_dump_json())).metric == "accuracy"


def test_flags_win(parts: Parts, write, understood) -> None:
    files = {**parts("level", RNG.integers(1, 6, N + M)), "description.md": scored_by("accuracy")}
    c = understood(write(files), task="regression", metric="mae", validation="grouped", column="town")
    assert (c.task, c.metric, c.validation.scheme, c.validation.column) == (TaskKind.REGRESSION, "mae", "grouped", "town")
