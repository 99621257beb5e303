"""A competition's files: what lies in a folder, how a table is spelled there, and how it is read."""
