"""`python -m tokenworth_mcp`: the same as the command `tokenworth`."""

from tokenworth_mcp.cli import main

main()
