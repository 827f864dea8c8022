"""The parts of the overview of an account: its applications, groups over all of them, what was read."""

from collections.abc import Mapping

from pydantic import PrivateAttr

from writer_jobs_mcp.failures import Category
from writer_jobs_mcp.results.base import IfKnown, ResultModel
from writer_jobs_mcp.results.failure_groups import FailureGroupRow
from writer_jobs_mcp.results.formatting import (
    format_application,
    format_percent,
    join_lines,
    join_words,
    pluralize,
    quote_unless_plain,
    short_timestamp,
)
from writer_jobs_mcp.sanitize.text import json_quote


class JobsBefore(ResultModel):
    """The jobs of the equally long window before."""

    jobs: int
    failed: int


class AccountApplication(ResultModel):
    """One application; ``complete`` is false where not all of its failed jobs were read."""

    id: str
    name: IfKnown[str] = None
    complete: IfKnown[bool] = None
    read_back_to: IfKnown[str] = None
    jobs: IfKnown[int] = None
    failed: int
    failure_rate: IfKnown[float] = None
    before: IfKnown[JobsBefore] = None
    stuck_count: IfKnown[int] = None
    top: IfKnown[Category] = None
    new_groups: IfKnown[int] = None

    def as_text_in(self, number: int, year: str) -> str:
        *parts, application = self.cells_in(year)
        return f"{number}. {', '.join(filter(None, parts))}: {application}"

    def cells_in(self, year: str) -> list[str | None]:
        """Return its facts in the order of the columns, with None for those that are not known."""
        return [
            self._failed(year),
            None if self.stuck_count is None else f"{self.stuck_count:,} stuck",
            self.before and f"before {self.before.failed:,} of {self.before.jobs:,}",
            self.top,
            None if self.new_groups is None else f"{self.new_groups:,} new",
            format_application(self.id, self.name),
        ]

    def _failed(self, year: str) -> str:
        if self.complete is False:
            back_to = self.read_back_to and f", read back to {short_timestamp(self.read_back_to, year)}"
            return f"at least {self.failed:,} (NOT complete{back_to or ''})"
        of = None if self.jobs is None else f"of {self.jobs:,}"
        # The rate of none is none.
        rate = self.failure_rate is not None and f"({format_percent(self.failure_rate)})"
        return join_words(f"{self.failed:,}", of, rate)


class JobsOfApplication(ResultModel):
    """How many jobs of a group an application has."""

    id: str
    count: int


class AccountGroupRow(FailureGroupRow):
    """Failed jobs of one or more applications whose errors say the same; those with the most jobs are listed."""

    applications: list[JobsOfApplication]
    more_applications: IfKnown[int] = None

    def as_text_among(self, numbers: Mapping[str, int], year: str) -> str:
        """Return the group as text; ``numbers`` are those of the applications in the text."""
        return f"{self.as_text_in(year)} in {self.applications_among(numbers)}"

    def applications_among(self, numbers: Mapping[str, int]) -> str:
        """Return its jobs in each application; ``numbers`` are those of the applications in the text."""
        shown = [f"{_position(each.id, numbers)} {each.count:,}" for each in self.applications]
        more = f"and {pluralize(self.more_applications, 'other application')}" if self.more_applications else None
        return join_words(", ".join(shown), more)


def _position(application_id: str, numbers: Mapping[str, int]) -> str:
    number = numbers.get(application_id)
    return quote_unless_plain(application_id) if number is None else f"#{number}"


class SkippedRow(ResultModel):
    """An application whose failed jobs were not all read."""

    id: str
    name: IfKnown[str] = None
    why: str

    def as_text(self) -> str:
        return f"- {format_application(self.id, self.name)}: {json_quote(self.why)}"


class AccountCoverage(ResultModel):
    """How much was read: ``complete`` if every failed job of every application was, and every job was counted."""

    applications: int
    complete: bool
    skipped: IfKnown[list[SkippedRow]] = None
    message: IfKnown[str] = None
    _is_list_whole: bool = PrivateAttr(default=True)

    @property
    def is_list_whole(self) -> bool:
        """Whether no application is missing from the list."""
        return self._is_list_whole

    def note_list(self, *, is_whole: bool) -> None:
        """Note whether no application is missing from the list; the headline says so."""
        self._is_list_whole = is_whole

    def as_text(self) -> str:
        return join_lines(
            join_words(
                f"Coverage: {'complete' if self.complete else 'NOT complete'};",
                f"{pluralize(self.applications, 'application')} listed.",
                self.message,
            ),
            self.skipped is not None and "Not read whole:",
            *(row.as_text() for row in self.skipped or ()),
        )
