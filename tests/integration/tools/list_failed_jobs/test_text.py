"""The text of a list of failed jobs states every fact of its structure, whatever the jobs say."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import NOW
from tests.data.hostile_texts import TEXTS, replace_surrogates
from tests.helpers.facts import missing_facts
from tests.helpers.run_async import run_async
from tests.helpers.tally import gate_or_full
from tests.helpers.text_layout import parse_layout
from tests.helpers.triage import RATE_LIMIT, TIMEOUT
from writer_jobs_mcp.client.models import Job
from writer_jobs_mcp.results.failed_jobs import FailedJobList, ListRequest, failed_job_list
from writer_jobs_mcp.triage.coverage import Coverage
from writer_jobs_mcp.triage.find_application import ResolvedApplication
from writer_jobs_mcp.triage.report import Window
from writer_jobs_mcp.triage.select_failed import FailedJobSelector, SelectedJobs, Selection
from writer_jobs_mcp.worker_threads import run_in_worker

WORDS = TEXTS.map(replace_surrogates).map(lambda text: text[:300])
ID = st.integers(0, 10**6).map(str) | WORDS.map(lambda text: text[:40] or "?")
JOB = st.fixed_dictionaries(
    {
        "id": ID,
        "application_id": st.just("a"),
        "status": st.just("failed"),
        "created_at": st.timedeltas(timedelta(), timedelta(days=3)).map(lambda age: NOW - age),
        "error": st.sampled_from([RATE_LIMIT, TIMEOUT, None]) | WORDS,
    }
)
SELECTIONS = st.builds(
    Selection,
    category=st.none() | st.sampled_from(["timeout", "unknown"]),
    contains=st.none() | st.just("out") | WORDS.map(lambda text: " ".join(text.split())[:40] or None),
)
COVERAGES = st.builds(
    Coverage,
    jobs_read=st.integers(0, 30),
    unreadable=st.sampled_from([0, 0, 1, 3]),
    unreadable_reason=st.just("id: Field required"),
    stopped_by=st.sampled_from(["end", "since", "time_budget"]),
    oldest=st.none() | st.just(NOW - timedelta(hours=3)),
)


@settings(max_examples=gate_or_full(25, 100), suppress_health_check=[HealthCheck.too_slow])
@given(
    jobs=st.lists(JOB, max_size=15, unique_by=lambda job: job["id"]),
    since=st.none() | st.just(NOW - timedelta(days=1)),
    selection=SELECTIONS,
    coverage=COVERAGES,
    page=st.tuples(st.sampled_from([0, 0, 3, 40]), st.sampled_from([1, 5, 200]), st.sampled_from([0, 9, 300])),
    name=st.none() | WORDS.map(lambda text: text[:80] or None),
)
def test_the_text_states_every_fact_and_keeps_its_layout(
    jobs: list[Mapping[str, Any]],
    since: Any,
    selection: Selection,
    coverage: Coverage,
    page: tuple[int, int, int],
    name: str | None,
) -> None:
    window = Window(since, None)
    selector = FailedJobSelector(window, window.before(NOW), selection)

    def make() -> FailedJobList:
        for job in jobs:
            selector.add(Job.model_validate(job))
        groups = selector.select(lambda: False)
        selected = SelectedJobs(groups, NOW, selector.failed_in_window, coverage, "", selector.doubt)
        application = ResolvedApplication("b2c4a9e1-83d7-4f60-8e2b-51d09c7e4a33", name)
        return failed_job_list(selected, ListRequest(application, window, NOW, selection, *page))

    listed = run_async(lambda: run_in_worker(make))
    assert missing_facts(listed.as_structure(), listed.as_text()) == []
    omitted = listed.groups_omitted.jobs if listed.groups_omitted else 0
    assert sum(group.count for group in listed.groups) + omitted == listed.matched
    if not (name or coverage.stopped_by == "time_budget"):
        assert parse_layout(listed.as_text())[0] == []
