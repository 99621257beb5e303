"""Models of tables: the entry blocks."""
