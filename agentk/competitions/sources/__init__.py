"""Where a competition comes from, and what is made of it first so that it has train, test and a question."""
