"""Bayesian search over a solution's SPACE."""
