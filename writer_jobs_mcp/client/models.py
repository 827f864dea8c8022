"""Frozen models of Writer's responses, which tolerate what its documentation leaves open.

Source of the fields: the vendor's OpenAPI (``get_async_application_job_response``, ``application_with_inputs``).
Optional means absent or null; unknown fields are ignored; an unknown ``status`` is kept. A row with a wrong type in an
optional field stays readable, because an unreadable row would be missing from every count.
"""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Generic, Self, TypeVar, cast

from pydantic import (
    AfterValidator,
    AliasPath,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    PlainValidator,
    RootModel,
    TypeAdapter,
    ValidationError,
)

from writer_jobs_mcp.client.field_types import (
    Count,
    Flag,
    Id,
    Label,
    ListedId,
    OptionalTimestamp,
    Text,
    Timestamp,
    as_text,
)
from writer_jobs_mcp.client.job_status import KNOWN_STATUSES, RUNNING_STATUSES
from writer_jobs_mcp.sanitize.text import one_line, strip_invisible


def describe_validation_error(exc: ValidationError, below: int = 0) -> str:
    """Return the first error of a validation as ``where: what``, without the invalid value.

    ``below`` is the number of levels of ``where`` to leave out.
    """
    first = exc.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"][below:])
    return f"{where}: {first['msg']}" if where else first["msg"]


class _WriterModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class UnreadableRow(_WriterModel):
    """A row of a list that could not be parsed."""

    reason: str
    row_key: str
    """Identifies the row: equal for the same row on another page."""


_MAX_ROWS = 1_000  # ten times the largest limit; the rows beyond it are left for the next page

RowT = TypeVar("RowT")


def _validate_rows(
    value: object, adapter: TypeAdapter[tuple[RowT, ...]], prepare: Callable[[object], object] = lambda row: row
) -> tuple[RowT | UnreadableRow, ...]:
    if not isinstance(value, list):
        return adapter.validate_python(value)  # raises an error that names the type
    rows = [prepare(row) for row in cast("list[object]", value)[:_MAX_ROWS]]
    try:
        return adapter.validate_python(rows)  # one by one takes twice as long
    except ValidationError:
        return tuple(_validate_row(row, adapter) for row in rows)


def _validate_row(row: object, adapter: TypeAdapter[tuple[RowT, ...]]) -> RowT | UnreadableRow:
    try:
        return adapter.validate_python([row])[0]
    except ValidationError as exc:
        # The first level of the location is the list around the row.
        return UnreadableRow(reason=describe_validation_error(exc, below=1), row_key=f"unreadable {hash(repr(row))}")


_MAX_CACHED_STATUS = 40  # longer ones are not cached
_MAX_STATUS = 1_000  # the rest is never shown


@lru_cache(maxsize=64)  # usually there are three
def _normalize_short_status(value: str) -> str:
    word = one_line(strip_invisible(value))
    return word.lower() if word.lower() in KNOWN_STATUSES else word


def _normalize_status(value: str) -> str:
    if len(value) <= _MAX_CACHED_STATUS:
        return _normalize_short_status(value)
    return one_line(strip_invisible(value[:_MAX_STATUS]))


class Job(_WriterModel):
    """One asynchronous run of an application."""

    id: Id
    status: Annotated[str, AfterValidator(_normalize_status)]
    application_id: Annotated[str, Field(coerce_numbers_to_str=True)]
    created_at: Timestamp
    updated_at: OptionalTimestamp = None
    completed_at: OptionalTimestamp = None
    title: Label = Field(default=None, validation_alias=AliasPath("data", "title"))
    output: Text = Field(default=None, validation_alias=AliasPath("data", "suggestion"))
    error: Text = None

    @property
    def row_key(self) -> str:
        """What identifies the row."""
        return self.id

    @property
    def is_running(self) -> bool:
        """Whether the job has not finished."""
        return self.status in RUNNING_STATUSES

    @property
    def finished_seconds(self) -> float | None:
        """How long a finished job took; None if that is not known."""
        if self.is_running or self.completed_at is None or self.completed_at < self.created_at:
            return None
        return (self.completed_at - self.created_at).total_seconds()

    @property
    def running_since(self) -> datetime:
        """The later of ``created_at`` and ``updated_at``: a retried job keeps its first ``created_at``."""
        return self.created_at if self.updated_at is None else max(self.created_at, self.updated_at)


class ListedJob(Job):
    """A job in a list, with only the start of its output."""

    id: ListedId
    output_chars: int | None = None
    """The length of the whole output; None if there is none."""


_OUTPUT_PREVIEW = 400  # more than a list shows; whole outputs would be most of what is searched for the key


def _with_output_preview(row: object) -> object:
    if not isinstance(row, dict):
        return row
    fields = cast("dict[str, object]", row)
    data = fields.get("data")
    details = cast("dict[str, object]", data) if isinstance(data, dict) else {}
    output = as_text(details.get("suggestion"))
    if output is not None:
        return {**fields, "data": {**details, "suggestion": output[:_OUTPUT_PREVIEW]}, "output_chars": len(output)}
    return {**fields, "output_chars": None}  # overrides a field of Writer's by this name


_LISTED_JOBS = TypeAdapter(tuple[ListedJob, ...], config=ConfigDict(defer_build=True))


def _validate_jobs(value: object) -> tuple[ListedJob | UnreadableRow, ...]:
    return _validate_rows(value, _LISTED_JOBS, _with_output_preview)


def _named_job_id(value: Any, depth: int = 3) -> str | None:
    """Return the id of the job that a response names; its own ``id`` may be that of the response itself."""
    match value:
        case [only]:
            return _named_job_id(only, depth)
        case {**fields} if depth:
            ids = [_id_or_none(fields.get(name)) for name in ("job_id", "jobId", "job", "id")]
            inner = [_named_job_id(fields.get(name), depth - 1) for name in ("job", "data", "result")]
            return next(filter(None, [*ids[:3], inner[0], ids[3], *inner[1:]]), None)
        case _:
            return None


def _id_or_none(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


class RetryResponse(_WriterModel):
    """The response to a retry: which job runs now, in the forms in which services say it."""

    id: str | None = None

    @classmethod
    def of(cls, response: object) -> Self:
        """Find the id of the job in a response."""
        return cls(id=_named_job_id(response))


def _json_object(value: object) -> dict[str, JsonValue]:
    if not isinstance(value, dict):
        message = "Input should be an object"
        raise ValueError(message)
    return cast("dict[str, JsonValue]", value)


class RawJson(RootModel[Annotated[dict[str, JsonValue], PlainValidator(_json_object)]]):
    """A response as it is; parsed JSON needs no further validation."""


class Application(_WriterModel):
    """A no-code application that can be run."""

    id: ListedId
    name: Label = None
    type: Label = None
    status: Label = None
    updated_at: OptionalTimestamp = None
    last_deployed_at: OptionalTimestamp = None


_APPLICATIONS = TypeAdapter(tuple[Application, ...], config=ConfigDict(defer_build=True))


def _validate_applications(value: object) -> tuple[Application | UnreadableRow, ...]:
    return _validate_rows(value, _APPLICATIONS)


class _Page(_WriterModel, Generic[RowT]):
    rows: tuple[RowT | UnreadableRow, ...]

    def first(self, limit: int) -> Self:
        """Return the page with at most ``limit`` rows, since Writer may have sent more."""
        return self if len(self.rows) <= limit else self.model_copy(update={"rows": self.rows[:limit]})

    @property
    def unreadable(self) -> list[UnreadableRow]:
        """The rows that could not be parsed."""
        return [row for row in self.rows if isinstance(row, UnreadableRow)]


class JobPage(_Page[ListedJob]):
    """One page of an application's jobs, in Writer's order."""

    rows: Annotated[tuple[ListedJob | UnreadableRow, ...], PlainValidator(_validate_jobs)] = Field(
        validation_alias="result"
    )
    total: Count = Field(default=None, validation_alias="totalCount")
    limit: Count = Field(default=None, validation_alias=AliasPath("pagination", "limit"))
    """The limit that Writer applied, which may be less than requested."""

    @property
    def jobs(self) -> list[ListedJob]:
        """The rows that could be parsed."""
        return [row for row in self.rows if isinstance(row, ListedJob)]


class ApplicationPage(_Page[Application]):
    """One page of the applications that the key may see."""

    rows: Annotated[tuple[Application | UnreadableRow, ...], PlainValidator(_validate_applications)] = Field(
        validation_alias="data"
    )
    has_more: Flag = None
    """Whether more follow; None if Writer does not say, although it should."""
    last_id: Label = None

    @property
    def applications(self) -> list[Application]:
        """The rows that could be parsed."""
        return [row for row in self.rows if isinstance(row, Application)]
