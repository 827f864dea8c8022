"""The MCP server: tools, resources, prompts and completions, and the stdio transport."""
