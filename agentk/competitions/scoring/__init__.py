"""What is scored: the truth as numbers, its weights, and metrics of a person's own."""
