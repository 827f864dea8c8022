"""Groups of failures: failed jobs whose errors say the same, one row each."""

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import WithJsonSchema

from writer_jobs_mcp.failures import Category, Retry
from writer_jobs_mcp.results.base import IfKnown, ResultModel
from writer_jobs_mcp.results.formatting import (
    format_duration,
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
    top: list[list[_ValueOrJobs]]  # ``[value, jobs]`` each

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
        *cells, ids = self.cells_in(year)
        return join_words(*cells, f"[{ids}]")

    def cells_in(self, year: str) -> list[str | None]:
        """Return its facts in the order of :func:`column_names`, with None for those that are not known."""
        span = _span(self.first_seen, self.last_seen, year)
        return [
            f"{self.count:,} ({format_percent(self.share)})",
            None if self.before is None else f"{self.before:,}",
            self.category,
            self.retry,
            self.trend,
            join_words(span, self.seen_before and f"previously {short_timestamp(self.seen_before, year)}"),
            json_quote(self.signature),
            join_words(*(values.as_text() for values in self.values or ())),
            " ".join(quote_unless_plain(each) for each in self.job_ids),
        ]


def column_names(groups: Sequence[FailureGroupRow]) -> list[str | None]:
    """Name the columns of these rows, with None for one that all of them leave empty."""
    return [
        "jobs (share of the failures)",
        "before" if any(group.before is not None for group in groups) else None,
        "cause",
        "retry",
        "trend" if any(group.trend for group in groups) else None,
        "seen in the window (UTC)",
        "what the errors say, in quotation marks",
        "values with their jobs" if any(group.values for group in groups) else None,
        "newest ids",
    ]


def failure_columns(groups: Sequence[FailureGroupRow]) -> str:
    """Say what these rows have in their text form."""
    *names, ids = filter(None, column_names(groups))
    return f"Failures: {', '.join(names)} [{ids}]"


def describe_groups(
    groups: Sequence[FailureGroupRow], length: float, jobs_before: int, omitted_new: int, *, shows_largest: bool
) -> str:
    """Name the largest group with its trend, and how many others are new.

    ``length`` is the window's in seconds, ``jobs_before`` are the jobs of the window before, ``omitted_new`` the new
    groups that are not shown.
    """
    largest = max(groups, key=lambda group: group.count)
    new = [group for group in groups if group.trend == "new" and group is not largest]
    shown = "" if shows_largest else " shown"
    others = len(new) + omitted_new
    text = f"the largest group{shown} ({_cause(largest)}) {_trend(largest, length, jobs_before)}"
    if not largest.trend:
        text = f"the largest group{shown}: {_cause(largest)}"
    if not new:
        return text
    which = f": {_cause(new[0])}" if others == 1 else f", the largest {_cause(new[0])}"
    return f"{text}; {pluralize(others, 'other group')} {'is' if others == 1 else 'are'} new{which}"


def _cause(group: FailureGroupRow) -> str:
    category = "unknown cause" if group.category == "unknown" else group.category.replace("_", " ")
    return f"{category}, {pluralize(group.count, 'job')}"


def _trend(group: FailureGroupRow, length: float, jobs_before: int) -> str:
    before = format_duration(length)
    if group.trend == "new":
        return f"is new: none in the {before} before"
    return f"is {group.trend}: {group.before or 0:,} of {pluralize(jobs_before, 'job')} in the {before} before"


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
