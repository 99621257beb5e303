"""How competition pages speak of their metrics, several ways each, and what else they say that sounds like one."""

from __future__ import annotations

SAYINGS: dict[str, tuple[str, ...]] = {
    "accuracy": (
        "Your score is the percentage of {things} you correctly predict. This is known as accuracy.",
        "Submissions are evaluated based on their classification accuracy, the percentage of predicted labels that are correct.",
        "The evaluation metric for this competition is the categorization accuracy of your predictions.",
        "We count how many {things} you got right and divide by all of them (i.e. accuracy).",
    ),
    "balanced_accuracy": (
        "Submissions are scored on balanced accuracy, the average of recall obtained on each class.",
        "The metric is the *balanced accuracy score*, so that rare classes count as much as common ones.",
    ),
    "f1": (
        "Submissions are evaluated using the F1 score between the predicted and the actual class: F1 = 2 * (precision * recall) / (precision + recall).",
        "The metric is the F1-Score of the positive class, the harmonic mean of precision and recall.",
    ),
    "f1_macro": (
        "Submissions will be evaluated based on macro F1 score.",
        "The evaluation metric is the macro-averaged F1: the F1 of each class is computed and their unweighted mean is taken.",
    ),
    "f1_micro": (
        "The metric is the micro-averaged F1-score: counts of true positives, false positives and false negatives are pooled over classes.",
        "Your submission is scored by micro F1 score.",
    ),
    "f1_weighted": (
        "Submissions are evaluated on the weighted F1 score, in which each class counts by its support.",
        "We use `f1_score(y_true, y_pred, average='weighted')` from scikit-learn.",
    ),
    "f1_samples": (
        "The evaluation metric for this competition is Mean F1-Score: of the labels said and those that are true of each row.",
        "Submissions will be evaluated based on their mean F1 score.",
    ),
    "f2_samples": (
        "Submissions will be evaluated based on their mean F2 score, which weighs recall more than precision. "
        "It is formed by averaging the individual F2 scores of the rows.",
        "Scores are the mean F2-Score over all {things}.",
    ),
    "mcc": (
        "Submissions are evaluated using the Matthews correlation coefficient (MCC).",
        "The score is Matthews' correlation coefficient between true and predicted labels.",
    ),
    "kappa": (
        "Predictions are scored by Cohen's kappa, which measures agreement beyond chance.",
        "The evaluation metric is Cohen's Kappa score.",
    ),
    "qwk": (
        "Submissions are scored based on the quadratic weighted kappa, which measures the agreement between two outcomes.",
        "This competition is evaluated with Quadratic Weighted Kappa (QWK). Perfect agreement gives 1, random agreement 0.",
        "Submissions are scored on the quadratically weighted kappa: an N-by-N matrix of weights, w, is calculated from the difference between actual and predicted values.",
    ),
    "auc": (
        "Submissions are evaluated on area under the ROC curve between the predicted probability and the observed target.",
        "Submissions are judged on the [area under the ROC curve](http://en.wikipedia.org/wiki/Receiver_operating_characteristic).",
        "The metric is AUC: your predicted probabilities are ranked, so their scale does not matter.",
        "Submissions are evaluated using the ROC AUC score, i.e. the probability that a random positive is ranked above a random negative.",
    ),
    "mean_auc": (
        "Submissions are now evaluated on the mean column-wise ROC AUC. In other words, the score is the average of the individual AUCs of each predicted column.",
        "For each column we compute the area under the receiver operating characteristic; the score is their mean.",
    ),
    "gini": (
        "Submissions are evaluated using the Normalized Gini Coefficient. A perfect ordering gives 1, a random one about 0.",
        "Your order is scored by the normalized Gini coefficient, from about 0.5 * (1 - perfect).",
    ),
    "average_precision": (
        "The metric is the area under the precision-recall curve (AUPRC).",
        "Submissions are evaluated by average precision, as in `sklearn.metrics.average_precision_score`.",
    ),
    "log_loss": (
        "Submissions are evaluated using the multi-class logarithmic loss. Each {thing} has been labelled with one true class. The submitted probabilities need not sum to one because they are rescaled prior to being scored. In order to avoid the extremes of the log function, predicted probabilities are replaced with max(min(p, 1 - 1e-15), 1e-15).",
        "Submissions are scored on the log loss:\n\n$$\\textrm{LogLoss} = - \\frac{1}{n} \\sum_{i=1}^n \\left[ y_i \\log(\\hat{y}_i) + (1 - y_i) \\log(1 - \\hat{y}_i)\\right]$$\n\nThe use of the logarithm provides extreme punishments for being both confident and wrong.",
        "We score with cross-entropy, also called log loss; lower is better.",
    ),
    "brier": (
        "Submissions are evaluated with the Brier score, the mean squared difference between probability and outcome.",
        "The metric is the Brier score of your probabilities. Smaller is better.",
    ),
    "rmse": (
        "Submissions are scored on the root mean squared error. RMSE is defined as:\n\n$$\\textrm{RMSE} = \\sqrt{ \\frac{1}{N} \\sum_{i=1}^N (y_i - \\widehat{y}_i)^2 }$$\n\nwhere $\\widehat{y}_i$ is the predicted value and $y_i$ is the original value for each instance $i$.",
        "We use RMSE (Root Mean Squared Error) between predicted and actual values.",
        "The competition's metric is the root-mean-square error; ties are broken by time of submission.",
    ),
    "mcrmse": (
        "Submissions are scored using MCRMSE, mean columnwise root mean squared error.",
        "The score is the mean column-wise root mean squared error over all targets.",
    ),
    "mse": ("Predictions are evaluated by the mean squared error (MSE).", "We compute the Mean Squared Error over all test rows."),
    "mae": (
        "Submissions are evaluated on the mean absolute error (MAE) between the predictions and the observations.",
        "Evaluation: the Mean Absolute Error.\n\n$$\\frac1n \\sum |x_i - y_i|$$\n\nwhere lower is better.",
        "Submissions will be evaluated using Mean Absolute Error (MAE), so a single outlier does not decide.",
    ),
    "medae": ("Scored by the median absolute error, which outliers do not move.", "The metric is median absolute error."),
    "rmsle": (
        "Submissions are evaluated on the Root Mean Squared Logarithmic Error (RMSLE):\n\n$$\\sqrt{\\frac{1}{n} \\sum_{i=1}^n (\\log(p_i + 1) - \\log(a_i+1))^2 }$$",
        "The metric is RMSLE. Note that negative predictions are not allowed.",
        "The evaluation metric for this competition is Root Mean Squared Logarithmic Error, where log(x) is the natural logarithm.",
    ),
    "rmse_log": (
        "Submissions are evaluated on Root-Mean-Squared-Error (RMSE) between the logarithm of the predicted value and the logarithm of the observed one. (Taking logs means that errors in predicting expensive and cheap ones affect the result equally.)",
        "We take the RMSE of the logs of predicted and true values.",
    ),
    "mape": (
        "Submissions are evaluated using mean absolute percentage error (MAPE).",
        "The metric is MAPE: the average of |actual - forecast| / |actual|.",
    ),
    "smape": (
        "Submissions are evaluated on [SMAPE](https://en.wikipedia.org/wiki/Symmetric_mean_absolute_percentage_error) between forecasts and actual values. We define SMAPE = 0 when the actual and predicted values are both 0.",
        "Forecasts are scored with the symmetric mean absolute percentage error.",
    ),
    "rmspe": (
        "Submissions are evaluated on the Root Mean Square Percentage Error (RMSPE). Any day and store with 0 sales is ignored in scoring.",
        "The metric is root mean squared percentage error.",
    ),
    "r2": (
        "Submissions are evaluated on the R^2 value, also called the coefficient of determination.",
        "The evaluation metric is the R2 score. The value can be negative when predictions are worse than the mean.",
    ),
    "pearson": (
        "Submissions are scored with the Pearson correlation coefficient between predictions and truth.",
        "We compute Pearson's correlation of your values with the measured ones.",
    ),
    "spearman": (
        "Submissions are evaluated on the mean column-wise Spearman's correlation coefficient.",
        "The score is Spearman's rank correlation; only the order of your predictions matters.",
    ),
    "pinball@0.9": ("Submissions are evaluated with the pinball loss at the 0.9 quantile.", "We use the quantile loss for q = 0.9."),
    "poisson_deviance": ("Predictions are scored by the mean Poisson deviance.", "The metric is Poisson deviance, lower is better."),
    "map@3": (
        "Submissions are evaluated according to the Mean Average Precision @ 3 (MAP@3). For each {thing}, you may predict up to 3 labels, separated by spaces.",
        "We use MAP@3: give up to three {thing} labels in a space-delimited list, most likely first.",
    ),
    "map@5": (
        "Submissions are evaluated according to the Mean Average Precision at 5 (MAP@5). Predictions are space-delimited, up to 5 a row.",
        "The metric is Mean Average Precision @ 5.",
    ),
    "said_before": (
        "Last year's edition was scored by AUC; this time submissions are evaluated by log loss.",
        "Unlike many competitions, we do not use accuracy: submissions are evaluated on the logarithmic loss of your probabilities.",
        "Submissions are evaluated by log loss. (The leaderboard also shows accuracy, for information only.)",
    ),
    "not_the_other": (
        "We score by mean absolute error (MAE) rather than RMSE, so that outliers count less.",
        "MAE was chosen over RMSE after long discussion: your score is the mean absolute error.",
        "Root mean squared error would punish outliers too much. Therefore your score is the mean absolute error.",
    ),
    "word_jaccard": (
        "The metric in this competition is the word-level Jaccard score. It is the mean over all {things} of jaccard(selected, true).",
        "We compare the words of your answer with those that people marked, by their Jaccard similarity: words in common over words of either, in lower case.",
        "Submissions are evaluated on the mean Jaccard index of the words of each {thing}.",
        "Score = mean of len(a & b) / len(a | b), where a and b are the sets of words of the two strings (Jaccard).",
    ),
    "token_f1": (
        "Submissions are evaluated by the token-level F1 score between your answer and the true one, as in SQuAD.",
        "The score is the F1 of the words of your answer, averaged over all {things}.",
        "The metric is word F1: precision and recall are counted over the tokens of each answer.",
    ),
    "exact_match": (
        "The score is the share of exact matches: an answer counts when it equals the true one without case, punctuation and articles.",
        "Answers are scored by Exact Match (EM).",
    ),
    "no_such_average": ("Metric: RMSE", "The metric is RMSE (https://en.wikipedia.org/wiki/Root_mean_square_deviation)."),
    "unknown_classes": (
        "Submissions are evaluated using a weighted multi-class logarithmic loss with the class weights [2, 1, 1].",
        "The score is the mean of the ROC AUC and the log loss, as defined by the host's script.",
        "Submissions are evaluated on the partial AUC above 80% true positive rate.",
        "We evaluate with the probabilistic F1 score (pF1), which takes probabilities instead of labels.",
        "The metric, M, is the mean of two measures of rank ordering: the Normalized Gini Coefficient, G, and the default rate captured at 4%, D.",
    ),
    "unknown_values": (
        "Submissions are evaluated on the weighted mean absolute error (WMAE), where w is 5 in holiday weeks and 1 otherwise.",
        "We use the Weighted Root Mean Squared Scaled Error (WRMSSE).",
        "Submissions are evaluated using the Continuous Ranked Probability Score (CRPS).",
        "A modified version of the Laplace Log Likelihood is used: predictions come with a confidence.",
        "We compute the Levenshtein distance between strings of digits, divided by their length.",
        "Scored by 0.7 * RMSE + 0.3 * MAE.",
    ),
}  # fmt: skip
"""By saying's key; see CALLED for metrics that are called otherwise."""

CALLED: dict[str, str | None] = {"mean_auc": "auc", "mcrmse": "rmse", "said_before": "log_loss", "not_the_other": "mae",
                                 "no_such_average": "rmse", "unknown_classes": None, "unknown_values": None}  # fmt: skip
"""The metric of a saying that is called otherwise; None where agentk knows none, so that it must doubt or ask."""

DECOYS_BEFORE = (
    "In an earlier edition of this challenge, submissions were compared by {other}. We have moved on.",
    "Accuracy of the sensors is about two percent. The team of the winner of last year reached an R2 of 0.8 in the lab.",
    "Experts reach a mean absolute error of 3.1 on a comparable problem, which we hope to beat.",
    "Precision agriculture, precision medicine and accurate maps all depend on {thing} data.",
    "",
)
DECOYS_AFTER = (
    "Please read the rules on private sharing. A model's log loss on your own folds is your own affair.",
    "For a tutorial that tunes a forest by ROC AUC see the Code tab.",
    "The host also publishes a second leaderboard by {other}, which has no prize.",
    "",
)
OTHERS = {"accuracy": "classification accuracy", "auc": "AUC", "rmse": "RMSE", "log_loss": "log loss", "mae": "mean absolute error",
          "f1_macro": "macro F1"}  # fmt: skip
THINGS = (
    ("tree", "trees"),
    ("customer", "customers"),
    ("reading", "readings"),
    ("shipment", "shipments"),
    ("galaxy", "galaxies"),
)
STORIES = (
    "Welcome to the {season} community challenge! Predict {targets} for every {thing} in the test set.",
    "Our partner has collected {thing} data for a decade. Your task is to tell {targets} from what was measured.",
    "Getting started: this competition is perfect for people who know some Python and want to learn about {things}.",
    "Why are some {things} different? You are challenged to build a model of {targets}. The first prize is 500 points.",
)
