"""A run's programs again: replayed, varied, on new rows."""
