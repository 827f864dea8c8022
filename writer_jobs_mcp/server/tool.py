"""A tool of this server: it rejects unknown arguments, keeps the call budget, and turns failures into sentences."""

from functools import cache
from typing import Any, get_args

import anyio
import anyio.lowlevel
from mcp.server.apps import client_supports_apps
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, ToolAnnotations
from pydantic import Field, ValidationError

from writer_jobs_mcp.config import Config
from writer_jobs_mcp.errors import KEY_IN_ARGUMENT, WriterError
from writer_jobs_mcp.results.base import result_schema
from writer_jobs_mcp.results.triage_app_meta import with_structure
from writer_jobs_mcp.sanitize.json_walk import list_strings
from writer_jobs_mcp.sdk_compat import forbid_unknown_arguments, keep_texts
from writer_jobs_mcp.server.json_schema import describe_bounds, simplify_schema
from writer_jobs_mcp.server.validation_messages import validation_message
from writer_jobs_mcp.tools import ToolDefinition
from writer_jobs_mcp.tools.omitted_arguments import find_omitted


class JobTool(Tool):
    """A tool whose every failure is a sentence for the model."""

    config: Config = Field(exclude=True, repr=False)

    @classmethod
    def build(cls, definition: ToolDefinition, config: Config) -> "JobTool":
        """Build a tool from its definition."""
        stock = _without_settings(definition)
        fields = {name: getattr(stock, name) for name in Tool.model_fields}
        if not config.structured_content:
            # Clients reject a result without the structure that a schema promises.
            fields["fn_metadata"] = stock.fn_metadata.model_copy(update={"output_schema": None})
        return cls(**fields, config=config)

    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:
        """Run the tool.

        Raises:
            ToolError: The call failed; its whole text is a sentence for the model.
        """
        if contains_key(arguments, self.config):
            raise ToolError(KEY_IN_ARGUMENT)
        optional = self.parameters["properties"].keys() - set(self.parameters.get("required", ()))
        omitted = find_omitted(arguments, optional)
        given = {name: value for name, value in arguments.items() if name not in omitted}
        try:
            with anyio.fail_after(self.config.call_budget):
                result = await super().run(given, context, convert_result)
                return result if self.config.structured_content else _as_text_alone(result, context)
        except TimeoutError as exc:
            raise ToolError(self._timeout_message()) from exc
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
                message = validation_message(self.name, self.parameters, given, exc.__cause__)
                raise ToolError(message) from exc.__cause__
            # None of the tools raises ToolError: the reply to an elicitation was invalid.
            message = f"{self.name} asked the user but could not read the reply, so nothing was done. Call again."
            raise ToolError(message) from exc

    def _timeout_message(self) -> str:
        only_reads = self.annotations is not None and self.annotations.read_only_hint
        advice = "Call again." if only_reads else "Look at each job (get_job_error) before you call again."
        return f"{self.name} took longer than the call budget of {self.config.call_budget:g} s. {advice}"


def _as_text_alone(result: Any, context: Context[Any, Any]) -> Any:
    """Return a result without its structure; the triage page, which is not for the model, finds it in ``_meta``."""
    if not isinstance(result, CallToolResult) or result.structured_content is None:
        return result
    meta = with_structure(result.meta, result.structured_content) if client_supports_apps(context) else result.meta
    return CallToolResult(content=result.content, is_error=result.is_error, _meta=meta)


@cache
def _without_settings(definition: ToolDefinition) -> Tool:
    """Build what is the same for all settings: a second server of this process need not derive the schemas again."""
    stock = Tool.from_function(
        definition.fn,
        title=definition.title,
        description=" ".join((definition.fn.__doc__ or "").split()),
        annotations=ToolAnnotations(
            read_only_hint=not definition.changes_jobs, idempotent_hint=not definition.changes_jobs
        ),
        meta={"ui": {"resourceUri": definition.page_uri}} if definition.page_uri else None,
        structured_output=False,  # the SDK would make a schema of its own, and check each result by it
    )
    forbid_unknown_arguments(stock)
    keep_texts(stock)
    stock.fn_metadata.output_schema = result_schema(get_args(definition.fn.__annotations__["return"])[1])
    # Not published: `additionalProperties: false`, at which google-genai fails.
    stock.parameters = describe_bounds(simplify_schema(stock.parameters))
    return stock


def contains_key(arguments: object, config: Config) -> bool:
    """Return True if a name or a value in ``arguments`` contains the API key."""
    # One check for all: the key may be in a file, which is read each time. No key contains a line break.
    return config.is_key_in("\n".join(list_strings(arguments)))
