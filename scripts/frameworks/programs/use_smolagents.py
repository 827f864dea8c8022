"""smolagents: a tool-calling agent with a model that makes the given calls."""

from answers import CALLS, report
from smolagents import ChatMessage, Model
from smolagents.models import ChatMessageToolCall, ChatMessageToolCallFunction, MessageRole, get_tool_json_schema

# Recipe
import os

from mcp import StdioServerParameters
from smolagents import MCPClient, ToolCallingAgent

server = StdioServerParameters(command="writer-jobs-mcp", args=[], env={"WRITER_API_KEY": os.environ["WRITER_API_KEY"]})


def ask(model, question):
    with MCPClient(server, structured_output=False) as tools:  # True: the model reads the structure
        return ToolCallingAgent(tools=tools, model=model, max_steps=10).run(question)


# End of the recipe


def filled(arguments, inputs):
    """Fill in every argument, since smolagents requires all: a blank, or a number's default."""
    return {name: arguments.get(name, schema.get("default", "")) for name, schema in inputs.items()}


class Scripted(Model):
    def __init__(self):
        super().__init__(model_id="scripted")
        self.turns, self.offered, self.seen = iter(CALLS), {}, []

    def generate(self, messages, stop_sequences=None, response_format=None, tools_to_call_from=None, **_):
        inputs = {tool.name: tool.inputs for tool in tools_to_call_from or []}
        self.offered = {
            tool.name: get_tool_json_schema(tool)["function"]["parameters"]
            for tool in tools_to_call_from or []
            if tool.name != "final_answer"
        }
        self.seen = messages
        call = next(self.turns, {"tool": "final_answer", "arguments": {"answer": "done"}})
        arguments = filled(call["arguments"], inputs[call["tool"]])
        function = ChatMessageToolCallFunction(name=call["tool"], arguments=arguments)
        used = ChatMessageToolCall(id=f"call_{len(messages)}", type="function", function=function)
        return ChatMessage(role=MessageRole.ASSISTANT, content="", tool_calls=[used])


model = Scripted()
ask(model, "What failed?")
read = [
    "".join(part["text"] for part in message.content)
    for message in model.seen
    if message.role in (MessageRole.TOOL_RESPONSE, "tool-response")
]
report([*model.offered], read, {"OpenAI": model.offered})
