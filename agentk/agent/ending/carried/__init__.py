"""Programs that are copied into a run's `solution/`, real modules here so that they are linted and tested like the rest."""
