"""Columns: of what kind they are, which identify rows, which are to be predicted, and as what."""
