"""Where programs that nobody has read are executed. It knows neither DataFrames nor folds."""
