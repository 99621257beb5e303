"""Binds the parts of one run: run, resume, folder, journal."""
