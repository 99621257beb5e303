"""Conformance suites that third parties can run over their own implementations."""
