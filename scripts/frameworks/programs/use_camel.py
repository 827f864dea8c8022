"""CAMEL: the tools of its toolkit, called as its chat agent calls them."""

import asyncio

from answers import CALLS, report

# Recipe
import os

from camel.toolkits import MCPToolkit

config = {
    "mcpServers": {
        "writer-jobs": {
            "command": "writer-jobs-mcp",
            "args": [],
            "env": {"WRITER_API_KEY": os.environ["WRITER_API_KEY"]},
        }
    }
}
toolkit = MCPToolkit(config_dict=config, timeout=60)  # 10 for a call unless given: too short for a triage

# End of the recipe


async def read_after(tool, arguments):
    try:
        return await tool.func.async_call(**arguments)
    except Exception as exc:
        return str(exc)


async def main():
    async with toolkit:
        tools = {tool.get_function_name(): tool for tool in toolkit.get_tools()}
        read = [await read_after(tools[call["tool"]], call["arguments"]) for call in CALLS]
        schemas = {name: tool.get_openai_tool_schema()["function"]["parameters"] for name, tool in tools.items()}
    report([*schemas], read, {"OpenAI strict": schemas})


asyncio.run(main())
