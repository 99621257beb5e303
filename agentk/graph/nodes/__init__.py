"""The nodes: plain functions (workbench, state) -> what changes in the state. Each finds its own effects after a crash."""
