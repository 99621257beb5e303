"""Blocks of pictures."""
