"""The MCP server and the command line; thin over the domain library `tokenworth`."""
