"""What a run tells those who look at it from outside: its rows again, and what its parts are worth."""
