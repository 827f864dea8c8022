"""How to start this server as a subprocess, for the commands that are its clients."""

import sys
from collections.abc import Mapping

from mcp.client.stdio import StdioServerParameters


def self_server_parameters(environ: Mapping[str, str], *arguments: str) -> StdioServerParameters:
    """Return how to start it with ``arguments``, in ``environ`` without the key and the settings of OpenTelemetry."""
    kept = {name: value for name, value in environ.items() if not name.startswith(("WRITER_API_KEY", "OTEL_"))}
    return StdioServerParameters(command=sys.executable, args=["-m", "writer_jobs_mcp", *arguments], env=kept)
