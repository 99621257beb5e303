"""Measuring: agentk bench."""
