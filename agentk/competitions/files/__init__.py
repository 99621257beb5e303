"""A competition's files: what lies in a folder, and how its tables are read."""
