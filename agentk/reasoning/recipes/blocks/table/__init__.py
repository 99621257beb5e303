"""Blocks of tables: features, models, and how these are fitted."""
