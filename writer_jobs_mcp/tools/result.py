"""What every tool shares: the running server's parts, and the form of an answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mcp_types import CallToolResult, TextContent

from writer_jobs_mcp import results
from writer_jobs_mcp.client.sent_retries import SentRetries
from writer_jobs_mcp.worker_threads import run_in_worker

if TYPE_CHECKING:
    from writer_jobs_mcp.client import WriterClient
    from writer_jobs_mcp.tools.retry_consent import Question


@dataclass(frozen=True)
class App:
    """What the tools of one running server share."""

    create_client: Callable[[], "WriterClient"]
    clock: Callable[[], datetime]
    allow_retry: bool = False

    @cached_property
    def client(self) -> "WriterClient":
        """Writer, asked by one client whose connections are kept; opened when it is first needed."""
        return self.create_client()

    @cached_property
    def sent_retries(self) -> SentRetries:
        """The retries that were sent so far, so that none is sent twice."""
        return SentRetries(self.clock)

    @cached_property
    def questions(self) -> "list[Question]":
        """The last questions put to users, the oldest first."""
        return []

    async def aclose(self) -> None:
        """Close the client, if it was opened."""
        if "client" in vars(self):
            await self.client.aclose()


def tool_result(view: results.ResultModel, meta: dict[str, Any] | None = None) -> CallToolResult:
    """A view as the structure and the text that carry the same facts; ``meta`` is for the host, not the model."""
    return CallToolResult(
        content=[TextContent(type="text", text=view.as_text())], structured_content=view.as_structure(), _meta=meta
    )


_SHORT_TEXT_LENGTH = 2_000  # characters; even the worst take some milliseconds to clean and to classify


async def tool_result_in_worker(make: Callable[[], results.ResultModel], *texts: str | None) -> CallToolResult:
    """Make a result in a worker thread, since the text of jobs may take long to clean and to shorten.

    Args:
        make: Makes what :func:`answer` takes.
        texts: The text that it works on, where that is known; short text is not worth a thread.
    """
    if texts and sum(len(text or "") for text in texts) <= _SHORT_TEXT_LENGTH:
        return tool_result(make())
    return await run_in_worker(lambda: tool_result(make()))
