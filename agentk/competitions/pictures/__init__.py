"""Pictures: beside the tables, in their columns, and on one sheet for somebody to look at."""
