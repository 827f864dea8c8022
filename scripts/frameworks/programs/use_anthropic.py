"""Anthropic's SDK: the tools of its tool runner, called as it calls them."""

import asyncio

from anthropic import transform_schema
from anthropic.lib.tools import ToolError
from answers import CALLS, report

# Recipe
import os

from anthropic.lib.tools.mcp import async_mcp_tool
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

server = StdioServerParameters(command="writer-jobs-mcp", env={"WRITER_API_KEY": os.environ["WRITER_API_KEY"]})


async def ask(anthropic, question):
    async with Client(stdio_client(server)) as client:
        tools = [async_mcp_tool(tool, client) for tool in (await client.list_tools()).tools]
        messages = [{"role": "user", "content": question}]
        runner = anthropic.beta.messages.tool_runner(
            model="claude-sonnet-5", max_tokens=4096, tools=tools, messages=messages
        )
        return await runner.until_done()


# End of the recipe


class Runner:
    def __init__(self, tools):
        self.tools = {tool.name: tool for tool in tools}

    async def until_done(self):
        read = []
        for call in CALLS:
            try:
                read.append(await self.tools[call["tool"]].call(call["arguments"]))
            except ToolError as exc:
                read.append(exc.content)
        schemas = {name: tool.to_dict()["input_schema"] for name, tool in self.tools.items()}
        strict = {name: transform_schema(schema) for name, schema in schemas.items()}
        report([*self.tools], read, {"Anthropic": schemas, "Anthropic strict": strict})


class Scripted:
    """Has the part of an ``AsyncAnthropic`` that the recipe uses."""

    def __init__(self):
        self.beta = self.messages = self

    def tool_runner(self, *, tools, **_):
        return Runner(tools)


asyncio.run(ask(Scripted(), "What failed?"))
