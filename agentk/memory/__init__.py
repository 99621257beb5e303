"""Nested lessons that learn from reward."""
