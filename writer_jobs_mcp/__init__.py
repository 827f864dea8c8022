"""An MCP server for triage of a Writer application's jobs."""

from importlib import metadata

__version__ = metadata.version("writer-jobs-mcp")
