"""Writer's answer to a retry names the job that runs now, in one of several forms, or none."""

import json

import pytest
from mcp.client import Client

from tests.helpers.retries import POSTS, failed_ids, retry_jobs
from writer_jobs_mcp.sandbox import CannedResponse, FaultScript, SandboxStore

NEW = "9b6e7c1a-0d51-4b57-9c0e-6f1e7d0c5a11"
NAMED_JOBS: list[object] = [
    {"id": NEW, "status": "in_progress"},
    {"job_id": NEW, "status": "in_progress"},
    {"jobId": NEW},
    {"id": "a-request", "job_id": NEW},
    {"id": "a-request", "job": {"id": NEW}},
    {"job": NEW},
    {"job": {"job_id": NEW}},
    {"data": {"id": NEW}},
    {"data": {"job": {"id": NEW}}},
    {"data": [{"id": NEW}]},
    {"result": {"job_id": NEW}},
    [{"id": NEW}],
    {"job_id": None, "id": NEW},
    {"job_id": "", "data": {"id": NEW}},
]


@pytest.mark.parametrize("body", NAMED_JOBS, ids=json.dumps)
@pytest.mark.parametrize("status", [200, 201, 202])
async def test_the_job_that_a_retry_runs_as_is_read_in_every_form(
    client: Client, store: SandboxStore, faults: FaultScript, status: int, body: object
) -> None:
    (job,) = failed_ids(store, 1)
    faults.push(CannedResponse(status, json.dumps(body).encode()), on=POSTS)
    (row,) = (await retry_jobs(client, [job]))["jobs"]
    assert (row["outcome"], row["detail"]) == ("accepted", f'This retry runs as job "{NEW}".')


NAMELESS: list[bytes] = [
    b"",
    b"OK",
    b"{}",
    b"[]",
    b'{"status": "in_progress"}',
    b'{"id": null}',
    b'{"job_id": true}',
    b'{"id": {"a": 1}}',
    b'{"data": []}',
    b'[{"id": "one"}, {"id": "two"}]',
    b'{"data": {"data": {"data": {"id": "too deep"}}}}',
]


@pytest.mark.parametrize("body", NAMELESS)
async def test_a_success_that_names_no_job_leaves_open_whether_one_was_started(
    client: Client, store: SandboxStore, faults: FaultScript, body: bytes
) -> None:
    created, accepted = failed_ids(store, 2)
    faults.push(CannedResponse(200, body), on=f"POST .*{created}")
    faults.push(CannedResponse(202, body), on=f"POST .*{accepted}")
    rows = (await retry_jobs(client, [created, accepted]))["jobs"]
    assert [row["outcome"] for row in rows] == ["unknown", "accepted"]
    assert "answered 200 OK and named no job: whether it was started is not known" in rows[0]["detail"]
    assert "detail" not in rows[1]
