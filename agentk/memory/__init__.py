"""Nested lessons that learn from reward: what a competition taught is there for the next one."""
