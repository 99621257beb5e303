"""The reasoning graph: state, nodes, edges."""
