"""The metric is found in the words of a description, as organizers write them."""

from __future__ import annotations

import pytest

from agentk.competitions.metrics.wording import in_evaluation, metric_in


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Submissions are evaluated on area under the ROC curve between the predicted probability and the target.", "auc"),
        ("Submissions are evaluated using AUC.", "auc"),
        ("evaluated on the Area Under the Receiver Operating Characteristic Curve (ROC AUC)", "auc"),
        ("Submissions are scored on the root mean squared error. RMSE is defined as", "rmse"),
        ("Root-Mean-Squared-Error (RMSE) between the logarithm of the predicted and of the true price", "rmse_log"),
        ("evaluated on the Root Mean Squared Logarithmic Error (RMSLE).", "rmsle"),
        ("The evaluation metric for this competition is Mean Absolute Error (MAE), where each", "mae"),
        ("Submissions are scored using the Median Absolute Error (MedAE).", "medae"),
        ("the Root Mean Square Percentage Error (RMSPE)", "rmspe"),
        ("SMAPE between forecasts and actual values", "smape"),
        ("Submissions are scored using the mean columnwise root mean squared error (MCRMSE)", "rmse"),
        ("using the multi-class logarithmic loss. Each row has been labeled with one true class.", "log_loss"),
        ("Submissions are scored on the log loss:", "log_loss"),
        ("mean column-wise log loss", "log_loss"),
        ("multi-class cross-entropy loss", "log_loss"),
        ("your score is the percentage of people you correctly predict. This is known as accuracy.", "accuracy"),
        ("evaluated on the categorization accuracy of their predictions", "accuracy"),
        ("evaluated based on their classification accuracy, the percentage of predicted labels that are correct.",
         "accuracy"),
        ("balanced accuracy score", "balanced_accuracy"),
        ("scored based on the quadratic weighted kappa, which measures the agreement between two outcomes", "qwk"),
        ("evaluated using F1 between the predicted and expected answers", "f1"),
        ("The metric is the macro F1-score", "f1_macro"),
        ("F1 score (macro averaged)", "f1_macro"),
        ("evaluated with micro-averaged F1", "f1_micro"),
        ("Mean F1-Score (macro-averaged)", "f1_macro"),
        ("the mean per-class accuracy", "balanced_accuracy"),
        ("We use the pinball loss at the quantile 0.9", "pinball@0.9"),
        ("Submissions will be evaluated based on their mean F1 score", "f1_samples"),
        ("evaluated on the mean F2 score", "f2_samples"),
        ("evaluated on the F2 score", "f2"),
        ("average precision calculated for each (protein, group) and then averaged", "average_precision"),
        ("using Matthews correlation coefficient (MCC)", "mcc"),
        ("evaluated according to the Mean Average Precision @ 3 (MAP@3)", "map@3"),
        ("evaluated using the Normalized Gini Coefficient", "gini"),
        ("evaluated using R^2 score", "r2"),
        ("the coefficient of determination", "r2"),
        ("the mean column-wise Spearman's correlation coefficient", "spearman"),
        ("the Pearson correlation coefficient between", "pearson"),
        ("the Brier score", "brier"),
        ("average precision (area under the precision-recall curve)", "average_precision"),
        ("the Hamming loss", "hamming"),
        ("the misclassification rate", "error_rate"),
        ("the MulticlassLoss of your submission", "log_loss"),
        ("Multiclass Loss", "log_loss"),
        ("a balanced logarithmic loss, so that each class is roughly equally important", "balanced_log_loss"),
        ("the mean column-wise accuracy", "column_accuracy"),
        ("macro-averaged precision", "precision_macro"),
        ("`recall_score(y, p, average='micro')`", "recall_micro"),
        ("the geometric mean of sensitivity and specificity", "g_mean"),
        ("`roc_auc_score(y, p, multi_class='ovo')`", "auc_ovo"),
        ("ROC AUC (average='weighted')", "auc_weighted"),
        ("label-weighted label-ranking average precision (lwlrap)", "lwlrap"),
        ("label ranking average precision", "lrap"),
        ("NDCG (Normalized discounted cumulative gain) @k where k=5.", "ndcg@5"),
        ("nDCG@10", "ndcg@10"),
        ("the Mean Reciprocal Rank @ 5", "map@5"),
        ("Mean Average Precision @ 12 (MAP@12)", "map@12"),
        ("MAP@K with K=7", "map@7"),
        ("Recall@20 of the labels you list", "top@20"),
        ("The metric in this competition is the word-level Jaccard score.", "word_jaccard"),
        ("the Jaccard index of the words of both strings", "word_jaccard"),
        ("scored by the token-level F1 of the answers", "token_f1"),
        ("Exact Match (EM)", "exact_match"),
        ("the top-5 accuracy", "top@5"),
        ("the Kolmogorov-Smirnov statistic", "ks"),
        ("Kendall's tau", "kendall"),
        ("the concordance correlation coefficient (CCC)", "ccc"),
        ("the explained variance score", "explained_variance"),
        ("the mean Euclidean distance between the points", "euclidean"),
        ("mean gamma deviance", "gamma_deviance"),
        ("the Tweedie deviance with power 1.5", "tweedie@1.5"),
        ("the Huber loss with delta = 1", "huber@1"),
        ("Log-cosh loss", "log_cosh"),
        ("median absolute percentage error (MdAPE)", "medape"),
        ("WAPE", "wape"),
        ("the Capped Binomial Deviance", "capped_deviance"),
    ],
)  # fmt: skip
def test_one_section(words: str, name: str) -> None:
    assert (
        metric_in(f"# Title\n\nThe mean squared distance is no metric here.\n\n## Evaluation\n\n{words}\n\n## Data\n\nMAE")
        == name
    )


def test_the_evaluation_counts_before_the_rest() -> None:
    assert metric_in("Accuracy matters to pilots.\n\n# Evaluation\n\nRMSE.\n\n# Rules\n\nbe fair") == "rmse"


@pytest.mark.parametrize(
    "heading", ["## Evaluation metric", "### 2. Scoring", "**Evaluation**", "Metric:", "# Evaluation and format"]
)
def test_headings_that_open_the_section(heading: str) -> None:
    assert metric_in(f"We love accuracy.\n\n{heading}\n\nSMAPE") == "smape"


def test_without_a_section_the_whole_text_is_read() -> None:
    assert metric_in("We score by mean absolute error.") == "mae"


def test_a_text_that_names_none() -> None:
    assert metric_in("## Evaluation\n\nA jury looks at your notebooks.") is None


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Last year's edition was scored by AUC; this time submissions are evaluated by log loss.", "log_loss"),
        ("We do not use accuracy: submissions are evaluated on the F1 score.", "f1"),
        ("MAE was chosen over RMSE, which would punish outliers: your score is the mean absolute error.", "mae"),
        ("Scored by log loss rather than AUC.", "log_loss"),
    ],
)
def test_what_is_dismissed_does_not_count(words: str, name: str) -> None:
    found = in_evaluation(f"## Evaluation\n\n{words}\n")
    assert (found[0].metric, found[0].qualified) == (name, "")


@pytest.mark.parametrize(
    "words",
    [
        "the weighted mean absolute error (WMAE)",
        "the partial AUC above 80% true positive rate",
        "the probabilistic F1 score (pF1)",
        "0.7 * RMSE + 0.3 * MAE",
        "the mean of the ROC AUC and the log loss",
    ],
)
def test_another_metric_than_the_plain_one_is_noticed(words: str) -> None:
    assert in_evaluation(f"## Evaluation\n\nSubmissions are scored by {words}.\n")[0].qualified


def test_the_evaluation_alone_counts_where_there_is_one() -> None:
    page = "## Overview\n\nExperts reach an AUC of 0.8.\n\n## Evaluation\n\nBy the Levenshtein distance.\n\n## Data\n"
    assert metric_in(page) is None


@pytest.mark.parametrize(
    ("words", "not_this"),
    [
        ("mAP@0.5 over boxes", "map@0"),
        ("the word error rate of your transcripts", "error_rate"),
        ("recall at 95% precision", "top@95"),
        ("recall@90% of the rows", "top@90"),
        ("precision at recall 20", "top@20"),
        ("the concordance index of censored times", "concordance"),
        ("the proportion of male patients", "male"),
    ],
)
def test_what_only_sounds_like_it(words: str, not_this: str) -> None:
    assert metric_in(f"## Evaluation\n\nScored by {words}.\n") != not_this
