"""The vendor's documented responses: no other field is allowed, and fields without a default are required."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Documented(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Output(Documented):
    title: str | None = None
    suggestion: str


class DocumentedJob(Documented):
    id: UUID
    status: Literal["in_progress", "failed", "completed"]
    application_id: str
    created_at: datetime
    updated_at: datetime | None = None
    completed_at: datetime | None = None
    data: Output | None = None
    error: str | None = None


class Pagination(Documented):
    offset: int | None = None
    limit: int | None = None


class JobList(Documented):
    result: list[DocumentedJob]
    totalCount: int | None = None  # noqa: N815 - the vendor's only camelCase name
    pagination: Pagination | None = None


class Accepted(Documented):
    id: UUID
    status: Literal["in_progress", "failed", "completed"]
    created_at: datetime


class TextOptions(Documented):
    max_fields: int
    min_fields: int


class DropdownOptions(Documented):
    list: list[str]


class FileOptions(Documented):
    max_files: int
    file_types: list[str]
    max_word_count: int
    max_file_size_mb: int
    upload_types: list[Literal["url", "file_id"]]


class MediaOptions(Documented):
    file_types: list[str]
    max_image_size_mb: int


class DocumentedInput(Documented):
    name: str
    input_type: Literal["text", "dropdown", "file", "media"]
    required: bool
    description: str | None = None
    options: TextOptions | DropdownOptions | FileOptions | MediaOptions | None = None


class DocumentedApplication(Documented):
    id: UUID
    name: str
    type: Literal["generation"]
    status: Literal["deployed", "draft"]
    inputs: list[DocumentedInput]
    created_at: datetime
    updated_at: datetime
    last_deployed_at: datetime | None = None


class ApplicationList(Documented):
    data: list[DocumentedApplication]
    has_more: bool
    first_id: UUID | None = None
    last_id: UUID | None = None


class EnvelopeError(Documented):
    description: str
    key: str
    extras: dict[str, object]


class Envelope(Documented):
    tpe: str
    errors: list[EnvelopeError]
    extras: dict[str, object]
