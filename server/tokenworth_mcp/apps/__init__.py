"""The pages that are shown inside chats (MCP Apps) and written as reports; their sources are in `source/`."""
