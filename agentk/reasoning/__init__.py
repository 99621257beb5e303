"""Whoever answers the graph's typed questions."""
