"""Groups of failures: their rows in a report."""

import re
from typing import Annotated

from pydantic import WithJsonSchema

from writer_jobs_mcp.failures import Category, Retry
from writer_jobs_mcp.results.base import IfKnown, ResultModel
from writer_jobs_mcp.results.formatting import (
    format_percent,
    join_words,
    pluralize,
    quote_unless_plain,
    short_timestamp,
)
from writer_jobs_mcp.sanitize.text import json_quote
from writer_jobs_mcp.triage.trend import Trend

_OUR_PLACEHOLDER = re.compile(r"<(?:id|number|…)>(?: \(\d+(?:st|nd|rd|th)\))?")
_ValueOrJobs = Annotated[str | int, WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "integer"}]})]


class PlaceholderRow(ResultModel):
    """The values of one placeholder of a signature, the most frequent with the number of their jobs."""

    placeholder: str
    distinct: int
    top: list[list[_ValueOrJobs]]
    """``[value, jobs]`` each."""

    def as_text(self) -> str:
        shown = ", ".join(f"{json_quote(value)} {jobs:,}" for value, jobs in self.top)
        more = "" if self.distinct == len(self.top) else f" (of {self.distinct} values)"
        # Other placeholders hold a word of the error.
        placeholder = self.placeholder if _OUR_PLACEHOLDER.fullmatch(self.placeholder) else json_quote(self.placeholder)
        return f"{placeholder}: {shown}{more}"


class FailureGroupRow(ResultModel):
    """Failed jobs whose errors say the same."""

    signature: str
    category: Category
    retry: Retry
    count: int
    share: float
    first_seen: str
    last_seen: str
    before: IfKnown[int] = None
    trend: IfKnown[Trend] = None
    seen_before: IfKnown[str] = None
    values: IfKnown[list[PlaceholderRow]] = None
    job_ids: list[str]

    def as_text_in(self, year: str) -> str:
        """Return its text; times in the ``year`` are written without it."""
        return join_words(
            f"{self.count:,} ({format_percent(self.share)})",
            None if self.before is None else f"{self.before:,}",
            self.category,
            self.retry,
            self.trend,
            _span(self.first_seen, self.last_seen, year),
            self.seen_before and f"previously {short_timestamp(self.seen_before, year)}",
            json_quote(self.signature),
            *(values.as_text() for values in self.values or ()),
            f"[{' '.join(quote_unless_plain(each) for each in self.job_ids)}]",
        )


class GoneGroupRow(ResultModel):
    """Failed jobs of the window before, whose kind of error this window does not have."""

    signature: str
    category: Category
    before: int

    def as_text(self) -> str:
        return f"{self.before:,} {self.category} {json_quote(self.signature)}"


class OmittedFailures(ResultModel):
    """The groups that are not shown, taken together."""

    groups: int
    jobs: int
    new: int

    def as_text(self) -> str:
        new = f", {self.new:,} of them new" if self.new else ""
        return f"and {pluralize(self.jobs, 'failed job')} in {pluralize(self.groups, 'other group')}{new}"


def _span(first: str, last: str, year: str) -> str:
    start = short_timestamp(first, year)
    return start if first == last else f"{start}..{short_timestamp(last, year)}"
