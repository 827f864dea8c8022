"""This server as a subprocess, for the commands that are its own clients."""

import sys
from collections.abc import Mapping

from mcp.client.stdio import StdioServerParameters


def self_server_parameters(environ: Mapping[str, str], *arguments: str) -> StdioServerParameters:
    """How to start it, in ``environ`` but for secrets: its handshake and the embedded API need no key, no collector."""
    kept = {name: value for name, value in environ.items() if not name.startswith(("WRITER_API_KEY", "OTEL_"))}
    return StdioServerParameters(command=sys.executable, args=["-m", "writer_jobs_mcp", *arguments], env=kept)
