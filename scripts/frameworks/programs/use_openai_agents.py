"""The OpenAI Agents SDK: an agent with a model that makes the given calls."""

import asyncio
import json
from copy import deepcopy

from agents import Model, ModelResponse, Usage, set_tracing_disabled
from agents.strict_schema import ensure_strict_json_schema
from answers import CALLS, report
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText

# Recipe
import os

from agents import Agent, Runner
from agents.mcp import MCPServerStdio

server = MCPServerStdio(
    name="writer-jobs",
    params={"command": "writer-jobs-mcp", "env": {"WRITER_API_KEY": os.environ["WRITER_API_KEY"]}},
    client_session_timeout_seconds=60,  # 5 unless given: too short for a triage
    cache_tools_list=True,
)


async def ask(model, question):
    async with server:
        agent = Agent(name="Triage", model=model, mcp_servers=[server])
        return await Runner.run(agent, question)


# End of the recipe


class Scripted(Model):
    def __init__(self):
        self.turns, self.tools, self.input = iter(CALLS), [], []

    async def get_response(self, system_instructions, input, model_settings, tools, *_, **__):
        self.tools, self.input = tools, input
        call = next(self.turns, None)
        if call is None:
            text = ResponseOutputText(type="output_text", text="done", annotations=[])
            output = ResponseOutputMessage(id="m", type="message", role="assistant", status="completed", content=[text])
        else:
            output = ResponseFunctionToolCall(
                type="function_call",
                call_id=f"call_{len(input)}",
                name=call["tool"],
                arguments=json.dumps(call["arguments"]),
            )
        return ModelResponse(output=[output], usage=Usage(), response_id=None)

    def stream_response(self, *_, **__):
        raise NotImplementedError  # the runner streams only if it is asked to


async def main():
    set_tracing_disabled(True)
    model = Scripted()
    await ask(model, "What failed?")
    read = [each["output"] for each in model.input if each.get("type") == "function_call_output"]
    schemas = {tool.name: ensure_strict_json_schema(deepcopy(tool.params_json_schema)) for tool in model.tools}
    report([*schemas], read, {"OpenAI strict": schemas})


asyncio.run(main())
