"""The smallest possible tool on Writer: it fetches and parses a page, and returns as many characters as our tool."""

import os
from typing import Any

import httpx
from mcp.server import MCPServer
from mcp_types import CallToolResult, TextContent

server = MCPServer("minimal")
http = httpx.AsyncClient(
    base_url=os.environ["WRITER_BASE_URL"], headers={"Authorization": f"Bearer {os.environ['WRITER_API_KEY']}"}
)


@server.tool(structured_output=False)
async def list_jobs(application_id: str, limit: int, text: int, structure: int) -> CallToolResult:
    """List jobs: return the given numbers of characters of the response as text and structure."""
    response = await http.get(f"/v1/applications/{application_id}/jobs", params={"limit": limit})
    jobs: list[Any] = response.json()["result"]
    content = [TextContent(type="text", text=response.text[:text])]
    return CallToolResult(
        content=content, structured_content={"returned": len(jobs), "jobs": response.text[:structure]}
    )


if __name__ == "__main__":
    server.run("stdio")
