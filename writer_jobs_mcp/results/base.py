"""The base of every result: a structure without nulls, and the same facts as text that job text cannot imitate.

Job text is sanitized before it gets into a result. In the text form it stands only inside a JSON string: it keeps to
one line, cannot end its own quotation marks, and cannot pass for our words.
"""

from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, cast, get_args, get_origin

from pydantic import BaseModel, ConfigDict, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from writer_jobs_mcp.sanitize.text import json_quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from writer_jobs_mcp.client.models import UnreadableRow
    from writer_jobs_mcp.triage.next_calls import SuggestedCall

T = TypeVar("T")
# A field that is not known is left out of the result, so it is never null on the wire or in the schema.
IfKnown = T | SkipJsonSchema[None]


class ResultModel(BaseModel):
    """A result, or a part of one: its fields are the structure, :meth:`as_text` gives the same facts as text."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    def as_structure(self) -> dict[str, object]:
        """Return the result as JSON values, without what is not known."""
        return {
            name: _shorten(value)
            for name, value in self.model_dump(mode="json", exclude_none=True, by_alias=True).items()
        }

    def as_text(self) -> str:
        """Return the result as compact text."""
        raise NotImplementedError


def _shorten(value: Any) -> Any:
    """Write whole numbers without a fraction: many clients pass the model the JSON as it is sent."""
    match value:
        case float():
            return int(value) if value.is_integer() else value
        case dict():
            return {name: _shorten(each) for name, each in cast("dict[str, Any]", value).items()}
        case list():
            return [_shorten(each) for each in cast("list[Any]", value)]
        case _:
            return value


class UnreadableRows(ResultModel):
    """Rows of a list that could not be read."""

    count: int
    reason: str

    @classmethod
    def of(cls, rows: "Sequence[UnreadableRow]") -> "UnreadableRows | None":
        """Count the rows, with the reason of the first; None without any."""
        return cls(count=len(rows), reason=rows[0].reason) if rows else None

    def as_text(self) -> str:
        return f"{self.count} more could not be read ({json_quote(self.reason)})."


LIST_END, INCOMPLETE_LIST_END = "End of list.", "End of list, but it is NOT complete:"


def any_has(rows: "Sequence[ResultModel]", field: str) -> bool:
    """Return whether one of the rows has a value in this field."""
    return any(getattr(row, field) is not None for row in rows)


class NextCall(ResultModel):
    """A call worth making next."""

    tool: str
    arguments: dict[str, Any]
    why: str

    @classmethod
    def of(cls, call: "SuggestedCall") -> "NextCall":
        """Show a call that the triage suggests."""
        return cls(tool=call.tool, arguments=call.arguments, why=call.why)

    def as_text(self) -> str:
        arguments = ", ".join(f"{name}={json_quote(value)}" for name, value in self.arguments.items())
        return f"- {self.tool}({arguments}): {self.why}"


_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}


def result_schema(kind: Any) -> dict[str, Any]:
    """Return the JSON schema of a result, or of the type of a field: pydantic's, without titles and descriptions.

    Pydantic's generator would take half as long as the rest of our handshake.
    """
    if isinstance(kind, type) and issubclass(kind, ResultModel):
        fields = kind.model_fields
        properties = {field.alias or name: result_schema(field.annotation) for name, field in fields.items()}
        required = [field.alias or name for name, field in fields.items() if field.is_required()]
        return {"properties": properties, "required": required, "type": "object"}
    parts = get_args(kind)
    match get_origin(kind):
        case origin if origin is Literal:
            return {"enum": list(parts), "type": "string"}
        case origin if origin in {Union, UnionType}:  # IfKnown
            return result_schema(parts[0])
        case origin if origin is list:
            return {"items": result_schema(parts[0]), "type": "array"}
        case origin if origin is dict:
            return {"additionalProperties": True if parts[1] is Any else result_schema(parts[1]), "type": "object"}
        case _:
            given = [part.json_schema for part in parts if isinstance(part, WithJsonSchema)]  # of Annotated
            return next((each for each in given if each), None) or {"type": _TYPES[kind]}
