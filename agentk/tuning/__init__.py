"""Tuning: which parameters of a solution to try next. The protocol is `Search`; its trials are lines of trials.jsonl."""
