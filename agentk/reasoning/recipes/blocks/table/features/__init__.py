"""Blocks that make features of a table's columns."""
