"""The reasoning graph: nodes, edges and state; the journal, the run's folder and the ledger that they work on."""
