"""The types of the tools' arguments: each constraint has a name, a description and an error that says what is valid."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from writer_jobs_mcp.client.ids import validate_application, validate_id
from writer_jobs_mcp.sanitize.text import strip_invisible

_AGE = re.compile(r"(\d{1,6}) ?([smhdw])", re.IGNORECASE)
_MAX_WORDS = 500  # characters
_MAX_DIGITS = 4_000  # Python converts no longer integers to text
TOO_LARGE = "too_large"
"""The type of a validation error whose own text says what is valid."""
ASSUMED_UTC = timezone(timedelta(), "UTC")
"""The time zone of a time that was given without one, so that the result can say so."""
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _reject_boolean(value: object) -> object:
    if isinstance(value, bool):
        message = "must be a whole number"
        raise ValueError(message)
    return value


def _limit_digits(value: int) -> int:
    if value >= 10**_MAX_DIGITS:
        raise PydanticCustomError(TOO_LARGE, "must have at most {most} digits", {"most": _MAX_DIGITS})
    return value


def _parse_time_or_age(value: object) -> datetime | timedelta:
    """Parse a point in time, or an age."""
    if isinstance(value, str):
        text = value.strip()
        if age := _AGE.fullmatch(text):
            return timedelta(**{_UNITS[age[2].lower()]: int(age[1])})
        try:
            return _parse_time(text)
        except (ValueError, OverflowError, KeyError):
            pass
    example = "2026-11-23T08:00:00Z or 2026-11-23 09:00 Europe/Berlin"
    message = f"must be a time such as {example}, or an age such as 90m, 24h or 7d"
    raise ValueError(message)


def _parse_time(text: str) -> datetime:
    """Parse a point in time as UTC; without an offset or a zone its tzinfo is `ASSUMED_UTC`.

    Raises:
        ValueError: The text is not a time.
        KeyError: The zone is unknown.
        OverflowError: It is outside the years 1 to 9999.
    """
    time, _, zone = text.rpartition(" ")
    if not (time and zone[0].isalpha()):
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=ASSUMED_UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    import zoneinfo  # noqa: PLC0415 - few calls need it, and it would slow down every start

    moment = datetime.fromisoformat(time)
    if moment.tzinfo is not None:
        raise ValueError(text)
    return moment.replace(tzinfo=zoneinfo.ZoneInfo(zone)).astimezone(UTC)


def _validate_words(value: str) -> str:
    """Return words without invisible characters, which are dropped from errors too."""
    visible = strip_invisible(value).strip()
    if not 0 < len(visible) <= _MAX_WORDS:
        message = f"must have 1 to {_MAX_WORDS} visible characters"
        raise ValueError(message)
    return visible


ApplicationId = Annotated[
    str,
    AfterValidator(validate_application),
    Field(description="Application (no-code agent): id, exact name or writer.com address"),
]
"""An id, an alias or a name of an application, or the UUID in a writer.com address."""
ApplicationOfJob = Annotated[ApplicationId, Field(description="If the job id alone is not found")]
JobId = Annotated[str, AfterValidator(validate_id)]
JobIds = Annotated[list[Annotated[str, AfterValidator(validate_id)]], Field(min_length=1, max_length=20)]
ExampleJobId = Annotated[JobId, Field(description="Id of a failed job: those whose error says the same")]
Words = Annotated[str, AfterValidator(_validate_words), Field(description="Words of the error")]
"""Without a union with null, since the SDK would parse the words as JSON: ``null`` would mean that none were given."""
Cursor = Annotated[str, AfterValidator(validate_id)]
Limit = Annotated[int, Field(ge=1, le=100), BeforeValidator(_reject_boolean)]
LongLimit = Annotated[int, Field(ge=1, le=200), BeforeValidator(_reject_boolean)]
Offset = Annotated[
    int,
    Field(ge=0, description="Jobs to skip: 0, then page.next_offset"),
    BeforeValidator(_reject_boolean),
    AfterValidator(_limit_digits),
]
Characters = Annotated[int, Field(ge=1, le=20_000), BeforeValidator(_reject_boolean)]
CharacterOffset = Annotated[
    int,
    Field(ge=0, description="0, then next_offset"),
    BeforeValidator(_reject_boolean),
    AfterValidator(_limit_digits),
]
ErrorCharacters = Annotated[
    int, Field(ge=0, le=2_000, description="Characters of each error to show"), BeforeValidator(_reject_boolean)
]
Seconds = Annotated[int, Field(ge=1, le=600), BeforeValidator(_reject_boolean)]
MaxJobs = Annotated[int, Field(ge=1, le=1_000_000), BeforeValidator(_reject_boolean)]
TimeOrAge = Annotated[datetime | timedelta, PlainValidator(_parse_time_or_age), WithJsonSchema({"type": "string"})]
"""A point in time in UTC, or an age.

Written as ISO 8601, optionally followed by the name of a time zone, or as ``90m``, ``24h``, ``7d``.
"""
# An enum of one value, since not every client supports `const`.
ApplicationType = Annotated[Literal["generation"], WithJsonSchema({"type": "string", "enum": ["generation"]})]
NotGiven = SkipJsonSchema[None]
