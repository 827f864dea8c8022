"""The only room that speaks HTTP: asks Writer, waits where waiting helps, says plainly what went wrong."""

from writer_jobs_mcp.client.endpoints import Transport, WriterClient, connect, in_process

__all__ = ["Transport", "WriterClient", "connect", "in_process"]
