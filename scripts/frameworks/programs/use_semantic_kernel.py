"""Semantic Kernel: the functions of its plugin, invoked as its function calling invokes them."""

import asyncio
import json

from answers import CALLS, report
from semantic_kernel.connectors.ai.function_calling_utils import kernel_function_metadata_to_function_call_format
from semantic_kernel.contents import ChatHistory, FunctionCallContent

# Recipe
import os

from semantic_kernel import Kernel
from semantic_kernel.connectors.mcp import MCPStdioPlugin

plugin = MCPStdioPlugin(
    name="writer_jobs",
    command="writer-jobs-mcp",
    args=[],
    env={"WRITER_API_KEY": os.environ["WRITER_API_KEY"]},
    load_prompts=False,
    request_timeout=60,
)

# End of the recipe


async def main():
    kernel, history = Kernel(), ChatHistory()
    async with plugin:
        functions = kernel.add_plugin(plugin).functions
        for at, call in enumerate(CALLS):
            asked = FunctionCallContent(
                id=f"call_{at}",
                name=f"writer_jobs-{call['tool']}",
                arguments=json.dumps(call["arguments"]),
            )
            await kernel.invoke_function_call(asked, history)
    read = [str(message.items[0].result) for message in history.messages]
    schemas = {
        name: kernel_function_metadata_to_function_call_format(function.metadata)["function"]["parameters"]
        for name, function in functions.items()
    }
    report([*schemas], read, {"OpenAI": schemas})


asyncio.run(main())
