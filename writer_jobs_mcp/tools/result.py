"""Builds the result of a tool call: structure and text that carry the same facts."""

from collections.abc import Callable
from typing import Any

from mcp_types import CallToolResult, TextContent

from writer_jobs_mcp.results.base import ResultModel
from writer_jobs_mcp.worker_threads import run_in_worker

_SHORT_TEXT_LENGTH = 2_000  # characters; even the worst text of this length takes only milliseconds


def tool_result(result: ResultModel, meta: dict[str, Any] | None = None) -> CallToolResult:
    """Build the result of a tool call; ``meta`` is for the host, not for the model."""
    return CallToolResult(
        content=[TextContent(type="text", text=result.as_text())], structured_content=result.as_structure(), _meta=meta
    )


async def tool_result_in_worker(make: Callable[[], ResultModel], *texts: str | None) -> CallToolResult:
    """Build it in a worker thread, since the text of jobs may take long to sanitize and to shorten.

    Args:
        make: Makes what :func:`tool_result` takes.
        texts: The text that ``make`` works on, if known; short text is not worth a thread.
    """
    if texts and sum(len(text or "") for text in texts) <= _SHORT_TEXT_LENGTH:
        return tool_result(make())
    return await run_in_worker(lambda: tool_result(make()))
