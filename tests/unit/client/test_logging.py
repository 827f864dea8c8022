"""The log lines of the client: each attempt and each wait, with numbers and error types only."""

import re

import pytest

from tests.conftest import config_for
from tests.helpers.key import FIRST
from writer_jobs_mcp.client import WriterClient, open_client
from writer_jobs_mcp.errors import RateLimited, WriterError
from writer_jobs_mcp.sandbox import CannedResponse, DroppedConnection, FaultScript


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the messages of the client, without the measured times."""
    loggers = ("writer_jobs_mcp.client", "writer_jobs_mcp.telemetry")
    ours = (record for record in caplog.records if record.name.startswith(loggers))
    return [re.sub(r"(after|again in) [\d.]+", r"\1 N", record.getMessage()) for record in ours]


async def test_each_attempt_and_each_wait_is_logged(
    client: WriterClient, faults: FaultScript, caplog: pytest.LogCaptureFixture
) -> None:
    faults.push(CannedResponse(429, headers={"retry-after": "0.5"}), times=1)
    faults.push(DroppedConnection(), times=1)
    await client.list_jobs(FIRST.id)
    path = f"/v1/applications/{FIRST.id}/jobs"
    (broken,) = (line for line in logged(caplog) if "127.0.0.1" in line)
    assert logged(caplog) == [
        f"GET {path}, attempt 1: 429 after N ms",
        "Writer: it answered 429 Too Many Requests and asked to wait 0.5 s; trying again in N s",
        f"GET {path}, attempt 2: RemoteProtocolError after N ms",
        broken,
        f"GET {path}, attempt 3: 200 after N ms",
    ]
    assert broken.startswith("Writer: it closed the connection")


async def test_a_request_without_a_response_is_logged_with_the_error_type(
    unused_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_client(config_for(unused_url, WRITER_JOBS_CALL_BUDGET="1")) as client:
        with pytest.raises(WriterError):
            await client.retry_job("a-job")
        with pytest.raises(WriterError):
            await client.ping()
    assert logged(caplog)[0] == "POST /v1/applications/jobs/a-job/retry, attempt 1: ConnectError after N ms"
    assert logged(caplog)[-1] == "GET /v1/applications, attempt 1: ConnectError after N ms"


async def test_a_wait_beyond_the_deadline_is_logged(
    client: WriterClient, faults: FaultScript, caplog: pytest.LogCaptureFixture
) -> None:
    faults.push(CannedResponse(429, headers={"retry-after": "60"}), times=1)
    with pytest.raises(RateLimited):
        await client.list_applications()
    assert logged(caplog) == [
        "GET /v1/applications, attempt 1: 429 after N ms",
        "Writer: it answered 429 Too Many Requests and asked to wait 60.0 s; there is no time to try again",
    ]
