"""Mistral's SDK: the functions of its MCP client, called as its runs call them."""

import asyncio

from answers import CALLS, report

# Recipe
import os

from mcp import StdioServerParameters
from mistralai.extra.mcp.stdio import MCPClientSTDIO

server = StdioServerParameters(command="writer-jobs-mcp", env={"WRITER_API_KEY": os.environ["WRITER_API_KEY"]})
client = MCPClientSTDIO(stdio_params=server)  # for RunContext.register_mcp_client

# End of the recipe


async def main():
    await client.initialize()
    schemas = {tool.function.name: tool.function.parameters for tool in await client.get_tools()}
    read = [await client.execute_tool(call["tool"], call["arguments"]) for call in CALLS]
    await client.aclose()
    report([*schemas], read, {"Mistral": schemas})


asyncio.run(main())
