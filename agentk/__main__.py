"""`python -m agentk`."""

from agentk.cli.main import main

main()
