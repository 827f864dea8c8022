"""LangChain: an agent of ``create_agent``, with a model that makes the given calls."""

import asyncio

from answers import CALLS, report
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.utils.function_calling import convert_to_openai_tool

# Recipe
import os

from langchain.agents import create_agent
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools

client = MultiServerMCPClient(
    {
        "writer-jobs": {
            "transport": "stdio",
            "command": "writer-jobs-mcp",
            "args": [],
            "env": {"WRITER_API_KEY": os.environ["WRITER_API_KEY"]},
        }
    }
)


async def ask(model, question):
    async with client.session("writer-jobs") as session:  # one server for all calls
        tools = await load_mcp_tools(session)
        return await create_agent(model, tools).ainvoke({"messages": question})


# End of the recipe


class Model(GenericFakeChatModel):
    offered: dict = {}

    def bind_tools(self, tools, **_):
        functions = [convert_to_openai_tool(tool, strict=True)["function"] for tool in tools]
        self.offered.update({function["name"]: function["parameters"] for function in functions})
        return self


async def main():
    calls = [
        AIMessage("", tool_calls=[{"name": call["tool"], "args": call["arguments"], "id": f"call_{at}"}])
        for at, call in enumerate(CALLS)
    ]
    model = Model(messages=iter([*calls, AIMessage("done")]))
    answered = await ask(model, "What failed?")
    read = [message.content for message in answered["messages"] if isinstance(message, ToolMessage)]
    report([*model.offered], read, {"OpenAI strict": model.offered})


asyncio.run(main())
