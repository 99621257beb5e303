"""The stages of setup, in their order: read, shape, metric, format, split."""
