"""Blocks of series."""
