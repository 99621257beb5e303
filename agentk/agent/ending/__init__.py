"""The end of a run: what the person takes away, the grader's score, the lessons, the numbers."""
