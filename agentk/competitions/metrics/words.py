"""The words by which descriptions speak of metrics."""

from __future__ import annotations

WORDS: dict[str, tuple[str, ...]] = {
    "accuracy": (
        r"\baccuracy\b",
        r"categori[sz]ation accuracy",
        r"(percentage|share|fraction|proportion|number) of [\w ,]{0,60}\b(correctly|correct)\b",
        r"(percentage|share|fraction|proportion) of [\w ,]{0,40}you (correctly )?(predict|classif)\w*",
    ),
    "balanced_accuracy": (
        r"balanced accuracy( score)?",
        r"(mean|average) (per class|class ?wise) accuracy",
        r"macro (averaged )?recall",
    ),
    "f1": (
        r"\bf ?1 ?(score|measure)?\b(?!\W{0,4}f ?\d)",  # F1, F2, …, F28 are columns
        r"\bf (score|measure)\b",
    ),
    "f1_macro": (
        r"macro (averaged? )?f ?1( ?(score|measure))?",
        r"(mean )?f ?1( score| measure)? ?\(?,? ?(with )?(average )?macro",
        r"f ?1 score ?\([^)]{0,60}average ?= ?'?macro",
        r"unweighted mean of [\w ]{0,20}f ?1",
    ),
    "f1_micro": (
        r"micro (averaged? )?f ?1( ?(score|measure))?",
        r"f ?1( score| measure)? ?\(?,? ?(with )?(average )?micro",
        r"f ?1 score ?\([^)]{0,60}average ?= ?'?micro",
    ),
    "f1_weighted": (
        r"weighted (averaged? )?f ?1( ?(score|measure))?",
        r"f ?1( score| measure)? ?\(?,? ?(with )?(average )?weighted",
        r"f ?1 score ?\([^)]{0,60}average ?= ?'?weighted",
    ),
    "f1_samples": (r"mean f ?1( ?(score|measure))?|mean f (score|measure)",),
    "precision": (r"\bprecision score\b",),
    "recall": (
        r"\brecall score\b",
        r"\bsensitivity\b",
    ),
    "word_jaccard": (
        r"(word|token)[ -]?(level|wise|based)? jaccard( index| score| similarity)?",
        r"jaccard( index| score| similarity)?( score)? (of|over|between|on) (the )?(words|tokens)",
    ),
    "token_f1": (
        r"(word|token)[ -]?(level|wise|based)? f ?1( ?(score|measure))?",
        r"\bf ?1( ?score)? (of|over|on) (the )?(words|tokens)",
    ),
    "exact_match": (r"\bexact[ -]match(es)?( score| accuracy)?",),
    "jaccard": (
        r"\bjaccard\b( index| score| similarity)?",
        r"intersection over union",
    ),
    "mcc": (
        r"matthews?('s?)? correlation( coefficient)?",
        r"\bmcc\b",
        r"phi coefficient",
    ),
    "qwk": (
        r"quadratic(ally)? (weighted )?(cohen('s)? )?kappa",
        r"\bqwk\b",
        r"weighted kappa",
    ),
    "linear_kappa": (r"linear(ly)? weighted kappa",),
    "kappa": (
        r"cohen('s)? kappa",
        r"\bkappa\b( score| statistic)?",
    ),
    "hamming": (r"hamming (loss|distance)",),
    "auc": (
        r"area under (the )?(\w+ )?(roc|receiver operating characteristic|curve)( curve)?",
        r"\broc( ?auc)?\b",
        r"\bauc\b",
        r"\bauroc\b",
        r"receiver operating characteristic",
        r"mean column ?wise (roc )?auc",
    ),
    "gini": (r"(normali[sz]ed )?gini( coefficient| index)?( score)?",),
    "average_precision": (
        r"area under (the )?precision recall( curve)?",
        r"\bauprc\b",
        r"\bpr auc\b",
        r"average precision( score)?",
        r"mean average precision",
    ),
    "log_loss": (
        r"(multi ?class |mean column ?wise |binary )?log(arithmic)? ?loss",
        r"\bmulti ?class ?loss\b",
        r"\blogloss\b",
        r"cross entropy( loss)?",
        r"negative log likelihood",
    ),
    "brier": (r"\bbrier\b( score| loss)?",),
    "rmse": (
        r"root mean squared? (error|deviation)",
        r"\brmse\b",
        r"\bmcrmse\b",
        r"\brmsd\b",
        r"mean column ?wise root mean squared error",
    ),
    "mse": (
        r"mean squared? error",
        r"\bmse\b",
    ),
    "mae": (
        r"mean absolute (error|deviation)",
        r"\bmae\b",
    ),
    "medae": (
        r"median absolute error",
        r"\bmedae\b",
    ),
    "rmsle": (
        r"root mean squared? log(arithmic)? error",
        r"\brmsle\b",
        r"mean column ?wise root mean squared? log(arithmic)? error",
    ),
    "rmse_log": (r"(root mean squared? error|\brmse\b).{0,60}\b(logarithms?|logs?)\b( of)?",),
    "msle": (
        r"mean squared? log(arithmic)? error",
        r"\bmsle\b",
    ),
    "male": (r"mean absolute log(arithmic)? error",),
    "mape": (
        r"mean absolute percent(age)? error",
        r"\bmape\b",
    ),
    "smape": (
        r"symmetric mean absolute percent(age)? error",
        r"\bsmape\b",
    ),
    "rmspe": (
        r"root mean squared? percent(age)? error",
        r"\brmspe\b",
    ),
    "r2": (
        r"\br ?(\^ ?)?2\b( score)?",
        r"\br²",
        r"\br squared?\b",
        r"coefficient of determination",
    ),
    "pearson": (
        r"pearson('s)?( product moment)? correlation( coefficient)?",
        r"\bpearson\b",
        r"pearsonr",
    ),
    "spearman": (
        r"(mean column ?wise )?spearman('s)?( rank)? correlation( coefficient)?",
        r"\bspearman\b",
    ),
    "error_rate": (
        r"\bmisclassification (rate|error)( rate)?\b",
        r"\bclassification error( rate)?\b",
        r"(zero|0) (one|1) loss",
    ),
    "column_accuracy": (r"mean column ?wise accuracy",),
    "precision_macro": (r"macro averaged precision\b(?! recall)", r"precision score ?\([^)]{0,60}average ?= ?'?macro"),
    "precision_micro": (r"micro averaged precision\b(?! recall)", r"precision score ?\([^)]{0,60}average ?= ?'?micro"),
    "precision_weighted": (r"precision score ?\([^)]{0,60}average ?= ?'?weighted",),
    "recall_micro": (r"micro averaged recall", r"recall score ?\([^)]{0,60}average ?= ?'?micro"),
    "recall_weighted": (r"recall score ?\([^)]{0,60}average ?= ?'?weighted",),
    "specificity": (r"\bspecificity score\b", r"true negative rate"),
    "g_mean": (
        r"geometric mean of (the )?(sensitivity and specificity|specificity and sensitivity|(per class )?recalls)",
        r"\bg mean( score)?\b",
    ),
    "jaccard_macro": (r"macro (averaged )?(jaccard|iou)( index| score)?", r"jaccard score ?\([^)]{0,60}average ?= ?'?macro"),
    "jaccard_samples": (
        r"(sample|example|row) ?(wise|based|averaged) jaccard( index| score)?",
        r"jaccard score ?\([^)]{0,60}average ?= ?'?samples",
    ),
    "auc_weighted": (
        r"(roc )?auc( score)? ?\([^)]{0,80}average ?= ?'?weighted",
        r"(roc )?auc,? weighted by (class )?(prevalence|support)",
    ),
    "auc_micro": (r"micro averaged? (roc )?auc", r"auc( score)? ?\([^)]{0,80}average ?= ?'?micro"),
    "auc_ovo": (r"(roc )?auc( score)? ?\([^)]{0,80}\bovo\b", r"one (vs|versus)\.? one (roc )?auc"),
    "average_precision_micro": (
        r"micro averaged? (mean )?average precision( score)?",
        r"average precision score ?\([^)]{0,60}average ?= ?'?micro",
    ),
    "lrap": (r"label ranking average precision( score)?", r"\blrap\b"),
    "lwlrap": (r"label weighted label ranking average precision", r"\bl[w\u03c9]lrap\b"),
    "balanced_log_loss": (r"balanced (multi ?class )?log(arithmic)? ?loss", r"balanced cross entropy( loss)?"),
    "ks": (r"kolmogorov ?smirnov( \(ks\))?( statistic| score)?", r"\bks statistic\b"),
    "capped_deviance": (r"(capped )?binomial deviance",),
    "mspe": (r"mean squared? percent(age)? error", r"\bmspe\b"),
    "medape": (r"median absolute percent(age)? error", r"\bme?dape\b"),
    "wape": (r"weighted absolute percent(age)? error", r"\bwape\b"),
    "max_error": (r"\b(maximum|max) (absolute )?error\b",),
    "log_cosh": (r"log ?cosh( loss| error)?", r"logarithm of the hyperbolic cosine"),
    "euclidean": (r"(mean|average) euclidean (distance|error)",),
    "explained_variance": (r"explained variance( regression)?( score)?",),
    "kendall": (r"kendall('s)?( rank)? (tau|correlation)( b)?( rank)?( correlation)?( coefficient)?",),
    "ccc": (r"(lin('s)? )?concordance correlation coefficient", r"\bccc\b"),
    "gamma_deviance": (r"(mean )?gamma deviance",),
    "poisson_deviance": (r"(mean )?poisson deviance",),
}
"""Regular expressions, over text that `plain` made, by the metric they speak of."""

_K = r"([1-9]\d*)\b(?!\.\d| ?%)"  # not the 0 of "mAP@0.5", not a percentage

_DCG = r"\b(ndcg|normali[sz]ed discounted cumulative gain)( \([^)]{0,50}\))? ?(@|at) ?"

NUMBERED = (
    (rf"\b(map|mean average precision)( \(map\))? ?(@|at) ?{_K}", "map@{}", 4),
    (rf"\b(mrr|mean reciprocal rank)( \(mrr\))? ?(@|at) ?{_K}", "map@{}", 4),
    (rf"{_DCG}{_K}", "ndcg@{}", 4),
    (rf"\b(map|mean average precision)( \(map\))? ?(@|at) ?k,? (where|with) k ?(=|is) ?{_K}", "map@{}", 6),
    (rf"{_DCG}k,? (where|with) k ?(=|is) ?{_K}", "ndcg@{}", 6),
    (rf"\btop {_K} ((categorical|classification) )?accuracy", "top@{}", 1),
    (rf"\b(hit rate|hits?|recall|accuracy) ?@ ?{_K}", "top@{}", 2),
    (r"\bf ?(0\.5|2|3)( ?(score|measure))?\b(?!\W{0,4}f ?\d)", "f{}", 1),
    (r"\bmean f ?(0\.5|2|3)( ?(score|measure))?\b", "f{}_samples", 1),
    (r"\b(pinball|quantile) loss[^.]{0,60}?\b(0\.\d+)", "pinball@{}", 2),
    (r"\b(0\.\d+)( quantile)? (pinball|quantile) loss", "pinball@{}", 1),
    (r"\bhuber loss[^.]{0,40}?\b(delta|\u03b4) ?(=|of|is)? ?(\d+(\.\d+)?)", "huber@{}", 3),
    (r"\btweedie deviance[^.]{0,40}?\b(power|p) ?(=|of|is)? ?([12](\.\d+)?)\b", "tweedie@{}", 3),
)
"""Regular expressions, the name that they speak of, and the group that holds its number."""
