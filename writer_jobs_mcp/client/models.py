"""What Writer says, parsed once into frozen models that tolerate what the documents leave open.

Source of the fields: the vendor's OpenAPI (``get_async_application_job_response``, ``application_with_inputs``).
Optional means absent or null; unknown fields are ignored; an unknown ``status`` is kept as it is. An optional field of
another type than documented never makes a row unreadable: the row would be missing from every count.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Generic, Self, TypeVar, cast

from pydantic import (
    AfterValidator,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainValidator,
    RootModel,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import to_json

from writer_jobs_mcp.client.job_status import KNOWN_STATUSES, RUNNING_STATUSES
from writer_jobs_mcp.sanitize.text import one_line, strip_invisible


def describe_validation_error(exc: ValidationError, below: int = 0) -> str:
    """The first complaint of a validation as ``where: what``, without the value that caused it.

    ``below`` so many levels of ``where`` that say nothing to the reader.
    """
    first = exc.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"][below:])
    return f"{where}: {first['msg']}" if where else first["msg"]


def _to_utc(moment: datetime) -> datetime:
    # A timestamp without an offset is read as UTC: nothing in Writer's documents means anything else.
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as exc:  # its offset leads out of the years that there are
        raise ValueError("not a time between the years 1 and 9999") from exc


_MAX_COUNT = 2**53 - 1  # that every reader of JSON can hold


def _count_or_none(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_COUNT:
        return value
    return None


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _bool_or_none(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _as_text(value: object) -> str | None:
    """Return a string as is, None for null or empty values, other JSON as compact JSON."""
    if isinstance(value, str):
        return value
    return None if value is None or value in ({}, []) else to_json(value).decode()


def _time_or_none(value: object, parse: ValidatorFunctionWrapHandler) -> datetime | None:
    try:
        return parse(value)
    except ValidationError:
        return None


Timestamp = Annotated[datetime, AfterValidator(_to_utc)]
OptionalTimestamp = Annotated[Timestamp | None, WrapValidator(_time_or_none)]
"""An optional time; blank or invalid values become None."""
Text = Annotated[str | None, BeforeValidator(_as_text)]
"""Job text. Documented as a string, but errors may be objects and outputs lists."""
Label = Annotated[str | None, BeforeValidator(_text_or_none)]
Count = Annotated[int | None, BeforeValidator(_count_or_none)]
Id = Annotated[str, Field(min_length=1, coerce_numbers_to_str=True)]
ListedId = Annotated[Id, Field(max_length=1_000)]  # five times what a tool takes; a scan keeps each


class _WriterModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class UnreadableRow(_WriterModel):
    """A row of a list that could not be read, beside others that could."""

    reason: str
    row_key: str
    """Tells it from other rows; the same row has the same on another page."""


_MAX_ROWS = 1_000  # ten times what is ever asked for; of a page that goes on for ever, what follows is the next page

RowT = TypeVar("RowT")


def _validate_rows(
    value: object, adapter: TypeAdapter[tuple[RowT, ...]], prepare: Callable[[object], object] = lambda row: row
) -> tuple[RowT | UnreadableRow, ...]:
    if not isinstance(value, list):
        return adapter.validate_python(value)  # which says what it is instead
    rows = [prepare(row) for row in cast("list[object]", value)[:_MAX_ROWS]]
    try:
        return adapter.validate_python(rows)  # one by one takes twice as long
    except ValidationError:
        return tuple(_validate_row(row, adapter) for row in rows)


def _validate_row(row: object, adapter: TypeAdapter[tuple[RowT, ...]]) -> RowT | UnreadableRow:
    try:
        return adapter.validate_python([row])[0]
    except ValidationError as exc:
        # The first level of where it fails is our own: a row.
        return UnreadableRow(reason=describe_validation_error(exc, below=1), row_key=f"unreadable {hash(repr(row))}")


_MAX_CACHED_STATUS = 40  # what is longer is nobody's word, and not to be remembered
_MAX_STATUS = 1_000  # what follows is never shown


@lru_cache(maxsize=64)  # there are three of them, as a rule
def _normalize_short_status(value: str) -> str:
    word = one_line(strip_invisible(value))
    return word.lower() if word.lower() in KNOWN_STATUSES else word


def _normalize_status(value: str) -> str:
    return (
        _normalize_short_status(value)
        if len(value) <= _MAX_CACHED_STATUS
        else one_line(strip_invisible(value[:_MAX_STATUS]))
    )


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
        """Tells it from other rows."""
        return self.id

    @property
    def is_running(self) -> bool:
        """Whether more is to come: ``in_progress``, or the ``queued`` of an earlier revision of the API."""
        return self.status in RUNNING_STATUSES

    @property
    def finished_seconds(self) -> float | None:
        """How long a finished job took; None where that is not known."""
        if self.is_running or self.completed_at is None or self.completed_at < self.created_at:
            return None
        return (self.completed_at - self.created_at).total_seconds()

    @property
    def running_since(self) -> datetime:
        """The later of ``created_at`` and ``updated_at``: a retried job keeps its first ``created_at``."""
        return self.created_at if self.updated_at is None else max(self.created_at, self.updated_at)


class ListedJob(Job):
    """A job in a list, which holds no more than the opening of its output."""

    id: ListedId
    output_chars: int | None = None
    """How long the whole output is; None where there is none."""


_OUTPUT_PREVIEW = (
    400  # several times what a list shows of it; a hundred outputs whole would be most of what is looked through
)


def _with_output_preview(row: object) -> object:
    if not isinstance(row, dict):
        return row
    said = cast("dict[str, object]", row)
    data = said.get("data")
    said_of_it = cast("dict[str, object]", data) if isinstance(data, dict) else {}
    output = _as_text(said_of_it.get("suggestion"))
    if output is not None:
        return {**said, "data": {**said_of_it, "suggestion": output[:_OUTPUT_PREVIEW]}, "output_chars": len(output)}
    return {**said, "output_chars": None}  # whatever Writer itself may call so


_LISTED_JOBS = TypeAdapter(tuple[ListedJob, ...], config=ConfigDict(defer_build=True))


def _validate_jobs(value: object) -> tuple[ListedJob | UnreadableRow, ...]:
    return _validate_rows(value, _LISTED_JOBS, _with_output_preview)


class RetryResponse(_WriterModel):
    """What Writer answers to a retry: which job runs now."""

    id: str | None = None


def _json_object(value: object) -> dict[str, JsonValue]:
    if not isinstance(value, dict):
        message = "Input should be an object"
        raise ValueError(message)
    return cast("dict[str, JsonValue]", value)


class RawJson(RootModel[Annotated[dict[str, JsonValue], PlainValidator(_json_object)]]):
    """An answer that is handed on as it is; not looked through again, since it has been parsed as JSON."""


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
        """The page without the rows beyond a limit, which a server may not have kept to."""
        return self if len(self.rows) <= limit else self.model_copy(update={"rows": self.rows[:limit]})

    @property
    def unreadable(self) -> list[UnreadableRow]:
        """The rows that could not be read."""
        return [row for row in self.rows if isinstance(row, UnreadableRow)]


class JobPage(_Page[ListedJob]):
    """One page of an application's jobs, in Writer's order."""

    rows: Annotated[tuple[ListedJob | UnreadableRow, ...], PlainValidator(_validate_jobs)] = Field(
        validation_alias="result"
    )
    total: Count = Field(default=None, validation_alias="totalCount")
    limit: Count = Field(default=None, validation_alias=AliasPath("pagination", "limit"))
    """The limit that Writer kept to, which may be less than what was asked."""

    @property
    def jobs(self) -> list[ListedJob]:
        """The rows that could be read."""
        return [row for row in self.rows if isinstance(row, ListedJob)]


class ApplicationPage(_Page[Application]):
    """One page of the applications that the key may see."""

    rows: Annotated[tuple[Application | UnreadableRow, ...], PlainValidator(_validate_applications)] = Field(
        validation_alias="data"
    )
    has_more: Annotated[bool | None, BeforeValidator(_bool_or_none)] = None
    """Whether Writer says that more follow; None where it does not say, although it should."""
    last_id: Annotated[str | None, BeforeValidator(_text_or_none)] = None

    @property
    def applications(self) -> list[Application]:
        """The rows that could be read."""
        return [row for row in self.rows if isinstance(row, Application)]


class ErrorDetail(_WriterModel):
    """One complaint in the vendor's error envelope."""

    description: str | None = None


class ErrorEnvelope(_WriterModel):
    """What Writer, or a gateway in front of it, says with a status that is not 2xx.

    Documented: ``{"tpe", "errors": [{"description", "key", "extras"}], "extras"}``; a gateway may say
    ``{"request_id", "message"}`` instead.
    """

    errors: tuple[ErrorDetail, ...] | None = None
    message: str | None = None

    @property
    def description(self) -> str | None:
        """The first thing said, in the sayer's words."""
        said = [detail.description for detail in self.errors or () if detail.description]
        return said[0] if said else self.message
