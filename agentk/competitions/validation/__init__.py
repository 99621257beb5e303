"""Whether scores of held-out rows will hold: how test relates to train, what imitates that, what leaks."""
