"""Programs that run inside a peer's own environment: one a peer, and `run.py` that calls it. They import nothing of agentk."""
