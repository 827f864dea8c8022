"""The client for Writer's API: requests, retries and error messages.

Its modules are imported on first use, because importing httpx would delay the start of the server.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from writer_jobs_mcp.client.client import WriterClient, create_client, open_client
    from writer_jobs_mcp.client.connect import Transport, asgi_transport, network_setting_errors

__all__ = ["Transport", "WriterClient", "asgi_transport", "create_client", "network_setting_errors", "open_client"]

_IN_CONNECT = {"Transport", "asgi_transport", "network_setting_errors"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    module = "connect" if name in _IN_CONNECT else "client"
    return getattr(import_module(f"{__name__}.{module}"), name)
