"""The trusted side that owns the labels: folds, runs, scores, decisions, blends, choice."""
