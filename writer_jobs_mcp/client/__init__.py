"""The only room that speaks HTTP: asks Writer, waits where waiting helps, says plainly what went wrong."""

from writer_jobs_mcp.client.connecting import Transport, connect, in_process
from writer_jobs_mcp.client.endpoints import WriterClient

__all__ = ["Transport", "WriterClient", "connect", "in_process"]
