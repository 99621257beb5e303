"""Blocks of fitting to tables: on which rows, which scale, which loss, how long."""
