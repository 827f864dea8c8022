"""The only room that speaks HTTP: asks Writer, waits where waiting helps, says plainly what went wrong.

It is imported when it is first asked for: whoever starts the server does not wait for HTTP.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from writer_jobs_mcp.client.client import WriterClient
    from writer_jobs_mcp.client.connect import (
        Transport,
        asgi_transport,
        create_client,
        network_setting_errors,
        open_client,
    )

__all__ = ["Transport", "WriterClient", "asgi_transport", "create_client", "network_setting_errors", "open_client"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.connect"), name)
