"""The arguments of the tools: each constraint has a name, a description and an error that says what would do."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from writer_jobs_mcp.ids import checked_id

_AGE = re.compile(r"(\d{1,6}) ?([smhdw])", re.IGNORECASE)
_MOST_DIGITS = 4_000  # of some more Python makes no text
TOO_FAR = "too_far"
"""The type of an error whose own words say what would do."""
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _not_a_boolean(value: object) -> object:
    if isinstance(value, bool):
        message = "must be a whole number"
        raise ValueError(message)
    return value


def _not_endless(value: int) -> int:
    if value >= 10**_MOST_DIGITS:
        raise PydanticCustomError(TOO_FAR, "must have at most {most} digits", {"most": _MOST_DIGITS})
    return value


def _moment_or_age(value: object) -> object:
    """A moment in UTC, or how long ago it was."""
    if isinstance(value, str):
        text = value.strip()
        if age := _AGE.fullmatch(text):
            return timedelta(**{_UNITS[age[2].lower()]: int(age[1])})
        try:
            moment = datetime.fromisoformat(text)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    message = "must be a time such as 2026-11-23T08:00:00Z, or an age such as 90m, 24h or 7d"
    raise ValueError(message)


ApplicationId = Annotated[str, AfterValidator(checked_id), Field(description="Application id or alias")]
JobId = Annotated[str, AfterValidator(checked_id), Field(description="Job id")]
JobIds = Annotated[list[Annotated[str, AfterValidator(checked_id)]], Field(min_length=1, max_length=20)]
Cursor = Annotated[str, AfterValidator(checked_id)]
Limit = Annotated[int, Field(ge=1, le=100), BeforeValidator(_not_a_boolean)]
Offset = Annotated[
    int,
    Field(ge=0, description="Jobs to skip: 0, then page.next_offset"),
    BeforeValidator(_not_a_boolean),
    AfterValidator(_not_endless),
]
Characters = Annotated[int, Field(ge=1, le=20_000), BeforeValidator(_not_a_boolean)]
CharacterOffset = Annotated[
    int,
    Field(ge=0, description="0, then next_offset"),
    BeforeValidator(_not_a_boolean),
    AfterValidator(_not_endless),
]
Seconds = Annotated[int, Field(ge=1, le=600), BeforeValidator(_not_a_boolean)]
MaxJobs = Annotated[int, Field(ge=1, le=1_000_000), BeforeValidator(_not_a_boolean)]
Moment = Annotated[datetime | timedelta, BeforeValidator(_moment_or_age), WithJsonSchema({"type": "string"})]
"""A point in time in UTC, or how long ago it is: ISO 8601, or an age such as ``90m``, ``24h``, ``7d``."""
JobStatus = Literal["in_progress", "failed", "completed"]
# A single choice is published as an enum: not every client knows `const`.
ApplicationType = Annotated[Literal["generation"], WithJsonSchema({"type": "string", "enum": ["generation"]})]
Absent = SkipJsonSchema[None]
