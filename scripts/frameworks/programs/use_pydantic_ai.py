"""Pydantic AI: an agent with a model that makes the given calls."""

import asyncio
from copy import deepcopy

from answers import CALLS, report
from pydantic_ai.messages import ModelRequest, ModelResponse, RetryPromptPart, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import FunctionModel
from pydantic_ai.profiles.google import GoogleJsonSchemaTransformer
from pydantic_ai.profiles.openai import OpenAIJsonSchemaTransformer

# Recipe
import os

from fastmcp.client.transports import StdioTransport
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset

server = MCPToolset(
    StdioTransport("writer-jobs-mcp", [], env={"WRITER_API_KEY": os.environ["WRITER_API_KEY"]}),
    init_timeout=30,
    read_timeout=60,
)


async def ask(model, question):
    return await Agent(model, toolsets=[server]).run(question)


# End of the recipe


async def main():
    turns, offered, seen = iter(CALLS), {}, []

    def answer(messages, info):
        offered.update({tool.name: tool.parameters_json_schema for tool in info.function_tools})
        seen[:] = [
            part.model_response_str() if isinstance(part, ToolReturnPart) else part.model_response()
            for message in messages
            if isinstance(message, ModelRequest)
            for part in message.parts
            if isinstance(part, ToolReturnPart | RetryPromptPart)
        ]
        call = next(turns, None)
        return ModelResponse(parts=[ToolCallPart(call["tool"], call["arguments"]) if call else TextPart("done")])

    await ask(FunctionModel(answer), "What failed?")
    schemas = {
        "OpenAI strict": {
            name: OpenAIJsonSchemaTransformer(deepcopy(schema), strict=True).walk() for name, schema in offered.items()
        },
        "Gemini": {name: GoogleJsonSchemaTransformer(deepcopy(schema)).walk() for name, schema in offered.items()},
    }
    report([*offered], seen, schemas)


asyncio.run(main())
