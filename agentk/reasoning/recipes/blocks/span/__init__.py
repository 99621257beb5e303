"""Blocks of answers that are parts of a text."""
