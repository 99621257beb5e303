"""Chat models: language-model backends behind one protocol, with their cost bounded. Leaves: they know no competition."""
