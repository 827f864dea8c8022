"""FastMCP's client, which frameworks use as their MCP client."""

import asyncio

from answers import CALLS, report
from fastmcp.exceptions import ToolError

# Recipe
import os

from fastmcp import Client
from fastmcp.client.transports import StdioTransport

client = Client(StdioTransport("writer-jobs-mcp", [], env={"WRITER_API_KEY": os.environ["WRITER_API_KEY"]}))

# End of the recipe


async def main():
    read = []
    async with client:
        tools = await client.list_tools()
        for call in CALLS:
            try:
                result = await client.call_tool(call["tool"], call["arguments"])
                assert result.data is not None  # made with the output schema
                read.append(result.structured_content)
            except ToolError as exc:
                read.append(str(exc))
    schemas = {tool.name: getattr(tool, "input_schema", None) or tool.inputSchema for tool in tools}
    report([*schemas], read, {"as it is": schemas})


asyncio.run(main())
