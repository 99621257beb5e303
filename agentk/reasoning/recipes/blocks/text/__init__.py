"""Blocks of texts."""
