"""What a person reads and takes away: the report, the live page, comparisons, notebooks."""
