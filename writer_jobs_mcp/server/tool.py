"""The boundary of the server: what is asked for wrongly, and what fails, becomes a sentence for whoever asked."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast, get_args
from urllib.parse import unquote

import anyio
import anyio.lowlevel
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError, UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, ToolAnnotations
from pydantic import ConfigDict, ValidationError

from writer_jobs_mcp import results
from writer_jobs_mcp.config import Config
from writer_jobs_mcp.deadlines import DEFAULT_CALL_BUDGET
from writer_jobs_mcp.errors import KEY_IN_ARGUMENT, WriterError
from writer_jobs_mcp.sanitize.text import json_quote, preview
from writer_jobs_mcp.tools import App, ToolDefinition
from writer_jobs_mcp.tools.arguments import TOO_LARGE

if TYPE_CHECKING:
    from mcp.server.lowlevel.helper_types import ReadResourceContents
    from mcp_types import CallToolResult, GetPromptResult, InputRequiredResult
    from pydantic import AnyUrl
    from pydantic_core import ErrorDetails


def _contains_no_key(_: str) -> bool:
    return False


class JobServer(MCPServer[App]):
    """A server that names what it has to whoever asks for what it has not, and repeats no key that it is given."""

    is_key_in: Callable[[str], bool] = staticmethod(_contains_no_key)

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[App, Any] | None = None
    ) -> "CallToolResult | InputRequiredResult":
        """Call a tool.

        Raises:
            ToolError: With a sentence for the model as its whole text.
        """
        if name not in (tools := [tool.name for tool in await self.list_tools()]):
            raise ToolError(self._unknown("tool", name, tools))
        return await super().call_tool(name, arguments, context)

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: Context[App, Any] | None = None
    ) -> "GetPromptResult | InputRequiredResult":
        """Give a prompt.

        Raises:
            MCPError: There is no such prompt, or an argument is wrong.
        """
        if name not in (prompts := [prompt.name for prompt in await self.list_prompts()]):
            raise MCPError(code=INVALID_PARAMS, message=self._unknown("prompt", name, prompts))
        if self.is_key_in(_all_text(arguments)):
            raise MCPError(code=INVALID_PARAMS, message=KEY_IN_ARGUMENT)
        return await super().get_prompt(name, arguments, context)

    async def read_resource(
        self, uri: "AnyUrl | str", context: Context[App, Any] | None = None
    ) -> "Iterable[ReadResourceContents] | InputRequiredResult":
        """Read a resource.

        Raises:
            MCPError: The address holds the key.
            ResourceError: With a sentence as its whole text.
        """
        if self.is_key_in(unquote(str(uri))):
            raise MCPError(
                code=INVALID_PARAMS, message=KEY_IN_ARGUMENT
            )  # a ResourceError would have the address beside it
        try:
            return await super().read_resource(uri, context)
        except ResourceNotFoundError as exc:
            if str(exc) != f"Unknown resource: {uri}":  # the stock words, which hold the address as it came
                raise
            resources = [resource.uri for resource in await self.list_resources()]
            templates = [template.uri_template for template in await self.list_resource_templates()]
            raise ResourceNotFoundError(self._unknown("resource", str(uri), [*resources, *templates])) from None

    def _unknown(self, kind: str, name: str, known: Iterable[str]) -> str:
        if self.is_key_in(name):
            return KEY_IN_ARGUMENT
        return f"Unknown {kind} {json_quote(preview(name, 60))}: available are {', '.join(known)}."


class JobTool(Tool):
    """A tool that keeps the contract: no unknown argument, one budget for the call, errors as sentences."""

    call_budget: float = DEFAULT_CALL_BUDGET
    is_key_in: Callable[[str], bool] = staticmethod(_contains_no_key)

    @classmethod
    def build(cls, definition: ToolDefinition, config: Config) -> "JobTool":
        """A tool from an async function, its schemas without noise."""
        description = " ".join((definition.fn.__doc__ or "").split())
        annotations = ToolAnnotations(
            read_only_hint=not definition.changes_jobs, idempotent_hint=not definition.changes_jobs
        )
        meta = {"ui": {"resourceUri": definition.page_uri}} if definition.page_uri else None
        # The SDK would derive the schema of the answer in its own way, and check by it each answer that we made by it.
        made = cls.from_function(
            definition.fn,
            title=definition.title,
            description=description,
            annotations=annotations,
            meta=meta,
            structured_output=False,
        )
        tool = cast("JobTool", made)
        metadata = tool.fn_metadata
        # The stock model ignores what it does not know; a misspelt filter would then answer another question.
        forbidding = ConfigDict(extra="forbid", defer_build=True)
        metadata.arg_model = type(metadata.arg_model.__name__, (metadata.arg_model,), {"model_config": forbidding})
        metadata.output_schema = results.result_schema(get_args(definition.fn.__annotations__["return"])[1])
        tool.parameters = {"additionalProperties": False, **simplify_schema(tool.parameters)}
        tool.call_budget = config.call_budget
        tool.is_key_in = config.is_key_in
        return tool

    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:
        """Run the tool.

        Raises:
            ToolError: With a sentence for the model as its whole text.
        """
        if self.is_key_in(_all_text(arguments)):
            raise ToolError(KEY_IN_ARGUMENT)
        given = {name: value for name, value in arguments.items() if not self._is_omitted(name, value)}
        try:
            with anyio.fail_after(self.call_budget):
                return await super().run(given, context, convert_result)
        except TimeoutError as exc:
            only_reads = self.annotations is not None and self.annotations.read_only_hint
            then = "Call again." if only_reads else "Look at each job (get_job_error) before you call again."
            message = f"{self.name} took longer than the call budget of {self.call_budget:g} s. {then}"
            raise ToolError(message) from exc
        except UnexpectedToolError as exc:
            if isinstance(exc.__cause__, WriterError):
                raise ToolError(str(exc.__cause__)) from exc.__cause__
            message = f"{self.name} failed because of a bug in writer-jobs-mcp; its log has the details. Report it."
            raise UnexpectedToolError(message) from exc.__cause__
        except MCPError as exc:
            await anyio.lowlevel.checkpoint_if_cancelled()  # the client disconnected: let the cancellation through
            message = f"{self.name} could not ask the user: the client refused the question, so nothing was done."
            raise ToolError(message) from exc
        except ToolError as exc:
            if isinstance(exc.__cause__, ValidationError):
                raise ToolError(" ".join(self._validation_messages(exc.__cause__))) from exc.__cause__
            # No tool of ours raises it: the answer to a question was no answer.
            message = f"{self.name} asked the user but could not read the reply, so nothing was done. Call again."
            raise ToolError(message) from exc

    def _is_omitted(self, name: str, value: object) -> bool:
        # Some frameworks require every argument, so models send null or blanks for those they omit.
        if isinstance(value, str) and not value.strip():
            return name in self.parameters["properties"] and name not in self.parameters.get("required", ())
        return value is None

    def _validation_messages(self, exc: ValidationError) -> Iterator[str]:
        seen: set[str] = set()
        for error in exc.errors(include_url=False):
            name = str(error["loc"][0])
            if name not in seen:  # a union complains once for each of its members
                seen.add(name)
                yield self._validation_message(name, error)

    def _validation_message(self, name: str, error: "ErrorDetails") -> str:
        schema: dict[str, Any] = self.parameters["properties"].get(name, {})
        if error["type"] == "extra_forbidden":
            taken = ", ".join(self.parameters["properties"])
            return f"Unknown argument {json_quote(preview(name, 60))}: {self.name} takes {taken}."
        if error["type"] == "missing":
            return f"{name} is required."
        if error["type"] == TOO_LARGE:
            return f"{name} {error['msg']}."
        positions = [part for part in error["loc"][1:] if isinstance(part, int)]
        for position in positions:
            name, schema = f"{name}[{position}]", schema["items"]
        return f"{name} {_requirement(schema, error)}; got {_display_value(error['input'])}."


def _all_text(arguments: object) -> str:
    # Looked through at once: the key may be in a file, which is read each time. No key has a line break.
    return "\n".join(_iter_strings(arguments))


def _iter_strings(said: object) -> Iterator[str]:
    """Every text in some arguments, names included."""
    if isinstance(said, str):
        yield said
    elif isinstance(said, dict):
        for name, value in cast("dict[str, object]", said).items():
            yield name
            yield from _iter_strings(value)
    elif isinstance(said, list):
        for item in cast("list[object]", said):
            yield from _iter_strings(item)


_TYPES = {"boolean": "true or false", "string": "a string", "integer": "a whole number"}


def _requirement(schema: dict[str, Any], error: "ErrorDetails") -> str:
    match schema:
        case {"enum": [*choices]}:
            return f"must be one of {', '.join(choices)}"
        case {"minimum": least, "maximum": greatest}:
            return f"must be a whole number from {least} to {greatest}"
        case {"minimum": least}:
            return f"must be a whole number of at least {least}"
        case {"minItems": least, "maxItems": greatest, "items": {"type": kind}}:
            return f"must be a list of {least} to {greatest} {kind}s"
        case _ if error["type"] == "value_error":
            return error["msg"].removeprefix("Value error, ")
        case _:
            return f"must be {_TYPES[schema['type']]}"


def _display_value(value: object) -> str:
    """A value that a model passed, short, and recognizably what it passed."""
    if isinstance(value, list) and len(cast("list[object]", value)) > 1:
        return f"{len(cast('list[object]', value))} of them"
    said = value if isinstance(value, str) else json.dumps(value, default=str)
    shown = preview(said, 60)
    return shown if shown == said and not isinstance(value, str) else json_quote(shown)


def simplify_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """A JSON schema with its definitions inlined, and without titles and defaults of null.

    Some clients choke on ``$ref`` or on null in a union, and every reader pays for each character.
    """
    definitions: dict[str, Any] = schema.get("$defs", {})

    def plain(node: Any) -> Any:
        match node:
            case [*items]:
                return [plain(item) for item in items]
            case {"$ref": str(reference)}:
                return plain(definitions[reference.rpartition("/")[2]])
            case {}:
                return {key: inside(key, value) for key, value in node.items() if keeps(key, value)}
            case _:
                return node

    def keeps(key: str, value: Any) -> bool:
        return key not in {"title", "$defs", "$ref"} and not (key == "default" and value is None)

    def inside(key: str, value: Any) -> Any:
        # The names of properties are not keywords: a field may be called "title".
        return {name: plain(field) for name, field in value.items()} if key == "properties" else plain(value)

    return plain(schema)
