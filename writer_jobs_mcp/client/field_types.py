"""Field types of the models: a wrong type in an optional field becomes None."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import to_json


def _to_utc(moment: datetime) -> datetime:
    # A timestamp without an offset is UTC: Writer's documentation gives no hint of another meaning.
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as exc:  # with its offset it is before year 1 or after year 9999
        raise ValueError("not a time between the years 1 and 9999") from exc


_MAX_COUNT = 2**53 - 1  # the largest integer that is exact in every JSON parser


def _count_or_none(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_COUNT:
        return value
    return None


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _bool_or_none(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def as_text(value: object) -> str | None:
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
Text = Annotated[str | None, BeforeValidator(as_text)]
"""Job text. Documented as a string, but errors may be objects and outputs lists."""
Label = Annotated[str | None, BeforeValidator(_text_or_none)]
Flag = Annotated[bool | None, BeforeValidator(_bool_or_none)]
Count = Annotated[int | None, BeforeValidator(_count_or_none)]
Id = Annotated[str, Field(min_length=1, coerce_numbers_to_str=True)]
ListedId = Annotated[Id, Field(max_length=1_000)]  # five times what a tool accepts; a scan keeps every id
