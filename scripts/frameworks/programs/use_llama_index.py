"""LlamaIndex: a function agent with a model that makes the given calls."""

import asyncio

from answers import CALLS, report
from llama_index.core.base.llms.types import ChatMessage, ChatResponse
from llama_index.core.llms.llm import ToolSelection
from llama_index.core.llms.mock import MockFunctionCallingLLM

# Recipe
import os

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.tools.mcp import BasicMCPClient, McpToolSpec

client = BasicMCPClient("writer-jobs-mcp", args=[], env={"WRITER_API_KEY": os.environ["WRITER_API_KEY"]})


async def agent(model):
    tools = await McpToolSpec(client=client).to_tool_list_async()  # without include_resources
    return FunctionAgent(tools=tools, llm=model)


# End of the recipe


class Scripted(MockFunctionCallingLLM):
    turn: int = 0
    offered: dict = {}
    seen: list = []

    async def achat_with_tools(self, tools, chat_history=None, **_):
        functions = [tool.metadata.to_openai_tool()["function"] for tool in tools]
        self.offered.update({function["name"]: function["parameters"] for function in functions})
        self.seen[:] = [message.content for message in chat_history if message.role == "tool"]
        self.turn += 1
        return ChatResponse(message=ChatMessage(role="assistant", content="" if self.turn <= len(CALLS) else "done"))

    def get_tool_calls_from_response(self, response, **_):
        calls = CALLS[self.turn - 1 : self.turn]
        return [
            ToolSelection(tool_id=f"call_{self.turn}", tool_name=call["tool"], tool_kwargs=call["arguments"])
            for call in calls
        ]


async def main():
    model = Scripted()
    asked = await agent(model)
    asked.streaming = False
    await asked.run("What failed?")
    report([*model.offered], model.seen, {"OpenAI": model.offered})


asyncio.run(main())
