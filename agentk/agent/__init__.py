"""Binds the parts of one run: the request, the session that is open for it, its arena, its models, and steps."""
