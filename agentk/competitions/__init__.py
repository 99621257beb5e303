"""The competition as a tested contract: files read, columns understood, metric, submission format, validation."""
