"""The notebook: step through a run, steer it, rewind it, and look at it."""
