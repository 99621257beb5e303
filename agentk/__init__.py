"""agentk: an open Agent K. Point it at a competition; get a submission whose score can be trusted."""

__version__ = "0.1.0"
