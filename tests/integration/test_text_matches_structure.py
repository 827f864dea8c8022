"""The text of a result states every fact of its structure: some clients show one, some the other."""

import operator
from collections.abc import AsyncGenerator, Mapping
from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp.client import Client

from scripts.snapshots import tool_schemas
from tests.conftest import ALIAS, NOW
from tests.helpers.facts import missing_facts
from tests.helpers.mcp import structure_of, text_of
from tests.helpers.retries import retry_server
from tests.helpers.tally import gate_or_full
from writer_jobs_mcp.client.models import Application, ApplicationPage, Job, JobPage
from writer_jobs_mcp.results.applications import application_list
from writer_jobs_mcp.results.base import ResultModel
from writer_jobs_mcp.results.fit_to_size import triage_report
from writer_jobs_mcp.results.job_error import job_error
from writer_jobs_mcp.results.job_list import job_list
from writer_jobs_mcp.results.job_output import job_output
from writer_jobs_mcp.results.job_wait import job_wait
from writer_jobs_mcp.results.retry import Outcome, RetryRow, retry_report, retry_row
from writer_jobs_mcp.sandbox import SandboxStore
from writer_jobs_mcp.triage.coverage import Coverage
from writer_jobs_mcp.triage.find_application import ResolvedApplication
from writer_jobs_mcp.triage.gather import Gathered
from writer_jobs_mcp.triage.next_calls import TriageRequest
from writer_jobs_mcp.triage.report import ReportBuilder, Window
from writer_jobs_mcp.triage.select_failed import FailedJob, group_failed_jobs


@pytest.mark.parametrize(
    ("structure", "text"),
    [
        ({"id": "a-job"}, "Job a-job failed."),
        ({"error": 'It was "no"\n'}, 'Its error: "It was \\"no\\"\\n"'),
        ({"total": 1200}, "1,200 jobs"),
        ({"total": 1200}, "total=1200."),
        ({"share": 0.125}, "12.5% of them"),
        ({"seconds": 2.5}, "took 2.5 s"),
        ({"seconds": 194_400.0}, "in_progress 54 h"),
        (
            {"created_at": "2026-11-23T10:00:00Z", "seconds": 7_200.0, "updated_at": "2026-11-23T11:59:00Z"},
            "2026-11-23\n10:00:00 a-job in_progress 2 h, last updated 1 min ago",
        ),
        ({"created_at": "2026-11-23T10:38:17Z"}, "2026-11-23\n10:38:17 a-job"),
        ({"would_retry": 0}, "Dry run, nothing was sent"),
        ({"counts": {"failed": 3}}, "failed 3"),
        ({"complete": False}, ""),
        ({"seconds": 194_331.4}, "for 54 h"),
    ],
)
def test_a_fact_is_found_in_any_of_its_forms(structure: dict[str, Any], text: str) -> None:
    assert missing_facts(structure, text) == []


@pytest.mark.parametrize(
    ("structure", "text"),
    [
        ({"id": "a-job"}, "Job another failed."),
        ({"count": 5}, "15 jobs, 5,000 more, 0.5 of 50, x5"),
        ({"seconds": 2.5}, "took 2.55 s or 12.5 s"),
        ({"seconds": 194_400.0}, "in_progress 54 hours, or 154 h"),
        (
            {"created_at": "2026-11-23T10:00:00Z", "seconds": 7_200.0, "updated_at": "2026-11-23T11:59:00Z"},
            "2026-11-23\n10:00:00 a-job in_progress 2 h, last updated 11 min ago",
        ),
        ({"created_at": "2026-11-23T10:38:17Z"}, "2026-11-23 at noon"),
        ({"would_retry": 0}, "10 of 20"),
        ({"counts": {"failed": 3}}, "3 jobs"),
        ({"rows": [{"id": "a"}, {"id": "z"}]}, "a"),
    ],
)
def test_a_missing_fact_is_reported(structure: dict[str, Any], text: str) -> None:
    assert len(missing_facts(structure, text)) == 1


WORDS = st.text(st.one_of(st.sampled_from('ab 1"\\\n\t“…\u0301\u2028\u202e'), st.characters()), max_size=30)


LONG = WORDS | st.builds(operator.mul, WORDS, st.integers(20, 400))
ID = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
TIME = st.datetimes(NOW.replace(tzinfo=None) - timedelta(days=2), NOW.replace(tzinfo=None))
JOB = st.fixed_dictionaries(
    {
        "id": ID,
        "application_id": ID,
        "status": st.sampled_from(["failed", "failed", "completed", "in_progress", "queued"]) | WORDS,
        "created_at": TIME,
    },
    optional={
        "updated_at": TIME | st.none(),
        "completed_at": TIME | st.none(),
        "error": LONG | st.none(),
        "data": st.fixed_dictionaries({}, optional={"title": LONG, "suggestion": LONG}) | st.none(),
    },
)
COUNT = st.integers(0, 100_000)
LIMIT = st.integers(1, 100)


def missing_from_text(result: ResultModel) -> list[str]:
    """Return the facts of the structure that the text does not state."""
    return missing_facts(result.as_structure(), result.as_text())


@settings(max_examples=gate_or_full(40, 150))
@given(job=JOB, offset=st.integers(0, 40), length=st.integers(1, 60), waited=st.floats(0, 600))
def test_the_text_of_a_job_states_every_fact(job: Mapping[str, Any], offset: int, length: int, waited: float) -> None:
    parsed = Job.model_validate(job)
    assert missing_from_text(job_error(parsed, NOW)) == []
    assert missing_from_text(job_output(parsed, offset=offset, max_chars=length)) == []
    assert missing_from_text(job_wait(parsed, NOW, waited=waited, wait_error=None)) == []
    assert missing_from_text(job_wait(parsed, NOW, waited=waited, wait_error=None, stuck_after=600)) == []
    assert missing_from_text(job_wait(parsed, NOW, waited=waited, wait_error="Writer is\nunavailable.")) == []


@settings(max_examples=gate_or_full(30, 100))
@given(rows=st.lists(JOB | st.just({"id": 5}), max_size=12), total=st.none() | COUNT, offset=COUNT, limit=LIMIT)
def test_the_text_of_a_job_list_states_every_fact(
    rows: list[Mapping[str, Any]], total: int | None, offset: int, limit: int
) -> None:
    page = JobPage.model_validate({"result": rows, "totalCount": total})
    for status in (None, "failed"):
        result = job_list(page, application_id="a b", status=status, offset=offset, limit=limit, now=NOW)
        assert missing_from_text(result) == []


APPLICATION = st.fixed_dictionaries(
    {"id": ID}, optional={"name": LONG, "type": WORDS, "status": WORDS, "updated_at": TIME}
)


@settings(max_examples=gate_or_full(30, 100))
@given(rows=st.lists(APPLICATION | st.just({"name": 5}), max_size=8), more=st.booleans(), last=st.none() | ID)
def test_the_text_of_an_application_list_states_every_fact(
    rows: list[Mapping[str, Any]], more: bool, last: str | None
) -> None:
    page = ApplicationPage.model_validate({"data": rows, "has_more": more, "last_id": last})
    assert missing_from_text(application_list(page, 100)) == []


OUTCOME = st.sampled_from(get_args(Outcome))
ROW = st.builds(retry_row, ID, st.none() | WORDS, OUTCOME, st.none() | st.just('This retry runs as job "a".'))


ERROR = st.sampled_from(["Rate limit exceeded", "Input is required", "Permission denied", "?", ""])


@given(rows=st.lists(ROW, min_size=1, max_size=20), dry_run=st.booleans(), errors=st.lists(ERROR, max_size=20))
def test_the_text_of_a_retry_report_states_every_fact(rows: list[RetryRow], dry_run: bool, errors: list[str]) -> None:
    if dry_run:
        rows = [row.model_copy(update={"outcome": "would_retry"}) for row in rows]
    failed = {
        row.job_id: FailedJob(row.job_id, "a", NOW, None, error) for row, error in zip(rows, errors, strict=False)
    }
    groups = group_failed_jobs(list(failed.values()))
    assert missing_from_text(retry_report(rows, groups, failed, dry_run=dry_run)) == []


SINCE = st.none() | st.timedeltas(timedelta(minutes=1), timedelta(days=2)).map(lambda age: NOW - age)
COVERAGE = st.builds(
    Coverage,
    jobs_read=COUNT,
    unreadable=st.integers(0, 3),
    unreadable_reason=st.just("id: must be a string"),
    total=st.none() | COUNT,
    stopped_by=st.sampled_from(["end", "since", "max_jobs", "time_budget", "upstream_error"]),
    moved=st.booleans(),
    error=st.just("Writer is unavailable."),
    read_back_to=st.none() | st.just(NOW - timedelta(hours=3)),
)


@settings(max_examples=gate_or_full(40, 150))
@given(
    jobs=st.lists(JOB, max_size=25),
    since=SINCE,
    until=st.none() | st.just(NOW - timedelta(seconds=30)),
    coverage=COVERAGE,
    retries=st.booleans(),
    knows=st.tuples(st.booleans(), st.booleans()),
    named=st.fixed_dictionaries({}, optional={"name": LONG, "last_deployed_at": TIME}),
)
def test_the_text_of_a_triage_states_every_fact(
    jobs: list[Mapping[str, Any]],
    since: Any,
    until: Any,
    coverage: Coverage,
    retries: bool,
    knows: tuple[bool, bool],
    named: Mapping[str, Any],
) -> None:
    window = Window(since, until)
    builder = ReportBuilder(window, NOW)
    for job in jobs:
        builder.add(Job.model_validate(job))
    request = TriageRequest(ResolvedApplication("an app"), window, NOW, 5000, offers_retry=retries)
    application = Application.model_validate({"id": "a", **named})
    gathered = Gathered(coverage, knows[0], "Writer failed.", knows[1], "Writer failed.", application)
    report = builder.build(can_compare=gathered.can_compare, earlier_failures_read=gathered.earlier_failures_read)
    assert missing_from_text(triage_report(report, gathered, request)) == []


@pytest.fixture
async def client(url: str) -> AsyncGenerator[Client]:
    async with Client(retry_server(url)) as client:
        yield client


async def test_the_text_of_every_tool_on_the_sandbox_states_every_fact(client: Client, store: SandboxStore) -> None:
    failed, completed = store.jobs(ALIAS, "failed")[0].id, store.jobs(ALIAS, "completed")[0].id
    calls: list[tuple[str, dict[str, Any]]] = [
        ("list_applications", {}),
        ("list_applications", {"limit": 1}),
        ("list_application_jobs", {"application_id": ALIAS, "limit": 100}),
        ("list_application_jobs", {"application_id": ALIAS, "status": "failed", "offset": 7}),
        ("list_application_jobs", {"application_id": ALIAS, "offset": 10_000}),
        *(("get_job_error", {"job_id": job.id}) for job in store.jobs(ALIAS, "failed")[:40]),
        ("list_failed_jobs", {"application_id": ALIAS, "limit": 7, "error_chars": 80}),
        ("list_failed_jobs", {"application_id": ALIAS, "like": failed}),
        ("get_job_error", {"job_id": completed}),
        ("get_job_output", {"job_id": completed}),
        ("get_job_output", {"job_id": completed, "offset": 5, "max_chars": 100}),
        ("get_job_output", {"job_id": failed}),
        ("triage_all_applications", {}),
        ("triage_all_applications", {"since": "5d", "until": "2d"}),
        ("triage_application_jobs", {"application_id": ALIAS}),
        ("triage_application_jobs", {"application_id": ALIAS, "since": "24h"}),
        ("triage_application_jobs", {"application_id": ALIAS, "since": "3d", "until": "1d", "max_jobs": 150}),
        ("wait_for_job", {"job_id": failed}),
        ("wait_for_job", {"job_id": store.jobs(ALIAS, "in_progress")[0].id, "timeout_seconds": 1}),
        ("wait_for_jobs", {"application_id": ALIAS, "timeout_seconds": 1}),
        ("retry_jobs", {"job_ids": [failed, completed, "no-such-job"]}),
        ("retry_jobs", {"job_ids": [failed, completed, "no-such-job"], "dry_run": False}),
        ("retry_jobs", {"application_id": ALIAS, "since": "24h", "max_jobs": 3}),
        ("retry_jobs", {"application_id": ALIAS, "since": "24h", "max_jobs": 3, "dry_run": False}),
    ]
    for tool, arguments in calls:
        result = await client.call_tool(tool, arguments)
        assert missing_facts(structure_of(result), text_of(result)) == [], (tool, arguments)
    assert {tool for tool, _ in calls} == set(await tool_schemas())
