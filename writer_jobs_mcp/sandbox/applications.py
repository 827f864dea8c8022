"""The sandbox's three applications and any number of copies, as `GET /v1/applications` returns them."""

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

from writer_jobs_mcp.sandbox.seeded import random_uuid, seeded_random


@dataclass(frozen=True, slots=True)
class ApplicationInput:
    """One input field of an application; its `options` depend on its type."""

    name: str
    input_type: str
    description: str
    required: bool
    options: dict[str, object]


@dataclass(frozen=True, slots=True)
class SandboxApplication:
    """A no-code application, with what only the sandbox knows of it; `…_ago` is before the store's `anchor`."""

    id: str  # a UUID; the `application_id` of its jobs, also if they are requested by alias
    alias: str  # a slug that every route accepts instead of the id
    name: str
    output_name: str  # the `title` of its outputs
    inputs: tuple[ApplicationInput, ...]
    created_ago: timedelta
    updated_ago: timedelta
    deployed_ago: timedelta | None  # None if not returned
    copy_of: str | None = None  # the alias of the application that this one is a copy of

    @property
    def output_texts(self) -> str:
        """The alias of the application whose outputs it writes."""
        return self.copy_of or self.alias

    def as_json(self, anchor: datetime) -> dict[str, object]:
        """Return the vendor's `application_with_inputs`."""
        fields: dict[str, object] = {
            "id": self.id,
            "name": self.name,
            "type": "generation",
            "status": "deployed",
            "inputs": list(map(asdict, self.inputs)),
            "created_at": format_api_timestamp(anchor - self.created_ago),
            "updated_at": format_api_timestamp(anchor - self.updated_ago),
        }
        if self.deployed_ago is not None:
            fields["last_deployed_at"] = format_api_timestamp(anchor - self.deployed_ago)
        return fields


def format_api_timestamp(time: datetime) -> str:
    """Format a time as the vendor does: UTC, microseconds, `Z`."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


_TEXT_OPTIONS: dict[str, object] = {"min_fields": 1, "max_fields": 1}
_FILE_OPTIONS: dict[str, object] = {
    "max_files": 3,
    "file_types": ["pdf", "docx", "txt", "csv"],
    "max_word_count": 50_000,
    "max_file_size_mb": 20,
    "upload_types": ["url", "file_id"],
}

APPLICATIONS: tuple[SandboxApplication, ...] = (
    SandboxApplication(
        id="7d1f0c52-6b1e-4c0b-9a57-2f3f5e8a9c10",
        alias="product-description-writer",
        name="Product description writer",
        output_name="Product description",
        inputs=(
            ApplicationInput("Product name", "text", "As it is printed on the box", True, _TEXT_OPTIONS),
            ApplicationInput("Key features", "text", "One a line", True, {"min_fields": 1, "max_fields": 8}),
            ApplicationInput(
                "Tone of voice", "dropdown", "Default: warm", False, {"list": ["Warm", "Sober", "Playful"]}
            ),
            ApplicationInput("Product sheet", "file", "The maker's data sheet", False, _FILE_OPTIONS),
            ApplicationInput(
                "Product image",
                "media",
                "A photograph on a plain background",
                False,
                {"file_types": ["jpg", "jpeg", "png", "webp"], "max_image_size_mb": 10},
            ),
        ),
        created_ago=timedelta(days=212, hours=5, microseconds=481_207),
        updated_ago=timedelta(days=9, hours=2, microseconds=30_119),
        deployed_ago=timedelta(days=9, hours=1, microseconds=912_004),
    ),
    SandboxApplication(
        id="b2c4a9e1-83d7-4f60-8e2b-51d09c7e4a33",
        alias="support-reply-drafter",
        name="Support reply drafter",
        output_name="Reply",
        inputs=(
            ApplicationInput(
                "Customer message", "text", "The message to answer, without signatures", True, _TEXT_OPTIONS
            ),
            ApplicationInput(
                "Language",
                "dropdown",
                "What the reply is written in",
                True,
                {"list": ["English", "Deutsch", "Español", "العربية"]},
            ),
            ApplicationInput("Order history", "file", "An export from the shop", False, _FILE_OPTIONS),
        ),
        created_ago=timedelta(days=148, hours=11, microseconds=77_310),
        updated_ago=timedelta(days=31, hours=7, microseconds=650_028),
        deployed_ago=timedelta(days=30, hours=22, microseconds=204_551),
    ),
    SandboxApplication(
        id="e96d3f08-1a4c-4b7e-b5c9-0c8f7a21d664",
        alias="blog-article-drafter",
        name="Blog article drafter",
        output_name="Article draft",
        inputs=(
            ApplicationInput("Topic", "text", "What the article is about", True, _TEXT_OPTIONS),
            ApplicationInput(
                "Audience",
                "dropdown",
                "Who will read it",
                True,
                {"list": ["General", "Specialists", "Decision makers"]},
            ),
            ApplicationInput("Sources", "file", "Anything worth citing", False, _FILE_OPTIONS),
        ),
        created_ago=timedelta(days=41, hours=3, microseconds=5_993),
        updated_ago=timedelta(days=2, hours=19, microseconds=388_240),
        deployed_ago=None,
    ),
)


def create_applications(count: int) -> tuple[SandboxApplication, ...]:
    """Return so many applications, all different: the three, and copies of them that are older."""
    return tuple(_copy(number) if number >= len(APPLICATIONS) else APPLICATIONS[number] for number in range(count))


def _copy(number: int) -> SandboxApplication:
    round_, position = divmod(number, len(APPLICATIONS))
    original, version = APPLICATIONS[position], round_ + 1
    return replace(
        original,
        id=random_uuid(seeded_random("application", number)),
        alias=f"{original.alias}-{version}",
        name=f"{original.name} {version}",
        created_ago=original.created_ago + timedelta(days=200 * round_),
        copy_of=original.alias,
    )
