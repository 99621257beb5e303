"""A blend has no program of its own: outcome.json names its members, solution/ of the run puts them together."""
