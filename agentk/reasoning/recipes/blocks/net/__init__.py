"""Blocks of networks on torch."""
