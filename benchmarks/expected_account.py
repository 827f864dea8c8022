"""The exact counts of an account that the sandbox serves, to compare the answer of an overview with."""

from bisect import bisect_left
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from writer_jobs_mcp.sandbox import SandboxJobStatus, SandboxStore

_STUCK_HOURS = 1  # a job of the sandbox that has run for so long never ends


def expected_rows(store: SandboxStore, since: datetime) -> dict[str, dict[str, Any]]:
    """Return what an overview of the jobs created since then has to say of each application, by its id."""
    end = store.anchor + timedelta(seconds=1)
    before = since - (store.anchor - since)
    return {
        application.id: {
            "jobs": _count(store, application.id, None, since, end),
            "failed": _count(store, application.id, "failed", since, end),
            "before": {
                "jobs": _count(store, application.id, None, before, since),
                "failed": _count(store, application.id, "failed", before, since),
            },
            "stuck_count": sum(
                job.created_at < store.anchor - timedelta(hours=_STUCK_HOURS)
                for job in store.jobs(application.id, "in_progress")
            ),
        }
        for application in store.applications
    }


def wrong_counts(expected: Mapping[str, Mapping[str, Any]], report: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each count of an overview that is not exact, or that is missing.

    The window before is compared only as far as it is given: one without failures is left out.
    """
    rest = dict(expected)
    wrong = [] if report["coverage"]["complete"] else [f"incomplete: {report['coverage'].get('message')}"]
    for row in report["applications"]:
        known = rest.pop(row["id"])
        for name, right in known.items():
            given = row.get(name)
            if given != right and not (name == "before" and given is None):
                wrong.append(f"{name} of {row['id']} is {given}, not {right}")
    omitted = report.get("applications_omitted", {})
    for name in ("jobs", "failed"):
        right = sum(each[name] for each in rest.values())
        if omitted.get(name, 0) != right:
            wrong.append(f"{name} of the applications not shown is {omitted.get(name)}, not {right}")
    failed = sum(each["failed"] for each in expected.values())
    in_groups = sum(group["count"] for group in report["failures"]) + report.get("failures_omitted", {}).get("jobs", 0)
    sums = {"groups": in_groups, "by_category": sum(report["by_category"].values())}
    return wrong + [f"the sum of {name} is {given}, not {failed}" for name, given in sums.items() if given != failed]


def _count(store: SandboxStore, id_: str, status: SandboxJobStatus | None, since: datetime, until: datetime) -> int:
    """Count the jobs of an application with this status from ``since`` until ``until``."""
    jobs = store.jobs(id_, status)

    def place(moment: datetime) -> int:
        return bisect_left(range(len(jobs)), True, key=lambda position: jobs[position].created_at < moment)

    return place(since) - place(until)
