"""Google's Agent Development Kit: an agent with a model that makes the given calls."""

import asyncio

from answers import CALLS, report
from google.adk.models import BaseLlm, LlmResponse
from google.adk.runners import InMemoryRunner
from google.genai import types
from google.genai._mcp_utils import mcp_to_gemini_tool

# Recipe
import os

from google.adk.agents import LlmAgent
from google.adk.tools.mcp_tool import McpToolset, StdioConnectionParams
from mcp import StdioServerParameters

tools = McpToolset(
    connection_params=StdioConnectionParams(
        server_params=StdioServerParameters(
            command="writer-jobs-mcp", env={"WRITER_API_KEY": os.environ["WRITER_API_KEY"]}
        ),
        timeout=60,  # 5 unless given: too short for a triage
    )
)


def agent(model):
    return LlmAgent(name="triage", model=model, tools=[tools])


# End of the recipe


def schema_of(declaration):
    return declaration.parameters_json_schema or declaration.parameters.model_dump(exclude_none=True)


class Scripted(BaseLlm):
    turn: int = 0
    offered: dict = {}
    contents: list[types.Content] = []

    async def generate_content_async(self, llm_request, stream=False):
        declared = [each for tool in llm_request.config.tools or [] for each in tool.function_declarations]
        self.offered = {each.name: schema_of(each) for each in declared}
        self.contents = llm_request.contents
        if self.turn < len(CALLS):
            call = CALLS[self.turn]
            part = types.Part.from_function_call(name=call["tool"], args=call["arguments"])
        else:
            part = types.Part.from_text(text="done")
        self.turn += 1
        yield LlmResponse(content=types.Content(role="model", parts=[part]))


async def main():
    model = Scripted(model="scripted")
    runner = InMemoryRunner(agent=agent(model), app_name="triage")
    session = await runner.session_service.create_session(app_name="triage", user_id="user")
    question = types.Content(role="user", parts=[types.Part.from_text(text="What failed?")])
    async for _ in runner.run_async(user_id="user", session_id=session.id, new_message=question):
        pass
    read = [
        part.function_response.response
        for content in model.contents
        for part in content.parts or []
        if part.function_response
    ]
    by_genai = [mcp_to_gemini_tool(tool.raw_mcp_tool).function_declarations[0] for tool in await tools.get_tools()]
    schemas = {"ADK": model.offered, "google-genai": {each.name: schema_of(each) for each in by_genai}}
    report([*model.offered], read, schemas)
    await tools.close()


asyncio.run(main())
