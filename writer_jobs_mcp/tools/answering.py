"""What every tool shares: the running server's parts, and the form of an answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from mcp_types import CallToolResult, TextContent

from writer_jobs_mcp import views
from writer_jobs_mcp.client import WriterClient


@dataclass(frozen=True, slots=True)
class App:
    """What the tools of one running server share."""

    client: WriterClient
    clock: Callable[[], datetime]
    offers_retry: bool = False


def answer(view: views.View) -> CallToolResult:
    """A view as the structure and the text that carry the same facts."""
    return CallToolResult(
        content=[TextContent(type="text", text=view.as_text())], structured_content=view.as_structure()
    )
