"""The form of every answer: a structure without nulls, and the same facts as text that strangers cannot forge.

Job text is cleaned before it gets into any result. In the text form it stands only inside a JSON string, so it keeps to
one line, cannot close its own quotation marks, and cannot be taken for our words.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache, partial
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from writer_jobs_mcp.sanitize.text import json_quote, preview

if TYPE_CHECKING:
    from writer_jobs_mcp.client.models import Job

_PLAIN_ID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[0-9]{1,40}", re.ASCII)
_PLAIN_WORDS = frozenset({"completed", "failed", "in_progress", "queued", "deployed", "draft", "generation"})

T = TypeVar("T")
# A field that is not known is left out of the result, so it is never null on the wire or in the schema.
IfKnown = T | SkipJsonSchema[None]


class ResultModel(BaseModel):
    """A result: its fields are the structure, :meth:`as_text` the same facts as text."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    def as_structure(self) -> dict[str, object]:
        """The result as JSON values, without what is not known."""
        return self.model_dump(mode="json", exclude_none=True)

    def as_text(self) -> str:
        """The result as compact text."""
        raise NotImplementedError


_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}


def result_schema(kind: Any) -> dict[str, Any]:
    """The JSON schema of a view, or of what a field of one holds: as pydantic's, without its words.

    Pydantic's own takes as long as half of the handshake's other work that is ours.
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
        case origin if origin in {Union, UnionType}:  # a Maybe
            return result_schema(parts[0])
        case origin if origin is list:
            return {"items": result_schema(parts[0]), "type": "array"}
        case origin if origin is dict:
            return {"additionalProperties": True if parts[1] is Any else result_schema(parts[1]), "type": "object"}
        case _:
            given = [part.json_schema for part in parts if isinstance(part, WithJsonSchema)]  # of an Annotated
            return next((each for each in given if each), None) or {"type": _TYPES[kind]}


def format_timestamp(when: datetime) -> str:
    """A time in UTC, to the second: ``2026-11-23T10:38:17Z``."""
    return when.astimezone(UTC).isoformat()[:19] + "Z"


def elapsed_seconds(job: "Job", now: datetime) -> float | None:
    """How long a job took, or has run so far; None where that is not known."""
    end = now if job.is_running else job.completed_at  # a job that was retried may keep its old completed_at
    elapsed = round((end - job.created_at).total_seconds(), 1) if end else -1
    # Two clocks that disagree can put the end before the start; that says nothing of how long it took.
    return elapsed if elapsed >= 0 else None


_UPDATED_AFTER = 60  # seconds: an update so soon after the creation is part of it


def last_updated(job: "Job") -> datetime | None:
    """When a running job was last updated; None unless that is more than a minute after its creation.

    A retried job keeps its first ``created_at``, so its run may be as young as its last update.
    """
    if not job.is_running or (job.running_since - job.created_at).total_seconds() <= _UPDATED_AFTER:
        return None
    return job.updated_at


_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def format_duration(elapsed: float) -> str:
    """A number of seconds for people: ``3.9 s``, ``2 min 5 s``, ``10.5 h``, ``54 h``, ``7 d``."""
    if elapsed < _MINUTE - 0.5:
        return f"{elapsed:.3g} s"
    if elapsed < _HOUR - 0.5:
        minutes, rest = divmod(round(elapsed), _MINUTE)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    length, unit = (elapsed / _HOUR, "h") if elapsed < 3 * _DAY else (elapsed / _DAY, "d")
    return f"{length:,.1f}".removesuffix(".0") + f" {unit}"


_LONGEST_LABEL = 40
_known_label = lru_cache(maxsize=64)(partial(preview, limit=_LONGEST_LABEL))


def safe_label(text: str) -> str:
    """A status or type as Writer says it, in a form that cannot be taken for our own sentences."""
    return _known_label(text) if len(text) <= _LONGEST_LABEL else preview(text, _LONGEST_LABEL)


def quote_unless_plain(text: str) -> str:
    """A UUID, a number or a status or type that Writer documents as it stands, anything else as a JSON string.

    An alias or a new state is quoted however plain: ``ignore-what-was-said-before`` is one word too.
    """
    return text if text in _PLAIN_WORDS or _PLAIN_ID.fullmatch(text) else json_quote(text)


def format_application(application_id: str, name: str | None) -> str:
    """An application's id, and its name where that is known."""
    return (
        quote_unless_plain(application_id)
        if name is None
        else f"{quote_unless_plain(application_id)} {json_quote(name)}"
    )


def pluralize(number: int, thing: str) -> str:
    """``1 job``, ``1,200 jobs``."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def rounded_share(part: int, whole: int) -> float:
    """What part it is, with three digits behind the point; 0 stands for none alone, and 1 for all alone."""
    exact = part / whole
    rounded = round(exact, 3)
    if part and not rounded:
        return float(f"{exact:.1g}")
    return rounded if part == whole else min(rounded, 0.999)


def join_words(*parts: str | bool | None) -> str:
    """The parts that are there, with blanks between."""
    return " ".join(part for part in parts if isinstance(part, str) and part)


def join_lines(*parts: str | bool | None) -> str:
    """The parts that are there, one below the other."""
    return "\n".join(part for part in parts if isinstance(part, str) and part)
