"""Measuring, `agentk bench`: competitions with known answers, other systems, and single parts of agentk."""
