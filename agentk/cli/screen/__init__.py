"""What a person sees in a terminal: a run while it works, steps as cards, the contract, how long is still to wait."""
