"""Call retry_jobs for a selection of jobs, follow what it suggests, and check that its numbers add up."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from mcp.client import Client

from tests.conftest import ALIAS, NOW
from tests.helpers.facts import missing_facts
from tests.helpers.mcp import structure_of, text_of
from tests.helpers.retries import posted_ids
from writer_jobs_mcp.sandbox import SandboxApp, SandboxStore
from writer_jobs_mcp.sandbox.jobs import SandboxJob

RATE_LIMIT = "Rate limit exceeded for this key"
TIMEOUT = "Request timed out after 30 seconds"
EARLY = timedelta(days=2)  # the age of the oldest job that these tests select


def add_failed(
    store: SandboxStore,
    count: int,
    error: str | Callable[[int], str] = RATE_LIMIT,
    *,
    age: timedelta = timedelta(hours=1),
    step: timedelta = timedelta(seconds=1),
) -> list[str]:
    """Add failed jobs, the newest ``age`` ago, each ``step`` older than the one before; return their ids in order."""
    texts = [error if isinstance(error, str) else error(number) for number in range(count)]
    return [store.add(ALIAS, created_at=NOW - age - number * step, error=text).id for number, text in enumerate(texts)]


def get_job(store: SandboxStore, job_id: str) -> SandboxJob:
    """Return a job that exists."""
    job = store.job(job_id)
    assert job is not None
    return job


def fail_again(store: SandboxStore, job_id: str, error: str = RATE_LIMIT) -> None:
    """Let a job that was retried have failed again."""
    job, given = get_job(store, job_id), store.add(ALIAS, created_at=NOW - timedelta(days=6), error=error)
    job.sample_error, job.ends_at, job.fixed_text = given.sample_error, store.clock(), error
    store.remove(given.id)


async def retry(client: Client, **arguments: Any) -> dict[str, Any]:
    """Return the report of a call for the sandbox's application that is not a dry run, after checking it."""
    return await call(client, {"application_id": ALIAS, "dry_run": False, **arguments})


async def dry_run(client: Client, **arguments: Any) -> dict[str, Any]:
    """Return the report of a dry run for the sandbox's application, after checking it."""
    return await call(client, {"application_id": ALIAS, **arguments})


async def call(client: Client, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the report of a call, after checking that its numbers add up and that its text states every fact."""
    result = await client.call_tool("retry_jobs", arguments)
    report = structure_of(result)
    check_numbers(report)
    assert missing_facts(report, text_of(result)) == []
    return report


def check_numbers(report: dict[str, Any]) -> None:
    """Check that each selected job is counted once, and that the groups hold those that were to be sent."""
    counted, left = report.get("outcomes", {}), report.get("left", 0)
    would_retry = report.get("would_retry", 0)
    assert report["selected"] == would_retry + sum(counted.values()) + left, report
    grouped = sum(group["count"] for group in report["groups"]) + report.get("groups_omitted", {}).get("jobs", 0)
    if report["dry_run"]:
        assert grouped == would_retry
        assert set(counted) <= {"already_sent"}
    else:
        assert grouped <= report["selected"]
        assert "would_retry" not in report
    rows = Counter(row["outcome"] for row in report["jobs"])
    assert rows["accepted"] == 0
    assert len(report["jobs"]) <= 20
    not_accepted = {name: number for name, number in counted.items() if name not in {"accepted", "declined"}}
    assert all(rows[name] <= number for name, number in not_accepted.items())
    assert sum(rows.values()) == min(20, sum(not_accepted.values())), report


def suggested(report: dict[str, Any], *, dry_run: bool = False) -> dict[str, Any] | None:
    """Return the arguments of the first suggested call of retry_jobs."""
    calls = [each["arguments"] for each in report.get("next", ()) if each["tool"] == "retry_jobs"]
    return next((each for each in calls if each["dry_run"] is dry_run), None)


async def follow(client: Client, report: dict[str, Any], most: int = 60) -> list[dict[str, Any]]:
    """Make the suggested calls one after the other until none is left, and return their reports."""
    reports: list[dict[str, Any]] = []
    while arguments := suggested(report):
        report = await call(client, arguments)
        reports.append(report)
        assert len(reports) <= most, "the calls make no progress"
    return reports


def started_per_job(api: SandboxApp) -> Counter[str]:
    """Return how often the API started each job again."""
    requests = (each for each in api.received if each.method == "POST" and each.status == HTTPStatus.ACCEPTED)
    return Counter(request.path.split("/")[4] for request in requests)


def posts_per_job(api: SandboxApp) -> Counter[str]:
    """Return how many retries the API received for each job."""
    return Counter(posted_ids(api))
