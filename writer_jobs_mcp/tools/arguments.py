"""The types of the tools' arguments: each constraint has a name, a description and an error that says what is valid."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Literal, cast

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from writer_jobs_mcp.client.ids import validate_application, validate_id
from writer_jobs_mcp.client.job_status import JobStatus
from writer_jobs_mcp.failures import Category
from writer_jobs_mcp.sanitize.text import strip_invisible

_AGE = re.compile(
    r"(\d{1,6}) ?([smhdw]|sec(?:ond)?s?|min(?:ute)?s?|h(?:ou)?rs?|days?|weeks?)(?: ago)?", re.IGNORECASE | re.ASCII
)
_PLAIN_ID = re.compile(r"[\w.-]{1,200}", re.ASCII)
_MAX_WORDS = 500  # characters
_MAX_DIGITS = 4_000  # Python converts no longer integers to text
TOO_LARGE = "too_large"
"""The type of a validation error whose own text says what is valid."""
ASSUMED_UTC = timezone(timedelta(), "UTC")
"""The time zone of a time that was given without one, so that the result can say so."""
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _strip(text: str) -> str:
    """Drop what templates and copying leave around a number, a choice or a time."""
    return strip_invisible(text).strip().strip("\"'").strip()


def _read_number(value: object) -> object:
    """Read a whole number that was written as text; what it cannot be is left to pydantic."""
    if isinstance(value, bool):
        message = "must be a whole number"
        raise ValueError(message)
    if not isinstance(value, str):
        return value
    text = _strip(value)
    if len(text) > _MAX_DIGITS and text.isdigit():  # pydantic would not call it a number
        raise PydanticCustomError(TOO_LARGE, "must have at most {most} digits", {"most": _MAX_DIGITS})
    return text


def _read_choice(value: object) -> object:
    """Read a choice written with other letters, blanks or hyphens, such as ``In progress``."""
    return re.sub(r"[ -]", "_", _strip(value).lower()) if isinstance(value, str) else value


def _read_choice_or_any(value: object) -> object:
    """Read a choice; ``any`` and ``all`` are None."""
    choice = _read_choice(value)
    return None if choice in ("any", "all") else choice


def read_boolean(value: object) -> bool:
    """Read true or false; no other spelling, since a guess could send what was not meant.

    Raises:
        ValueError: It is something else.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and (written := _strip(value).lower()) in ("true", "false"):
        return written == "true"
    message = "must be true or false"
    raise ValueError(message)


def _read_ids(value: object) -> object:
    """Read a list of ids that was written as text: as JSON, as Python prints it, with commas, or one id alone."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        parsed = None
    if isinstance(parsed, list):
        return cast("list[object]", parsed)
    inner = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    parts = [part.strip().strip("\"'") for part in inner.split(",")]
    return parts if all(_PLAIN_ID.fullmatch(part) for part in parts) else [value]


def _read_words(value: object) -> object:
    """Read a number, such as 429, as its digits."""
    is_number = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**_MAX_WORDS
    return str(value) if is_number else value


def _limit_digits(value: int) -> int:
    if value >= 10**_MAX_DIGITS:
        raise PydanticCustomError(TOO_LARGE, "must have at most {most} digits", {"most": _MAX_DIGITS})
    return value


def _parse_time_or_age(value: object) -> datetime | timedelta:
    """Parse a point in time, or an age."""
    if isinstance(value, str):
        text = _strip(value)
        if text.lower() == "now":
            return timedelta()
        if age := _AGE.fullmatch(text):
            return timedelta(**{_UNITS[age[2][0].lower()]: int(age[1])})
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


NotGiven = SkipJsonSchema[None]
ApplicationId = Annotated[
    str,
    AfterValidator(validate_application),
    Field(description="Application (no-code agent): id, exact name or writer.com address"),
]
"""An id, an alias or a name of an application, or the UUID in a writer.com address."""
ApplicationOfJob = Annotated[ApplicationId, Field(description="If the job id alone is not found")]
JobId = Annotated[str, AfterValidator(validate_id), Field(description="Id of the job")]
JobIds = Annotated[
    list[Annotated[str, AfterValidator(validate_id)]], Field(min_length=1, max_length=20), BeforeValidator(_read_ids)
]
ExampleJobId = Annotated[JobId, Field(description="Id of a failed job: those whose error says the same")]
Words = Annotated[
    str,
    AfterValidator(_validate_words),
    BeforeValidator(_read_words),
    Field(description=f"Words of the error, up to {_MAX_WORDS} characters"),
]
Cursor = Annotated[str, AfterValidator(validate_id)]
_ReadNumber = BeforeValidator(_read_number)
Limit = Annotated[int, Field(ge=1, le=100), _ReadNumber]
LongLimit = Annotated[int, Field(ge=1, le=200), _ReadNumber]
Offset = Annotated[
    int, Field(ge=0, description="Jobs to skip: page.next_offset"), _ReadNumber, AfterValidator(_limit_digits)
]
Characters = Annotated[int, Field(ge=1, le=20_000), _ReadNumber]
CharacterOffset = Annotated[
    int, Field(ge=0, description="Characters to skip: next_offset"), _ReadNumber, AfterValidator(_limit_digits)
]
ErrorCharacters = Annotated[int, Field(ge=0, le=2_000, description="Characters of each error to show"), _ReadNumber]
Seconds = Annotated[int, Field(ge=1, le=600, description="Within the call budget"), _ReadNumber]
MaxJobs = Annotated[int, Field(ge=1, le=1_000_000, description="Jobs to read at most"), _ReadNumber]
_ParseTime = PlainValidator(_parse_time_or_age)
TimeOrAge = Annotated[datetime | timedelta, _ParseTime, WithJsonSchema({"type": "string"})]
"""A point in time in UTC, or an age.

Written as ISO 8601, optionally followed by the name of a time zone, or as ``90m``, ``24h``, ``7d``, or ``now``.
"""
Since = Annotated[
    datetime | timedelta,
    _ParseTime,
    WithJsonSchema({"type": "string", "description": "Age (90m, 24h, 7d) or ISO 8601"}),
]
Until = Annotated[
    datetime | timedelta,
    _ParseTime,
    WithJsonSchema({"type": "string", "description": "Same forms; now unless given"}),
]
Status = Annotated[
    JobStatus | NotGiven,
    BeforeValidator(_read_choice_or_any),
    Field(description="Any unless given"),
]
AnyCategory = Annotated[
    Category | NotGiven,
    BeforeValidator(_read_choice_or_any),
    Field(description="Likely cause; any unless given"),
]
OneCategory = Annotated[Category, BeforeValidator(_read_choice), Field(description="Likely cause")]
"""Without ``any``: what selects jobs for a retry says which ones."""
# An enum of one value, since not every client supports `const`.
ApplicationType = Annotated[
    Literal["generation"],
    BeforeValidator(_read_choice),
    WithJsonSchema({"type": "string", "enum": ["generation"], "description": "Only this type"}),
]
Order = Annotated[Literal["asc", "desc"], BeforeValidator(_read_choice), Field(description="By creation time")]
WaitUntil = Annotated[Literal["all_finished", "first_failure"], BeforeValidator(_read_choice)]
DryRun = Annotated[
    bool,
    PlainValidator(read_boolean),
    WithJsonSchema({"type": "boolean"}),
    Field(description="Report what would be retried, send nothing"),
]
