"""AutoGen: an assistant with a model client that makes the given calls."""

import asyncio
import json

from answers import CALLS, report
from autogen_core import FunctionCall
from autogen_core.models import CreateResult, FunctionExecutionResultMessage, ModelFamily, RequestUsage
from autogen_ext.models.replay import ReplayChatCompletionClient

# Recipe
import os

from autogen_agentchat.agents import AssistantAgent
from autogen_ext.tools.mcp import McpWorkbench, StdioServerParams

server = StdioServerParams(
    command="writer-jobs-mcp",
    env={"WRITER_API_KEY": os.environ["WRITER_API_KEY"]},
    read_timeout_seconds=60,  # 5 unless given: too short for a triage
)


async def ask(model, question):
    async with McpWorkbench(server) as workbench:
        agent = AssistantAgent("triage", model_client=model, workbench=workbench, max_tool_iterations=10)
        return await agent.run(task=question)


# End of the recipe


class Scripted(ReplayChatCompletionClient):
    async def create(self, messages, *, tools=(), **options):
        self.tools, self.seen = tools, messages
        return await super().create(messages, tools=tools, **options)


def answer(content):
    usage = RequestUsage(prompt_tokens=1, completion_tokens=1)
    reason = "stop" if isinstance(content, str) else "function_calls"
    return CreateResult(finish_reason=reason, content=content, usage=usage, cached=False)


async def main():
    calls = [
        FunctionCall(id=f"call_{at}", name=call["tool"], arguments=json.dumps(call["arguments"]))
        for at, call in enumerate(CALLS)
    ]
    info = {"vision": False, "function_calling": True, "json_output": False, "structured_output": False}
    model = Scripted(
        [*(answer([call]) for call in calls), answer("done")], model_info={**info, "family": ModelFamily.UNKNOWN}
    )
    await ask(model, "What failed?")
    read = [
        result.content
        for message in model.seen
        if isinstance(message, FunctionExecutionResultMessage)
        for result in message.content
    ]
    schemas = {tool["name"]: tool["parameters"] for tool in model.tools}
    report([*schemas], read, {"AutoGen": schemas})


asyncio.run(main())
