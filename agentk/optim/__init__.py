"""Optimizers for neural recipes."""
