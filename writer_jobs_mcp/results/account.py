"""The overview of an account: its applications, the failing ones first, and what failed in them, in groups."""

from pydantic import PrivateAttr

from writer_jobs_mcp.results.account_parts import AccountApplication, AccountCoverage, AccountGroupRow
from writer_jobs_mcp.results.base import IfKnown, NextCall, ResultModel, any_has
from writer_jobs_mcp.results.failure_groups import OmittedFailures, describe_groups, failure_columns
from writer_jobs_mcp.results.formatting import (
    format_percent,
    join_lines,
    join_words,
    pluralize,
    rounded_share,
)
from writer_jobs_mcp.results.window import WindowSummary


class OmittedApplications(ResultModel):
    """The applications that are not shown, taken together; ``failing`` of them have failed jobs."""

    applications: int
    failing: IfKnown[int] = None
    jobs: IfKnown[int] = None
    failed: int

    def as_text(self) -> str:
        jobs = None if self.jobs is None else f"of {pluralize(self.jobs, 'job')}"
        failing = f" in {self.failing:,} of them" if self.failing else ""
        return join_words(
            f"and {pluralize(self.applications, 'other application')}: {self.failed:,}", jobs, f"failed{failing}"
        )


class AccountReport(ResultModel):
    """The result of ``triage_all_applications``."""

    window: WindowSummary
    coverage: AccountCoverage
    applications: list[AccountApplication]
    applications_omitted: IfKnown[OmittedApplications] = None
    by_category: IfKnown[dict[str, int]] = None
    failures: list[AccountGroupRow]
    failures_omitted: IfKnown[OmittedFailures] = None
    next: IfKnown[list[NextCall]] = None
    _shows_largest: bool = PrivateAttr(default=True)
    _jobs_before: int = PrivateAttr(default=0)
    _not_whole: int = PrivateAttr(default=0)

    def note_for_headline(self, *, shows_largest: bool, jobs_before: int, not_whole: int) -> None:
        """Note what the headline speaks of: whether the largest group is shown, and numbers of the whole account."""
        self._shows_largest, self._jobs_before, self._not_whole = shows_largest, jobs_before, not_whole

    def as_text(self) -> str:
        year, numbers = self.window.year, self.numbers
        return join_lines(
            self.headline(),
            *self.lines_before_applications(),
            bool(self.applications) and self._columns(),
            *(row.as_text_in(number, year) for number, row in enumerate(self.applications, 1)),
            self.applications_omitted and self.applications_omitted.as_text(),
            bool(self.failures) and f"{failure_columns(self.failures)}, jobs in each application by its number above",
            *(group.as_text_among(numbers, year) for group in self.failures),
            *self.lines_after_failures(),
        )

    @property
    def numbers(self) -> dict[str, int]:
        """The number of each application that is shown, from 1, by its id."""
        return {row.id: number for number, row in enumerate(self.applications, 1)}

    def lines_before_applications(self) -> list[str | None]:
        """Return the lines between the headline and the applications, with None for those left out."""
        since = self.window.since and f"from {self.window.since}"
        return [join_words("Jobs created", since, f"until {self.window.until}."), self._by_category()]

    def lines_after_failures(self) -> list[str | None]:
        """Return the lines after the groups of failures, with None for those left out; items begin with a dash."""
        return [
            self.failures_omitted and self.failures_omitted.as_text(),
            *self.coverage.as_text().split("\n"),
            "Next:" if self.next else None,
            *(call.as_text() for call in self.next or ()),
        ]

    def _by_category(self) -> str | None:
        counts = [f"{category} {number:,}" for category, number in (self.by_category or {}).items()]
        return f"Failed by cause: {', '.join(counts)}" if counts else None

    def columns(self) -> list[str | None]:
        """Name what the row of an application has, with None for a column that all leave empty."""
        columns = {
            "stuck": "stuck_count",
            "failed of jobs in the window before": "before",
            "most frequent cause": "top",
            "new groups": "new_groups",
        }
        return [
            f"failed{' of jobs (rate)' if any_has(self.applications, 'jobs') else ''}",
            *(title if any_has(self.applications, field) else None for title, field in columns.items()),
            "id, name (its owner's words, quoted)",
        ]

    def _columns(self) -> str:
        *columns, application = filter(None, self.columns())
        return f"Applications (no-code agents): {', '.join(columns)}: {application}"

    def headline(self) -> str:
        """Say what failed in a sentence that is true by itself: it claims nothing about what was not read."""
        coverage, whole = self.coverage, not self._not_whole and self.coverage.is_list_whole
        of = f"{'' if coverage.is_list_whole else 'at least '}{pluralize(coverage.applications, 'application')}"
        if not coverage.applications:
            return (
                "This key can see no application (no-code agent)."
                if coverage.is_list_whole
                else "No application (no-code agent) could be read from Writer's list."
            )
        rest = f"; {self._not_whole:,} could not be read whole" if self._not_whole else ""
        rest += "" if coverage.is_list_whole else "; not all could be listed"
        if not self.applications:
            return f"None of {of} could be read whole, and no failed job was found."
        failed, jobs, failing = self.sums()
        when = self.window.as_phrase()
        if not failed:
            return self._no_failures(of, jobs, when, rest)
        least = "" if whole else "at least "
        counted = jobs if whole else None
        share = "" if counted is None else f" ({format_percent(rounded_share(failed, counted))})"
        created = join_words("jobs" if counted is None else f"of {pluralize(counted, 'job')}", "created", when)
        omitted_new = self.failures_omitted.new if self.failures_omitted else 0
        groups = describe_groups(
            self.failures, self.window.length or 0, self._jobs_before, omitted_new, shows_largest=self._shows_largest
        )
        verb = "has" if failing == 1 else "have"
        sentence = f"{least}{failing:,} of {of} {verb} failed jobs: {least}{failed:,} {created} failed{share}{rest}"
        return f"{sentence[0].upper()}{sentence[1:]}; {groups}."

    def _no_failures(self, of: str, jobs: int | None, when: str | None, rest: str) -> str:
        if rest:
            read = self.coverage.applications - self._not_whole
            return join_words(f"No job of the {read:,} of {of} that were read whole, created", when, f"failed{rest}.")
        if jobs == 0:
            return join_words(f"{of[0].upper()}{of[1:]}: no jobs were created", when) + "."
        number = "jobs" if jobs is None else pluralize(jobs, "job")
        return join_words(f"None of the {number} of {of} created", when, "failed.")

    def sums(self) -> tuple[int, int | None, int]:
        """Return the failed jobs, all jobs (None if not counted everywhere) and the applications that failed."""
        omitted = self.applications_omitted
        failed = sum(row.failed for row in self.applications) + (omitted.failed if omitted else 0)
        failing = sum(row.failed > 0 for row in self.applications) + ((omitted.failing or 0) if omitted else 0)
        jobs = [row.jobs for row in self.applications] + ([omitted.jobs] if omitted else [])
        return failed, None if None in jobs else sum(filter(None, jobs)), failing
