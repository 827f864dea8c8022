"""Serve the tools, prompts and resources over MCP."""
