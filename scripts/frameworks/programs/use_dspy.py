"""DSPy: the tools of its ``ReAct``, called as it calls them."""

import asyncio

from answers import CALLS, report

# Recipe
import os

import dspy
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

server = StdioServerParameters(command="writer-jobs-mcp", env={"WRITER_API_KEY": os.environ["WRITER_API_KEY"]})


async def ask(react, question):
    async with Client(stdio_client(server)) as client:
        tools = [dspy.Tool.from_mcp_tool(client, tool) for tool in (await client.list_tools()).tools]
        return await react("question -> answer", tools=tools).acall(question=question)


# End of the recipe


class React:
    """Calls tools as ``dspy.ReAct`` does: an exception is what the model reads."""

    def __init__(self, _, tools):
        self.tools = {tool.name: tool for tool in tools}

    async def acall(self, question):
        read = []
        for call in CALLS:
            try:
                read.append(await self.tools[call["tool"]].acall(**call["arguments"]))
            except Exception as exc:
                read.append(f"Execution error in {call['tool']}: {exc}")
        schemas = {name: {"properties": tool.args} for name, tool in self.tools.items()}
        report([*self.tools], read, {"DSPy": schemas})


asyncio.run(ask(React, "What failed?"))
