"""The first sentence of a triage: what failed, of which jobs, and what is new."""

from typing import TYPE_CHECKING

from writer_jobs_mcp.results.formatting import format_duration, format_percent, join_words, pluralize, short_timestamp

if TYPE_CHECKING:
    from writer_jobs_mcp.results.failure_groups import FailureGroupRow
    from writer_jobs_mcp.results.triage import TriageReport, TriageWindow


def headline(report: "TriageReport") -> str:
    """Say what failed in a sentence that is true by itself: it claims nothing about jobs that were not read."""
    coverage, jobs = report.coverage, report.coverage.jobs_in_window
    when = _when(report)
    if coverage.complete:
        of = join_words(pluralize(jobs, "job"), when and f"created {when}")
        nothing = join_words("No jobs were created", when)
    elif coverage.stopped_by in {"end", "since"}:
        of = f"the {pluralize(jobs, 'job')} that could be read" + (f", of those created {when}," if when else "")
        nothing = (
            join_words("No jobs that could be read were created", when)
            if coverage.jobs_read
            else "No job could be read"
        )
    elif not jobs:
        return _none_read(report)
    else:
        return _of_those_read(report)
    if not jobs:
        return f"{nothing}."
    failed = report.counts.get("failed", 0)
    if not failed:
        return f"None of {of} failed."
    return f"{failed:,} of {of} failed ({format_percent(report.failure_rate or 0)}); {_groups(report)}."


def _when(report: "TriageReport") -> str | None:
    window = report.window
    since, until, length = window.since, window.until, window.length
    if since is None or length is None:
        return None if window.ends_now else f"before {_minute(until, window)} UTC"
    if window.ends_now:
        day = until.partition("T")[0] + "T"
        shown = _minute(since, window).removeprefix(short_timestamp(day, window.year))
        return f"since {shown} UTC ({format_duration(length)})"
    return f"from {_minute(since, window)} to {_minute(until, window)} UTC ({format_duration(length)})"


def _of_those_read(report: "TriageReport") -> str:
    newest, failed = pluralize(report.coverage.jobs_in_window, "newest job"), report.counts.get("failed", 0)
    newest += " that could be read" if report.coverage.unreadable else ""
    window, back_to = report.window, report.coverage.read_back_to
    rest = "older jobs were not read" if window.since is None else "the rest of the window was not read"
    if back_to is None:
        of = f"Of {pluralize(report.coverage.jobs_in_window, 'job')} that were read, in no order of time,"
        rest = "the others were not read"
    elif window.ends_now:
        of = f"Of the {newest}, back to {_second(back_to, window)} UTC,"
    else:
        of = f"Of the {newest} before {_minute(window.until, window)} UTC, back to {_second(back_to, window)},"
    if not failed:
        return f"{of} none failed; {rest}."
    return f"{of} {failed:,} failed ({format_percent(report.failure_rate or 0)}); {rest}; {_groups(report)}."


def _none_read(report: "TriageReport") -> str:
    coverage, window = report.coverage, report.window
    if not coverage.jobs_read:
        return "No job could be read."
    read, back_to = pluralize(coverage.jobs_read, "job"), coverage.read_back_to
    if back_to is None:
        return f"This window was not reached: none of the {read} read is in it, and they are in no order of time."
    if back_to < window.until:
        span = f"from {_second(back_to, window)} to {_minute(window.until, window)} UTC"
        no_jobs = "No jobs that could be read" if coverage.unreadable else "No jobs"
        return f"{no_jobs} were created {span}; the rest of the window was not read."
    return (
        f"This window was not reached: the {pluralize(coverage.jobs_read, 'newest job')} were read, back to "
        f"{_second(back_to, window)} UTC, and it ends at {_minute(window.until, window)}."
    )


def _groups(report: "TriageReport") -> str:
    """Name the largest group with its trend, and how many others are new."""
    largest = max(report.failures, key=lambda group: group.count)
    new = [group for group in report.failures if group.trend == "new" and group is not largest]
    shown = "" if report.shows_largest else " shown"
    others = len(new) + (report.failures_omitted.new if report.failures_omitted else 0)
    text = (
        f"the largest group{shown} ({_cause(largest)}) {_trend(largest, report)}"
        if largest.trend
        else f"the largest group{shown}: {_cause(largest)}"
    )
    if not new:
        return text
    which = f": {_cause(new[0])}" if others == 1 else f", the largest {_cause(new[0])}"
    return f"{text}; {pluralize(others, 'other group')} {'is' if others == 1 else 'are'} new{which}"


def _cause(group: "FailureGroupRow") -> str:
    category = "unknown cause" if group.category == "unknown" else group.category.replace("_", " ")
    return f"{category}, {pluralize(group.count, 'job')}"


def _trend(group: "FailureGroupRow", report: "TriageReport") -> str:
    length = format_duration(report.window.length or 0)
    if group.trend == "new":
        return f"is new: none in the {length} before"
    jobs = report.before.jobs if report.before else 0
    return f"is {group.trend}: {group.before or 0:,} of {pluralize(jobs, 'job')} in the {length} before"


def _minute(timestamp: str, window: "TriageWindow") -> str:
    """Write a time to the minute, without the year if the window ends in it."""
    return short_timestamp(timestamp, window.year)[: -len(":00")]


def _second(timestamp: str, window: "TriageWindow") -> str:
    """Write a time to the second unless it is a whole minute: what was read to 08:41:20 was not read to 08:41."""
    return short_timestamp(timestamp, window.year).removesuffix(":00")
